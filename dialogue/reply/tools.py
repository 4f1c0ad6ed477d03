"""What a language model may do besides talking: Python functions with type hints, run under a deadline."""

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError, create_model

from dialogue.errors import ConfigError


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What the model asked for; `arguments` is JSON as it came."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Tool:
    """Something that can be called by name."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    """JSON schema of its arguments."""
    call: Callable[[Mapping[str, Any]], Awaitable[str]]
    """Raises ValidationError for arguments that do not fit."""


def tool_from(function: Callable[..., Any]) -> Tool:
    """Make a tool of a function: its name, its docstring, its type hints. Plain functions run in a thread.

    Raises ConfigError for a function without a docstring or with parameters that have no type.
    """
    description = inspect.getdoc(function) or ""
    signature = inspect.signature(function, eval_str=True)
    untyped = [name for name, parameter in signature.parameters.items() if parameter.annotation is parameter.empty]
    if not description or untyped:
        missing = f"type hints for {', '.join(untyped)}" if untyped else "a docstring that says what it does"
        raise ConfigError(f"the tool '{function.__name__}' needs {missing}")
    fields: dict[str, Any] = {
        name: (parameter.annotation, ... if parameter.default is parameter.empty else parameter.default)
        for name, parameter in signature.parameters.items()
    }
    model: type[BaseModel] = create_model(function.__name__, **fields)

    async def call(arguments: Mapping[str, Any]) -> str:
        checked = model.model_validate(dict(arguments))
        values = {name: getattr(checked, name) for name in fields}
        if inspect.iscoroutinefunction(function):
            return str(await function(**values))
        return str(await asyncio.to_thread(function, **values))

    return Tool(function.__name__, description, model.model_json_schema(), call)


class Toolbox:
    """The tools that a model is allowed to call."""

    def __init__(self, tools: Iterable[Tool], deadline_s: float = 10.0) -> None:
        self._tools, self._deadline_s = {tool.name: tool for tool in tools}, deadline_s

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self._tools)

    def described(self) -> list[dict[str, Any]]:
        """Describe the tools as OpenAI's chat API wants them."""
        return [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": dict(tool.parameters),
                },
            }
            for tool in self._tools.values()
        ]

    async def run(self, call: ToolCall) -> str:
        """Run a call and give its result, or what was wrong in words that the model can act on; never raises."""
        tool = self._tools.get(call.name)
        if tool is None:
            return f"error: there is no tool {call.name!r}; there are: {', '.join(self._tools)}"
        try:
            arguments = json.loads(call.arguments or "{}")
            if not isinstance(arguments, dict):
                return "error: the arguments must be a JSON object"
            async with asyncio.timeout(self._deadline_s):
                return await tool.call(arguments)
        except TimeoutError:
            return f"error: it took longer than {self._deadline_s:g} seconds"
        except (ValidationError, json.JSONDecodeError) as error:
            return f"error: {error}"
        except Exception as error:  # noqa: BLE001  a tool is somebody else's code: its failure is an answer
            return f"error: {type(error).__name__}: {error}"
