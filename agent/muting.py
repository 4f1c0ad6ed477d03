"""A microphone that can be told to hear nothing."""

from collections.abc import AsyncIterator

import numpy as np

from agent.sound import Microphone
from dialogue.speech import Samples


class MutableMicrophone:
    """Another microphone, or silence at its pace while `muted`."""

    def __init__(self, microphone: Microphone) -> None:
        self.sample_rate_hz = microphone.sample_rate_hz
        self.muted = False
        self._microphone = microphone

    async def blocks(self) -> AsyncIterator[Samples]:
        """Yield blocks; see `Microphone`."""
        async for block in self._microphone.blocks():
            yield np.zeros_like(block) if self.muted else block
