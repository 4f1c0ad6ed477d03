import numpy as np
import pytest

from dialogue.errors import EngineError, EngineUnavailable
from dialogue.speech import SpeechChunk, Word
from dialogue.synthesise import Emit, Synthesiser
from dialogue.synthesise.espeak import EspeakSettings, EspeakVoice
from dialogue.synthesise.fallback import Engine, FallbackVoice, text_after
from tests.dialogue.synthesise.listening import Listener, phones_of, seconds_of, spoken, words_of

SENTENCE = "one two three four five six"


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class WordByWord:
    """Says half a second a word, and fails after `fails_after` words for as long as it is `broken`."""

    sample_rate_hz = 16_000
    rate = 1.0

    def __init__(self, fails_after: int = 10**6, tells_words: bool = True) -> None:
        self.fails_after, self.tells_words, self.broken = fails_after, tells_words, True
        self.spoken: list[str] = []

    def speak(self, text: str, emit: Emit) -> None:
        for index, word in enumerate(text.split()):
            if self.broken and index >= self.fails_after:
                raise EngineError("the voice broke")
            self.spoken.append(word)
            words = (Word(word, index / 2, index / 2 + 0.5),) if self.tells_words else ()
            if not emit(SpeechChunk(np.zeros(8000, np.float32), self.sample_rate_hz, words=words)):
                return


def absent() -> Synthesiser:
    raise EngineUnavailable("it is not installed: apt-get install it")


def test_a_missing_voice_is_skipped() -> None:
    voice = FallbackVoice([Engine("absent", absent), Engine("there", WordByWord)])
    assert voice.name == "there"
    assert [word.text for word in words_of(spoken(voice, SENTENCE))] == SENTENCE.split()


def test_nothing_is_said_twice_when_a_voice_breaks_in_mid_sentence() -> None:
    first, second = WordByWord(fails_after=2), WordByWord()
    chunks = spoken(FallbackVoice([Engine("a", lambda: first), Engine("b", lambda: second)]), SENTENCE)
    assert first.spoken + second.spoken == SENTENCE.split()
    assert [word.start_s for word in words_of(chunks)] == [0, 0.5, 1.0, 1.5, 2.0, 2.5]


def test_a_voice_that_breaks_before_the_first_word_is_replaced_for_all_of_it() -> None:
    second = WordByWord()
    spoken(FallbackVoice([Engine("a", lambda: WordByWord(0)), Engine("b", lambda: second)]), SENTENCE)
    assert second.spoken == SENTENCE.split()


def test_what_a_voice_without_word_times_had_begun_is_not_begun_again() -> None:
    second = WordByWord()
    first = WordByWord(2, tells_words=False)
    spoken(FallbackVoice([Engine("a", lambda: first), Engine("b", lambda: second)]), SENTENCE)
    assert second.spoken == []


def test_a_broken_voice_is_tried_again_after_its_rest() -> None:
    clock, first = Clock(), WordByWord(0)
    voice = FallbackVoice([Engine("a", lambda: first), Engine("b", WordByWord)], clock)
    spoken(voice, SENTENCE)
    assert voice.name == "b"
    first.broken = False
    spoken(voice, SENTENCE)
    assert voice.name == "b"
    clock.now_s += 60
    spoken(voice, SENTENCE)
    assert voice.name == "a"


def test_when_every_voice_fails_the_last_reason_is_raised() -> None:
    voice = FallbackVoice([Engine("a", lambda: WordByWord(0)), Engine("b", lambda: WordByWord(0))])
    with pytest.raises(EngineError, match="the voice broke"):
        spoken(voice, SENTENCE)


def test_when_no_voice_is_there_every_reason_is_told() -> None:
    with pytest.raises(EngineUnavailable, match="a: it is not installed: apt-get install it; b: "):
        FallbackVoice([Engine("a", absent), Engine("b", absent)])


def test_a_refused_chunk_ends_the_piece_and_wakes_no_other_voice() -> None:
    second = WordByWord()
    voice = FallbackVoice([Engine("a", lambda: WordByWord(1)), Engine("b", lambda: second)])
    voice.speak(SENTENCE, Listener(limit=1))
    assert second.spoken == []


def test_a_real_voice_takes_over_at_its_own_rate() -> None:
    voice = FallbackVoice([Engine("a", lambda: WordByWord(3)), Engine("espeak", lambda: EspeakVoice(EspeakSettings()))])
    chunks = spoken(voice, SENTENCE)
    assert [word.text for word in words_of(chunks)] == SENTENCE.split()
    assert {chunk.sample_rate_hz for chunk in chunks} == {16_000, 22_050}
    assert phones_of(chunks)[-1].end_s == pytest.approx(seconds_of(chunks))


@pytest.mark.parametrize(
    ("said", "rest"), [("", "The 25, the best."), ("The", " 25, the best."), ("the 25 the", " best."), ("x best", ".")]
)
def test_the_rest_begins_after_the_last_word_said(said: str, rest: str) -> None:
    assert text_after("The 25, the best.", [Word(word, 0, 0) for word in said.split()]) == rest
