import json
from pathlib import Path

import pytest

from dialogue.answers import Verdict, synonyms_of
from dialogue.errors import ConfigError
from dialogue.lesson import END, load_lesson
from dialogue.tutor import best_match

LESSONS = Path(__file__).parents[2] / "assets" / "lessons"
SHIPPED = sorted(LESSONS.glob("*.yaml"))
STEP = {"id": "one", "say": "How many?", "expect": [{"number": 4}], "answer": "Four."}


def written(folder: Path, *steps: object, **keys: object) -> Path:
    path = folder / "lesson.yaml"
    path.write_text(json.dumps({"title": "T", "steps": list(steps), **keys}), encoding="utf-8")
    return path


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_lesson_is_sound(path: Path) -> None:
    lesson = load_lesson(path)
    synonyms = synonyms_of(lesson.synonyms)
    assert lesson.goals
    for step in lesson.steps:
        for expected in step.expect:
            for phrase in expected.any_of or (str(expected.number),):
                kind, judged = best_match(step.expect, phrase, synonyms)
                assert (kind, judged.verdict) == (expected, Verdict.RIGHT), f"{step.id}: {phrase}"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_answer_that_a_shipped_lesson_gives_away_is_right_by_its_own_standard(path: Path) -> None:
    lesson = load_lesson(path)
    for step in lesson.steps:
        if step.remember:
            kind, judged = best_match(
                step.expect,
                step.answer.partition(",")[0] if kind_is_number(step.expect) else step.answer,
                synonyms_of(lesson.synonyms),
            )
            assert kind is not None
            assert kind.right, step.id
            assert judged.verdict is not Verdict.WRONG, step.id


def kind_is_number(expected: tuple[object, ...]) -> bool:
    return any(getattr(kind, "number", None) is not None for kind in expected)


@pytest.mark.parametrize("said", ["yes", "I don't know", "banana", "what"])
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_no_shipped_question_takes_just_anything(path: Path, said: str) -> None:
    lesson = load_lesson(path)
    for step in lesson.steps:
        if step.remember:
            kind, judged = best_match(step.expect, said, synonyms_of(lesson.synonyms))
            assert not (kind and kind.right and judged.verdict is Verdict.RIGHT), step.id


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([STEP | {"hint": []}], "no key 'steps.0.hint'; did you mean 'hints'"),
        ([STEP | {"expect": [{"nmber": 4}]}], "did you mean 'number'"),
        ([STEP | {"expect": [{"number": 4, "any_of": ["four"]}]}], "either any_of or number"),
        ([STEP | {"expect": [{"number": 3, "right": False}]}], "needs a reply that helps"),
        ([STEP | {"expect": [{"number": 3, "right": False, "reply": "No."}]}], "expects only mistakes"),
        ([STEP | {"go_to": "two"}], "goes to 'two', which does not exist"),
        ([STEP, STEP], "two steps are called 'one'"),
        ([STEP | {"go_to": "end"}, STEP | {"id": "two"}], "nothing leads to step 'two'"),
        ([{"id": "a", "say": "A", "go_to": "a"}], "round in a circle"),
        ([{"id": "one", "say": "How many?", "expect": [{"number": 4}]}], "needs an 'answer'"),
        ([STEP | {"pronounce": "Hello."}], "both expect and pronounce"),
        ([{"id": "a", "say": "A", "remember": True}], "only a question"),
        ([STEP | {"picture": "no.png"}], "no.png, which is not beside"),
        ([STEP | {"id": "Not A Name"}], "steps.0.id"),
        ([], "steps"),
    ],
)
def test_a_wrong_lesson_is_explained_with_file_and_key(tmp_path: Path, steps: list[object], said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        load_lesson(written(tmp_path, *steps))
    assert "lesson.yaml" in str(caught.value)


def test_steps_follow_in_order_unless_they_say_where_to(tmp_path: Path) -> None:
    lesson = load_lesson(written(tmp_path, STEP, {"id": "two", "say": "Two.", "go_to": "end"}))
    assert (lesson.after("one"), lesson.after("two")) == ("two", END)
