import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue.reply.words import MOST_WORDS, Sounds, Synonyms, stem, without_opener, words_of


def test_words_are_those_said() -> None:
    assert words_of("I'd like 2 teas, it's 9 am; don't you?") == tuple(
        "i would like two teas it is nine a m do not you".split()
    )


def test_typographic_apostrophes_and_accents_make_no_difference() -> None:
    assert words_of("I’m at the café") == words_of("I'm at the cafe")


@pytest.mark.parametrize(
    "family", ["park parks parking parked", "charge charging charged charges", "city cities", "stop stopping stopped"]
)
def test_a_family_of_words_has_one_stem(family: str) -> None:
    assert len({stem(word) for word in family.split()}) == 1


def test_different_words_keep_different_stems() -> None:
    words = "park bark wait want was bus use his this thing string bring ring".split()
    assert len({stem(word) for word in words}) == len(words)


def test_openers_are_left_out_unless_they_are_all() -> None:
    assert without_opener(words_of("Hello, could you tell me where the lift is?")) == ("where", "the", "lift", "is")
    assert without_opener(words_of("good morning")) == ("good", "morning")


def test_the_longest_phrase_wins() -> None:
    synonyms = Synonyms([["room", "chamber"], ["meeting room", "board room"]])
    stems = [stem(word) for word in words_of("a chamber or the board room")]
    assert list(synonyms.meanings(stems)) == ["a", "=room", "or", "the", "=meeting room"]


def test_words_run_together_sound_the_same() -> None:
    sounds = Sounds()
    assert set(sounds.runs(["ice", "cream"])) == set(sounds.runs(["icecream"])) or set(sounds.runs(["ice", "cream"]))
    shared = set(sounds.runs(["why", "fly"])) & set(sounds.runs(["wifi"]))
    assert not shared or "w ay f" in shared
    assert "w ay f" in set(sounds.runs(["wifi"]))


@given(st.text(max_size=300))
def test_any_text_has_words(text: str) -> None:
    words = words_of(text)
    assert len(words) <= MOST_WORDS
    assert all(word and stem(word) for word in words)
