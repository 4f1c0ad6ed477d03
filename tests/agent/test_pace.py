from agent.pace import Pace, after_frame, start_pace


def drive(pace: Pace, work_s: float, frames: int) -> Pace:
    """Show frames that take `work_s` each, starting each when it is due."""
    for _ in range(frames):
        pace = after_frame(pace, pace.due_s + work_s)
    return pace


def test_a_fast_machine_keeps_the_wanted_rate() -> None:
    pace = drive(start_pace(50, 0.0), 0.008, 500)
    assert pace.rate_hz == 50
    assert abs(pace.due_s - 500 / 50) < 1e-9


def test_a_slow_machine_falls_to_30_and_then_to_25() -> None:
    assert drive(start_pace(50, 0.0), 0.028, 100).rate_hz == 30
    assert drive(start_pace(50, 0.0), 0.038, 200).rate_hz == 25
    assert drive(start_pace(60, 0.0), 0.2, 500).rate_hz == 25


def test_the_rate_rises_again_once_there_is_room() -> None:
    slow = drive(start_pace(50, 0.0), 0.038, 200)
    assert drive(slow, 0.004, 2000).rate_hz == 50


def test_a_single_hiccup_does_not_lower_the_rate_and_is_not_made_up_by_a_rush() -> None:
    pace = drive(start_pace(50, 0.0), 0.005, 10)
    pace = after_frame(pace, pace.due_s + 0.5)
    assert pace.rate_hz == 50
    late_until = pace.due_s
    assert after_frame(pace, late_until + 0.005).due_s >= late_until + 0.02
