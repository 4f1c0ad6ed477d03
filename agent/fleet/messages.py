"""What kiosks and operators say to each other: frozen, versioned, checked on arrival."""

import re
from typing import Annotated, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError, field_validator

from avatar.controls import Emotion
from dialogue.errors import InputError

SCHEMA = 1
"""Version of everything kiosks report; a later one only adds keys."""
LARGEST_COMMAND_BYTES = 4096
EVERYBODY = "all"
"""The name by which every kiosk is meant."""

Figure = bool | int | float | str | None
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,40}$")]
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


class Report(BaseModel):
    """Something a kiosk tells. Keys of later versions are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)
    topic: ClassVar[str]
    retained: ClassVar[bool] = True
    schema_version: int = Field(SCHEMA, alias="schema", serialization_alias="schema")


class State(Report):
    """What the kiosk is doing."""

    topic: ClassVar[str] = "state"
    phase: Literal["starting", "quiet", "idle", "listening", "thinking", "speaking"] = "starting"
    profile: str = ""
    muted: bool = False
    volume_percent: int = 100
    emotion: Emotion = "neutral"


class Presence(Report):
    """Whether somebody stands before the kiosk."""

    topic: ClassVar[str] = "presence"
    present: bool = False


class Health(Report):
    """How the program is."""

    topic: ClassVar[str] = "health"
    version: str = ""
    uptime_s: int = 0
    frames_per_s: float = 0.0
    late_frames: int = 0
    memory_mb: float = 0.0
    processor_percent: float = 0.0
    restarts: int = 0
    troubled: tuple[str, ...] = ()
    """Stages that are not well at the moment."""


class Ledger(Report):
    """How quickly it converses; figures over the last hundred turns."""

    topic: ClassVar[str] = "ledger"
    turns: int = 0
    answer_p50_ms: float | None = None
    answer_p95_ms: float | None = None
    stop_p95_ms: float | None = None
    sound_to_lips_ms: float | None = None


class Event(Report):
    """Something that happened once; never words of a visitor."""

    topic: ClassVar[str] = "event"
    retained: ClassVar[bool] = False
    kind: Slug
    at_s: float = 0.0
    """Seconds since 1970, UTC."""
    person: str = ""
    """Whom a visitor asked for; sent only where `fleet.names_published` is true."""


class Answer(Report):
    """What came of a command."""

    topic: ClassVar[str] = "answer"
    retained: ClassVar[bool] = False
    id: str
    ok: bool
    error: str = ""
    figures: dict[str, Figure] = Field(default_factory=dict)


REPORTS: tuple[type[Report], ...] = (State, Presence, Health, Ledger, Event, Answer)


class Order(BaseModel):
    """What every command has: an identifier of the sender's choosing, under which it is answered."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)
    id: Identifier


class Say(Order):
    """Say these words to whoever is there."""

    command: Literal["say"] = "say"
    text: str = Field(min_length=1, max_length=500)

    @field_validator("text")
    @classmethod
    def _speakable(cls, text: str) -> str:
        # Square brackets are stage directions, which are for replies and not for the line.
        if re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\[\]]", text) or not text.strip():
            raise ValueError("text must be plain words without control characters or square brackets")
        return text


class Stop(Order):
    """Stop talking."""

    command: Literal["stop"] = "stop"


class Mute(Order):
    """Close or open the microphone."""

    command: Literal["mute"] = "mute"
    muted: bool


class Restart(Order):
    """Start the program anew."""

    command: Literal["restart"] = "restart"


class UseProfile(Order):
    """Change to another profile."""

    command: Literal["profile"] = "profile"
    name: Slug


class Volume(Order):
    """Set the loudspeaker's volume."""

    command: Literal["volume"] = "volume"
    percent: int = Field(ge=0, le=100)


class Feel(Order):
    """Show an emotion until told otherwise."""

    command: Literal["emotion"] = "emotion"
    emotion: Emotion
    strength: float = Field(1.0, ge=0, le=1)


class Look(Order):
    """Look somewhere, in degrees from straight ahead; right and up are positive."""

    command: Literal["gaze"] = "gaze"
    right_degrees: float = Field(ge=-30, le=30)
    up_degrees: float = Field(ge=-20, le=20)


class Snapshot(Order):
    """Answer with all figures."""

    command: Literal["snapshot"] = "snapshot"


Command = Say | Stop | Mute | Restart | UseProfile | Volume | Feel | Look | Snapshot
COMMANDS: tuple[type[Command], ...] = (Say, Stop, Mute, Restart, UseProfile, Volume, Feel, Look, Snapshot)
_any_command: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="command")])
_ReportType = TypeVar("_ReportType", bound=Report)


def encoded(message: Report | Order) -> bytes:
    """Write a message as JSON."""
    return message.model_dump_json(by_alias=True).encode()


def read_command(payload: bytes) -> Command:
    """Read a command that came over the line. Raises InputError saying what is wrong with it."""
    if len(payload) > LARGEST_COMMAND_BYTES:
        raise InputError(f"a command of {len(payload)} bytes is too long: {LARGEST_COMMAND_BYTES} is the most")
    try:
        return _any_command.validate_json(payload)
    except ValidationError as error:
        raise InputError(_reason(error)) from error


def read_report(payload: bytes, kind: type[_ReportType]) -> _ReportType:
    """Read what a kiosk reported. Raises InputError."""
    try:
        return kind.model_validate_json(payload)
    except ValidationError as error:
        raise InputError(_reason(error)) from error


def identifier_in(payload: bytes) -> str:
    """Find the identifier in a command that may be wrong otherwise, so that it can be answered; "" without one."""
    found = re.search(rb'"id"\s*:\s*"([A-Za-z0-9._-]{1,64})"', payload[:LARGEST_COMMAND_BYTES])
    return found.group(1).decode() if found else ""


def _reason(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    return f"{key}: {message}" if key else message
