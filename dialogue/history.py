"""What was said in this conversation, and what of it was really heard."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Utterance:
    """One turn's words."""

    speaker: Literal["user", "agent"]
    text: str
    """For the agent: only what was heard."""
    interrupted: bool = False


CountTokens = Callable[[str], int]


def about_tokens(text: str) -> int:
    """Estimate how many tokens a language model makes of a text (a quarter of its characters, rounded up)."""
    return len(text) // 4 + 1


def newest_within(
    history: Sequence[Utterance], token_limit: int, count: CountTokens = about_tokens
) -> tuple[Utterance, ...]:
    """Keep as many of the newest utterances as fit into `token_limit`, in order; the very last one is always kept.

    What is kept begins with the user, because many models refuse a conversation that begins with a reply.
    """
    kept: list[Utterance] = []
    total = 0
    for utterance in reversed(history):
        total += count(utterance.text)
        if kept and total > token_limit:
            break
        kept.append(utterance)
    kept.reverse()
    while len(kept) > 1 and kept[0].speaker == "agent":
        kept.pop(0)
    return tuple(kept)
