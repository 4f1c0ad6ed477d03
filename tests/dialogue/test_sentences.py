import itertools
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogue.sentences import LONGEST_CHARACTERS, Direction, Piece, Splitter, pieces_of


def pieces(*parts: str, language: str = "en") -> list[Piece]:
    splitter = Splitter(language)
    return [piece for part in parts for piece in splitter.push(part)] + splitter.flush()


def texts(*parts: str) -> list[str]:
    return [piece.text for piece in pieces(*parts)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello there. How are you?", ["Hello there.", "How are you?"]),
        ("It is 3.14 or so. Yes!", ["It is 3.14 or so.", "Yes!"]),
        ("Ask Dr. Lee or Mrs. J. Fox. They know.", ["Ask Dr. Lee or Mrs. J. Fox.", "They know."]),
        ("Fruit, e.g. pears, etc. is here. Take some.", ["Fruit, e.g. pears, etc. is here.", "Take some."]),
        ("We close at 5 p.m. Come early.", ["We close at 5 p.m.", "Come early."]),
        ("We close at 5 p.m. on Sundays.", ["We close at 5 p.m. on Sundays."]),
        ("No. We are closed.", ["No.", "We are closed."]),
        ("Take No. 5 to the station.", ["Take No. 5 to the station."]),
        ("See www.visavis.org. It helps.", ["See www.visavis.org.", "It helps."]),
        ("Go to https://a.org/b?c=1. Then call.", ["Go to https://a.org/b?c=1.", "Then call."]),
        ("Wait... what? Well… yes.", ["Wait... what?", "Well… yes."]),
        ('He said "Come in." Then he left.', ['He said "Come in."', "Then he left."]),
        ("Really?! Yes.", ["Really?!", "Yes."]),
        ("On Nov. 23, 2026 we open again. Bye.", ["On Nov. 23, 2026 we open again.", "Bye."]),
        ("The U.S. office is open. Call it.", ["The U.S. office is open.", "Call it."]),
        ("你好。今天好吗？很好！", ["你好。", "今天好吗？", "很好！"]),
        ("no full stop", ["no full stop"]),
    ],
)
def test_sentences_end_where_people_hear_them_end(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


def test_the_first_piece_may_be_a_clause_and_later_ones_are_sentences() -> None:
    text = "The car park is behind the building, next to the river. It is free for you, all day, every day."
    assert texts(text) == [
        "The car park is behind the building,",
        "next to the river.",
        "It is free for you, all day, every day.",
    ]


def test_a_short_opening_is_not_torn_off() -> None:
    assert texts("Well, yes, of course it is.") == ["Well, yes, of course it is."]


def test_a_sentence_is_given_as_soon_as_the_next_word_could_begin() -> None:
    splitter = Splitter()
    assert splitter.push("Hello there") == []
    assert splitter.push(".") == []  # it may become "Hello there.com"
    assert [piece.text for piece in splitter.push(" ")] == ["Hello there."]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**Yes**, it is *very* `good`.", ["Yes, it is very good."]),
        ("# Hours\nWe open at nine.", ["Hours", "We open at nine."]),
        ("You need:\n- a [map](https://x.org/a.png)\n\nThat is all.", ["You need:", "a map", "That is all."]),
        ("1. Go left.\n2. Go right.", ["Go left.", "Go right."]),
        ("Before ```python\nprint('x. y')\n``` after.", ["Before", "after."]),
        ("<think>They want. Hmm!</think>It is here.", ["It is here."]),
        ("Good 😀 day 👍🏽!", ["Good day !"]),
        ("one line\nwrapped over two.", ["one line wrapped over two."]),
        ("a &amp; b <b>bold</b>", ["a & b bold"]),
        ("It is so [1].", ["It is so ."]),
        ("5 * 3 is snake_case", ["5 * 3 is snake_case"]),
    ],
)  # fmt: skip
def test_markdown_code_reasoning_and_emoji_are_not_spoken(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


def test_directions_come_apart_from_the_words() -> None:
    (piece,) = pieces("[smile] Hello [look left] there.")
    assert piece.text == piece.spoken == "Hello there."
    assert piece.directions == (Direction("smile"), Direction("look", "left", 1))


def test_a_direction_after_the_last_word_is_not_lost() -> None:
    first, second = pieces("Good bye. [wave]")
    assert (first.text, first.directions) == ("Good bye.", ())
    assert (second.words, second.directions) == ((), (Direction("wave"),))


def test_a_direction_alone_is_a_piece_without_words() -> None:
    assert pieces("[stop]") == [Piece((), (Direction("stop"),))]


def test_directions_count_spoken_units() -> None:
    (piece,) = pieces("At 3:45 pm [nod] sharp.")
    assert [word.written for word in piece.words] == ["At", "3:45 pm", "sharp."]
    assert piece.directions == (Direction("nod", "", 2),)
    assert piece.spoken == "At three forty five p m sharp."


def test_text_in_other_brackets_stays() -> None:
    assert texts("Dear [Your Name], hi.") == ["Dear [Your Name], hi."]


def test_other_languages_are_left_to_their_voices() -> None:
    (piece,) = pieces("Das kostet 25 €.", language="de")
    assert piece.spoken == "Das kostet 25 €."


TRICKY_PARTS = (
    *(". ", "! ", "? ", ", ", "; ", ": ", "\n", "\n\n", "- ", "[", "]", "[smile]", "[look left] ", "`", "```", "<"),
    *("<think>", "</think>", "**", "Dr. ", "e.g. ", "p.m. ", "No. ", "3", "3.14", "Hello", "there", " ", "...", "…"),
    *("A", "。", '"', "(", ")", "http://a.b/c. ", "1. ", "x" * 50, "word " * 30),
)
TRICKY = st.lists(st.sampled_from(TRICKY_PARTS), max_size=40).map("".join)


@settings(max_examples=400, deadline=None)
@given(TRICKY, st.lists(st.integers(0, 400), max_size=12))
def test_chunked_equals_whole(text: str, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    assert pieces(*(text[a:b] for a, b in itertools.pairwise(edges))) == pieces(text)


@settings(max_examples=100, deadline=None)
@given(TRICKY)
def test_letter_by_letter_equals_whole(text: str) -> None:
    assert pieces(*text) == pieces(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_can_be_spoken(text: str) -> None:
    assert all(piece.words or piece.directions for piece in pieces(text))


@given(st.lists(st.sampled_from(["one", "two.", "three,", "four!", "five;"]), max_size=60))
def test_no_word_is_lost_or_said_twice(words: list[str]) -> None:
    assert " ".join(texts(" ".join(words))).split() == words


def test_endless_text_is_cut_into_bounded_pieces() -> None:
    assert all(len(text) <= 2 * LONGEST_CHARACTERS for text in texts("word " * 2000 + "x" * 5000))


def test_ten_megabytes_of_white_space_say_nothing() -> None:
    assert pieces(" " * 10_000_000) == []


async def test_closing_the_pieces_closes_the_reply() -> None:
    closed = []

    async def reply() -> AsyncIterator[str]:
        try:
            for _ in itertools.count():
                yield "Another sentence. "
        finally:
            closed.append(True)

    stream = pieces_of(reply())
    assert (await anext(stream)).text == "Another sentence."
    await stream.aclose()
    assert closed == [True]
