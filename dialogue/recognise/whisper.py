"""Speech to text with Whisper models through faster-whisper: offline, streaming over the utterance."""

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from dialogue.audio import SPEECH_RATE_HZ
from dialogue.errors import EngineError, EngineUnavailable
from dialogue.recognise import Transcript
from dialogue.recognise.stability import StablePrefix
from dialogue.section import Section
from dialogue.speech import Samples, Word

_LONGEST_WINDOW_S = 20
"""Whisper sees 30 s at most; beyond this, what is stable is settled and its sound dropped."""
_SHARE_OF_TIME = 0.5
"""Of the recogniser's thread that partial transcripts may take."""
_PROMPT_CHARACTERS = 400
_PHANTOMS = frozenset(
    (
        "thank you for watching", "thanks for watching", "thank you so much for watching", "please subscribe",
        "like and subscribe", "subtitles by the amara org community", "see you in the next video",
        "transcription by castingwords",
    )
)  # fmt: skip
"""What Whisper learnt from video subtitles to write where nobody speaks."""
_DOUBTFUL_PHANTOMS = frozenset(("you", "bye", "bye bye", "thank you", "thanks", "okay", "so", "oh", "hmm", "the end"))
"""The same, but people say it too."""


class WhisperSettings(Section):
    """Section `whisper`."""

    model: str = Field(
        "base.en", description="tiny, base, small, medium, large-v3, turbo (.en: English only), or a folder"
    )
    folder: str = Field("", description="where models are kept; empty for Hugging Face's own cache")
    language: str = Field(
        "", pattern="^([a-z]{2,3})?$", description="en, de, fr, ...; empty to find out from the sound"
    )
    device: str = Field("cpu", description="cpu, cuda or auto")
    compute_type: str = Field("int8", description="int8 is fastest on a CPU; float16 suits a GPU")
    threads: int = Field(1, ge=1, le=64, description="processor threads; the face needs the others")
    beam: int = Field(1, ge=1, le=10, description="hypotheses followed; 5 hears a little better, and takes longer")
    partial_every_s: float = Field(
        0.6, ge=0.1, le=10, description="new sound between two partial transcripts, at least"
    )
    prompt: str = Field("", description="how transcripts should look; names from the knowledge file are added")


@dataclass(frozen=True, slots=True)
class HeardSegment:
    """A stretch of what Whisper wrote, with what it thinks of it."""

    words: tuple[Word, ...]
    probabilities: tuple[float, ...]
    """Of each word, 0..1."""
    no_speech_probability: float
    mean_log_probability: float
    compression_ratio: float
    """Length of the text before and after compression: high where it repeats itself."""


def is_believable(segment: HeardSegment) -> bool:
    """Say whether somebody said this, rather than Whisper making it up in silence or noise.

    The first two limits are those of Radford et al. (2022, section 4.5).
    """
    text = _plain(" ".join(word.text for word in segment.words))
    if not text or text in _PHANTOMS or _repeats_itself(text.split()):
        return False
    if segment.no_speech_probability > 0.6 and segment.mean_log_probability < -1.0:
        return False
    if segment.compression_ratio > 2.4:
        return False
    return not (text in _DOUBTFUL_PHANTOMS and segment.no_speech_probability > 0.3)


def names_in(texts: Iterable[str]) -> tuple[str, ...]:
    """Find names and terms: words in capitals where no sentence begins, in order, each once."""
    found: dict[str, None] = {}
    for text in texts:
        for match in re.finditer(r"(?<=[\w,;:] )[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)*", text):
            found.setdefault(match[0])
    return tuple(found)


class WhisperRecogniser:
    """Whisper, decoding the utterance so far again and again while it is heard.

    Words on which two successive decodings agree are stable (local agreement: Liu et al. 2020). `finish` takes one more
    decoding. Never reaches for the network.
    """

    sample_rate_hz = SPEECH_RATE_HZ

    def __init__(self, settings: WhisperSettings, vocabulary: Sequence[str] = ()) -> None:
        """Load the model; raises EngineUnavailable when it is not on this machine, EngineError when it is damaged.

        `vocabulary` is text about what will be talked of; its names are put into the prompt.
        """
        self._settings = settings
        self._model = _load(settings)
        self._prompt = " ".join(filter(None, (settings.prompt, ", ".join(names_in(vocabulary)))))[:_PROMPT_CHARACTERS]
        self._stable = StablePrefix(looks=2)
        self.begin()

    def begin(self) -> None:
        """Start a new utterance, dropping one that was not finished."""
        self._stable.reset()
        self._sound: Samples = np.zeros(0, np.float32)
        self._dropped_samples = 0
        self._settled: tuple[Word, ...] = ()
        self._segments: tuple[HeardSegment, ...] = ()
        self._settled_probabilities: tuple[float, ...] = ()
        self._language = self._settings.language or "en"
        self._next_look_samples = round(self._settings.partial_every_s * SPEECH_RATE_HZ)

    def accept(self, samples: Samples) -> None:
        """Take the next block; now and then blocks for a decoding, at most half the time."""
        self._sound = np.concatenate([self._sound, samples])
        if self._dropped_samples + len(self._sound) >= self._next_look_samples:
            self._look()

    def partial(self) -> Transcript:
        """Give the newest decoding; cheap; words after the stable ones may still change."""
        words = self._words()
        stable = min(len(self._settled) + self._stable.count, len(words))
        return Transcript(_text(words), words, stable, confidence=self._confidence(), language=self._language)

    def finish(self) -> Transcript:
        """End the utterance with a last decoding. Raises EngineError when it failed."""
        self._segments = self._decode()
        words, confidence = self._words(), self._confidence()
        final = Transcript(_text(words), words, len(words), True, confidence, self._language)
        self.begin()
        return final

    def _look(self) -> None:
        """Decode, compare with the last time, and plan the next time."""
        started_s = time.perf_counter()
        self._segments = self._decode()
        took_s = time.perf_counter() - started_s
        words = tuple(word for segment in self._segments for word in segment.words)
        stable = self._stable.look([_plain(word.text) for word in words])
        heard_samples = self._dropped_samples + len(self._sound)
        pause_s = max(self._settings.partial_every_s, took_s / _SHARE_OF_TIME)
        self._next_look_samples = heard_samples + round(pause_s * SPEECH_RATE_HZ)
        if len(self._sound) > _LONGEST_WINDOW_S * SPEECH_RATE_HZ:
            self._settle(words, stable or len(words))

    def _settle(self, words: tuple[Word, ...], count: int) -> None:
        """Take words for final and drop the sound they were said in."""
        self._settled += words[:count]
        probabilities = tuple(p for segment in self._segments for p in segment.probabilities)
        self._settled_probabilities += probabilities[:count]
        cut_s = words[count - 1].end_s if count else self._dropped_samples / SPEECH_RATE_HZ + _LONGEST_WINDOW_S
        cut = min(max(0, round(cut_s * SPEECH_RATE_HZ) - self._dropped_samples), len(self._sound))
        self._sound = self._sound[cut:]
        self._dropped_samples += cut
        self._segments = ()
        self._stable.reset()

    def _decode(self) -> tuple[HeardSegment, ...]:
        """Write down the sound that is held. Raises EngineError."""
        if not len(self._sound):
            return ()
        try:
            segments, information = self._model.transcribe(
                self._sound,
                language=self._settings.language or None,
                beam_size=self._settings.beam,
                temperature=0.0,  # the fallback to higher ones takes seconds, and invents
                condition_on_previous_text=False,
                initial_prompt=self._prompt_now() or None,
                word_timestamps=True,
            )
            heard = tuple(self._heard(segment) for segment in segments)
        except (RuntimeError, ValueError) as exc:
            raise EngineError(f"Whisper failed ({exc}): try another compute_type in config.yaml") from exc
        self._language = information.language
        return tuple(segment for segment in heard if is_believable(segment))

    def _prompt_now(self) -> str:
        return " ".join(filter(None, (self._prompt, _text(self._settled)[-_PROMPT_CHARACTERS:])))

    def _heard(self, segment: Any) -> HeardSegment:
        shift_s = self._dropped_samples / SPEECH_RATE_HZ
        last_s = shift_s + len(self._sound) / SPEECH_RATE_HZ
        words = [
            (Word(word.word.strip(), shift_s + word.start, min(shift_s + word.end, last_s)), word.probability)
            for word in segment.words or ()
            if word.word.strip() and shift_s + word.start < last_s
        ]
        return HeardSegment(
            tuple(word for word, _ in words),
            tuple(probability for _, probability in words),
            segment.no_speech_prob,
            segment.avg_logprob,
            segment.compression_ratio,
        )

    def _words(self) -> tuple[Word, ...]:
        return self._settled + tuple(word for segment in self._segments for word in segment.words)

    def _confidence(self) -> float:
        new = tuple(probability for segment in self._segments for probability in segment.probabilities)
        probabilities = self._settled_probabilities + new
        return float(np.mean(probabilities)) if probabilities else 0.0


def _load(settings: WhisperSettings) -> Any:
    import faster_whisper  # a second of CTranslate2, only where Whisper is used

    if Path(settings.model).is_dir() and not (Path(settings.model) / "tokenizer.json").is_file():
        raise EngineUnavailable(f"{settings.model} holds no tokenizer.json: convert the Whisper model again with it")
    try:
        return faster_whisper.WhisperModel(
            settings.model,
            device=settings.device,
            compute_type=settings.compute_type,
            cpu_threads=settings.threads,
            download_root=settings.folder or None,
            local_files_only=True,
        )
    except OSError as exc:
        raise EngineUnavailable(
            f"the Whisper model '{settings.model}' is not on this machine: fetch it with './visavis models pull', or"
            " take whisper out of recognise.engines in config.yaml"
        ) from exc
    except (ValueError, RuntimeError) as exc:
        raise EngineUnavailable(
            f"the Whisper model '{settings.model}' cannot be loaded ({exc}): check whisper.model and"
            " whisper.compute_type in config.yaml"
        ) from exc


def _repeats_itself(words: list[str]) -> bool:
    """Say whether the same one to four words come four times or more in a row."""
    return any(
        words[start : start + size] * 4 == words[start : start + 4 * size]
        for size in range(1, 5)
        for start in range(len(words) - 4 * size + 1)
    )


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w']", " ", text.lower()).split())


def _text(words: tuple[Word, ...]) -> str:
    return " ".join(word.text for word in words)
