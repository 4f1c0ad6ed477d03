"""The replier behind any server that speaks OpenAI's chat API: Ollama, llama.cpp, vLLM, LM Studio, OpenAI itself."""

import asyncio
import json
import os
import textwrap
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, field
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import httpx
from pydantic import Field

from dialogue.errors import EngineError, EngineUnavailable
from dialogue.history import Utterance
from dialogue.reply.knowledge import KnowledgeReplier
from dialogue.reply.prompt import messages
from dialogue.reply.sse import LARGEST_EVENT_BYTES, EventParser
from dialogue.reply.tools import Toolbox, ToolCall
from dialogue.section import Section

CHARACTERS_PER_TOKEN = 8
"""No reply has more."""

_LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
_T = TypeVar("_T")


class OpenAISettings(Section):
    """Section `openai`."""

    base_url: str = Field(
        "http://127.0.0.1:11434/v1", pattern=r"^https?://", description="of the server; this is Ollama's"
    )
    model: str = Field("qwen3:4b", min_length=1, description="one of those that the server has")
    key_variable: str = Field(
        "OPENAI_API_KEY", description="environment variable that holds the key, where one is needed"
    )
    connect_s: float = Field(2.0, gt=0, le=60, description="longest wait for a connection")
    first_token_s: float = Field(8.0, gt=0, le=300, description="longest wait for the first word")
    stall_s: float = Field(4.0, gt=0, le=300, description="longest silence in mid-reply")
    temperature: float = Field(0.6, ge=0, le=2, description="0 always says the likeliest")
    reply_tokens: int = Field(300, ge=16, le=8192, description="longest reply")
    prompt_tokens: int = Field(3000, ge=500, description="how much of the conversation and the knowledge is sent")
    tool_rounds: int = Field(3, ge=0, le=10, description="how often in one reply tools may be called")
    tool_patience_s: float = Field(0.8, gt=0, le=30, description="a tool that takes longer is bridged by `tool_filler`")
    tool_filler: str = Field("Let me look that up. ", description="said while a tool takes long")


@dataclass(frozen=True, slots=True)
class Usage:
    """What one request cost, as the server counts."""

    prompt_tokens: int
    reply_tokens: int


@dataclass(slots=True)
class _Answer:
    """What one request has brought so far."""

    characters: int = 0
    calls: dict[int, ToolCall] = field(default_factory=dict)
    usage: Usage | None = None
    is_complete: bool = False

    def add(self, event: str) -> str:
        """Take the data of one event and give the text in it.

        Raises EngineError for an error that the server reports and for what is no chat completion.
        """
        if event.strip() == "[DONE]":
            self.is_complete = True
            return ""
        try:
            chunk = json.loads(event)
            if error := chunk.get("error"):
                raise EngineError(f"the language model's server failed: {_shortened(error)}")
            if usage := chunk.get("usage"):
                self.usage = Usage(int(usage["prompt_tokens"]), int(usage["completion_tokens"]))
            choice: dict[str, Any] = next(iter(chunk.get("choices") or ()), {})
            delta = choice.get("delta") or choice.get("message") or {}
            for call in delta.get("tool_calls") or ():
                self._add_call(call)
            self.is_complete = self.is_complete or bool(choice.get("finish_reason"))
            text = str(delta.get("content") or "")
        except (ValueError, AttributeError, TypeError, KeyError, RecursionError) as exc:
            raise EngineError("the language model's server sent nonsense: check reply.openai.base_url") from exc
        self.characters += len(text)
        return text

    def _add_call(self, delta: dict[str, Any]) -> None:
        """Join the parts of a tool call, which arrive bit by bit like the text."""
        index, function = int(delta.get("index") or 0), delta.get("function") or {}
        before = self.calls.get(index, ToolCall("", "", ""))
        self.calls[index] = ToolCall(
            before.id or str(delta.get("id") or f"call_{index}"),
            before.name + str(function.get("name") or ""),
            before.arguments + str(function.get("arguments") or ""),
        )


class OpenAIReplier:
    """`Replier` by a language model behind HTTP. Closing a reply closes its request, so that the server stops too.

    Use as an async context manager, or call `close`. The knowledge file gives the persona, and its nearest entries go
    into every prompt.
    """

    def __init__(
        self,
        settings: OpenAISettings,
        knowledge: KnowledgeReplier,
        tools: Toolbox | None = None,
        on_usage: Callable[[Usage], None] = lambda usage: None,
    ) -> None:
        """Prepare the connection; nothing is sent yet. `on_usage` is told what a request cost, if the server says."""
        self._settings, self._knowledge = settings, knowledge
        self._tools, self._on_usage = tools or Toolbox(()), on_usage
        key = os.environ.get(settings.key_variable, "")
        self._client = httpx.AsyncClient(
            base_url=settings.base_url.rstrip("/") + "/",
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(None, connect=settings.connect_s),
            trust_env=urlsplit(settings.base_url).hostname not in _LOCAL_HOSTS,  # a proxy cannot reach this machine
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    def greeting(self) -> str:
        """Give the knowledge file's greeting."""
        return self._knowledge.greeting()

    async def check(self) -> None:
        """See that the server is there and has the model. Raises EngineUnavailable or EngineError saying what to do."""
        try:
            response = await self._client.get("models", timeout=self._settings.connect_s)
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            raise self._unreachable() from exc
        if response.status_code >= 400:
            raise EngineError(self._refusal(response.status_code, response.text))
        try:
            known = [str(model["id"]) for model in response.json().get("data") or ()]
        except (ValueError, AttributeError, TypeError, KeyError) as exc:
            raise EngineError(
                f"{self._settings.base_url} is no language model server: check reply.openai.base_url"
            ) from exc
        if known and self._settings.model not in known:
            raise EngineError(f"the server has no model '{self._settings.model}'; it has: {', '.join(known[:8])}")

    async def reply(self, history: Sequence[Utterance]) -> AsyncGenerator[str, None]:
        """Stream the reply; see `Replier`. Tools are run in between, bridged by a filler where they take long."""
        settings = self._settings
        chat = [asdict(message) for message in messages(self._knowledge, history, settings.prompt_tokens)]
        for round_number in range(settings.tool_rounds + 1):
            answer = _Answer()
            async with aclosing(self._answer(chat, answer, round_number < settings.tool_rounds)) as text:
                async for part in text:
                    yield part
            if not answer.calls:
                return
            calls = list(answer.calls.values())
            chat.append(_call_message(calls))
            async with aclosing(self._run(calls, chat)) as fillers:
                async for filler in fillers:
                    yield filler

    async def _run(self, calls: Sequence[ToolCall], chat: list[dict[str, Any]]) -> AsyncGenerator[str, None]:
        """Run tools side by side and add their results to the chat; gives a filler when they take long."""
        running = asyncio.gather(*map(self._tools.run, calls))
        try:
            await asyncio.wait({running}, timeout=self._settings.tool_patience_s)
            if not running.done() and self._settings.tool_filler:
                yield self._settings.tool_filler
            results = await running
        finally:
            running.cancel()
        for call, result in zip(calls, results, strict=True):
            chat.append({"role": "tool", "tool_call_id": call.id, "content": result})

    async def _answer(
        self, chat: Sequence[dict[str, Any]], answer: _Answer, may_call: bool
    ) -> AsyncGenerator[str, None]:
        """Make one request and stream its text; everything else that it brings goes into `answer`."""
        settings = self._settings
        body = {
            "model": settings.model,
            "messages": list(chat),
            "stream": True,
            "stream_options": {"include_usage": True},
            "temperature": settings.temperature,
            "max_tokens": settings.reply_tokens,
            **({"tools": self._tools.described()} if self._tools and may_call else {}),
        }
        async with aclosing(self._events(body)) as events:
            async for event in events:
                if part := answer.add(event):
                    yield part
                if answer.characters > settings.reply_tokens * CHARACTERS_PER_TOKEN:
                    return  # some servers ignore max_tokens
        if answer.usage:
            self._on_usage(answer.usage)
        if not answer.is_complete:
            raise EngineError("the language model's server stopped in mid-reply: look at its log")

    async def _events(self, body: dict[str, Any]) -> AsyncGenerator[str, None]:
        """Send a request and give the data of the events that come back, each within its time."""
        settings = self._settings
        request = self._client.build_request("POST", "chat/completions", json=body)
        response = await self._within(settings.first_token_s, self._client.send(request, stream=True))
        try:
            if response.status_code >= 400:
                raise EngineError(self._refusal(response.status_code, await self._whole(response)))
            if "json" in response.headers.get("content-type", ""):  # a server that does not stream
                yield await self._whole(response)
                return
            parser, received, wait_s = EventParser(), response.aiter_bytes(), settings.first_token_s
            while (data := await self._within(wait_s, anext(received, None))) is not None:
                for event in parser.push(data):
                    yield event
                    wait_s = settings.stall_s
        finally:
            await response.aclose()

    async def _whole(self, response: httpx.Response) -> str:
        """Read a short body."""
        body, received = b"", response.aiter_bytes()
        while (data := await self._within(self._settings.first_token_s, anext(received, None))) is not None:
            body += data
            if len(body) > LARGEST_EVENT_BYTES:
                break
        return body.decode(errors="replace")

    async def _within(self, seconds: float, awaitable: Awaitable[_T]) -> _T:
        """Await something of the connection; its errors come in our words."""
        try:
            async with asyncio.timeout(seconds):
                return await awaitable
        except TimeoutError as exc:
            raise EngineError(f"the language model gave no word for {seconds:g} s: choose a smaller one") from exc
        except (httpx.ConnectError, httpx.ConnectTimeout) as exc:
            raise self._unreachable() from exc
        except (httpx.HTTPError, httpx.StreamError) as exc:
            raise EngineError("the connection to the language model broke: is its server still running?") from exc

    def _unreachable(self) -> EngineUnavailable:
        return EngineUnavailable(
            f"no language model server answers at {self._settings.base_url}: start it, or change reply.openai.base_url"
        )

    def _refusal(self, status: int, body: str) -> str:
        """Say what an HTTP status means for the person at the keyboard."""
        if status in (401, 403):
            return (
                f"the language model's server wants a key: set the environment variable {self._settings.key_variable}"
            )
        if status == 404:
            return f"the server has no model '{self._settings.model}', or reply.openai.base_url lacks its /v1"
        if status == 429:
            return "the language model's server has too much to do or the quota is used up: try again later"
        return f"the language model's server refused with status {status}: {_shortened(body)}"


def _call_message(calls: Sequence[ToolCall]) -> dict[str, Any]:
    """Write the model's own message that asked for tools, which the server wants to see again."""
    asked = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in calls
    ]
    return {"role": "assistant", "content": None, "tool_calls": asked}


def _shortened(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("message") or value
    return textwrap.shorten(str(value), 120, placeholder="...")
