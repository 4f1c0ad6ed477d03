"""Files that people write: YAML to checked values, and what is wrong with them in one sentence."""

import textwrap
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from dialogue.errors import ConfigError

LARGEST_FILE_BYTES = 1_000_000

_Model = TypeVar("_Model", bound=BaseModel)


class _PlainLoader(yaml.SafeLoader):
    """Plain values only; anchors too are refused, since a few of them can stand for gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.get_mark()
            raise yaml.composer.ComposerError(None, None, "write the value out instead of '*name'", mark)
        return super().compose_node(parent, index)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping of plain values. Raises ConfigError with the line where it is wrong."""
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise ConfigError(f"{path} is larger than 1 MB: that is not a settings file")
        values = yaml.load(path.read_text(encoding="utf-8"), _PlainLoader)
    except FileNotFoundError as error:
        raise ConfigError(f"{path} does not exist: check the name") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise ConfigError(f"{path} is not valid YAML{where}: {getattr(error, 'problem', error)}") from error
    except (RecursionError, ValueError) as error:  # ValueError: a date that does not exist
        raise ConfigError(f"{path} holds a value that cannot be read: {error}") from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ConfigError(f"{path} must hold 'key: value' lines, not a {type(values).__name__}")
    return values


def read_section(path: Path, model: type[_Model]) -> _Model:
    """Read a YAML file into a model. Raises ConfigError naming the file, the key and the nearest right key."""
    values = read_yaml(path)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise ConfigError(explain(path, error, model)) from error


def explain(path: Path, error: ValidationError, model: type[BaseModel]) -> str:
    """Say in one sentence what is wrong with the first bad key of a file, and the nearest right one."""
    errors = error.errors()  # a misspelt key is missing too: its spelling is the better news
    first = next((one for one in errors if one["type"] == "extra_forbidden"), errors[0])
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{path}: there is no key '{key}'{_nearest(first['loc'], model)}"
    if first["type"] == "missing":
        return f"{path}: the key '{key}' is missing: add it"
    message = first["msg"].removeprefix("Value error, ")
    if not key:
        return f"{path}: {message}"
    return f"{path}: '{key}' is {_short(first['input'])}: {message[0].lower()}{message[1:]}"


def _nearest(location: tuple[int | str, ...], model: type[BaseModel]) -> str:
    names = sorted({name for known in _models_at(location[:-1], model) for name in known.model_fields})
    close = get_close_matches(str(location[-1]), names, n=1, cutoff=0.5)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; there are: {', '.join(names)}" if names else ""


def _models_at(location: tuple[int | str, ...], model: type[BaseModel]) -> list[type[BaseModel]]:
    """Find the models that may stand at a place in a file; list indices and names of mappings are passed over."""
    models = [model]
    for part in location:
        fields = [known.model_fields[part] for known in models if isinstance(part, str) and part in known.model_fields]
        models = [found for field in fields for found in _models_in(field.annotation)] or models
    return models


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for argument in get_args(annotation) for found in _models_in(argument)]


def _short(value: object) -> str:
    return textwrap.shorten(repr(value), 60, placeholder="...")
