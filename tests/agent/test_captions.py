from hypothesis import given
from hypothesis import strategies as st

from agent.captions import WORDS_AT_MOST, agent_caption, user_caption
from agent.script import SpokenWord


def words(text: str) -> list[SpokenWord]:
    return [SpokenWord(word, index * 100, index * 100 + 80) for index, word in enumerate(text.split())]


def test_a_word_appears_when_it_begins() -> None:
    spoken = words("The lift is behind you.")
    assert agent_caption(spoken, 0) == "The"
    assert agent_caption(spoken, 199) == "The lift"
    assert agent_caption(spoken, 5000) == "The lift is behind you."


def test_a_new_sentence_begins_a_new_caption() -> None:
    spoken = words("Yes. The lift is here.")
    assert agent_caption(spoken, 99) == "Yes."
    assert agent_caption(spoken, 100) == "The"


@given(st.integers(1, 60), st.integers(0, 6000))
def test_no_caption_is_longer_than_a_glance_or_ahead_of_the_voice(count: int, offset: int) -> None:
    spoken = words(" ".join(f"w{index}" for index in range(count)))
    shown = agent_caption(spoken, offset).split()
    assert 1 <= len(shown) <= WORDS_AT_MOST
    assert shown[-1] == f"w{min(count - 1, offset // 100)}"


def test_the_user_sees_the_last_words_of_the_turn() -> None:
    assert user_caption("I would like", "to see Anna") == "I would like to see Anna"
    assert len(user_caption("word " * 50, "last").split()) == WORDS_AT_MOST
    assert user_caption("word " * 50, "last").endswith("last")
