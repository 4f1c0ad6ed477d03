import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue.bargein import BargeInSettings, Overlap, Verdict, judge

SETTINGS = BargeInSettings()


def verdict(
    text: str, voiced_ms: int = 300, silent_ms: int = 0, age_ms: int | None = None, echo: bool = False
) -> Verdict:
    age_ms = voiced_ms + silent_ms if age_ms is None else age_ms
    return judge(Overlap(age_ms, silent_ms, voiced_ms, text, echo), SETTINGS)


@pytest.mark.parametrize("text", ["stop", "wait", "no", "hold on", "Excuse me", "please stop that", "okay wait"])
def test_words_that_ask_for_the_turn_interrupt_as_soon_as_they_are_said(text: str) -> None:
    assert verdict(text, voiced_ms=130, silent_ms=120) is Verdict.INTERRUPTION


@pytest.mark.parametrize("text", ["where is", "but I meant the stairs", "okay and the garden"])
def test_real_words_interrupt_while_they_are_being_said(text: str) -> None:
    assert verdict(text, voiced_ms=500) is Verdict.INTERRUPTION


@pytest.mark.parametrize("text", ["mhm", "yes", "okay", "uh huh", "oh really", "i see"])
def test_backchannels_do_not_interrupt(text: str) -> None:
    assert verdict(text, voiced_ms=400) is Verdict.UNDECIDED
    assert verdict(text, voiced_ms=400, silent_ms=SETTINGS.quiet_ms) is Verdict.FALSE_ALARM


def test_half_an_okay_that_is_misheard_does_not_interrupt_before_it_is_understood() -> None:
    assert verdict("both", voiced_ms=250) is Verdict.UNDECIDED
    assert verdict("okay", voiced_ms=350, silent_ms=120) is Verdict.UNDECIDED
    assert verdict("okay", voiced_ms=350, silent_ms=320) is Verdict.FALSE_ALARM


def test_a_drawn_out_backchannel_is_one_even_when_the_time_is_up() -> None:
    assert verdict("yeah", voiced_ms=1200) is Verdict.UNDECIDED
    assert verdict("yeah", voiced_ms=1700) is Verdict.FALSE_ALARM


def test_a_cough_that_the_recogniser_takes_for_a_word_is_a_false_alarm() -> None:
    assert verdict("the", voiced_ms=100, silent_ms=150) is Verdict.UNDECIDED
    assert verdict("the", voiced_ms=100, silent_ms=400) is Verdict.FALSE_ALARM


def test_a_short_word_at_the_very_beginning_of_a_reply_goes_on_with_the_turn() -> None:
    going_on = Overlap(age_ms=220, silent_ms=120, voiced_ms=100, text="anna", at_beginning=True)
    assert judge(going_on, SETTINGS) is Verdict.INTERRUPTION


def test_one_word_said_at_some_length_interrupts_when_it_is_over() -> None:
    assert verdict("parking", voiced_ms=300) is Verdict.UNDECIDED
    assert verdict("parking", voiced_ms=300, silent_ms=120) is Verdict.INTERRUPTION


def test_voice_that_is_not_understood_interrupts_when_it_lasts() -> None:
    assert verdict("", voiced_ms=600) is Verdict.UNDECIDED
    assert verdict("", voiced_ms=900) is Verdict.INTERRUPTION


def test_the_agents_own_words_never_interrupt() -> None:
    assert verdict("the lift is behind you", voiced_ms=1500, echo=True) is Verdict.UNDECIDED
    assert verdict("the lift is behind you", voiced_ms=1500, age_ms=2000, echo=True) is Verdict.FALSE_ALARM


@given(
    st.integers(0, 3000), st.integers(0, 3000), st.sampled_from(["", "yes", "the", "where is the lift"]), st.booleans()
)
def test_everything_is_decided_in_time(voiced_ms: int, silent_ms: int, text: str, echo: bool) -> None:
    decided = judge(Overlap(SETTINGS.decide_ms, silent_ms, voiced_ms, text, echo), SETTINGS)
    assert decided is not Verdict.UNDECIDED
