from hypothesis import given
from hypothesis import strategies as st

from agent.script import SpokenWord, Stretch, cut, heard_words, place_words, reached, resume_offset, spread, written
from dialogue.speech import Word
from dialogue.verbalise import SpokenAs

RATE_HZ = 1000
WORDS = tuple(SpokenWord(text, start, start + 100) for text, start in (("one", 0), ("two", 120), ("three", 240)))


def as_is(*words: str) -> list[SpokenAs]:
    return [SpokenAs(word, word) for word in words]


def test_a_position_is_found_in_the_stretch_that_is_playing() -> None:
    stretches = (Stretch(0, 100, 5000), Stretch(100, 300, 5400))
    assert [reached(stretches, at) for at in (4000, 5050, 5100, 5300, 5450, 9000)] == [0, 50, 100, 100, 150, 300]


def test_what_was_cut_off_was_not_heard() -> None:
    stretches = cut((Stretch(0, 200, 5000), Stretch(200, 300, 5200)), 5150)
    assert stretches == (Stretch(0, 150, 5000),)
    assert reached(stretches, 9000) == 150


def test_saying_a_word_again_does_not_take_back_what_was_heard() -> None:
    stretches = (Stretch(0, 150, 5000), Stretch(120, 340, 6000))
    assert reached(stretches, 6010) == 150
    assert reached(stretches, 6100) == 220


def test_a_word_counts_as_heard_from_its_middle_on() -> None:
    assert written(heard_words(WORDS, 169)) == "one"
    assert written(heard_words(WORDS, 170)) == "one two"


def test_a_held_reply_goes_on_at_the_word_it_was_cut_in() -> None:
    assert resume_offset(WORDS, 190) == 120
    assert resume_offset(WORDS, 110) == 110
    assert resume_offset(WORDS, 120) == 120


@given(st.integers(0, 400), st.integers(0, 100))
def test_holding_anywhere_loses_and_repeats_no_whole_word(offset: int, pause: int) -> None:
    again = resume_offset(WORDS, offset)
    assert again <= offset
    assert all(word.start >= again or word.end <= again for word in WORDS)
    assert all(word.end <= again or word.end > offset for word in WORDS)


def test_written_words_take_the_times_of_what_the_voice_said_for_them() -> None:
    words = [SpokenAs("Room", "room"), SpokenAs("25,", "twenty five"), SpokenAs("please.", "please")]
    voiced = [Word("room", 0.0, 0.3), Word("twenty", 0.3, 0.6), Word("five", 0.6, 0.9), Word("please", 1.0, 1.4)]
    assert place_words(words, voiced, 50, RATE_HZ) == (
        SpokenWord("Room", 50, 350),
        SpokenWord("25,", 350, 950),
        SpokenWord("please.", 1050, 1450),
    )


def test_words_that_the_voice_has_not_come_to_are_left_out() -> None:
    placed = place_words(as_is("one", "two", "three"), [Word("one", 0, 0.1)], 0, RATE_HZ)
    assert [word.text for word in placed] == ["one"]


def test_a_word_that_is_not_spoken_comes_with_the_one_before() -> None:
    words = [SpokenAs("one", "one"), SpokenAs("–", ""), SpokenAs("two", "two")]
    placed = place_words(words, [Word("one", 0, 0.1), Word("two", 0.2, 0.3)], 0, RATE_HZ)
    assert placed[1] == SpokenWord("–", 100, 100)


def test_a_voice_that_says_something_else_for_a_word_does_not_lose_the_rest() -> None:
    voiced = [Word("one", 0, 0.1), Word("zwei", 0.1, 0.2), Word("three", 0.2, 0.3)]
    placed = place_words(as_is("one", "two", "three"), voiced, 0, RATE_HZ)
    assert written(placed) == "one two three"
    assert placed[2].start == 200


def test_without_times_words_are_spread_by_their_letters() -> None:
    placed = spread(as_is("a", "bbb"), 100, 500)
    assert placed == (SpokenWord("a", 100, 200), SpokenWord("bbb", 200, 500))
