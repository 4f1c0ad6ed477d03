"""Repliers in order of preference as one: when one fails the next thinks, and the user is not left in silence."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext, suppress
from dataclasses import dataclass, field

from pydantic import Field

from dialogue.errors import EngineError
from dialogue.failover import Breaker
from dialogue.history import Utterance
from dialogue.reply import Replier
from dialogue.section import Section


class FailoverSettings(Section):
    """Section `failover`: what happens when an engine that thinks is slow or fails."""

    deadline_s: float = Field(8.0, gt=0, le=120, description="no text for so long: the next engine takes over")
    patience_s: float = Field(2.5, gt=0, le=30, description="silence after which the user hears `filler`")
    filler: str = Field("One moment, please. ", description="said once when thinking takes long; empty for nothing")


@dataclass(slots=True)
class Thinker:
    """One replier of a `FailoverReplier`."""

    name: str
    replier: Replier
    breaker: Breaker = field(default_factory=Breaker)


class FailoverReplier:
    """`Replier` that thinks with the first of several that works.

    One that raises EngineError, or gives no text by the deadline, is left alone for a while and tried again later. Once
    the first text of a reply is out it is that engine's reply: an error then comes out as it is, because another engine
    would begin anew and say things twice.
    """

    def __init__(
        self, thinkers: Sequence[Thinker], settings: FailoverSettings, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._thinkers, self._settings, self._now_s = tuple(thinkers), settings, now_s
        self.name = ""
        """Of the engine that thought of the last reply."""

    def greeting(self) -> str:
        """Give the first greeting that any of them has."""
        return next((words for thinker in self._thinkers if (words := thinker.replier.greeting())), "")

    def reply(self, history: Sequence[Utterance]) -> AsyncGenerator[str, None]:
        """Stream the reply; see `Replier`. Raises EngineError when every engine fails."""
        return patient(self._thought(history), self._settings.patience_s, self._settings.filler)

    async def _thought(self, history: Sequence[Utterance]) -> AsyncGenerator[str, None]:
        errors = []
        allowed = [thinker for thinker in self._thinkers if thinker.breaker.allows(self._now_s())]
        for thinker in allowed or self._thinkers:  # when all of them rest, trying is better than silence
            has_begun = False
            try:
                async with aclosing(begun_by(thinker.replier.reply(history), self._settings.deadline_s)) as text:
                    async for part in text:
                        has_begun, self.name = True, thinker.name
                        yield part
                thinker.breaker = thinker.breaker.succeeded()
                return
            except EngineError as error:
                thinker.breaker = thinker.breaker.failed(self._now_s())
                if has_begun:
                    raise
                errors.append(f"{thinker.name}: {error}")
        raise EngineError("nobody could think of a reply. " + "; ".join(errors))


async def begun_by(text: AsyncIterator[str], deadline_s: float) -> AsyncGenerator[str, None]:
    """Pass a stream of text on. Raises EngineError when it has not begun within `deadline_s`."""
    async with _closing(text):
        try:
            async with asyncio.timeout(deadline_s):
                first = await anext(text, None)
        except TimeoutError as exc:
            raise EngineError(f"it gave no text within {deadline_s:g} s: raise failover.deadline_s") from exc
        if first is not None:
            yield first
            async for part in text:
                yield part


async def patient(text: AsyncGenerator[str, None], patience_s: float, filler: str) -> AsyncGenerator[str, None]:
    """Pass a stream of text on, preceded by `filler` when it has not begun within `patience_s`."""
    async with aclosing(text):
        first = asyncio.ensure_future(anext(text, None))
        try:
            await asyncio.wait({first}, timeout=patience_s)
            if filler and not first.done():
                yield filler
            part = await first
        finally:
            first.cancel()
            with suppress(asyncio.CancelledError, EngineError):
                await first
        if part is not None:
            yield part
            async for rest in text:
                yield rest


def _closing(text: AsyncIterator[str]) -> AbstractAsyncContextManager[object]:
    return aclosing(text) if isinstance(text, AsyncGenerator) else nullcontext()
