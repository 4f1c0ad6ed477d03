import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue.numerals import cardinal, ordinal
from dialogue.verbalise import verbalise


def said(text: str) -> str:
    return " ".join(part.spoken for part in verbalise(text) if part.spoken)


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("It costs $5.20.", "It costs five dollars and twenty cents."),
        ("$1, or $0.99?", "one dollar, or ninety nine cents?"),
        ("about $2.5 million or 3 million €", "about two point five million dollars or three million euros"),
        ("25 € (or £10)", "twenty five euros (or ten pounds)"),
        ("We open at 9:00 and close at 17:30.", "We open at nine o'clock and close at seventeen thirty."),
        ("9:05 am, 3:45pm or 5 p.m.", "nine oh five a m, three forty five p m or five p m."),
        ("Open 9am-5pm daily", "Open nine a m to five p m daily"),
        ("Open 9:00-17:30.", "Open nine o'clock to seventeen thirty."),
        ("On Nov. 23, 2026 we close.", "On November twenty third, twenty twenty six we close."),
        ("2026-11-23", "November twenty third, twenty twenty six"),
        ("11/23/2026", "November twenty third, twenty twenty six"),
        ("on 23/11/1905", "on November twenty third, nineteen oh five"),
        ("since 1905, in 2000", "since nineteen oh five, in two thousand"),
        ("2000 people", "two thousand people"),
        ("1,234,567 stars", "one million two hundred and thirty four thousand five hundred and sixty seven stars"),
        ("pi is 3.14", "pi is three point one four"),
        ("-5 °C or 1 °C", "minus five degrees Celsius or one degree Celsius"),
        ("5 km, 1 kg and 30 km/h", "five kilometres, one kilogram and thirty kilometres per hour"),
        ("90 m² at 5%", "ninety square metres at five percent"),
        ("the 1st, 2nd and 23rd floor", "the first, second and twenty third floor"),
        ("1/2 or 3/4 or 2½", "one half or three quarters or two and a half"),
        ("Room 204 and bus 42", "Room two oh four and bus forty two"),
        ("10-20 minutes", "ten to twenty minutes"),
        ("call 555-123-4567", "call five five five, one two three, four five six seven"),
        ("+1 555 123 4567", "plus one, five five five, one two three, four five six seven"),
        ("PIN 0042", "PIN zero zero four two"),
        ("version 3.11.2", "version three dot eleven dot two"),
        ("No. 5, #7", "number five, number seven"),
        ("Dr. Lee, Mrs. Fox & Mr. Ray", "doctor Lee, missis Fox and mister Ray"),
        ("St. Mary, Oak St. 5", "saint Mary, Oak street five"),
        ("fruit, e.g. pears, etc.", "fruit, for example, pears, et cetera"),
        ("see https://www.a-b.org/help?x=1.", "see a dash b dot org slash help."),
        ("mail me@visavis.org!", "mail me at visavis dot org!"),
        ("the ATM takes a PIN", "the A T M takes a PIN"),
        ("STOP NOW", "STOP NOW"),
        ("a 3-course meal", "a three course meal"),
        ("the U.S. office", "the U S office"),
        ("It is OK.", "It is okay."),
        ("an A4 page, B12", "an A four page, B twelve"),
        ("Hello there, how are you?", "Hello there, how are you?"),
    ],
)  # fmt: skip
def test_written_english_is_said_in_words(written: str, spoken: str) -> None:
    assert said(written) == spoken


def test_the_lexicon_comes_first() -> None:
    parts = verbalise("Ask Visavis, ATM.", {"visavis": "veeza vee", "atm": "cash machine"})
    assert " ".join(part.spoken for part in parts) == "Ask veeza vee, cash machine."
    assert [part.written for part in parts] == ["Ask", "Visavis,", "ATM."]


@given(st.text(alphabet="ab 0159.,:;-/$€%°°½@#()'\"AMpmSTKkg\n", max_size=60))
def test_what_was_written_is_kept_whatever_it_is(text: str) -> None:
    parts = verbalise(text)
    assert " ".join(part.written for part in parts) == " ".join(text.split())


@given(st.text(alphabet="ab 0159.,:-/$€%@#'AMpmk", max_size=60))
def test_no_digit_is_left_to_the_voice(text: str) -> None:
    assert not any(character.isdigit() for part in verbalise(text) for character in part.spoken)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"), (13, "thirteen"), (40, "forty"), (101, "one hundred and one"), (1000, "one thousand"),
        (1_000_001, "one million and one"), (-7, "minus seven"),
    ],
)  # fmt: skip
def test_cardinals(number: int, words: str) -> None:
    assert cardinal(number) == words


def test_ordinals() -> None:
    said = "first second third fifth eighth ninth twelfth twentieth".split()
    assert [ordinal(number) for number in (1, 2, 3, 5, 8, 9, 12, 20)] == said
    assert [ordinal(number) for number in (21, 100)] == ["twenty first", "one hundredth"]
