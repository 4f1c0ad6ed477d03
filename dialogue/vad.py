"""Voice activity: how likely each frame of the microphone is speech."""

from typing import Protocol

from dialogue.speech import Samples


class VoiceActivityDetector(Protocol):
    """Speech probability of consecutive frames of fixed length."""

    sample_rate_hz: int
    frame_samples: int

    def probability(self, frame: Samples) -> float:
        """Probability in 0..1 that this frame (`frame_samples` long) is speech; frames must come in order."""
        ...

    def reset(self) -> None:
        """Forget everything heard so far."""
        ...
