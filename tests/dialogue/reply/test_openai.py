import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from dialogue.errors import EngineError, EngineUnavailable
from dialogue.history import Utterance
from dialogue.reply.failover import FailoverReplier, FailoverSettings, Thinker
from dialogue.reply.knowledge import KnowledgeReplier
from dialogue.reply.knowledge_file import Entry, Knowledge, Persona
from dialogue.reply.openai import OpenAIReplier, OpenAISettings, Usage
from dialogue.reply.tools import Toolbox, tool_from
from tests.dialogue.reply.fault_server import DONE, SSE, FaultServer, Step, event, fault_server, status, text

KNOWLEDGE = KnowledgeReplier(
    Knowledge(
        persona=Persona(name="Ada", role="a receptionist", never=("talk about politics",)),
        entries=(
            Entry(id="hours", about="opening hours", questions=("when do you open",), answer=("At nine.",)),
            Entry(id="lift", about="the lift", questions=("where is the lift",), answer=("Over there.",)),
        ),
    )
)
ASKED = [Utterance("user", "when do you open")]
HELLO = (SSE, text("Hel"), text("lo."), text("", "stop"), DONE)


def settings(url: str, **changes: Any) -> OpenAISettings:
    quick = {"connect_s": 1.0, "first_token_s": 0.3, "stall_s": 0.3, "tool_patience_s": 0.05}
    return OpenAISettings.model_validate({"base_url": url, "model": "tiny", **quick, **changes})


@asynccontextmanager
async def model(
    *scripts: Sequence[Step], tools: Toolbox | None = None, costs: list[Usage] | None = None, **changes: Any
) -> AsyncIterator[tuple[FaultServer, OpenAIReplier]]:
    """A server that follows scripts, and a replier that asks it."""
    noted: list[Usage] = [] if costs is None else costs
    async with (
        fault_server(*scripts) as server,
        OpenAIReplier(settings(server.url, **changes), KNOWLEDGE, tools, noted.append) as replier,
    ):
        yield server, replier


async def said(replier: OpenAIReplier, history: Sequence[Utterance] = ASKED) -> str:
    return "".join([part async for part in replier.reply(history)])


async def said_by(*steps: Step, **changes: Any) -> str:
    async with model(steps, **changes) as (_, replier):
        return await said(replier)


async def test_text_is_streamed_as_it_comes() -> None:
    async with model((SSE, text("Hel"), 0.2, text("lo.", "stop"))) as (_, replier):
        assert [part async for part in replier.reply(ASKED)] == ["Hel", "lo."]


async def test_the_prompt_holds_persona_rules_knowledge_and_what_was_heard() -> None:
    talk = [
        Utterance("user", "hello"),
        Utterance("agent", "Hello, I am", interrupted=True),
        Utterance("user", "when do you open?"),
    ]
    async with model(HELLO) as (server, replier):
        await said(replier, talk)
    system, *rest = server.requests[0]["messages"]
    assert server.paths == ["/v1/chat/completions"]
    assert all(part in system["content"] for part in ("Ada", "politics", "At nine.", "spoken aloud"))
    assert "Over there" not in system["content"]
    assert [message["role"] for message in rest] == ["user", "assistant", "user"]
    assert "interrupted" in rest[1]["content"]


async def test_usage_is_reported() -> None:
    costs: list[Usage] = []
    used = event(choices=[], usage={"prompt_tokens": 12, "completion_tokens": 3})
    async with model((*HELLO[:-1], used, DONE), costs=costs) as (_, replier):
        await said(replier)
    assert costs == [Usage(12, 3)]


async def test_a_server_that_does_not_stream_is_understood() -> None:
    body = '{"choices": [{"message": {"content": "All at once."}, "finish_reason": "stop"}]}'
    assert await said_by(status(200, body)) == "All at once."


@pytest.mark.parametrize(
    ("steps", "complaint"),
    [
        ((5.0,), "gave no word for 0.3 s"),
        ((SSE, 5.0), "gave no word for 0.3 s"),
        ((SSE, b": ping\n\n", 5.0), "gave no word for 0.3 s"),
        ((SSE, text("One"), 5.0), "gave no word for 0.3 s"),
        ((SSE, text("One"), text(" tw")[:20]), "stopped in mid-reply"),
        ((SSE.replace(b"Connection: close", b"Content-Length: 9999"), text("One")), "connection .* broke"),
        ((b"HTTP/1.1 200 OK\r\nContent-T",), "connection .* broke"),
        ((b"\x00\xff garbage",), "connection .* broke"),
        ((), "connection .* broke"),
        ((SSE, b"data: {oops\n\n"), "sent nonsense"),
        ((SSE, b"data: [1, 2]\n\n"), "sent nonsense"),
        ((SSE, b'data: {"choices": 7}\n\n'), "sent nonsense"),
        ((SSE, b"data: " + b"[" * 100_000 + b"\n\n"), "sent nonsense"),
        ((SSE, b"data: " + b"x" * 2_000_000), "endless"),
        ((SSE, event(error={"message": "out of memory"})), "server failed: out of memory"),
        ((status(401),), "set the environment variable OPENAI_API_KEY"),
        ((status(404),), "no model 'tiny'"),
        ((status(429),), "too much to do"),
        ((status(500, "boom"),), "status 500: boom"),
        ((status(200, "<html>hello</html>"),), "sent nonsense"),
    ],
)
async def test_every_fault_is_one_sentence(steps: Sequence[Step], complaint: str) -> None:
    with pytest.raises(EngineError, match=complaint):
        await said_by(*steps)


async def test_a_server_that_is_not_there_says_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        async with OpenAIReplier(settings(url), KNOWLEDGE) as replier:
            with pytest.raises(EngineUnavailable, match="start it, or change"):
                await said(replier)


async def test_an_endless_reply_is_cut() -> None:
    endless = (SSE, *[text("blah " * 100)] * 1000)
    assert len(await said_by(*endless, reply_tokens=16)) < 1000


async def test_closing_the_reply_closes_the_request() -> None:
    async with model((SSE, text("One"), 10.0), stall_s=60) as (server, replier):
        stream = replier.reply(ASKED)
        assert await anext(stream) == "One"
        await stream.aclose()
        await asyncio.wait_for(server.closed_early.wait(), 2)


async def test_cancelling_before_the_first_word_closes_the_request() -> None:
    async with model((10.0,), first_token_s=60) as (server, replier):
        waiting = asyncio.create_task(said(replier))
        await server.asked.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await asyncio.wait_for(server.closed_early.wait(), 2)


async def test_the_next_request_works_after_a_fault() -> None:
    async with model((SSE, text("One"), 5.0), HELLO) as (_, replier):
        with pytest.raises(EngineError):
            await said(replier)
        assert await said(replier) == "Hello."


async def test_the_knowledge_engine_answers_when_the_model_is_down() -> None:
    async with model((status(500),)) as (_, replied):
        replier = FailoverReplier([Thinker("model", replied), Thinker("knowledge", KNOWLEDGE)], FailoverSettings())
        assert "".join([part async for part in replier.reply(ASKED)]) == "At nine."


async def weather(town: str, days: int = 1) -> str:
    """Tell the weather in a town."""
    await asyncio.sleep(0.2 if town == "Slowtown" else 0)
    return f"sunny in {town} for {days} days"


def asks_for(name: str, *parts: str) -> tuple[Step, ...]:
    first = {"index": 0, "id": "call_7", "function": {"name": name, "arguments": ""}}
    deltas = [first, *({"index": 0, "function": {"arguments": part}} for part in parts)]
    chunks = [event(choices=[{"delta": {"tool_calls": [delta]}}]) for delta in deltas]
    return (SSE, *chunks, event(choices=[{"delta": {}, "finish_reason": "tool_calls"}]), DONE)


async def test_a_tool_is_called_and_its_result_goes_back() -> None:
    async with fault_server(asks_for("weather", '{"to', 'wn": "Bergen"}'), (SSE, text("Sunny!", "stop"))) as server:
        tools = Toolbox([tool_from(weather)])
        async with OpenAIReplier(settings(server.url), KNOWLEDGE, tools) as replier:
            assert await said(replier) == "Sunny!"
    function = server.requests[0]["tools"][0]["function"]
    assert function["description"] == "Tell the weather in a town."
    assert function["parameters"]["required"] == ["town"]
    call, result = server.requests[1]["messages"][-2:]
    assert call["tool_calls"][0]["function"] == {"name": "weather", "arguments": '{"town": "Bergen"}'}
    assert result == {"role": "tool", "tool_call_id": "call_7", "content": "sunny in Bergen for 1 days"}


async def test_a_slow_tool_is_bridged_by_a_filler() -> None:
    async with model(
        asks_for("weather", '{"town": "Slowtown"}'), (SSE, text("Sunny!", "stop")), tools=Toolbox([tool_from(weather)])
    ) as (_, replier):
        assert await said(replier) == "Let me look that up. Sunny!"


async def test_a_model_that_only_calls_tools_is_stopped() -> None:
    calls = [asks_for("weather", '{"town": "Bergen"}')] * 3
    async with model(*calls, (SSE, text("Well.", "stop")), tools=Toolbox([tool_from(weather)])) as (server, replier):
        assert await said(replier) == "Well."
    assert "tools" in server.requests[2]
    assert "tools" not in server.requests[3]


async def test_a_check_finds_the_server_and_its_models() -> None:
    async with model([status(200, '{"data": [{"id": "tiny"}]}')]) as (server, replier):
        await replier.check()
    assert server.paths == ["/v1/models"]


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (status(200, '{"data": [{"id": "other"}]}'), "no model 'tiny'; it has: other"),
        (status(200, "[]"), "is no language model server"),
        (status(403), "set the environment variable"),
    ],
)
async def test_a_check_says_what_is_wrong(answer: bytes, complaint: str) -> None:
    async with model([answer]) as (_, replier):
        with pytest.raises(EngineError, match=complaint):
            await replier.check()


def test_the_default_settings_name_a_local_server() -> None:
    assert "127.0.0.1" in OpenAISettings().base_url
