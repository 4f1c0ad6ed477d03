"""When a kiosk is to be dark and silent. Pure."""

import re
from datetime import datetime, time, timedelta

from pydantic import Field, field_validator

from dialogue.section import Section

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(r"(?:(?P<days>[a-z, ]+?) )?(?P<start>\d{1,2}:\d{2})-(?P<end>\d{1,2}:\d{2})")


class QuietHoursSettings(Section):
    """Section `quiet_hours`."""

    windows: tuple[str, ...] = Field(
        (), max_length=50, description='such as "22:00-07:00" every night or "sat,sun 00:00-24:00"; empty: never quiet'
    )

    @field_validator("windows")
    @classmethod
    def _readable(cls, windows: tuple[str, ...]) -> tuple[str, ...]:
        for window in windows:
            _read(window)
        return windows


def is_quiet(settings: QuietHoursSettings, now: datetime) -> bool:
    """Tell whether it is quiet time; a window that ends before it begins goes on into the next day."""
    return any(_holds(window, now) for window in settings.windows)


def next_change(settings: QuietHoursSettings, now: datetime) -> datetime | None:
    """Give the next minute at which quiet begins or ends, within a week; None for never."""
    edges = sorted(
        day.replace(hour=edge // 60, minute=edge % 60, second=0, microsecond=0)
        for window in settings.windows
        for _, *both in [_read(window)]
        for edge in [minutes % (24 * 60) for minutes in both]
        for day in [now + timedelta(days=offset) for offset in range(9)]
    )
    quiet = is_quiet(settings, now)
    return next((edge for edge in edges if edge > now and is_quiet(settings, edge) is not quiet), None)


def _holds(window: str, now: datetime) -> bool:
    days, start, end = _read(window)
    minute = now.hour * 60 + now.minute
    if start < end:
        return now.weekday() in days and start <= minute < end
    yesterday = (now.weekday() - 1) % 7
    return (now.weekday() in days and minute >= start) or (yesterday in days and minute < end)


def _read(window: str) -> tuple[frozenset[int], int, int]:
    """Give a window's weekdays, and beginning and end in minutes of the day. Raises ValueError."""
    match = _WINDOW.fullmatch(window.strip().lower())
    if not match:
        raise ValueError(f"'{window}' is no time window: write it like 22:00-07:00 or sat,sun 00:00-24:00")
    names = [name.strip()[:3] for name in (match["days"] or ",".join(DAYS)).split(",")]
    wrong = next((name for name in names if name not in DAYS), None)
    if wrong is not None:
        raise ValueError(f"'{wrong}' is no day of the week: {', '.join(DAYS)} are")
    start, end = _minutes(match["start"]), _minutes(match["end"])
    if start == end:
        raise ValueError(f"'{window}' begins when it ends")
    return frozenset(map(DAYS.index, names)), start, end


def _minutes(clock: str) -> int:
    if clock == "24:00":
        return 24 * 60
    parsed = time.fromisoformat(clock.zfill(5))
    return parsed.hour * 60 + parsed.minute
