"""History to a stream of text. `Replier` is the seam; the knowledge engine needs no download.

A reply is text with stage directions in square brackets. Directions are the one way in which a replier, whichever it
is, acts on the rest: `dialogue.sentences` takes them out of the text and hands them on as values, each to be carried
out when the word behind it is heard.

    for the face      [smile] [nod] [look left] ...          what avatar/animator knows; unknown ones are ignored
    for the voice     [louder] [quieter] [slower] [faster]   from the next piece on
    for the session   [stop]     say nothing more; the reply has no words
                      [goodbye]  the conversation ends when this reply has been heard

What users say to steer the conversation ("say that again", "slower, please") is answered by `CommandReplier`, which
wraps any replier, so that it works alike with the knowledge engine and with every language model.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from dialogue.history import Utterance


class Replier(Protocol):
    """Thinks of what to say."""

    def reply(self, history: Sequence[Utterance]) -> AsyncIterator[str]:
        """Stream the reply to the last utterance, which is the user's, as pieces of text of any length.

        Closing the iterator (cancellation) stops the work behind it. May contain stage directions in square brackets
        (`[smile] [nod] [look left]`). Raises EngineError when no reply can be had.
        """
        ...

    def greeting(self) -> str:
        """Give the words that open a conversation; empty for none."""
        ...
