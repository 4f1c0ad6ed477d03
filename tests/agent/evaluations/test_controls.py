import pytest

from agent.evaluations import controls
from agent.evaluations.face import TRACKER

pytestmark = pytest.mark.skipif(
    not (TRACKER.exists() and controls.PORTRAIT.exists()),
    reason="the independent tracker is not part of the repository: put face_landmarker.task into ../shared/models",
)


@pytest.fixture(scope="module")
def figures() -> dict[str, dict[str, float]]:
    return {row.name: {k: float(v) for k, v in row.figures.items()} for row in controls.run(short=True).rows}


def test_a_speaking_face_looks_where_it_is_told(figures: dict[str, dict[str, float]]) -> None:
    # Half a minute of one face is a guard against gaze that goes wrong; `./visavis evaluate controls` measures.
    assert figures["gaze, liveliness 0"]["error"] < 7.0
    assert figures["gaze, lively"]["error"] < 7.0


def test_a_speaking_face_is_as_near_as_it_is_told(figures: dict[str, dict[str, float]]) -> None:
    assert figures["head distance within 0.1, ln"]["error"] < 0.008


@pytest.mark.parametrize("emotion", controls.SIGNS)
def test_an_emotion_is_told_by_somebody_who_only_sees_the_face(
    emotion: str, figures: dict[str, dict[str, float]]
) -> None:
    assert figures[emotion]["told %"] > 50


def test_no_control_spoils_the_lips(figures: dict[str, dict[str, float]]) -> None:
    assert min(row["lip-sync r"] for row in figures.values()) > 0.95
