import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue.answers import Verdict, judge_number, judge_phrase, numbers_in, synonyms_of
from dialogue.numerals import cardinal

SYNONYMS = synonyms_of([("window seat", "seat by the window"), ("luggage", "bags", "suitcase")])


@given(st.integers(min_value=0, max_value=999_999))
def test_every_number_is_read_in_words_and_in_digits(number: int) -> None:
    assert numbers_in(cardinal(number)) == [number]
    assert numbers_in(str(number)) == [number]


@pytest.mark.parametrize(
    ("said", "numbers"),
    [
        ("it's twenty-four", [24]),
        ("two three", [2, 3]),
        ("five and six", [5, 6]),
        ("six, no, seven", [6, 7]),
        ("one hundred and five", [105]),
        ("a hundred", [100]),
        ("1,250", [1250]),
        ("nothing", []),
        ("", []),
    ],
)
def test_numbers_are_found_in_what_is_said(said: str, numbers: list[int]) -> None:
    assert numbers_in(said) == numbers


@pytest.mark.parametrize(
    ("expected", "said", "right"),
    [
        (24, "24", True),
        (24, "I think it is twenty four", True),
        (24, "twenty for", True),
        (8, "ate", True),
        (7, "six, no, seven", True),
        (4, "I waited for a long time", False),
        (24, "forty two", False),
        (24, "i do not know", False),
        (24, "", False),
    ],
)
def test_a_number_is_right_however_it_is_said_or_misheard(expected: int, said: str, right: bool) -> None:
    assert (judge_number(expected, said).verdict is Verdict.RIGHT) is right


@pytest.mark.parametrize(
    ("expected", "said", "verdict"),
    [
        ("I would like a window seat", "can I have a seat by the window, please", Verdict.RIGHT),
        ("I would like a window seat", "an aisle seat", Verdict.WRONG),
        ("Where is the gate?", "wears the gate", Verdict.RIGHT),
        ("A single ticket to London", "one single to London please", Verdict.NEARLY),
        ("I have one suitcase", "I've got one bag", Verdict.RIGHT),
        ("I am not allergic to nuts", "I am allergic to nuts", Verdict.WRONG),
        ("yes", "yeah sure", Verdict.RIGHT),
        ("yes", "no", Verdict.WRONG),
        ("platform", "which platform does it leave from", Verdict.RIGHT),
        ("anything", "", Verdict.WRONG),
    ],
)
def test_answers_are_judged_by_what_they_mean(expected: str, said: str, verdict: Verdict) -> None:
    assert judge_phrase(expected, said, SYNONYMS).verdict is verdict


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_text_upsets_the_judge(expected: str, said: str) -> None:
    assert 0 <= judge_phrase(expected, said, SYNONYMS).share <= 1.001
    judge_number(3, said)
