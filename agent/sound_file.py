"""A sound file as microphone: heard in real time through the same seam as a device."""

import asyncio
import math
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
    """Plays a file into the conversation at the pace of real time, with silence before and after, then ends."""

    sample_rate_hz = MICROPHONE_RATE_HZ

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        """Read the whole file; `clock` tells the conversation's time (s). Raises InputError where it is no sound."""
        self._clock = clock
        sound = read_sound(path, MICROPHONE_RATE_HZ).samples
        lead_in, trail = (np.zeros(round(s * MICROPHONE_RATE_HZ), np.float32) for s in (LEAD_IN_S, TRAIL_S))
        self._samples: Samples = np.concatenate([lead_in, sound, trail])
        self._may_start = asyncio.Event()
        self._recorded: Samples | None = None
        self._recorded_hz = 0
        self.began_s = math.inf
        """When the file began to be heard."""

    def start(self) -> None:
        """Let the file be heard; until then there is silence."""
        self._may_start.set()

    async def blocks(self) -> AsyncIterator[Samples]:
        """Yield blocks when they are due: silence, the file, silence."""
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        heard = 0
        while heard + MICROPHONE_BLOCK_SAMPLES <= len(self._samples):
            due_s += MICROPHONE_BLOCK_SAMPLES / MICROPHONE_RATE_HZ
            await asyncio.sleep(max(0.0, due_s - loop.time()))
            if not self._may_start.is_set():
                yield np.zeros(MICROPHONE_BLOCK_SAMPLES, np.float32)
                continue
            self.began_s = min(self.began_s, self._clock())
            yield self._samples[heard : heard + MICROPHONE_BLOCK_SAMPLES]
            heard += MICROPHONE_BLOCK_SAMPLES

    def between(self, start_s: float, stop_s: float, sample_rate_hz: int) -> Samples:
        """Give what is heard between two times of the conversation at another rate: for recordings of both sides."""
        if self._recorded is None or self._recorded_hz != sample_rate_hz:
            self._recorded_hz = sample_rate_hz
            self._recorded = resample(self._samples, MICROPHONE_RATE_HZ, sample_rate_hz)
        out = np.zeros(max(0, round((stop_s - start_s) * sample_rate_hz)), np.float32)
        if math.isfinite(self.began_s):
            start = round((start_s - self.began_s) * sample_rate_hz)
            heard = self._recorded[max(0, start) : max(0, start + len(out))]
            out[max(0, -start) : max(0, -start) + len(heard)] = heard
        return out
