"""When the next frame is due, and how many frames a second this machine can hold. Pure: times are arguments."""

from dataclasses import dataclass, replace

STEPS_HZ = (60, 50, 30, 25)
"""Frame rates to fall through; 25 is the motion's own rate and the floor."""

LATE_FRAMES = 12
"""So many frames in a row without a pause between them and the rate steps down."""

EASY_FRAMES = 600
"""So many frames in a row with plenty of pause and the rate steps up again."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The rate now, when the next frame is due (seconds of any monotonic clock), and how it has been going."""

    wanted_hz: int
    rate_hz: int
    due_s: float = 0.0
    late: int = 0
    easy: int = 0


def start_pace(wanted_hz: int, now_s: float) -> Pace:
    """Begin at the wanted rate with a frame due now."""
    return Pace(wanted_hz, wanted_hz, now_s)


def after_frame(pace: Pace, now_s: float) -> Pace:
    """Plan the next frame after one was shown at `now_s`; its `due_s` is never in the past by more than a frame."""
    period_s = 1 / pace.rate_hz
    spare = (pace.due_s + period_s - now_s) / period_s
    late = pace.late + 1 if spare < 0.05 else 0
    easy = pace.easy + 1 if spare > 0.5 else 0
    due_s = max(pace.due_s + period_s, now_s)
    if late >= LATE_FRAMES and (lower := _lower(pace)):
        return Pace(pace.wanted_hz, lower, due_s)
    if easy >= EASY_FRAMES and (higher := _higher(pace)):
        return Pace(pace.wanted_hz, higher, due_s)
    return replace(pace, due_s=due_s, late=late, easy=easy)


def _lower(pace: Pace) -> int | None:
    return next((step for step in STEPS_HZ if step < pace.rate_hz), None)


def _higher(pace: Pace) -> int | None:
    steps = [step for step in STEPS_HZ if pace.rate_hz < step <= pace.wanted_hz]
    return min(steps, default=None)
