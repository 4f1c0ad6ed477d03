"""Captions: which words are shown when. Pure; how they look is the window's business."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.script import SpokenWord

WORDS_AT_MOST = 12
"""A caption is as long as a glance; after so many words, or at the end of a sentence, it starts afresh."""
_SENTENCE_ENDS = (".", "!", "?", ":", "…")


@dataclass(frozen=True, slots=True)
class Captions:
    """The words of the moment."""

    user: str = ""
    agent: str = ""


def agent_caption(words: Sequence[SpokenWord], offset: int) -> str:
    """Give the agent's words up to the one being said at `offset`: never a word that has not begun."""
    begun = sum(word.start <= offset for word in words)
    start = 0
    for index in range(begun - 1):
        if words[index].text.endswith(_SENTENCE_ENDS) or index + 1 - start >= WORDS_AT_MOST:
            start = index + 1
    return " ".join(word.text for word in words[start:begun])


def user_caption(said: str, hearing: str) -> str:
    """Give the user's last words: of this turn so far, and of the utterance being recognised."""
    return " ".join(f"{said} {hearing}".split()[-WORDS_AT_MOST:])
