import threading
import time
from itertools import pairwise

import jiwer
import numpy as np
import pytest

from dialogue.errors import EngineError
from dialogue.recognise import Transcript
from dialogue.recognise.sphinx import SphinxRecogniser, SphinxSettings
from dialogue.speech import Samples
from tests.dialogue.recordings import needs_recordings, recording, spoken, transcripts

SENTENCES = (
    "the car park is behind the building",
    "please take a seat and wait for a moment",
    "the train leaves from the station in ten minutes",
)


@pytest.fixture(scope="module")
def recogniser() -> SphinxRecogniser:
    return SphinxRecogniser(SphinxSettings())


def heard(recogniser: SphinxRecogniser, sound: Samples, block_samples: int = 512) -> Transcript:
    recogniser.begin()
    for start in range(0, len(sound), block_samples):
        recogniser.accept(sound[start : start + block_samples])
    return recogniser.finish()


@pytest.mark.parametrize("gain", [0.1, 1.0, 4.0], ids=["quiet", "usual", "loud"])
def test_plain_sentences_are_understood_however_loud(gain: float) -> None:
    recogniser = SphinxRecogniser(SphinxSettings())
    texts = [heard(recogniser, gain * spoken(sentence)).text for sentence in SENTENCES]
    assert jiwer.wer(list(SENTENCES), texts) < 0.2


def test_blocks_of_any_length_give_the_same_words_at_the_same_times() -> None:
    sound = spoken(SENTENCES[0])
    whole = heard(SphinxRecogniser(SphinxSettings()), sound, len(sound))
    assert whole.text
    for block_samples in (333, 4000):
        assert heard(SphinxRecogniser(SphinxSettings()), sound, block_samples) == whole


def test_words_come_in_order_within_the_utterance(recogniser: SphinxRecogniser) -> None:
    sound = spoken(SENTENCES[0])
    words = heard(recogniser, sound).words
    edges = [edge for word in words for edge in (word.start_s, word.end_s)]
    assert edges == sorted(edges)
    assert 0.3 < edges[0] < 0.6  # the recording starts with 0.4 s of silence
    assert edges[-1] == pytest.approx(len(sound) / 16_000 - 0.4, abs=0.2)


def test_partials_grow_while_somebody_speaks_and_their_stable_words_stay(recogniser: SphinxRecogniser) -> None:
    sound = spoken(SENTENCES[1])
    recogniser.begin()
    partials = []
    for start in range(0, len(sound), 1600):
        recogniser.accept(sound[start : start + 1600])
        partials.append(recogniser.partial())
    recogniser.finish()
    assert any(partial.stable_words > 0 for partial in partials[: len(partials) // 2])
    assert not any(partial.is_final for partial in partials)
    for earlier, later in pairwise(partials):
        kept = earlier.text.split()[: earlier.stable_words]
        assert later.text.split()[: len(kept)] == kept


def test_a_sure_transcript_is_more_confident_than_a_guess(recogniser: SphinxRecogniser) -> None:
    sound = spoken(SENTENCES[0])
    noise = np.random.default_rng(4).normal(0, 0.005, len(sound)).astype(np.float32)
    sure, guess = heard(recogniser, sound), heard(recogniser, sound + noise)
    assert 0 <= guess.confidence < sure.confidence <= 1


def test_silence_says_nothing(recogniser: SphinxRecogniser) -> None:
    assert heard(recogniser, np.zeros(16_000, np.float32)).text == ""


def test_an_utterance_that_was_never_finished_leaves_nothing_behind(recogniser: SphinxRecogniser) -> None:
    recogniser.begin()
    recogniser.accept(spoken(SENTENCES[2]))
    recogniser.begin()
    assert recogniser.partial().text == ""
    assert recogniser.finish() == Transcript("", is_final=True, confidence=0.0)


def test_finishing_what_was_not_begun_is_an_error(recogniser: SphinxRecogniser) -> None:
    recogniser.begin()
    recogniser.finish()
    with pytest.raises(EngineError, match="begin"):
        recogniser.finish()


@needs_recordings
def test_read_speech_is_understood_about_as_well_as_pocketsphinx_can() -> None:
    recogniser = SphinxRecogniser(SphinxSettings())
    names = [name for name in transcripts() if name.startswith("librivox")]
    texts = [heard(recogniser, recording(f"speech/{name}")).text.replace("mr", "mister") for name in names]
    assert jiwer.wer([transcripts()[name] for name in names], texts) < 0.35


def test_names_from_the_vocabulary_are_recognised_and_only_with_it() -> None:
    about = ("Where is Doctor Okonkwo? Doctor Okonkwo is at the Halvorsen Institute.",)
    question = "does the halvorsen institute know doctor okonkwo"
    plain, biased = SphinxRecogniser(SphinxSettings()), SphinxRecogniser(SphinxSettings(), about)
    assert not {"okonkwo", "halvorsen"} & set(heard(plain, spoken(question)).text.split())
    assert {"okonkwo", "halvorsen"} <= set(heard(biased, spoken(question)).text.split())


def test_a_vocabulary_leaves_other_sentences_alone() -> None:
    biased = SphinxRecogniser(SphinxSettings(), ("Where is Doctor Okonkwo? The canteen has falafel and ramen.",))
    texts = [heard(biased, spoken(sentence)).text for sentence in SENTENCES]
    assert jiwer.wer(list(SENTENCES), texts) < 0.2


@pytest.mark.parametrize("vocabulary", [("",), ("42 ... ?!",), ("é ñ 東京 😀",), ("word " * 5000,)])
def test_strange_vocabularies_do_no_harm(vocabulary: tuple[str, ...]) -> None:
    recogniser = SphinxRecogniser(SphinxSettings(), vocabulary)
    assert "building" in heard(recogniser, spoken(SENTENCES[0])).text


def test_python_goes_on_while_sound_is_decoded() -> None:
    recogniser = SphinxRecogniser(SphinxSettings())
    recogniser.begin()
    decoding = threading.Thread(target=recogniser.accept, args=(np.tile(spoken(SENTENCES[0]), 4),))
    decoding.start()
    longest_s, last_s = 0.0, time.perf_counter()
    while decoding.is_alive():
        time.sleep(0.001)
        now_s = time.perf_counter()
        longest_s, last_s = max(longest_s, now_s - last_s), now_s
    assert longest_s < 0.5  # the whole of it takes longer
