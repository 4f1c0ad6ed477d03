from hypothesis import given
from hypothesis import strategies as st

from dialogue.history import Utterance, about_tokens, newest_within

TALK = tuple(
    Utterance("user" if index % 2 == 0 else "agent", f"sentence number {index} of this conversation")
    for index in range(9)
)


def test_the_newest_utterances_that_fit_are_kept_in_order() -> None:
    each = about_tokens(TALK[0].text)
    assert newest_within(TALK, 3 * each) == TALK[-3:]


def test_what_is_kept_begins_with_the_user() -> None:
    each = about_tokens(TALK[0].text)
    assert newest_within(TALK, 4 * each) == TALK[-3:]


def test_the_last_utterance_is_kept_however_long_it_is() -> None:
    assert newest_within([*TALK, Utterance("user", "x" * 9999)], 10)[-1].text == "x" * 9999


def test_a_short_conversation_is_kept_whole() -> None:
    assert newest_within(TALK, 10**6) == TALK


@given(st.lists(st.sampled_from(TALK)), st.integers(0, 100))
def test_the_limit_holds_for_all_but_the_last_utterance(talk: list[Utterance], limit: int) -> None:
    kept = newest_within(talk, limit)
    assert len(kept) <= 1 or sum(about_tokens(utterance.text) for utterance in kept) <= limit
    assert not talk or kept[-1] == talk[-1]
