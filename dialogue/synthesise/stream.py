"""From a voice that blocks to a stream that can be awaited: one worker thread, one output rate, one loudness."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from operator import attrgetter
from types import TracebackType
from typing import Self

from pydantic import Field

from dialogue.errors import EngineError
from dialogue.handover import Handover
from dialogue.section import Section
from dialogue.speech import SpeechChunk
from dialogue.synthesise import Synthesiser
from dialogue.synthesise.conditioning import Conditioner

LONGEST_AHEAD_S = 20.0
"""How much sound may wait to be taken before the voice itself waits: longer than any sentence."""


class VoiceSettings(Section):
    """Section `voice`."""

    rate: float = Field(1.0, ge=0.5, le=2.0, description="tempo, 1 is the voice's own")
    loudness_dbfs: float = Field(-20.0, ge=-40, le=-9, description="level of all voices, dB of full scale")
    lexicon: dict[str, str] = Field({}, description="words in lower case, and how to spell them for the voice")


class VoiceStream:
    """A voice for asyncio. Everything of the engine happens in one thread named "voice", its construction included.

    Use as an async context manager. Pieces are spoken one after the other; a second `speak` waits for the first.
    """

    def __init__(self, open_voice: Callable[[], Synthesiser], output_rate_hz: int, settings: VoiceSettings) -> None:
        self.sample_rate_hz = output_rate_hz
        """Rate of every chunk."""
        self.rate = settings.rate
        """Tempo from the next piece on."""
        self.loudness_dbfs = settings.loudness_dbfs
        """Level from the next piece on."""
        self._open_voice = open_voice
        self._voice: Synthesiser | None = None
        self._conditioner = Conditioner(output_rate_hz, settings.loudness_dbfs)
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="voice")

    async def __aenter__(self) -> Self:
        """Open the voice in its thread. Raises EngineUnavailable."""
        try:
            self._voice = await asyncio.wrap_future(self._worker.submit(self._open_voice))
        except BaseException:
            self._worker.shutdown(wait=False)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the thread end; a piece that nobody takes any more stops within one chunk."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    async def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        """Stream one piece as chunks at `sample_rate_hz`, phones and words with the first samples they belong to.

        Closing the iterator (cancellation) returns at once; the engine stops within one of its chunks, and the next
        piece begins when it has. Use with `contextlib.aclosing`. Raises EngineError when the voice fails.
        """
        if self._voice is None:
            raise EngineError("the voice is not open: use 'async with VoiceStream(...)'")
        handover: Handover[SpeechChunk] = Handover(LONGEST_AHEAD_S, attrgetter("seconds"))
        job = self._worker.submit(self._speak, self._voice, text, self.rate, self.loudness_dbfs, handover)
        job.add_done_callback(handover.finish)
        try:
            while (chunk := await handover.take()) is not None:
                yield chunk
        finally:
            handover.close()
            job.cancel()  # where it has not begun

    def _speak(
        self, voice: Synthesiser, text: str, rate: float, loudness_dbfs: float, handover: Handover[SpeechChunk]
    ) -> None:
        """Speak one piece in the worker thread."""
        voice.rate = rate
        self._conditioner.begin()
        self._conditioner.evener.target_dbfs = loudness_dbfs

        def hand_over(chunk: SpeechChunk) -> bool:
            return handover.offer(chunk) if len(chunk.samples) else not handover.closed

        voice.speak(text, lambda chunk: hand_over(self._conditioner.push(chunk)))
        hand_over(self._conditioner.flush())
