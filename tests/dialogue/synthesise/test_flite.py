import itertools
import threading
from typing import Literal

import jiwer
import numpy as np
import pytest

from dialogue.errors import EngineUnavailable
from dialogue.speech import PHONES, SpeechChunk
from dialogue.synthesise.flite import FliteSettings, FliteVoice, spell_in_ascii
from tests.dialogue.synthesise.listening import (
    PLAIN_SENTENCES,
    Listener,
    phones_of,
    recognised,
    samples_of,
    seconds_of,
    spoken,
    words_of,
)

SENTENCE = "Welcome to our office, how can I help you today? Your meeting starts in the blue room."


@pytest.fixture(scope="module")
def voice() -> FliteVoice:
    return FliteVoice(FliteSettings(voice="rms"))


def same_speech(one: list[SpeechChunk], other: list[SpeechChunk]) -> bool:
    """Whether two renderings agree but for the noise that flite draws anew for each."""
    first, second = samples_of(one), samples_of(other)
    return phones_of(one) == phones_of(other) and np.corrcoef(first, second)[0, 1] > 0.9


@pytest.mark.parametrize("name", ["rms", "slt"])
def test_a_recogniser_understands_the_voice(name: Literal["rms", "slt"]) -> None:
    voice = FliteVoice(FliteSettings(voice=name))
    heard = recognised(samples_of(spoken(voice, sentence)) for sentence in PLAIN_SENTENCES)
    assert jiwer.wer(list(PLAIN_SENTENCES), heard) < 0.25


def test_phones_cover_the_sound_without_gaps(voice: FliteVoice) -> None:
    chunks = spoken(voice, SENTENCE)
    phones = phones_of(chunks)
    assert phones[0].start_s == 0
    assert all(before.end_s == pytest.approx(after.start_s) for before, after in itertools.pairwise(phones))
    assert all(phone.start_s < phone.end_s and phone.symbol in PHONES for phone in phones)
    assert phones[-1].end_s == pytest.approx(seconds_of(chunks), abs=0.02)


def test_phones_and_words_come_with_the_first_samples(voice: FliteVoice) -> None:
    first, *rest = spoken(voice, SENTENCE)
    assert len(first.samples) > 0
    assert len(first.phones) > 50
    assert not any(chunk.phones or chunk.words for chunk in rest)


def test_words_are_those_written_with_times_inside_the_sound(voice: FliteVoice) -> None:
    chunks = spoken(voice, "The 25 flats cost $5.20.")
    words = words_of(chunks)
    assert [word.text for word in words] == ["The", "25", "flats", "cost", "$5.20"]
    assert all(before.end_s <= after.start_s + 1e-6 for before, after in itertools.pairwise(words))
    assert words[-1].end_s <= seconds_of(chunks)


def test_silent_phones_are_quiet_and_vowels_are_not(voice: FliteVoice) -> None:
    """Phone times fit the samples, so dropping the leading silence moved both alike."""
    chunks = spoken(voice, SENTENCE)
    samples = samples_of(chunks)

    def loudness(*symbols: str) -> float:
        spans = [
            samples[round(p.start_s * 16000) : round(p.end_s * 16000)] for p in phones_of(chunks) if p.symbol in symbols
        ]
        return float(np.sqrt(np.mean(np.concatenate(spans) ** 2)))

    assert loudness("pau") < 0.15 * loudness("aa", "ay", "iy", "uw", "ah", "ow")


def test_speech_starts_within_thirty_milliseconds_of_sound(voice: FliteVoice) -> None:
    assert words_of(spoken(voice, SENTENCE))[0].start_s <= 0.03


def test_a_refused_chunk_ends_the_piece_at_once(voice: FliteVoice) -> None:
    listener = Listener(limit=3)
    voice.speak(SENTENCE, listener)
    assert len(listener.chunks) == 3


def test_the_voice_speaks_the_same_after_a_stop(voice: FliteVoice) -> None:
    before = spoken(voice, SENTENCE)
    voice.speak(SENTENCE, lambda chunk: False)
    assert same_speech(before, spoken(voice, SENTENCE))


def test_an_error_in_the_listener_comes_out_of_speak(voice: FliteVoice) -> None:
    def broken(chunk: SpeechChunk) -> bool:
        raise LookupError("the listener broke")

    with pytest.raises(LookupError, match="the listener broke"):
        voice.speak(SENTENCE, broken)


@pytest.mark.parametrize("text", ["", "   \n", "...", "😀", "東京", "\x00\x01", "-- !? --"])
def test_text_without_anything_to_say_emits_nothing(voice: FliteVoice, text: str) -> None:
    assert spoken(voice, text) == []


def test_accents_and_symbols_are_made_speakable() -> None:
    assert spell_in_ascii("Grüße, naïve café — 5 € 😀 東京") == "Grusse, naive cafe - 5 euros"


def test_ten_megabytes_of_text_start_at_once_and_stop_at_once(voice: FliteVoice) -> None:
    listener = Listener(limit=1)
    voice.speak("hello my friend. " * 600_000, listener)
    assert len(listener.chunks) == 1


def test_long_text_is_spoken_run_after_run_on_one_time_line(voice: FliteVoice) -> None:
    chunks = spoken(voice, "This is one sentence of many. " * 40)
    starts = [word.start_s for word in words_of(chunks)]
    assert len(starts) == 240
    assert starts == sorted(starts)
    assert phones_of(chunks)[-1].end_s == pytest.approx(seconds_of(chunks), abs=0.02)


def test_twice_the_rate_takes_half_the_time() -> None:
    slow, fast = FliteVoice(FliteSettings(voice="slt")), FliteVoice(FliteSettings(voice="slt"), rate=2.0)
    ratio = len(samples_of(spoken(fast, SENTENCE))) / len(samples_of(spoken(slow, SENTENCE)))
    assert ratio == pytest.approx(0.5, abs=0.05)


def test_voices_in_two_threads_take_turns() -> None:
    """flite's voices are shared structures; two conversations in one program must not meet in them."""
    expected = spoken(FliteVoice(FliteSettings(voice="rms")), SENTENCE)
    results: list[list[SpeechChunk]] = []

    def speak_three_times() -> None:
        voice = FliteVoice(FliteSettings(voice="rms"))
        results.extend(spoken(voice, SENTENCE) for _ in range(3))

    threads = [threading.Thread(target=speak_three_times) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 9
    assert all(same_speech(result, expected) for result in results)


def test_a_missing_voice_says_what_to_install() -> None:
    with pytest.raises(EngineUnavailable, match="apt-get install libflite1"):
        FliteVoice(FliteSettings().model_copy(update={"voice": "nobody"}))
