from dialogue.recognise.pronunciation import pronounce
from dialogue.speech import PHONES


def test_a_listed_word_is_pronounced_as_the_lexicon_says() -> None:
    assert pronounce("hello") == ("hh", "ah", "l", "ow")


def test_a_word_nobody_listed_is_pronounced_by_rule() -> None:
    assert pronounce("visavis") == ("v", "ih", "s", "ah", "v", "ih", "s")


def test_every_word_is_made_of_phones_the_recogniser_knows() -> None:
    for word in ("o'brien", "zürich", "xylophone", "qqqq", "spectroscopy", "aoeui"):
        phones = pronounce(word)
        assert phones
        assert set(phones) <= set(PHONES) - {"ax", "pau"}


def test_what_has_no_letters_has_no_pronunciation() -> None:
    assert pronounce("") == pronounce("42") == ()
