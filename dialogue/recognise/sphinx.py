"""Speech to text with pocketsphinx and its bundled English model: small, offline, for quiet rooms."""

from collections.abc import Iterator, Sequence

import numpy as np
from pydantic import Field

from dialogue.audio import SPEECH_RATE_HZ, Blocks
from dialogue.errors import EngineError
from dialogue.recognise import Transcript
from dialogue.recognise.language_model import arpa, sentences_of, spoken_words
from dialogue.recognise.pronunciation import pronounce
from dialogue.recognise.sphinx_library import FRAMES_PER_SECOND, Segment, SphinxDecoder
from dialogue.recognise.stability import StablePrefix
from dialogue.section import Section
from dialogue.speech import Samples, Word

_SLICE_SAMPLES = SPEECH_RATE_HZ // 50
_LOOK_EVERY_SAMPLES = SPEECH_RATE_HZ // 10
_STABLE_AFTER_LOOKS = 5
_LOUDEST_SLICE = 0.1
_LEVEL_HALF_LIFE_S = 30
_MOST_GAIN = 20
# Cepstral mean of several voices at that level: what the first utterance is measured against.
_TYPICAL_MEAN = "48,-2,6,12,3,0,2,-7,-4,-6,5,0,2"


class SphinxSettings(Section):
    """Section `sphinx`: nothing here needs changing."""

    beam: float = Field(
        1e-48, gt=0, lt=1, description="search width; 1e-60 hears a little better and takes twice the time"
    )
    vocabulary_weight: float = Field(
        0.5, gt=0, lt=1, description="how much the words of the knowledge file are expected, against any others"
    )


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
    next; loudness is evened before, because a mean that is far off costs the first utterance its words. Confidence is
    the mean posterior of the words in the lattice, weighted by their length.
    """

    sample_rate_hz = SPEECH_RATE_HZ

    def __init__(self, settings: SphinxSettings, vocabulary: Sequence[str] = ()) -> None:
        """Load the model, some 0.1 s; raises EngineError and EngineUnavailable.

        `vocabulary` is text about what will be talked of, best of all likely questions: its words are learnt where
        they are new, and what follows what in it is expected.
        """
        beam = settings.beam
        self._decoder = SphinxDecoder({"fwdflat": False, "cmninit": _TYPICAL_MEAN, "beam": beam, "pbeam": beam})
        sentences = [spoken_words(sentence) for text in vocabulary for sentence in sentences_of(text)]
        self._learn({word for words in sentences for word in words})
        self._decoder.use_language(arpa(sentences) if any(sentences) else "", settings.vocabulary_weight)
        self._listening = False
        self._stable = StablePrefix(_STABLE_AFTER_LOOKS)
        self._slices = Blocks(_SLICE_SAMPLES)
        self._level = LevelNormaliser()
        self._heard_samples = 0

    def begin(self) -> None:
        """Start a new utterance, dropping one that was not finished."""
        if self._listening:
            self._decoder.end()
        self._decoder.start()
        self._listening = True
        self._stable.reset()
        self._slices.reset()
        self._heard_samples = 0

    def accept(self, samples: Samples) -> None:
        """Take the next block of 16 kHz sound; blocks for about a tenth of its duration."""
        for piece in self._slices.push(samples):
            self._decoder.decode((np.clip(self._level.even(piece), -1, 1) * 32767).astype(np.int16))
            self._heard_samples += len(piece)
            if self._heard_samples % _LOOK_EVERY_SAMPLES == 0:
                self._stable.look([word.text for word in self._words()])

    def partial(self) -> Transcript:
        """Give what has been said so far; cheap; words after the stable ones may still change."""
        words = self._words()
        return Transcript(_text(words), words, stable_words=min(self._stable.count, len(words)))

    def finish(self) -> Transcript:
        """End the utterance. Raises EngineError when decoding failed or no utterance was begun."""
        if not self._listening:
            raise EngineError("no utterance was begun, so there is none to finish: call begin first")
        self._listening = False
        self._decoder.end()
        words = self._words()
        return Transcript(_text(words), words, len(words), is_final=True, confidence=self._confidence())

    def _learn(self, words: set[str]) -> None:
        for word in sorted(words):
            if not self._decoder.knows(word):
                self._decoder.add_word(word, pronounce(word))

    def _spoken(self) -> Iterator[Segment]:
        """Yield the best path without silences and noises."""
        return (segment for segment in self._decoder.segments() if segment.label[0] not in "<[+")

    def _words(self) -> tuple[Word, ...]:
        # "read(2)" is the second pronunciation of "read".
        return tuple(
            Word(segment.label.split("(")[0], segment.start / FRAMES_PER_SECOND, segment.end / FRAMES_PER_SECOND)
            for segment in self._spoken()
        )

    def _confidence(self) -> float:
        frames = [(segment.posterior, segment.end - segment.start) for segment in self._spoken()]
        return sum(posterior * length for posterior, length in frames) / max(1, sum(length for _, length in frames))


def _text(words: tuple[Word, ...]) -> str:
    return " ".join(word.text for word in words)
