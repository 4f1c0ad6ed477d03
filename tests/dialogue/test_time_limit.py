import pytest
from pydantic import ValidationError

from dialogue.time_limit import Limit, TimeLimitSettings, Waiting, stirred, watch

SETTINGS = TimeLimitSettings(idle_s=120, warning_s=20, extensions=10)


def test_without_a_limit_nobody_is_ever_hurried() -> None:
    assert watch(Waiting(0), TimeLimitSettings(), 1e9)[1] is Limit.NOTHING


def test_the_user_is_warned_once_and_has_the_whole_time_to_answer() -> None:
    waiting, limit = watch(Waiting(0), SETTINGS, 120)
    assert limit is Limit.WARN
    assert watch(waiting, SETTINGS, 139.9)[1] is Limit.NOTHING
    assert watch(waiting, SETTINGS, 140)[1] is Limit.END


def test_the_time_can_be_extended_ten_times() -> None:
    waiting, now_s = Waiting(0), 0.0
    for _ in range(10):
        waiting, limit = watch(waiting, SETTINGS, now_s := now_s + 120)
        assert limit is Limit.WARN
        waiting = stirred(waiting, SETTINGS, now_s := now_s + 19)
        assert waiting.warned_s is None


def test_somebody_who_talks_is_never_asked() -> None:
    waiting = Waiting(0)
    for now_s in range(0, 10_000, 100):
        waiting = stirred(waiting, SETTINGS, now_s)
        assert watch(waiting, SETTINGS, now_s + 99)[1] is Limit.NOTHING


@pytest.mark.parametrize("wrong", [{"warning_s": 19}, {"extensions": 9}, {"idle_s": -1}])
def test_a_limit_that_excludes_people_cannot_be_configured(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        TimeLimitSettings.model_validate(wrong)
