"""A sound file as microphone: heard in real time through the same seam as a device."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np

from agent.sound import MICROPHONE_BLOCK_SAMPLES, MICROPHONE_RATE_HZ
from dialogue.audio import read_sound, resample
from dialogue.speech import Samples

LEAD_IN_S = 0.6
TRAIL_S = 4.0
"""Silence after the file, so that its last sentence ends as a person's would."""


class FileMicrophone:
    """Plays a file into the conversation at the pace of real time, then silence, then ends."""

    sample_rate_hz = MICROPHONE_RATE_HZ

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        """Read the whole file; `clock` tells the conversation's time (s). Raises InputError where it is no sound."""
        self._clock = clock
        self.began_s = 0.0
        """When the first block was given."""
        sound = read_sound(path, MICROPHONE_RATE_HZ).samples
        quiet = (np.zeros(round(s * MICROPHONE_RATE_HZ), np.float32) for s in (LEAD_IN_S, TRAIL_S))
        lead_in, trail = quiet
        self._samples: Samples = np.concatenate([lead_in, sound, trail])
        self._recorded: Samples | None = None
        self._recorded_hz = 0

    async def blocks(self) -> AsyncIterator[Samples]:
        """Yield the file's blocks when they are due."""
        loop = asyncio.get_running_loop()
        start_s = loop.time()
        self.began_s = self._clock()
        block_s = MICROPHONE_BLOCK_SAMPLES / MICROPHONE_RATE_HZ
        for index in range(len(self._samples) // MICROPHONE_BLOCK_SAMPLES):
            await asyncio.sleep(max(0.0, start_s + (index + 1) * block_s - loop.time()))
            yield self._block(index)

    def between(self, start_s: float, stop_s: float, sample_rate_hz: int) -> Samples:
        """Give what is heard from `start_s` to `stop_s` after the first block, at another rate: for recordings."""
        if self._recorded is None or self._recorded_hz != sample_rate_hz:
            self._recorded_hz = sample_rate_hz
            self._recorded = resample(self._samples, MICROPHONE_RATE_HZ, sample_rate_hz)
        start, stop = round(start_s * sample_rate_hz), round(stop_s * sample_rate_hz)
        out = np.zeros(max(0, stop - start), np.float32)
        heard = self._recorded[max(0, start) : max(0, stop)]
        out[max(0, -start) : max(0, -start) + len(heard)] = heard
        return out

    def _block(self, index: int) -> Samples:
        return self._samples[index * MICROPHONE_BLOCK_SAMPLES : (index + 1) * MICROPHONE_BLOCK_SAMPLES]
