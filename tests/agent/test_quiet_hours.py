from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agent.quiet_hours import QuietHoursSettings, is_quiet, next_change

MONDAY = datetime(2026, 11, 23)
OFFICE = QuietHoursSettings(windows=("mon,tue,wed,thu,fri 19:00-7:30", "sat, sun 00:00-24:00"))


@pytest.mark.parametrize(
    ("day", "clock", "quiet"),
    [(0, "07:29", False), (0, "08:00", False), (0, "18:59", False), (0, "19:00", True), (1, "07:29", True),
     (1, "07:30", False), (5, "07:00", True), (5, "12:00", True), (6, "23:59", True), (7, "00:00", False)],
)  # fmt: skip
def test_an_office_is_quiet_at_night_and_at_the_weekend(day: int, clock: str, quiet: bool) -> None:
    hour, minute = map(int, clock.split(":"))
    assert is_quiet(OFFICE, MONDAY + timedelta(days=day, hours=hour, minutes=minute)) is quiet


def test_without_windows_it_is_never_quiet() -> None:
    assert not is_quiet(QuietHoursSettings(), MONDAY)
    assert next_change(QuietHoursSettings(), MONDAY) is None
    assert next_change(QuietHoursSettings(windows=("00:00-24:00",)), MONDAY) is None


def test_the_next_change_is_known() -> None:
    assert next_change(OFFICE, MONDAY + timedelta(hours=12)) == MONDAY + timedelta(hours=19)
    assert next_change(OFFICE, MONDAY + timedelta(hours=20)) == MONDAY + timedelta(days=1, hours=7, minutes=30)


@given(st.integers(0, 7 * 24 * 60 - 1))
def test_nothing_changes_before_the_next_change(minute: int) -> None:
    now = MONDAY + timedelta(minutes=minute)
    change = next_change(OFFICE, now)
    assert change is not None
    assert is_quiet(OFFICE, change) is not is_quiet(OFFICE, now)
    assert is_quiet(OFFICE, change - timedelta(minutes=1)) is is_quiet(OFFICE, now)


@pytest.mark.parametrize("window", ["night", "25:00-07:00", "22:00-22:00", "foo 22:00-07:00", "22-7", ""])
def test_a_window_that_is_none_is_refused(window: str) -> None:
    with pytest.raises(ValidationError):
        QuietHoursSettings(windows=(window,))
