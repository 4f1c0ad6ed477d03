"""Text to voice. `Synthesiser` is the seam; flite and espeak-ng need no download."""

from collections.abc import Callable
from typing import Protocol

from dialogue.speech import SpeechChunk

Emit = Callable[[SpeechChunk], bool]
"""Takes the next chunk; False means stop at once, nobody is listening any more."""


class Synthesiser(Protocol):
    """A voice. One piece at a time; not thread-safe."""

    sample_rate_hz: int
    """Rate of every chunk it emits."""

    rate: float
    """How fast it speaks: 1 is the voice's own tempo, 2 twice as fast. May be set between pieces."""

    def speak(self, text: str, emit: Emit) -> None:
        """Speak one piece (a sentence or clause), calling `emit` as soon as samples are there.

        Blocks until the piece is spoken or `emit` returned False. Empty or unspeakable text emits nothing.
        Raises EngineError when the voice fails.
        """
        ...
