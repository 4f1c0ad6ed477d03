"""From microphone blocks to "somebody speaks": echo taken out, speech probabilities smoothed, the last seconds kept."""

import numpy as np

from dialogue.activity import VoiceActivity, VoiceActivitySettings, hear
from dialogue.audio import Blocks, RingBuffer
from dialogue.echo import EchoCanceller
from dialogue.endpoint import Contour
from dialogue.prosody import final_contour
from dialogue.speech import Samples
from dialogue.vad import VoiceActivityDetector

KEPT_S = 8
"""Seconds of the microphone that stay at hand: the beginning of an utterance is recognised after it was noticed."""

LEARNING_S = 2.5
"""A canceller starts with no idea of the room: so much of the loudspeaker has to be heard before one can cut in."""
FAR_SOUND = 0.003
FAR_DECAY = 0.97
"""Of the loudspeaker's level, a block: 20 dB in 0.8 s, as in a room with an echo."""
REMAINDER = 0.1
"""Sound 20 dB below the loudspeaker's may be what a canceller leaves of it, and is nobody's speech meanwhile."""


class Ear:
    """Listens to one microphone. Its time is the microphone's own: ms of sound since the beginning."""

    def __init__(
        self, detector: VoiceActivityDetector, canceller: EchoCanceller | None, settings: VoiceActivitySettings
    ) -> None:
        self._detector, self._canceller, self._settings = detector, canceller, settings
        self._rate_hz = detector.sample_rate_hz
        self._quietest = 10 ** (settings.quietest_dbfs / 20)
        self._frames = Blocks(detector.frame_samples)
        self._frames_seen = 0
        self._kept = RingBuffer(KEPT_S * self._rate_hz)
        self.activity = VoiceActivity()
        self._far_s = self._far_level = 0.0
        self.voiced_ms = 0
        """Likely speech since the beginning."""
        self.contour = Contour.UNKNOWN
        """Where the pitch went before the newest pause."""

    @property
    def now_ms(self) -> int:
        """Time of the last sample heard."""
        return self._ms(self._kept.end)

    @property
    def silent_ms(self) -> int:
        """How long nothing like speech has been heard; at most a frame while somebody speaks."""
        return self.now_ms - self.activity.offset_ms

    @property
    def knows_room(self) -> bool:
        """Whether enough of the loudspeaker was heard to tell the user from it."""
        return self._canceller is None or self._far_s >= LEARNING_S

    def accept(self, near: Samples, far: Samples | None) -> Samples:
        """Take the next block (blocks for some 0.3 ms) and give it without the echo.

        `far` is what the loudspeaker played meanwhile at the same rate, None when that cannot be heard.
        """
        clean = near if self._canceller is None or far is None else self._canceller.cancel(near, far)
        if far is not None:
            self._note_far(far)
        self._kept.append(clean)
        for frame in self._frames.push(clean):
            # Detectors find speech in the faintest remainder of an echo.
            loud = _level(frame) >= max(self._quietest, self._far_level * REMAINDER)
            self._judge(self._detector.probability(frame) if loud else 0.0)
        return clean

    def since(self, start_ms: int) -> Samples:
        """Give what was heard from `start_ms` on, as far as it is kept."""
        return self._kept.between(max(0, start_ms) * self._rate_hz // 1000, self._kept.end)

    def _note_far(self, far: Samples) -> None:
        if np.abs(far).max() > FAR_SOUND:
            self._far_s += len(far) / self._rate_hz
        self._far_level = max(_level(far), self._far_level * FAR_DECAY)

    def _judge(self, probability: float) -> None:
        start_ms = self._ms(self._frames_seen * self._detector.frame_samples)
        self._frames_seen += 1
        end_ms = self._ms(self._frames_seen * self._detector.frame_samples)
        if probability >= self._settings.on_probability:
            self.voiced_ms += end_ms - start_ms
        was_speaking = self.activity.speaking
        self.activity = hear(self.activity, probability, start_ms, end_ms, self._settings)
        if was_speaking and not self.activity.speaking:
            self.contour = final_contour(self._before_pause(), self._rate_hz)

    def _before_pause(self) -> Samples:
        end = self.activity.offset_ms * self._rate_hz // 1000
        return self._kept.between(end - self._rate_hz, end)

    def _ms(self, samples: int) -> int:
        return samples * 1000 // self._rate_hz


def _level(samples: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(samples))))
