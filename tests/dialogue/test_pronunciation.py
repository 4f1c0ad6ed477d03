import numpy as np
import pytest

from dialogue.pronunciation import PronunciationJudge, WordScore, confusions, off_words
from tests.dialogue.recordings import spoken


@pytest.fixture(scope="module")
def judge() -> PronunciationJudge:
    return PronunciationJudge()


def scores(judge: PronunciationJudge, said: str, wanted: str) -> dict[str, WordScore]:
    judged = judge.judge(spoken(said), wanted)
    assert judged is not None
    return {score.text: score for score in judged}


def test_words_said_well_are_seldom_faulted(judge: PronunciationJudge) -> None:
    """The voice sounds a little different every time; about one right word in sixteen is called off."""
    sentences = ("Thank you very much for your help.", "I would like the soup, please.", "Where is the train station?")
    off = [word for sentence in sentences for word in off_words(judge.judge(spoken(sentence), sentence))]
    assert len(off) <= 0.25 * sum(len(sentence.split()) for sentence in sentences), off


@pytest.mark.parametrize(
    ("said", "wanted", "word"),
    [
        ("please say sheep again", "please say ship again", "ship"),
        ("please say light again", "please say right again", "right"),
    ],
)
def test_a_word_said_like_another_scores_far_below_itself(
    judge: PronunciationJudge, said: str, wanted: str, word: str
) -> None:
    wrong, right = scores(judge, said, wanted)[word], scores(judge, wanted, wanted)[word]
    assert wrong.ratio < right.ratio - 5
    assert wrong.likeness < right.likeness


def test_only_the_wrong_word_is_named(judge: PronunciationJudge) -> None:
    off = off_words(judge.judge(spoken("Excuse me, the banana does not work."), "Excuse me, the shower does not work."))
    assert off == ("shower",)


def test_a_name_nobody_listed_can_be_judged(judge: PronunciationJudge) -> None:
    assert judge.judge(spoken("Hello Visavis."), "Hello Visavis.") is not None


def test_silence_and_nothing_cannot_be_judged(judge: PronunciationJudge) -> None:
    assert judge.judge(np.zeros(1000, np.float32), "Hello.") is None
    assert judge.judge(spoken("Hello."), "...") is None
    assert off_words(None) is None


def test_confusions_change_one_phone_each() -> None:
    assert confusions(["HH", "IH", "T"]) == [["IH", "T"], ["HH", "IY", "T"], ["HH", "EH", "T"], ["HH", "IH", "D"]]
