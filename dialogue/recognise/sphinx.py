"""Speech to text with pocketsphinx and its bundled English model: small, offline, for quiet rooms."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pocketsphinx
from pydantic import Field

from dialogue.audio import SPEECH_RATE_HZ, Blocks
from dialogue.errors import EngineError
from dialogue.recognise import Transcript
from dialogue.recognise.stability import StablePrefix
from dialogue.section import Section
from dialogue.speech import Samples, Word

_FRAMES_PER_SECOND = 100
# pocketsphinx holds Python's lock while it decodes, so it gets no more than the face can wait for at a time: 2 ms.
_SLICE_SAMPLES = SPEECH_RATE_HZ // 50
_LOUDEST_SLICE = 0.1
_LEVEL_HALF_LIFE_S = 30
_MOST_GAIN = 20
# Cepstral mean of several voices at that level: what the first utterance is measured against.
_TYPICAL_MEAN = "48,-2,6,12,3,0,2,-7,-4,-6,5,0,2"
_LOOK_EVERY_SAMPLES = SPEECH_RATE_HZ // 10
_STABLE_AFTER_LOOKS = 5


class SphinxSettings(Section):
    """Section `sphinx`: nothing here needs changing."""

    beam: float = Field(
        1e-48, gt=0, lt=1, description="search width; 1e-60 hears a little better and takes twice the time"
    )


@dataclass(frozen=True, slots=True)
class _Hypothesis:
    words: tuple[Word, ...]
    confidence: float


class LevelNormaliser:
    """Evens loudness: scales each slice so that the loudest one of the last half minute or so has one level."""

    def __init__(self) -> None:
        self._loudest = 1e-9

    def even(self, piece: Samples) -> Samples:
        """Scale the next slice of 20 ms."""
        faded = self._loudest * 0.5 ** (len(piece) / SPEECH_RATE_HZ / _LEVEL_HALF_LIFE_S)
        self._loudest = max(float(np.sqrt(np.mean(piece**2))), faded)
        return piece * np.float32(min(_MOST_GAIN, _LOUDEST_SLICE / self._loudest))


class SphinxRecogniser:
    """pocketsphinx, decoding while speech arrives, so that `finish` takes about 20 ms.

    The colour of voice and microphone (cepstral mean) is learnt over the first utterances and kept from one to the
    next; loudness is evened before, because a mean that is far off costs the first utterance its words.
    Confidence is the mean posterior of the words in the lattice, weighted by their length.
    """

    sample_rate_hz = SPEECH_RATE_HZ

    def __init__(self, settings: SphinxSettings) -> None:
        """Load the model (about a second); raises EngineError when it cannot be loaded."""
        try:
            self._decoder = pocketsphinx.Decoder(
                loglevel="FATAL", fwdflat=False, cmninit=_TYPICAL_MEAN, beam=settings.beam, pbeam=settings.beam
            )
        except RuntimeError as exc:
            raise EngineError(
                "pocketsphinx cannot load its English model: reinstall with"
                " `pip install --force-reinstall pocketsphinx`"
            ) from exc
        self._listening = False
        self._stable = StablePrefix(_STABLE_AFTER_LOOKS)
        self._slices = Blocks(_SLICE_SAMPLES)
        self._level = LevelNormaliser()
        self._heard_samples = 0

    def begin(self) -> None:
        """Start a new utterance, dropping one that was not finished."""
        if self._listening:
            self._decoder.end_utt()
        self._decoder.start_utt()
        self._listening = True
        self._stable.reset()
        self._slices.reset()
        self._heard_samples = 0

    def accept(self, samples: Samples) -> None:
        """Take the next block of 16 kHz sound; blocks for about a tenth of its duration."""
        for piece in self._slices.push(samples):
            self._decode(piece)
            self._heard_samples += len(piece)
            if self._heard_samples % _LOOK_EVERY_SAMPLES == 0:
                self._stable.look([word.text for word in self._hypothesis().words])

    def partial(self) -> Transcript:
        """Give what has been said so far; cheap; words after the stable ones may still change."""
        words = self._hypothesis().words
        return Transcript(_text(words), words, stable_words=min(self._stable.count, len(words)))

    def finish(self) -> Transcript:
        """End the utterance. Raises EngineError when decoding failed."""
        if not self._listening:
            raise EngineError("no utterance was begun, so there is none to finish: call begin first")
        self._listening = False
        try:
            self._decoder.end_utt()
        except RuntimeError as exc:
            raise EngineError("pocketsphinx failed at the end of an utterance: say it again") from exc
        hypothesis = self._hypothesis()
        words = hypothesis.words
        return Transcript(_text(words), words, stable_words=len(words), is_final=True, confidence=hypothesis.confidence)

    def _decode(self, piece: Samples) -> None:
        pcm = (np.clip(self._level.even(piece), -1, 1) * 32767).astype("<i2").tobytes()
        try:
            self._decoder.process_raw(pcm)
        except RuntimeError as exc:
            raise EngineError("pocketsphinx failed in the middle of an utterance: say it again") from exc

    def _hypothesis(self) -> _Hypothesis:
        # Before the first frame there is no backtrace to read.
        segments = list(self._segments()) if self._decoder.n_frames() else []
        frames = np.array([end - start for _, start, end, _ in segments])
        posteriors = np.array([posterior for *_, posterior in segments])
        return _Hypothesis(
            tuple(Word(text, start / _FRAMES_PER_SECOND, end / _FRAMES_PER_SECOND) for text, start, end, _ in segments),
            float(np.average(posteriors, weights=frames)) if segments else 0.0,
        )

    def _segments(self) -> Iterator[tuple[str, int, int, float]]:
        """Yield (word, first frame, frame after the last, posterior) without silences and noises."""
        for segment in self._decoder.seg() or ():
            if segment.word[0] not in "<[+":
                # "read(2)" is the second pronunciation of "read".
                text = segment.word.split("(")[0]
                yield text, segment.start_frame, segment.end_frame + 1, min(segment.prob, 1.0)


def _text(words: tuple[Word, ...]) -> str:
    return " ".join(word.text for word in words)
