import asyncio
import re

import pytest

from dialogue.errors import ConfigError
from dialogue.reply.tools import Toolbox, ToolCall, tool_from


def add(one: int, two: int = 1) -> int:
    """Add two numbers."""
    return one + two


async def sleep_long() -> str:
    """Take very long."""
    await asyncio.sleep(60)
    return "done"


def broken() -> str:
    """Fail."""
    raise RuntimeError("it broke")


TOOLS = Toolbox([tool_from(add), tool_from(sleep_long), tool_from(broken)], deadline_s=0.1)


@pytest.mark.parametrize(
    ("name", "arguments", "result"),
    [
        ("add", '{"one": 2, "two": 3}', "5"),
        ("add", '{"one": "2"}', "3"),
        ("add", "{}", "error: .*one.*[Ff]ield required"),
        ("add", "{oops", "error: "),
        ("add", "[1]", "error: the arguments must be a JSON object"),
        ("sleep_long", "", "error: it took longer than 0.1 seconds"),
        ("broken", "{}", "error: RuntimeError: it broke"),
        ("remove_everything", "{}", "error: there is no tool 'remove_everything'"),
    ],
)
async def test_a_call_gives_a_result_or_what_was_wrong(name: str, arguments: str, result: str) -> None:
    assert re.match(result, (await TOOLS.run(ToolCall("1", name, arguments))).replace("\n", " "))


def test_a_function_needs_words_and_types() -> None:
    def silent(one: int) -> int:
        return one

    def untyped(one):  # type: ignore[no-untyped-def]
        """Do something."""

    with pytest.raises(ConfigError, match="'silent' needs a docstring"):
        tool_from(silent)
    with pytest.raises(ConfigError, match="'untyped' needs type hints for one"):
        tool_from(untyped)
