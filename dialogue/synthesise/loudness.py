"""Even loudness: every voice and every piece at the same level, without pumping and without clipping."""

import numpy as np

from dialogue.audio import Blocks
from dialogue.speech import Samples

FRAME_S = 0.02
QUIET_DBFS = -45.0
"""Frames below this are pauses and say nothing about how loud the voice is."""
FIRST_FRAMES = 15
"""Frames of voice measured before anything is let out, so that the first word has its final level: 0.3 s of sound,
a few milliseconds of waiting for a voice that is faster than real time."""
MEMORY_FRAMES = 150
"""How many frames of voice the measured level rests on, at most; sets how slowly gain follows (3 s)."""
MOST_GAIN_DB = 18.0
KNEE = 0.8
"""Samples beyond this are bent towards 1 and never reach it."""


class Evener:
    """Brings a voice to a target level; pieces of any length add up to the whole's result.

    Level is the root mean square of frames that are not pauses, in dB of full scale. What it learned in one piece holds
    for the next; `forget` when another voice takes over.
    """

    def __init__(self, sample_rate_hz: int, target_dbfs: float) -> None:
        self.target_dbfs = target_dbfs
        self._blocks = Blocks(round(sample_rate_hz * FRAME_S))
        self.forget()

    def forget(self) -> None:
        """Start anew with another voice; drops samples still inside."""
        self._blocks.reset()
        self._waiting: list[Samples] = []
        self._voiced_frames = 0
        self._power = 0.0
        self._gain: float | None = None

    def push(self, samples: Samples) -> Samples:
        """Take the next samples and return those that are ready."""
        return _joined([even for frame in self._blocks.push(samples) for even in self._step(frame)])

    def flush(self) -> Samples:
        """Return what is still inside; the piece has ended, the next may begin."""
        waiting, self._waiting = [*self._waiting, self._blocks.flush()], []
        gain = self._wanted_gain() if self._gain is None else self._gain
        return _joined([_bent(frame * np.float32(gain)) for frame in waiting])

    def _step(self, frame: Samples) -> list[Samples]:
        """Take one frame; gives none while the first level is being measured, then all that waited, then one."""
        self._measure(frame)
        if self._gain is None and self._voiced_frames < FIRST_FRAMES:
            self._waiting.append(frame)
            return []
        wanted = self._wanted_gain()
        before = wanted if self._gain is None else self._gain
        ramp = np.linspace(before, wanted, len(frame), dtype=np.float32)
        ready = [*(held * np.float32(wanted) for held in self._waiting), frame * ramp]
        self._waiting, self._gain = [], wanted
        return [_bent(samples) for samples in ready]

    def _measure(self, frame: Samples) -> None:
        power = float(np.mean(frame * frame))
        if power > 10 ** (QUIET_DBFS / 10):
            self._voiced_frames += 1
            self._power += (power - self._power) / min(self._voiced_frames, MEMORY_FRAMES)

    def _wanted_gain(self) -> float:
        if not self._voiced_frames:
            return 1.0
        gain_db = self.target_dbfs - 10 * float(np.log10(self._power))
        return float(10 ** (min(gain_db, MOST_GAIN_DB) / 20))


def _joined(pieces: list[Samples]) -> Samples:
    return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)


def _bent(samples: Samples) -> Samples:
    """Keep samples within full scale by bending those beyond the knee."""
    size = np.abs(samples)
    if size.max(initial=0.0) <= KNEE:
        return samples
    bent = KNEE + (1 - KNEE) * np.tanh((size - KNEE) / (1 - KNEE))
    return np.where(size > KNEE, np.copysign(bent, samples), samples).astype(np.float32)
