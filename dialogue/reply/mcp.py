"""Tools of other programs, by the Model Context Protocol (the official `mcp` client, an extra)."""

import asyncio
import shlex
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from pydantic import Field

from dialogue.errors import ConfigError, EngineUnavailable
from dialogue.reply.tools import Tool
from dialogue.section import Section


class ToolServer(Section):
    """A program with tools, and which of them a language model may call."""

    name: str = Field(min_length=1, description="how messages call it")
    command: str = Field("", description="command line that starts it; or give `url`")
    url: str = Field("", pattern=r"^$|^https?://", description="where it answers, when it runs already")
    allow: tuple[str, ...] = Field(min_length=1, description="names of the tools that may be called; no others are")
    start_s: float = Field(10.0, gt=0, le=120, description="longest wait for it to answer")


@asynccontextmanager
async def tools_of(servers: Sequence[ToolServer]) -> AsyncGenerator[list[Tool], None]:
    """Connect to tool servers and give the tools that are allowed; leaving ends the servers that were started.

    To be entered and left in one task. Raises EngineUnavailable when a server cannot be reached, ConfigError when it
    has no tool of an allowed name.
    """
    try:
        async with AsyncExitStack() as stack:
            yield [tool for server in servers for tool in await _connected(server, stack)]
    except ExceptionGroup as group:  # the client's task groups wrap whatever passes through them
        error: Exception = group
        while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
            error = error.exceptions[0]
        raise error from None


async def _connected(server: ToolServer, stack: AsyncExitStack) -> list[Tool]:
    try:
        from mcp import Client, MCPError, StdioServerParameters
    except ImportError as exc:
        raise EngineUnavailable("tool servers need an extra: .venv/bin/pip install 'mcp>=2.3,<3'") from exc
    if bool(server.command) == bool(server.url):
        raise ConfigError(f"the tool server '{server.name}' needs either a command or a url")
    program, *arguments = shlex.split(server.command) or [""]
    where = server.url or StdioServerParameters(command=program, args=arguments)
    try:
        client = await stack.enter_async_context(Client(where, read_timeout_seconds=server.start_s))
        async with asyncio.timeout(server.start_s):
            offered = (await client.list_tools()).tools
    except (MCPError, OSError, TimeoutError, ExceptionGroup) as exc:
        where_text = server.command or server.url
        raise EngineUnavailable(f"the tool server '{server.name}' does not answer: check {where_text!r}") from exc
    known = {tool.name: tool for tool in offered}
    for name in server.allow:
        if name not in known:
            raise ConfigError(f"the tool server '{server.name}' has no tool '{name}'; it has: {', '.join(known)}")
    return [_tool(client, known[name]) for name in server.allow]


def _tool(client: Any, offered: Any) -> Tool:
    async def call(arguments: Mapping[str, Any]) -> str:
        result = await client.call_tool(offered.name, dict(arguments))
        text = "\n".join(part.text for part in result.content if part.type == "text")
        return f"error: {text}" if result.is_error else text

    return Tool(offered.name, offered.description or offered.name, offered.input_schema, call)
