"""One utterance on its way through the recogniser, on the recogniser's own thread."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor

import numpy as np

from dialogue.recognise import Recogniser, Transcript
from dialogue.speech import Samples


class Transcription:
    """Feeds a recogniser with an utterance while it is being heard.

    The recogniser belongs to `thread` (one worker), which keeps utterances in order: one that was cancelled may still
    be decoding its last block there when the next begins, and `Recogniser.begin` drops it.
    """

    def __init__(self, recogniser: Recogniser, thread: Executor, on_words: Callable[[], None]) -> None:
        self._recogniser, self._thread, self._on_words = recogniser, thread, on_words
        self._waiting: list[Samples] = []
        self._arrived = asyncio.Event()
        self._closed = False
        self._pushed_samples = self._decoded_samples = 0
        self.partial = Transcript("")

    @property
    def behind_ms(self) -> int:
        """How much of what was heard `partial` does not cover yet."""
        return (self._pushed_samples - self._decoded_samples) * 1000 // self._recogniser.sample_rate_hz

    def push(self, samples: Samples) -> None:
        """Add the next sound."""
        self._waiting.append(samples)
        self._pushed_samples += len(samples)
        self._arrived.set()

    def close(self, *, leave_out_waiting: bool) -> None:
        """Let `run` finish with what has been pushed, or without what still waits, where that is silence."""
        if leave_out_waiting:
            self._waiting.clear()
        self._closed = True
        self._arrived.set()

    async def run(self) -> Transcript:
        """Decode until closed and give the final transcript. Raises EngineError when decoding failed."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._recogniser.begin)
        while await self._more():
            batch = np.concatenate(self._waiting)
            self._waiting.clear()
            self.partial = await loop.run_in_executor(self._thread, self._decode, batch)
            self._decoded_samples += len(batch)
            self._on_words()
        return await loop.run_in_executor(self._thread, self._recogniser.finish)

    async def _more(self) -> bool:
        while not self._waiting:
            if self._closed:
                return False
            self._arrived.clear()
            await self._arrived.wait()
        return True

    def _decode(self, samples: Samples) -> Transcript:
        self._recogniser.accept(samples)
        return self._recogniser.partial()
