import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue.recognise.language_model import END, START, arpa, sentences_of, spoken_words

words = st.lists(st.sampled_from("where is the tram stop cafe open when".split()), min_size=1, max_size=6)
Entries = dict[tuple[str, ...], tuple[float, float]]


def entries_of(text: str) -> Entries:
    """N-grams with their probabilities and back-off weights, read as a decoder reads them."""
    found: Entries = {}
    for line in text.splitlines():
        fields = line.split("\t")
        if len(fields) > 1:
            backoff = float(fields[2]) if len(fields) > 2 else 0.0
            found[tuple(fields[1].split())] = (10 ** float(fields[0]), 10**backoff)
    return found


def probability(entries: Entries, ngram: tuple[str, ...]) -> float:
    if ngram in entries:
        return entries[ngram][0]
    context = ngram[:-1]
    return entries.get(context, (0, 1))[1] * probability(entries, ngram[1:]) if context else 0.0


def test_sentences_become_the_words_that_are_said() -> None:
    assert spoken_words("Isn't Dr. O’Brien in room 214?") == (
        "isn't", "doctor", "o'brien", "in", "room", "two", "fourteen",
    )  # fmt: skip
    assert spoken_words("...") == ()


def test_text_is_cut_into_sentences() -> None:
    assert list(sentences_of("Is it open? It is.\nCome in")) == ["Is it open?", "It is.", "Come in"]


@given(st.lists(words, min_size=1, max_size=8))
def test_what_may_follow_has_a_probability_of_one_in_all(sentences: list[list[str]]) -> None:
    entries = entries_of(arpa(sentences))
    vocabulary = {ngram[0] for ngram in entries if len(ngram) == 1} - {START}
    contexts = [(START,), (START, sentences[0][0]), tuple(sentences[0][-2:]), ("never", "seen")]
    for context in contexts:
        total = math.fsum(probability(entries, (*context, word)) for word in vocabulary)
        # The unigrams keep a share for words that were never seen.
        unseen = len(vocabulary) / (len(vocabulary) + 1)
        assert 1 - unseen < total <= 1.001


def test_what_was_seen_is_likelier_than_what_was_not() -> None:
    entries = entries_of(arpa([["where", "is", "the", "tram"], ["when", "is", "the", "cafe", "open"]]))
    assert probability(entries, ("is", "the", "tram")) > probability(entries, ("is", "the", "open")) > 0
    assert probability(entries, ("cafe", "open", END)) > probability(entries, ("cafe", "open", "tram"))


@pytest.mark.parametrize("sentences", [[["yes"]], [["yes", "please"]]])
def test_a_tiny_model_has_no_empty_sections(sentences: list[list[str]]) -> None:
    text = arpa(sentences)
    assert text.startswith("\\data\\\nngram 1=")
    assert text.endswith("\\end\\\n")
    for order in (1, 2, 3):
        listed = sum(len(ngram) == order for ngram in entries_of(text))
        assert f"ngram {order}={listed}\n" in text
