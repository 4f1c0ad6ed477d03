"""The loudspeaker's sound beside each block of the microphone: what an echo canceller needs to know."""

from statistics import median
from typing import Protocol

import numpy as np

from dialogue.audio import Resampler
from dialogue.speech import Samples

MARGIN_S = 0.02
"""So far behind what was sent it is read, because blocks of two devices come in bursts."""
JUDGED_BLOCKS = 100
"""Bursts hide how far off it is: judged by the median of so many blocks."""
LOST_S = 0.015
"""Further off than this, and it jumps."""
DRIFT_S = 0.002
"""Further off than this, and it moves by a sample now and then, for clocks of two devices drift; slowly enough for an
echo canceller to follow (400 parts in a million)."""
BLOCKS_A_STEP = 10


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
        self._position: int | None = None
        self._off: list[int] = []
        self._blocks = 0
        self._step = 0
        # The resampler's pieces differ in length: a block in hand keeps them from running short.
        self._waiting: Samples = np.zeros(rate_hz // 100, np.float32)

    def block(self, samples: int) -> Samples:
        """Give the next `samples` at the microphone's rate."""
        count = samples * self._speaker.sample_rate_hz // self._rate_hz
        start = self._next_position(self._speaker.sent() - self._margin - count)
        far = self._resampler.push(self._speaker.played(start, start + count))
        self._position = start + count
        self._waiting = np.concatenate([self._waiting, far])
        block, self._waiting = self._waiting[:samples], self._waiting[samples:]
        return np.pad(block, (0, samples - len(block)))

    def _next_position(self, wanted: int) -> int:
        """Tell where to read, given where reading would be freshest: there, in steps too small to matter."""
        if self._position is None:
            self._position = wanted
        self._off.append(wanted - self._position)
        self._blocks += 1
        if len(self._off) == JUDGED_BLOCKS:
            self._judge(round(median(self._off)))
        step = self._step if self._blocks % BLOCKS_A_STEP == 0 else 0
        return self._position + step

    def _judge(self, off: int) -> None:
        self._off.clear()
        self._step = 0
        # The first time nothing was learnt yet that a jump could spoil.
        if (abs(off) > self._lost or self._blocks == JUDGED_BLOCKS) and self._position is not None:
            self._position += off
        elif abs(off) > self._drift:
            self._step = 1 if off > 0 else -1
