import pytest

from agent.evaluations import behaviour


@pytest.fixture(scope="module")
def figures() -> dict[str, dict[str, float]]:
    report = behaviour.run(short=True)
    return {row.name.lstrip("0123456789 "): {k: float(v) for k, v in row.figures.items()} for row in report.rows}


def value(figures: dict[str, dict[str, float]], words: str, activity: str = "speaking") -> float:
    return next(row[activity] for name, row in figures.items() if words in name)


def test_lips_meet_and_tuck_where_they_must(figures: dict[str, dict[str, float]]) -> None:
    assert value(figures, "lips meet on") >= 98
    assert value(figures, "lower lip tucked") >= 98


def test_lips_rest_in_pauses_and_whenever_nobody_speaks(figures: dict[str, dict[str, float]]) -> None:
    assert value(figures, "lips move in") <= 0.3
    assert all(value(figures, "lips at rest", activity) <= 0.3 for activity in ("idle", "listening", "thinking"))


def test_the_head_moves_as_speakers_do(figures: dict[str, dict[str, float]]) -> None:
    assert 0.2 <= value(figures, "head moves") <= 0.45
    assert 2.5 <= value(figures, "yaw") <= 6
    assert 10 <= value(figures, "blinks") <= 38


def test_no_join_between_motions_pops(figures: dict[str, dict[str, float]]) -> None:
    assert value(figures, "starts of speech move") <= 2.5
    assert value(figures, "interruptions move") <= 2.5
    assert value(figures, "lips left from speech") <= 0.3
