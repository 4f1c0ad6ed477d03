"""A sound file as microphone: heard in real time through the same seam as a device."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np

from agent.sound import MICROPHONE_BLOCK_SAMPLES, MICROPHONE_RATE_HZ
from dialogue.audio import read_sound
from dialogue.speech import Samples

LEAD_IN_S = 0.6
TRAIL_S = 4.0
"""Silence after the file, so that its last sentence ends as a person's would."""


class FileMicrophone:
    """Plays a file into the conversation at the pace of real time, then silence, then ends."""

    sample_rate_hz = MICROPHONE_RATE_HZ

    def __init__(self, path: Path) -> None:
        """Read the whole file. Raises InputError when it holds no usable sound."""
        sound = read_sound(path, MICROPHONE_RATE_HZ).samples
        quiet = (np.zeros(round(s * MICROPHONE_RATE_HZ), np.float32) for s in (LEAD_IN_S, TRAIL_S))
        lead_in, trail = quiet
        self._samples: Samples = np.concatenate([lead_in, sound, trail])
        self._heard_blocks = 0

    async def blocks(self) -> AsyncIterator[Samples]:
        """Yield the file's blocks when they are due."""
        loop = asyncio.get_running_loop()
        start_s = loop.time()
        block_s = MICROPHONE_BLOCK_SAMPLES / MICROPHONE_RATE_HZ
        for index in range(len(self._samples) // MICROPHONE_BLOCK_SAMPLES):
            await asyncio.sleep(max(0.0, start_s + (index + 1) * block_s - loop.time()))
            self._heard_blocks = index + 1
            yield self._block(index)

    def played(self) -> Samples:
        """Give what was heard so far, for a recording of both sides."""
        return self._samples[: self._heard_blocks * MICROPHONE_BLOCK_SAMPLES]

    def _block(self, index: int) -> Samples:
        return self._samples[index * MICROPHONE_BLOCK_SAMPLES : (index + 1) * MICROPHONE_BLOCK_SAMPLES]
