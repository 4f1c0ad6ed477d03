import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue.endpoint import (
    Contour,
    Ending,
    EndpointSettings,
    Pause,
    asks_yes_or_no,
    ending,
    required_silence_ms,
)

SETTINGS = EndpointSettings()


def wait_ms(text: str, contour: Contour = Contour.UNKNOWN, **more: object) -> int:
    return required_silence_ms(Pause(text, contour, **more), SETTINGS)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("where is the lift", Ending.COMPLETE),
        ("do you have a toilet", Ending.COMPLETE),
        ("Is it far?", Ending.COMPLETE),
        ("where are you from", Ending.COMPLETE),
        ("yes please", Ending.COMPLETE),
        ("no thank you", Ending.COMPLETE),
        ("goodbye", Ending.COMPLETE),
        ("i have an appointment", Ending.STATEMENT),
        ("i lost my umbrella yesterday", Ending.STATEMENT),
        ("anna miller", Ending.FRAGMENT),
        ("", Ending.FRAGMENT),
        ("my number is four two", Ending.DIGITS),
        ("it is room 21", Ending.DIGITS),
        ("my ticket number is 4", Ending.DIGITS),
        ("i have an appointment at ten", Ending.STATEMENT),
        ("could you tell me where", Ending.UNFINISHED),
        ("where can i find", Ending.UNFINISHED),
        ("what can i get", Ending.COMPLETE),
        ("i would like to", Ending.UNFINISHED),
        ("two adults and", Ending.UNFINISHED),
        ("i am looking for um", Ending.UNFINISHED),
        ("where is the", Ending.UNFINISHED),
        ("i came by train but", Ending.UNFINISHED),
        ("yes", Ending.ANSWER),
        ("well no", Ending.ANSWER),
        ("yes i do", Ending.ANSWER),
    ],
)
def test_words_end_as_people_hear_them_end(text: str, kind: Ending) -> None:
    assert ending(text) is kind


def test_the_more_the_words_promise_the_longer_the_wait() -> None:
    waits = [
        wait_ms(text)
        for text in ("where is the lift", "i have an appointment", "anna", "my number is four", "i would like to")
    ]
    assert waits == sorted(waits)
    assert len(set(waits)) == len(waits)


def test_a_rising_voice_keeps_the_turn_and_a_falling_one_gives_it_away() -> None:
    text = "i have an appointment"
    assert wait_ms(text, Contour.FALLING) < wait_ms(text) < wait_ms(text, Contour.RISING)


def test_a_rising_voice_does_not_delay_the_answer_to_a_question() -> None:
    assert wait_ms("do you have a toilet", Contour.RISING) == wait_ms("do you have a toilet")


def test_yes_needs_no_waiting_where_it_was_asked_for() -> None:
    assert wait_ms("yes", answering=True) == SETTINGS.complete_ms < wait_ms("yes")


def test_patience_multiplies_every_wait() -> None:
    slow = EndpointSettings(patience=3)
    for text in ("where is the lift", "i would like to", "anna"):
        assert required_silence_ms(Pause(text), slow) == 3 * wait_ms(text)


def test_a_model_that_is_sure_of_the_end_halves_the_wait_and_of_the_opposite_doubles_it() -> None:
    assert wait_ms("anna", completion=1.0) * 2 == wait_ms("anna") == wait_ms("anna", completion=0.0) / 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Do you have an appointment?", True),
        ("Good morning. Is this your first visit?", True),
        ("Welcome. How can I help you?", False),
        ("The lift is behind you.", False),
        ("Would you like tea or coffee?", False),
        ("", False),
    ],
)
def test_questions_that_take_yes_or_no_are_known(text: str, expected: bool) -> None:
    assert asks_yes_or_no(text) is expected


@given(st.text(max_size=200), st.sampled_from(Contour), st.booleans())
def test_any_text_gets_a_wait_within_bounds(text: str, contour: Contour, answering: bool) -> None:
    assert SETTINGS.complete_ms <= required_silence_ms(Pause(text, contour, answering), SETTINGS) <= 2400
