"""Voice to text. `Recogniser` is the seam; pocketsphinx needs no download."""

from dataclasses import dataclass
from typing import Protocol

from dialogue.speech import Samples, Word


@dataclass(frozen=True, slots=True)
class Transcript:
    """What an utterance said, so far or in the end."""

    text: str
    words: tuple[Word, ...] = ()
    """With times from the utterance's first sample; empty where the recogniser knows none."""
    stable_words: int = 0
    """How many leading words are not expected to change any more; all of them in a final transcript."""
    is_final: bool = False
    confidence: float = 1.0
    """0..1; 1 where the recogniser does not say."""
    language: str = "en"


class Recogniser(Protocol):
    """Speech to text, one utterance at a time; not thread-safe. Sound is 16 kHz mono in blocks of any length."""

    sample_rate_hz: int

    def begin(self) -> None:
        """Start a new utterance, dropping one that was not finished."""
        ...

    def accept(self, samples: Samples) -> None:
        """Take the next block; blocks for as long as decoding it takes (less than its duration)."""
        ...

    def partial(self) -> Transcript:
        """What has been said so far; cheap; may still change."""
        ...

    def finish(self) -> Transcript:
        """End the utterance. Raises EngineError when decoding failed."""
        ...
