from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogue.history import Utterance
from dialogue.lesson import END, Lesson, load_lesson
from dialogue.reply.lesson import LessonReplier
from dialogue.tutor import Ask, Piece, Turn, answer, asked_in, begin, correction, unheard_of

LESSONS = Path(__file__).parents[2] / "assets" / "lessons"
TABLES = load_lesson(LESSONS / "times_tables.yaml")
TRAVEL = load_lesson(LESSONS / "travel_english.yaml")
SMALL = Lesson.model_validate(
    {
        "title": "Small",
        "praise": ["Right."],
        "nearly": ["Nearly."],
        "steps": [
            {"id": "hello", "say": "Hello."},
            {"id": "sum", "say": "Two and two?", "expect": [
                {"number": 4}, {"number": 22, "right": False, "reply": "Add."}],
             "hints": ["One, two...", "Three and?"], "answer": "Four.", "remember": True},
            {"id": "which", "say": "Tea or coffee?", "expect": [
                {"any_of": "tea please", "go_to": "speak"},
                {"any_of": "black coffee", "go_to": "end"}], "answer": "Tea."},
            {"id": "other", "say": "Other?", "expect": [{"any_of": "yes"}], "answer": "Yes."},
            {"id": "speak", "say": "Say it.", "pronounce": "Thank you very much."},
            {"id": "bye", "say": "Bye."},
        ],
    }
)  # fmt: skip


def after(turn: Turn, *answers: str) -> Turn:
    for said in answers:
        turn = answer(SMALL, turn.place, said)
    return turn


def test_a_lesson_talks_until_it_asks() -> None:
    turn = begin(SMALL)
    assert (turn.text, turn.place.step) == ("Hello. Two and two?", "sum")


def test_a_right_answer_is_praised_and_goes_on() -> None:
    turn = after(begin(SMALL), "it is four")
    assert turn.text == "Right. Tea or coffee?"
    assert [(result.step, result.quality, result.remember) for result in turn.results] == [("sum", 5, True)]


def test_wrong_answers_get_one_hint_after_the_other_and_then_the_answer() -> None:
    first = after(begin(SMALL), "seven")
    second = after(first, "nine")
    third = after(second, "eight")
    assert [first.text, second.text, third.text] == ["One, two...", "Three and?", "Four. Tea or coffee?"]
    assert first.results == second.results == ()
    assert third.results[0].quality == 1


def test_a_right_answer_after_a_hint_counts_for_less() -> None:
    assert after(begin(SMALL), "seven", "four").results[0].quality == 3


def test_a_likely_mistake_gets_its_own_help() -> None:
    assert after(begin(SMALL), "twenty two").text == "Add."


def test_answers_branch() -> None:
    tea, coffee = after(begin(SMALL), "4", "some tea"), after(begin(SMALL), "4", "a black coffee")
    assert tea.place.step == "speak"
    assert coffee.place.step == END


def test_what_was_cut_off_is_said_again_before_anything_counts() -> None:
    opening = begin(SMALL)
    cut = answer(SMALL, opening.place, "four", heard="Hello. Two")
    assert (cut.text, cut.place.step, cut.results) == ("Two and two?", "sum", ())
    assert answer(SMALL, cut.place, "four", heard="Two and two?").place.step == "which"


def test_only_what_was_not_heard_is_repeated() -> None:
    pieces = (Piece("[smile] Right."), Piece("Look at this.", "a"), Piece("What is it?", "b"))
    assert unheard_of(pieces, "Right. Look at this. What is it?") == ()
    assert unheard_of(pieces, "Right. Look at") == pieces[1:]
    assert unheard_of(pieces, "") == pieces


def test_help_and_skipping_are_asked_for_in_words() -> None:
    assert after(begin(SMALL), "give me a hint please").text == "One, two..."
    assert after(begin(SMALL), "I don't know").text == "One, two..."
    assert after(begin(SMALL), "skip this one please", "skip").place.step in ("which", "other")
    assert asked_in("the next train leaves at ten") is None
    assert asked_in("next question, please") is Ask.SKIP


def test_pronunciation_is_corrected_kindly_by_word_and_never_for_ever() -> None:
    place = after(begin(SMALL), "4", "tea").place
    first = answer(SMALL, place, "thank you", off_words=["very"])
    assert "'very'" in first.text
    assert first.text.endswith("Thank you very much.")
    assert first.off_words == ("very",)
    second = answer(SMALL, first.place, "thank you", off_words=["very"])
    third = answer(SMALL, second.place, "thank you", off_words=["very"])
    assert third.place.step == END
    assert answer(SMALL, place, "anything", off_words=[]).place.step == END
    assert "wrong" not in correction(["a", "b", "c"], 4) + correction(["a"], 4)


def test_without_a_measurement_missing_words_are_the_ones_to_practise() -> None:
    place = after(begin(SMALL), "4", "tea").place
    assert answer(SMALL, place, "thank you very").off_words == ("much",)
    assert answer(SMALL, place, "thank you very much").place.step == END


def test_what_is_due_is_asked_first_and_then_the_lesson_begins() -> None:
    turn = begin(SMALL, review=["sum", "gone", "which"])
    assert turn.text == f"{SMALL.review} Two and two?"
    turn = after(turn, "4")
    assert turn.place.step == "which"
    turn = after(turn, "tea please")
    assert turn.text.endswith("Hello. Two and two?")


def test_a_lesson_goes_on_where_it_stopped() -> None:
    turn = begin(SMALL, at="which")
    assert turn.text == f"{SMALL.welcome_back} Tea or coffee?"
    assert begin(SMALL, at="unknown") == begin(SMALL)


@pytest.mark.parametrize("lesson", [TABLES, TRAVEL], ids=lambda lesson: lesson.title)
def test_a_learner_with_every_right_answer_gets_to_the_end(lesson: Lesson) -> None:
    turn, qualities, turns = begin(lesson), [], 0
    while turn.place.step != END:
        step = lesson.step(turn.place.step)
        kind = next((expected for expected in step.expect if expected.right), None)
        said = (kind.any_of or (str(kind.number),))[0] if kind else step.pronounce
        turn = answer(lesson, turn.place, said)
        qualities += [result.quality for result in turn.results]
        turns += 1
        assert turns < 60
    assert set(qualities) == {5}
    assert turns >= 15


@pytest.mark.parametrize("lesson", [SMALL, TABLES, TRAVEL], ids=lambda lesson: lesson.title)
@settings(max_examples=40, deadline=None)
@given(
    said=st.lists(
        st.sampled_from(["yes", "no", "4", "hint", "skip", "banana", "", "tea please", "twelve"]), max_size=60
    ),
    cut=st.booleans(),
)
def test_no_learner_gets_lost(lesson: Lesson, said: list[str], cut: bool) -> None:
    turn = begin(lesson)
    for number, words in enumerate(said):
        before = turn
        turn = answer(lesson, turn.place, words, heard=before.text[: number * 7] if cut else None)
        assert turn.text or turn.place.step == END
        assert turn.place.step == END or lesson.step(turn.place.step).waits


@pytest.mark.parametrize("lesson", [TABLES, TRAVEL], ids=lambda lesson: lesson.title)
def test_a_learner_who_says_nothing_useful_is_led_to_the_end_all_the_same(lesson: Lesson) -> None:
    turn = begin(lesson)
    for _ in range(150):
        if turn.place.step == END:
            break
        turn = answer(lesson, turn.place, "banana")
    assert turn.place.step == END


async def test_a_lesson_replies_through_the_seam_of_all_repliers() -> None:
    taught: list[tuple[str, str]] = []
    replier = LessonReplier(SMALL, lambda turn, said: taught.append((said, turn.place.step)), farewell="Done.")
    history = [Utterance("agent", replier.greeting())]

    async def say(text: str) -> str:
        history.append(Utterance("user", text))
        reply = "".join([part async for part in replier.reply(history)])
        history.append(Utterance("agent", reply))
        return reply

    assert await say("four") == "Right. Tea or coffee?"
    history[-1] = Utterance("agent", "Right. Tea", interrupted=True)
    assert await say("tea please") == "Tea or coffee?"
    assert await say("coffee, black") == "Right. Done."
    assert await say("hello?") == "Done."
    assert taught == [("four", "which"), ("tea please", "which"), ("coffee, black", END)]
