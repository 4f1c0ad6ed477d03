import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from dialogue.errors import EngineError
from dialogue.history import Utterance
from dialogue.reply.failover import FailoverReplier, FailoverSettings, Thinker

ASKED = [Utterance("user", "hello")]
QUICK = FailoverSettings(deadline_s=0.2, patience_s=0.05, filler="One moment. ")


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Scripted:
    """Gives its parts; waits where one is a number of seconds, raises where it is an error."""

    def __init__(self, *parts: str | float | EngineError, greeting: str = "") -> None:
        self.parts, self.words, self.asked, self.closed = parts, greeting, 0, 0

    def greeting(self) -> str:
        return self.words

    async def reply(self, history: Sequence[Utterance]) -> AsyncIterator[str]:
        self.asked += 1
        try:
            for part in self.parts:
                if isinstance(part, EngineError):
                    raise part
                if isinstance(part, str):
                    yield part
                else:
                    await asyncio.sleep(part)
        finally:
            self.closed += 1


def failover(*repliers: Scripted, clock: Clock | None = None, settings: FailoverSettings = QUICK) -> FailoverReplier:
    thinkers = [Thinker(str(number), replier) for number, replier in enumerate(repliers)]
    return FailoverReplier(thinkers, settings, clock or Clock())


async def said(replier: FailoverReplier) -> str:
    return "".join([part async for part in replier.reply(ASKED)])


async def test_the_first_engine_that_works_thinks() -> None:
    first, second = Scripted("A", "B"), Scripted("C")
    assert await said(failover(first, second)) == "AB"
    assert second.asked == 0


async def test_an_engine_that_fails_before_its_first_word_is_replaced() -> None:
    replier = failover(Scripted(EngineError("down")), Scripted("C"))
    assert await said(replier) == "C"
    assert replier.name == "1"


async def test_an_engine_that_says_nothing_by_the_deadline_is_closed_and_replaced() -> None:
    first = Scripted(5.0, "late")
    assert await said(failover(first, Scripted("C"))) == "One moment. C"
    assert first.closed == 1


async def test_a_slow_engine_is_bridged_by_a_filler() -> None:
    assert await said(failover(Scripted(0.1, "at last"))) == "One moment. at last"


async def test_a_quick_engine_is_not() -> None:
    assert await said(failover(Scripted("at once", 0.1, " and more"))) == "at once and more"


async def test_nothing_is_said_twice_when_an_engine_fails_in_mid_reply() -> None:
    second = Scripted("C")
    replier = failover(Scripted("A", EngineError("broke")), second)
    heard = []

    async def listen() -> None:
        async for part in replier.reply(ASKED):
            heard.append(part)

    with pytest.raises(EngineError, match="broke"):
        await listen()
    assert heard == ["A"]
    assert second.asked == 0


async def test_a_failed_engine_rests_and_comes_back() -> None:
    clock, first = Clock(), Scripted(EngineError("down"))
    replier = failover(first, Scripted("C"), clock=clock)
    await said(replier)
    await said(replier)
    assert first.asked == 1
    first.parts = ("A",)
    clock.now_s = 60
    assert await said(replier) == "A"


async def test_when_all_rest_they_are_tried_all_the_same() -> None:
    only = Scripted(EngineError("down"))
    replier = failover(only)
    with pytest.raises(EngineError, match="0: down"):
        await said(replier)
    only.parts = ("back",)
    assert await said(replier) == "back"


async def test_closing_the_reply_closes_the_engine() -> None:
    first = Scripted("A", 60.0, "B")
    stream = failover(first).reply(ASKED)
    assert await anext(stream) == "A"
    await stream.aclose()
    assert first.closed == 1


async def test_cancelling_while_waiting_for_the_first_word_closes_the_engine() -> None:
    first = Scripted(60.0)
    waiting = asyncio.create_task(said(failover(first, settings=FailoverSettings())))
    await asyncio.sleep(0.02)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert first.closed == 1


def test_the_first_greeting_is_used() -> None:
    assert failover(Scripted(), Scripted(greeting="Hello.")).greeting() == "Hello."
