import sys
from pathlib import Path

import pytest

from dialogue.errors import ConfigError, EngineUnavailable
from dialogue.reply.mcp import ToolServer, tools_of
from dialogue.reply.tools import Toolbox, ToolCall

SERVER = """
import time
from mcp.server import MCPServer

server = MCPServer("weather")

@server.tool()
def weather(town: str) -> str:
    "Tell the weather in a town."
    if town == "Slowtown":
        time.sleep(30)
    if town == "Nowhere":
        raise ValueError("no such town")
    return f"sunny in {town}"

@server.tool()
def delete_everything() -> str:
    "Delete everything."
    return "done"

server.run()
"""


@pytest.fixture
def command(tmp_path: Path) -> str:
    pytest.importorskip("mcp", reason="the official MCP client is not installed")
    found_here = f"import sys\nsys.path[:] = {sys.path!r}\n"  # servers are started without our environment
    (tmp_path / "server.py").write_text(found_here + SERVER, encoding="utf-8")
    return f"{sys.executable} {tmp_path / 'server.py'}"


async def test_allowed_tools_of_a_real_server_can_be_called(command: str) -> None:
    async with tools_of([ToolServer(name="weather", command=command, allow=("weather",))]) as tools:
        box = Toolbox(tools, deadline_s=5)
        assert [tool.name for tool in tools] == ["weather"]
        assert box.described()[0]["function"]["parameters"]["required"] == ["town"]
        assert await box.run(ToolCall("1", "weather", '{"town": "Bergen"}')) == "sunny in Bergen"
        assert (await box.run(ToolCall("2", "weather", '{"town": "Nowhere"}'))).startswith("error: ")
        assert (await box.run(ToolCall("3", "weather", "{}"))).startswith("error: ")
        assert "there is no tool" in await box.run(ToolCall("4", "delete_everything", "{}"))


async def test_a_tool_that_hangs_is_given_up(command: str) -> None:
    async with tools_of([ToolServer(name="weather", command=command, allow=("weather",))]) as tools:
        box = Toolbox(tools, deadline_s=0.3)
        assert "longer than 0.3 seconds" in await box.run(ToolCall("1", "weather", '{"town": "Slowtown"}'))


async def test_a_tool_that_is_not_there_is_named(command: str) -> None:
    with pytest.raises(ConfigError, match="no tool 'wether'; it has: weather, delete_everything"):
        async with tools_of([ToolServer(name="weather", command=command, allow=("wether",))]):
            pass


async def test_an_error_of_the_conversation_passes_unchanged(command: str) -> None:
    with pytest.raises(LookupError, match="something else broke"):
        async with tools_of([ToolServer(name="weather", command=command, allow=("weather",))]):
            raise LookupError("something else broke")


@pytest.mark.parametrize("broken", ["/no/such/program", "false"])
async def test_a_server_that_does_not_start_is_named(command: str, broken: str) -> None:
    with pytest.raises(EngineUnavailable, match="'weather' does not answer"):
        async with tools_of([ToolServer(name="weather", command=broken, allow=("weather",), start_s=2)]):
            pass


async def test_a_server_needs_a_command_or_an_address(command: str) -> None:
    with pytest.raises(ConfigError, match="either a command or a url"):
        async with tools_of([ToolServer(name="weather", allow=("weather",))]):
            pass
