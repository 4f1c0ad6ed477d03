import itertools
import time

import jiwer
import numpy as np
import pytest
import soxr

from dialogue.errors import ConfigError
from dialogue.speech import PHONES
from dialogue.synthesise.espeak import EspeakSettings, EspeakVoice, ipa_of, languages
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

SENTENCE = "Hello there, the church sold 25 old chairs. Good-bye!"


@pytest.fixture(scope="module")
def voice() -> EspeakVoice:
    return EspeakVoice(EspeakSettings())


def test_a_recogniser_makes_out_half_of_it(voice: EspeakVoice) -> None:
    """pocketsphinx never heard such a voice in training; it makes out about six words in ten of this one."""
    rate_hz = voice.sample_rate_hz
    heard = recognised(soxr.resample(samples_of(spoken(voice, one)), rate_hz, 16_000) for one in PLAIN_SENTENCES)
    assert jiwer.wer(list(PLAIN_SENTENCES), heard) < 0.6


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en-us", SENTENCE),
        ("en-gb", SENTENCE),
        ("de", "Ein schönes Mädchen kauft 25 Äpfel. Ja!"),
        ("fr", "Un bon vin blanc, s'il vous plaît."),
        ("es", "El niño come una manzana, ¿verdad?"),
        ("pl", "Cześć, dzień dobry, chrząszcz brzmi w trzcinie."),
        ("ru", "Съешь же ещё этих мягких булок."),
        ("tr", "Pijamalı hasta yağız şoföre çabucak güvendi."),
    ],
)
def test_phones_cover_the_sound_without_gaps(language: str, text: str) -> None:
    chunks = spoken(EspeakVoice(EspeakSettings(language=language)), text)
    phones = phones_of(chunks)
    assert phones[0].start_s == 0
    assert all(before.end_s == pytest.approx(after.start_s) for before, after in itertools.pairwise(phones))
    assert all(phone.start_s < phone.end_s and phone.symbol in PHONES for phone in phones)
    assert phones[-1].end_s == pytest.approx(seconds_of(chunks))
    assert len(phones) > 0.5 * len(text)


def test_phones_are_those_of_the_words(voice: EspeakVoice) -> None:
    symbols = [phone.symbol for phone in phones_of(spoken(voice, "church, judge")) if phone.symbol != "pau"]
    assert symbols == ["ch", "er", "ch", "jh", "ah", "jh"]


def test_phone_times_fit_the_samples(voice: EspeakVoice) -> None:
    chunks = spoken(voice, "Sassy, sissy, sassy.")
    samples, rate_hz = samples_of(chunks), voice.sample_rate_hz

    def crossings(symbol: str) -> float:
        spans = [
            samples[round(p.start_s * rate_hz) : round(p.end_s * rate_hz)]
            for p in phones_of(chunks)
            if p.symbol == symbol
        ]
        return float(np.mean([np.mean(np.diff(np.signbit(span))) for span in spans]))

    assert crossings("s") > 2 * crossings("ae")  # hissing against voice


def test_words_are_those_written_in_order(voice: EspeakVoice) -> None:
    chunks = spoken(voice, SENTENCE)
    words = words_of(chunks)
    assert [word.text for word in words] == "Hello there the church sold 25 old chairs Good-bye".split()
    assert all(before.end_s <= after.start_s + 1e-9 for before, after in itertools.pairwise(words))
    assert all(word.start_s < word.end_s for word in words)
    assert words[-1].end_s <= seconds_of(chunks)


def test_speech_starts_within_thirty_milliseconds_of_sound(voice: EspeakVoice) -> None:
    first = next(phone for phone in phones_of(spoken(voice, SENTENCE)) if phone.symbol != "pau")
    assert first.start_s <= 0.03


def test_a_refused_chunk_ends_the_piece_at_once(voice: EspeakVoice) -> None:
    listener = Listener(limit=3)
    voice.speak(SENTENCE, listener)
    assert len(listener.chunks) == 3


def test_an_error_in_the_listener_comes_out_of_speak(voice: EspeakVoice) -> None:
    def broken(chunk: object) -> bool:
        raise LookupError("the listener broke")

    with pytest.raises(LookupError, match="the listener broke"):
        voice.speak(SENTENCE, broken)


@pytest.mark.parametrize("text", ["", " \n", "...", "😀", "\x00\x01", "¿?"])
def test_text_without_anything_to_say_emits_nothing(voice: EspeakVoice, text: str) -> None:
    assert spoken(voice, text) == []


def test_markup_is_read_as_text_and_not_obeyed(voice: EspeakVoice) -> None:
    assert len(phones_of(spoken(voice, "<break time='9s'/> [[h@l'oU]] hello"))) > 20


def test_ten_megabytes_of_text_start_at_once_and_stop_at_once(voice: EspeakVoice) -> None:
    listener, began = Listener(limit=1), time.monotonic()
    voice.speak("hello my friend. " * 600_000, listener)
    assert len(listener.chunks) == 1
    assert time.monotonic() - began < 5  # rendering all of it would take minutes


def test_long_text_is_spoken_run_after_run_on_one_time_line(voice: EspeakVoice) -> None:
    chunks = spoken(voice, "This is one sentence of many. " * 40)
    starts = [word.start_s for word in words_of(chunks)]
    assert len(starts) == 240
    assert starts == sorted(starts)
    assert phones_of(chunks)[-1].end_s == pytest.approx(seconds_of(chunks))


def test_twice_the_rate_takes_half_the_time(voice: EspeakVoice) -> None:
    fast = EspeakVoice(EspeakSettings(), rate=2.0)
    assert seconds_of(spoken(fast, SENTENCE)) / seconds_of(spoken(voice, SENTENCE)) == pytest.approx(0.5, abs=0.1)


def test_two_voices_keep_their_languages() -> None:
    english, german = EspeakVoice(EspeakSettings()), EspeakVoice(EspeakSettings(language="de"))
    alone = [phone.symbol for phone in phones_of(spoken(english, "mine"))]
    spoken(german, "mein")
    assert [phone.symbol for phone in phones_of(spoken(english, "mine"))] == alone


def test_an_unknown_language_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'en-us'"):
        EspeakVoice(EspeakSettings(language="en-uss"))


def test_a_hundred_languages_are_there() -> None:
    assert len(languages()) > 90
    assert {"de", "fr", "es", "it", "pl", "ru", "ar", "hi", "cmn"} <= set(languages())


def test_text_is_written_as_it_is_pronounced_with_its_punctuation() -> None:
    assert ipa_of("Hello there, how are you?", "en-us") == "həlˈoʊ ðˈɛɹ, hˈaʊ ɑːɹ juː?"
    assert ipa_of("Schön!", "de") == "ʃˈøːn!"
    assert ipa_of(" ... ", "en-us") == ""
