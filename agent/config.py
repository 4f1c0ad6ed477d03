"""`config.yaml` and profiles to settings: one frozen section a stage, unknown keys refused by name.

`python -m agent.config` prints the default file with every key documented; a test holds `config.yaml` to it.
"""

import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, Field, ValidationError

from agent.devices import SoundSettings
from agent.fleet.settings import FleetSettings
from agent.overlay import OverlaySettings
from agent.provenance import ProvenanceSettings
from agent.session import ConversationSettings
from agent.window import WindowSettings
from dialogue.activity import VoiceActivitySettings
from dialogue.echo import EchoSettings
from dialogue.errors import ConfigError
from dialogue.recognise.sphinx import SphinxSettings
from dialogue.recognise.whisper import WhisperSettings
from dialogue.reply.failover import FailoverSettings
from dialogue.reply.mcp import ToolServer
from dialogue.reply.openai import OpenAISettings
from dialogue.reply.transformers import TransformersSettings
from dialogue.scanning import ScanningSettings
from dialogue.section import Section
from dialogue.settings_file import explain, read_yaml
from dialogue.synthesise.espeak import EspeakSettings
from dialogue.synthesise.flite import FliteSettings
from dialogue.synthesise.piper import PiperSettings
from dialogue.synthesise.stream import VoiceSettings
from dialogue.synthesise.vits import VitsSettings
from dialogue.vad import VadSettings

ROOT = Path(__file__).resolve().parent.parent
PORTRAITS = ROOT / "assets" / "portraits"
PROFILES = ROOT / "assets" / "profiles"


class FaceSettings(Section):
    """Who is seen."""

    portrait: str = Field(
        "assets/portraits/ada.png", description="a picture or a .face file; './visavis portrait' makes one"
    )
    liveliness: float = Field(1.0, ge=0, le=1, description="1 lively, 0 still but for lips and blinks")


class RecogniseSettings(Section):
    """What turns speech into text."""

    engines: tuple[Literal["whisper", "sphinx"], ...] = Field(
        ("whisper", "sphinx"), min_length=1, description="in order of preference: the first whose model is here listens"
    )
    whisper: WhisperSettings = Field(WhisperSettings(), description="Whisper, once one of its models was fetched.")
    sphinx: SphinxSettings = Field(SphinxSettings(), description="pocketsphinx: needs no download; quiet rooms.")


class ReplySettings(Section):
    """What thinks of answers."""

    engines: tuple[Literal["knowledge", "openai", "transformers"], ...] = Field(
        ("knowledge",), min_length=1, description="in order of preference: when one fails, the next thinks"
    )
    knowledge: str = Field("assets/knowledge/reception.yaml", description="what the agent knows and who it is")
    directory: str = Field("", description="people that visitors may ask for; empty: nobody")
    lesson: str = Field("", description="a lesson to give instead of answering questions; see assets/lessons")
    learner: str = Field("learner", description="the name under which the tutor keeps progress")
    hands_free: bool = Field(False, description="obey also spoken commands for captions, text size, patience, spelling")
    openai: OpenAISettings = Field(
        OpenAISettings(), description="A server that speaks OpenAI's chat API: Ollama, llama.cpp, vLLM, OpenAI."
    )
    transformers: TransformersSettings = Field(
        TransformersSettings(), description="A language model in this program; needs the extra 'llm'."
    )
    tool_servers: tuple[ToolServer, ...] = Field(
        (),
        description="MCP servers whose tools `openai` may call: name, command or url, allow; needs the extra 'tools'",
    )
    failover: FailoverSettings = Field(FailoverSettings(), description="When an engine is slow or fails.")


class SynthesiseSettings(Section):
    """What speaks."""

    engines: tuple[Literal["flite", "espeak", "piper", "vits"], ...] = Field(
        ("flite", "espeak"), min_length=1, description="in order of preference: when one fails, the next goes on"
    )
    flite: FliteSettings = Field(FliteSettings(), description="flite: English, clear, needs no download.")
    espeak: EspeakSettings = Field(
        EspeakSettings(), description="espeak-ng: a hundred languages, sounds like a machine."
    )
    piper: PiperSettings = Field(PiperSettings(), description="Piper voices: natural, many languages; fetch one.")
    vits: VitsSettings = Field(VitsSettings(), description="VITS by transformers: natural; needs the extra 'llm'.")


class Config(Section):
    """Everything that can be set, in the order a conversation passes through it."""

    face: FaceSettings = Field(FaceSettings(), description="Who is seen.")
    sound: SoundSettings = Field(SoundSettings(), description="Microphone and loudspeaker.")
    echo: EchoSettings = Field(EchoSettings(), description="Taking the loudspeaker out of the microphone.")
    vad: VadSettings = Field(VadSettings(), description="Voice activity detection.")
    activity: VoiceActivitySettings = Field(VoiceActivitySettings(), description="When a sound counts as speech.")
    conversation: ConversationSettings = Field(ConversationSettings(), description="How the two take turns.")
    recognise: RecogniseSettings = Field(RecogniseSettings(), description="Speech to text.")
    reply: ReplySettings = Field(ReplySettings(), description="What is answered.")
    voice: VoiceSettings = Field(VoiceSettings(), description="How the voice sounds, whichever engine makes it.")
    synthesise: SynthesiseSettings = Field(SynthesiseSettings(), description="Text to speech.")
    window: WindowSettings = Field(WindowSettings(), description="The window.")
    overlay: OverlaySettings = Field(OverlaySettings(), description="Words and signs over the picture.")
    scanning: ScanningSettings = Field(ScanningSettings(), description="Everything with one key.")
    fleet: FleetSettings = Field(FleetSettings(), description="Many kiosks over MQTT.")
    provenance: ProvenanceSettings = Field(ProvenanceSettings(), description="Marks that say what this is.")


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


def load_config_or_default(path: Path | None, *overlays: Path) -> Config:
    """Read the given configuration, or the one beside the program."""
    return load_config(path or ROOT / "config.yaml", *overlays)


def profile_path(name: str) -> Path:
    """Find a profile by the name of a shipped one, or by its path. Raises ConfigError where there is none."""
    shipped = PROFILES / f"{name}.yaml"
    path = shipped if shipped.exists() else Path(name)
    if not path.is_file():
        raise ConfigError(f"there is no profile '{name}'; there are: {', '.join(profile_names())}, or name a file")
    return path


def profile_names() -> tuple[str, ...]:
    """List the shipped profiles."""
    return tuple(sorted(path.stem for path in PROFILES.glob("*.yaml")))


def portrait_or_default(path: Path | None, config: Config) -> Path:
    """Give the portrait asked for on the command line, or the configured one (relative to the program's folder)."""
    return path or ROOT / config.face.portrait


def _refuse_unknown(path: Path, values: Mapping[str, Any]) -> None:
    """Check each file on its own, so that the message names the file that is wrong."""
    try:
        Config.model_validate(values)
    except ValidationError as error:
        raise ConfigError(explain(path, error, Config)) from error


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
