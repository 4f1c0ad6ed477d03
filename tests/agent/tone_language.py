"""Words as tones: a language that is spoken, detected and understood in no time, for conversations in tests.

Every word is a burst of one frequency. What passes through the session is real sound; only the engines at its ends
are simpler than flite, Silero and pocketsphinx.
"""

import re
from collections.abc import AsyncGenerator, Iterable, Mapping

import numpy as np

from dialogue.recognise import Transcript
from dialogue.speech import Samples, SpeechChunk, Word

WORD_S, GAP_S = 0.20, 0.05
LOUDNESS = 0.3
HEARING_RATE_HZ = 16_000
_STEP_HZ = 50.0
_LOWEST_HZ = 500.0


def bare_words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.casefold())


class Vocabulary:
    """Which tone stands for which word."""

    def __init__(self, texts: Iterable[str]) -> None:
        words = sorted({word for text in texts for word in bare_words(text)})
        self._hz = {word: _LOWEST_HZ + _STEP_HZ * index for index, word in enumerate(words)}
        assert len(words) < (HEARING_RATE_HZ / 2 - _LOWEST_HZ) / _STEP_HZ, "too many words for so many tones"

    def sound(self, text: str, rate_hz: int, pause_after: Mapping[int, float] | None = None) -> Samples:
        parts = []
        for count, word in enumerate(bare_words(text), 1):
            parts += [self._tone(word, rate_hz), np.zeros(round(GAP_S * rate_hz), np.float32)]
            parts.append(np.zeros(round((pause_after or {}).get(count, 0.0) * rate_hz), np.float32))
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)

    def understood(self, sound: Samples) -> list[Word]:
        """Find the bursts and name them; what is no tone, or too short to tell, is no word."""
        window = HEARING_RATE_HZ // 100
        loud = np.abs(sound[: len(sound) // window * window]).reshape(-1, window).max(axis=1) > LOUDNESS / 10
        edges = np.flatnonzero(np.diff(np.concatenate([[False], loud, [False]]).astype(int)))
        words = []
        for first, last in zip(edges[::2], edges[1::2], strict=True):
            text = self._named(sound[first * window : last * window])
            if text:
                words.append(Word(text, first / 100, last / 100))
        return words

    def _tone(self, word: str, rate_hz: int) -> Samples:
        time_s = np.arange(round(WORD_S * rate_hz)) / rate_hz
        tone: Samples = np.float32(LOUDNESS) * np.sin(2 * np.pi * self._hz[word] * time_s).astype(np.float32)
        return tone

    def _named(self, burst: Samples) -> str:
        if len(burst) < HEARING_RATE_HZ * WORD_S * 0.6:
            return ""
        spectrum = np.abs(np.fft.rfft(burst * np.hanning(len(burst))))
        if spectrum.max() < 30 * np.median(spectrum):
            return ""
        hz = float(spectrum.argmax()) * HEARING_RATE_HZ / len(burst)
        word, nearest_hz = min(self._hz.items(), key=lambda item: abs(item[1] - hz))
        return word if abs(nearest_hz - hz) < _STEP_HZ / 2 else ""


class ToneDetector:
    """Takes whatever is loud for speech."""

    sample_rate_hz = HEARING_RATE_HZ
    frame_samples = 320

    def probability(self, frame: Samples) -> float:
        return float(np.sqrt(np.mean(frame**2)) > 0.02)

    def reset(self) -> None:
        pass


class ToneRecogniser:
    """Understands tones."""

    sample_rate_hz = HEARING_RATE_HZ

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._heard: list[Samples] = []

    def begin(self) -> None:
        self._heard = []

    def accept(self, samples: Samples) -> None:
        self._heard.append(samples)

    def partial(self) -> Transcript:
        words = self._vocabulary.understood(np.concatenate(self._heard)) if self._heard else []
        return Transcript(" ".join(word.text for word in words), tuple(words))

    def finish(self) -> Transcript:
        partial = self.partial()
        return Transcript(partial.text, partial.words, is_final=True)


class ToneVoice:
    """Speaks tones."""

    sample_rate_hz = 24_000

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    async def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        sound = self._vocabulary.sound(text, self.sample_rate_hz)
        each_s = WORD_S + GAP_S
        words = tuple(Word(w, i * each_s, i * each_s + WORD_S) for i, w in enumerate(bare_words(text)))
        step = self.sample_rate_hz // 10
        for start in range(0, len(sound), step):
            yield SpeechChunk(sound[start : start + step], self.sample_rate_hz, words=() if start else words)
