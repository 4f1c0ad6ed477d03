"""A time limit that can always be extended (WCAG 2.2, 2.2.1): warn, wait 20 s or more, extend ten times or more."""

from dataclasses import dataclass, replace
from enum import Enum

from pydantic import Field

from dialogue.section import Section

LEAST_WARNING_S = 20
LEAST_EXTENSIONS = 10


class TimeLimitSettings(Section):
    """Section `time_limit`: when a session that nobody uses ends."""

    idle_s: float = Field(0, ge=0, le=86_400, description="silence after which the user is asked; 0: there is no limit")
    warning_s: float = Field(
        30, ge=LEAST_WARNING_S, le=600, description="time to answer the question before the session ends"
    )
    extensions: int = Field(
        1000, ge=LEAST_EXTENSIONS, le=1_000_000, description="how often the time can be extended; 1000 is always"
    )
    question: str = Field("Are you still there? Say yes, or press any key, and I will stay.", description="the warning")


class Limit(Enum):
    """What is to be done now."""

    NOTHING = "nothing"
    WARN = "warn"
    END = "end"


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long nothing has been heard of the user."""

    since_s: float
    warned_s: float | None = None
    extended: int = 0


def watch(waiting: Waiting, settings: TimeLimitSettings, now_s: float) -> tuple[Waiting, Limit]:
    """Look at the clock: nothing to do, warn (once), or end the session."""
    if not settings.idle_s:
        return waiting, Limit.NOTHING
    if waiting.warned_s is not None:
        over = now_s - waiting.warned_s >= settings.warning_s
        return waiting, Limit.END if over else Limit.NOTHING
    if now_s - waiting.since_s < settings.idle_s:
        return waiting, Limit.NOTHING
    return replace(waiting, warned_s=now_s), Limit.WARN


def stirred(waiting: Waiting, settings: TimeLimitSettings, now_s: float) -> Waiting:
    """Begin anew, because the user spoke, pressed a key or moved; after a warning that is an extension."""
    if waiting.warned_s is None:
        return Waiting(now_s, extended=0)
    if waiting.extended >= settings.extensions:
        return waiting
    return Waiting(now_s, extended=waiting.extended + 1)
