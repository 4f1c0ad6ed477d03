"""History to a stream of text. `Replier` is the seam; the knowledge engine needs no download."""

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
