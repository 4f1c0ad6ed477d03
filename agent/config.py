"""`config.yaml` and profiles to settings: one frozen section a stage, unknown keys refused by name.

`python -m agent.config` prints the default file with every key documented; a test holds `config.yaml` to it.
"""

import textwrap
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, Field, ValidationError

from agent.devices import SoundSettings
from agent.overlay import OverlaySettings
from agent.window import WindowSettings
from dialogue.errors import ConfigError
from dialogue.section import Section
from dialogue.vad import VadSettings

ROOT = Path(__file__).resolve().parent.parent
LARGEST_FILE_BYTES = 1_000_000


class Config(Section):
    """Everything that can be set, in the order a conversation passes through it."""

    sound: SoundSettings = Field(SoundSettings(), description="Microphone and loudspeaker.")
    vad: VadSettings = Field(VadSettings(), description="Voice activity detection.")
    window: WindowSettings = Field(WindowSettings(), description="The window.")
    overlay: OverlaySettings = Field(OverlaySettings(), description="Words and signs over the picture.")


def load_config(path: Path, *overlays: Path) -> Config:
    """Read a configuration and lay profiles over it, later ones winning key by key.

    Raises ConfigError naming the file and the key.
    """
    merged: dict[str, Any] = {}
    for file in (path, *overlays):
        values = read_yaml(file)
        _refuse_unknown(file, values)
        merged = _overlaid(merged, values)
    try:
        return Config.model_validate(merged)
    except ValidationError as error:
        raise ConfigError(explain(overlays[-1] if overlays else path, error, Config)) from error


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping of plain values. Raises ConfigError with the line where it is wrong."""
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise ConfigError(f"{path} is larger than 1 MB: that is not a settings file")
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path} does not exist: check the name") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise ConfigError(f"{path} is not valid YAML{where}: {getattr(error, 'problem', error)}") from error
    except RecursionError as error:
        raise ConfigError(f"{path} is nested too deeply") from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ConfigError(f"{path} must hold 'key: value' lines, not a {type(values).__name__}")
    return values


def explain(path: Path, error: ValidationError, model: type[BaseModel]) -> str:
    """Say in one sentence what is wrong with the first bad key of a file, and the nearest right one."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{path}: there is no key '{key}'{_nearest(first['loc'], model)}"
    return f"{path}: '{key}' is {_short(first['input'])}: {first['msg'][0].lower()}{first['msg'][1:]}"


def _refuse_unknown(path: Path, values: Mapping[str, Any]) -> None:
    """Check each file on its own, so that the message names the file that is wrong."""
    try:
        Config.model_validate(values)
    except ValidationError as error:
        raise ConfigError(explain(path, error, Config)) from error


def _nearest(location: tuple[int | str, ...], model: type[BaseModel]) -> str:
    known: type[BaseModel] | None = model
    for part in location[:-1]:
        annotation = known.model_fields[str(part)].annotation if known and str(part) in known.model_fields else None
        known = annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None
    names = list(known.model_fields) if known else []
    close = get_close_matches(str(location[-1]), names, n=1, cutoff=0.5)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; there are: {', '.join(names)}" if names else ""


def _short(value: object) -> str:
    return textwrap.shorten(repr(value), 60, placeholder="...")


def _overlaid(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        under = merged.get(key)
        both = isinstance(under, Mapping) and isinstance(value, Mapping)
        merged[key] = _overlaid(under, value) if both else value  # type: ignore[arg-type]
    return merged


def documented_defaults() -> str:
    """Write out the default configuration with every key's description above or beside it."""
    head = "# Visavis settings. Every key is here with its default; delete what you do not change.\n"
    return head + "\n".join(_documented(Config(), 0)) + "\n"


def _documented(section: BaseModel, indent: int) -> Iterator[str]:
    pad = "  " * indent
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            if indent == 0:
                yield ""
            yield from _comment(field.description, pad)
            yield f"{pad}{name}:"
            yield from _documented(value, indent + 1)
            continue
        yield from _comment(field.description, pad)
        plain = section.model_dump(mode="json")[name]
        text = yaml.safe_dump(plain, default_flow_style=True, allow_unicode=True, width=1000)
        yield f"{pad}{name}: {text.strip().removesuffix('...').strip()}"


def _comment(text: str | None, pad: str) -> Iterator[str]:
    for line in textwrap.wrap(text or "", 110 - len(pad)):
        yield f"{pad}# {line}"


if __name__ == "__main__":
    print(documented_defaults(), end="")  # noqa: T201
