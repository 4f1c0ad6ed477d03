"""The loudspeaker's sound beside each block of the microphone: what an echo canceller needs to know."""

from typing import Protocol

import numpy as np

from dialogue.audio import Resampler
from dialogue.speech import Samples

MARGIN_S = 0.02
"""So far behind what was sent it is read, because blocks of two devices come in bursts."""
LOST_S = 0.1
"""Further off than this, and it starts anew."""
DRIFT_S = 0.003
"""Further off than this in the mean, and it moves by one sample a block: clocks of two devices drift."""
_SMOOTHING = 0.01


class Sent(Protocol):
    """The part of a loudspeaker that tells what went out."""

    sample_rate_hz: int

    def sent(self) -> int:
        """Tell the position just after the last sample that went to the device."""
        ...

    def played(self, start: int, stop: int) -> Samples:
        """Give the samples of [start, stop)."""
        ...


class FarEnd:
    """Reads the loudspeaker's sound in step with the microphone.

    It is taken when it is sent rather than when it should be heard: then the echo always comes later, whatever the
    device says of its latency, and the canceller finds out by how much. From block to block there are no gaps.
    """

    def __init__(self, speaker: Sent, rate_hz: int) -> None:
        self._speaker = speaker
        self._rate_hz = rate_hz
        self._resampler = Resampler(speaker.sample_rate_hz, rate_hz, "LQ")
        self._margin, self._lost, self._drift = (
            round(seconds * speaker.sample_rate_hz) for seconds in (MARGIN_S, LOST_S, DRIFT_S)
        )
        self._position = speaker.sent() - self._margin
        self._mean_off = 0.0
        # The resampler's pieces differ in length: a block in hand keeps them from running short.
        self._waiting: Samples = np.zeros(rate_hz // 100, np.float32)

    def block(self, samples: int) -> Samples:
        """Give the next `samples` at the microphone's rate."""
        count = samples * self._speaker.sample_rate_hz // self._rate_hz
        self._keep_in_step(self._speaker.sent() - self._margin - count)
        far = self._resampler.push(self._speaker.played(self._position, self._position + count))
        self._position += count
        self._waiting = np.concatenate([self._waiting, far])
        block, self._waiting = self._waiting[:samples], self._waiting[samples:]
        return np.pad(block, (0, samples - len(block)))

    def _keep_in_step(self, wanted: int) -> None:
        off = wanted - self._position
        self._mean_off += _SMOOTHING * (off - self._mean_off)
        if abs(off) > self._lost:
            self._position, self._mean_off = wanted, 0.0
        elif abs(self._mean_off) > self._drift:
            self._position += 1 if self._mean_off > 0 else -1
            self._mean_off -= 1 if self._mean_off > 0 else -1
