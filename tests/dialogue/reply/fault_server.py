"""A language model server that does exactly what a test tells it, however wrong."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

Step = bytes | float
"""What to send, or how many seconds to wait."""

SSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


def status(code: int, body: str = "{}") -> bytes:
    """A whole response."""
    content = body.encode()
    head = f"HTTP/1.1 {code} X\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + content


def event(**chunk: Any) -> bytes:
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def text(part: str, finish: str | None = None) -> bytes:
    return event(choices=[{"index": 0, "delta": {"content": part}, "finish_reason": finish}])


DONE = b"data: [DONE]\n\n"


@dataclass
class FaultServer:
    """What was asked of it, and what to do about each request in turn."""

    scripts: list[Sequence[Step]]
    requests: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    url: str = ""
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the first request was read."""
    closed_early: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a client went away before its response was complete."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            size = next(
                (int(line.split(":")[1]) for line in head.split("\r\n") if line.lower().startswith("content-length")), 0
            )
            body = await reader.readexactly(size)
            self.paths.append(head.split()[1])
            self.requests.append(json.loads(body or b"{}"))
            self.asked.set()
            gone = asyncio.create_task(reader.read())
            for step in self.scripts.pop(0):
                if isinstance(step, bytes):
                    writer.write(step)
                    await writer.drain()
                else:
                    await asyncio.wait({gone}, timeout=step)
                if gone.done():
                    self.closed_early.set()
                    break
            gone.cancel()
        except (ConnectionError, asyncio.IncompleteReadError):
            self.closed_early.set()
        finally:
            writer.close()


@asynccontextmanager
async def fault_server(*scripts: Sequence[Step]) -> AsyncIterator[FaultServer]:
    server = FaultServer(list(scripts))
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
    try:
        yield server
    finally:
        listening.close()
