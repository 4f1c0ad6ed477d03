import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogue.reply.retrieval import Question, Retriever
from dialogue.reply.words import Synonyms

QUESTIONS = [
    Question(text, answer)
    for answer, texts in {
        "parking": ["where can I park my car", "is there a garage", "where do visitors leave their cars"],
        "lift": ["where is the elevator", "how do I get upstairs"],
        "coffee": ["can I have a cup of coffee", "where is the coffee machine", "I would like something to drink"],
        "taxi": ["please call a taxi", "how do I get to the airport"],
    }.items()
    for text in texts
]


@pytest.fixture(scope="module")
def retriever() -> Retriever:
    return Retriever(QUESTIONS, Synonyms([["elevator", "lift"], ["taxi", "cab"]]))


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.text)
def test_a_known_question_finds_its_answer(retriever: Retriever, question: Question) -> None:
    best, second, *_ = retriever.rank(question.text)
    assert best.answer == question.answer
    assert best.score > 0.6
    assert best.score > 2 * second.score


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Excuse me, where's the lift please?", "lift"),
        ("please order a cab for me", "taxi"),
        ("parking for visitors?", "parking"),
        ("wear can i bark my car", "parking"),
        ("can i have a couple of coffee", "coffee"),
        ("is there a garbage", "parking"),
        ("where is the l of eight or", "lift"),
    ],
)
def test_other_words_and_misheard_ones_find_it_too(retriever: Retriever, text: str, answer: str) -> None:
    assert retriever.rank(text)[0].answer == answer


@pytest.mark.parametrize("text", ["who wrote the bible", "zebra quantum violin", "", "?!", "東京"])
def test_what_nobody_knows_scores_low(retriever: Retriever, text: str) -> None:
    assert retriever.rank(text)[0].score < 0.3


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=500))
def test_any_text_can_be_ranked(text: str) -> None:
    ranked = RETRIEVER.rank(text)
    assert len(ranked) == 4
    assert [found.score for found in ranked] == sorted((found.score for found in ranked), reverse=True)


RETRIEVER = Retriever(QUESTIONS, Synonyms([]))


def test_a_megabyte_of_text_costs_no_more_than_a_sentence(retriever: Retriever) -> None:
    began = time.perf_counter()
    retriever.rank("where can I park my car " * 50_000)
    assert time.perf_counter() - began < 1
