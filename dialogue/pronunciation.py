"""How well each word of a known sentence was pronounced, from pocketsphinx's forced alignment.

The sentence is aligned once as it should be said, and once for each word that matters with that word said in one of
the ways learners confuse it ("ship" with the vowel of "sheep", "think" with an s). A word is off where the confused
way explains the sound clearly better, or where the right way explains it badly in itself. The first is the log ratio
of an extended recognition network, the second Witt and Young's (2000) goodness of pronunciation with the best senone
of each frame as competitor.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pocketsphinx

from dialogue.audio import SPEECH_RATE_HZ
from dialogue.errors import EngineError
from dialogue.recognise.language_model import spoken_words
from dialogue.recognise.pronunciation import pronounce
from dialogue.speech import Samples

SHORTEST_S, LONGEST_S = 0.3, 20.0
CONFUSED_BELOW = -18.0
"""Log ratio (nats) under which the confused way is believed."""
UNLIKE_BELOW = -2.4
"""Mean log likelihood a frame (nats, 0 is the best any sound could do) under which a word is not that word at all."""

_NATS = 1024 * np.log(1.0001)
"""pocketsphinx's senone scores: steps of 1024 in logarithms to the base 1.0001."""
_VOICELESS = {"B": "P", "D": "T", "G": "K", "V": "F", "Z": "S", "JH": "CH"}
_RIGHT = "~right"
_IN_PASSING = frozenset(
    "a an the to of for in on at by and or but is are am was be do does it its i you he she we they me my your his her"
    " our this that with from as".split()
)
"""Words that fluent speakers swallow."""
_CONFUSED = {
    "IH": ("IY", "EH"), "IY": ("IH",), "EH": ("AE", "IH"), "AE": ("EH", "AH"), "AH": ("AE", "AA"),
    "AA": ("AH", "AO"), "AO": ("OW", "AA"), "OW": ("AO",), "UH": ("UW",), "UW": ("UH",), "ER": ("AO", "AA"),
    "EY": ("EH",), "AY": ("EY",), "AW": ("AA",), "OY": ("AY",), "P": ("B",), "B": ("P", "V"), "T": ("D",), "D": ("T",),
    "K": ("G",), "G": ("K",), "F": ("V", "P"), "V": ("W", "F", "B"), "W": ("V",), "S": ("Z", "SH"), "Z": ("S",),
    "TH": ("S", "T", "F"), "DH": ("D", "Z"), "SH": ("S", "CH"), "CH": ("SH",), "JH": ("CH", "Y", "Z"), "ZH": ("SH",),
    "R": ("L", "W"), "L": ("R",), "Y": ("JH",), "N": ("NG",), "NG": ("N",), "M": ("N",), "HH": ("",),
}  # fmt: skip
"""What learners of English say instead of a phone, after the usual lists of minimal pairs; "" is left out."""


@dataclass(frozen=True, slots=True)
class WordScore:
    """How one word was said."""

    text: str
    likeness: float
    """Mean log likelihood a frame in nats, relative to the best of all sounds; 0 is perfect, -1 ordinary."""
    ratio: float
    """Log likelihood in nats of the right way against the best confused one; positive is good."""

    @property
    def is_off(self) -> bool:
        """Whether the learner should try this word again."""
        return self.text not in _IN_PASSING and (self.ratio < CONFUSED_BELOW or self.likeness < UNLIKE_BELOW)


@dataclass(frozen=True, slots=True)
class _Segment:
    frames: int
    score: float
    """In nats."""


@dataclass(frozen=True, slots=True)
class _Aligned:
    words: tuple[_Segment, ...]
    whole: float
    """In nats, with the silences."""


class PronunciationJudge:
    """Scores sentences; not thread-safe.

    Holds Python's lock for about a fifth of a second of a short sentence's scoring: give it a process of its own where
    a face is moving.
    """

    def __init__(self) -> None:
        """Load the model (about a second). Raises EngineError when it cannot be loaded."""
        try:
            self._decoder = pocketsphinx.Decoder(loglevel="FATAL", fwdflat=False, bestpath=False, cmn="batch")
        except RuntimeError as exc:
            raise EngineError("pocketsphinx cannot load its English model: reinstall pocketsphinx") from exc
        self._known: set[str] = set()

    def judge(self, samples: Samples, sentence: str) -> tuple[WordScore, ...] | None:
        """Score every word of a sentence in 16 kHz sound that should hold it; takes about a third of its duration.

        None when the sound cannot be matched with the sentence at all: too short, silent, or something else.
        """
        words = spoken_words(sentence)
        if not words or not SHORTEST_S <= len(samples) / SPEECH_RATE_HZ <= LONGEST_S:
            return None
        for word in words:
            self._learn(word)
        pcm = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
        names = [_right(word) for word in words]
        aligned = self._align(pcm, names)
        if aligned is None:
            return None
        return tuple(
            WordScore(word, one.score / max(1, one.frames), self._ratio(pcm, names, at, aligned.whole))
            for at, (word, one) in enumerate(zip(words, aligned.words, strict=True))
        )

    def _ratio(self, pcm: bytes, names: Sequence[str], at: int, whole: float) -> float:
        """Compare the sentence with itself when one word is confused; words said in passing are let be."""
        word = names[at].removesuffix(_RIGHT)
        if word in _IN_PASSING:
            return 0.0
        other = self._align(pcm, [*names[:at], _confused(word), *names[at + 1 :]])
        return whole - other.whole if other else 0.0

    def _learn(self, word: str) -> None:
        """Enter a word's right and confused ways into the dictionary, under names of their own."""
        if word in self._known:
            return
        self._known.add(word)
        listed = self._decoder.lookup_word(word)
        ways = [listed.split()] if listed else []
        while listed := self._decoder.lookup_word(f"{word}({len(ways) + 1})"):
            ways.append(listed.split())
        ways = ways or [[phone.upper() for phone in pronounce(word)]]
        self._enter(_right(word), ways)
        self._enter(_confused(word), [wrong for way in ways for wrong in confusions(way) if wrong not in ways] or ways)

    def _enter(self, name: str, ways: Sequence[Sequence[str]]) -> None:
        for number, way in enumerate(ways, 1):
            self._decoder.add_word(name if number == 1 else f"{name}({number})", " ".join(way), False)

    def _align(self, pcm: bytes, names: Sequence[str]) -> _Aligned | None:
        """Align the sound with a sequence of dictionary entries; None where it does not fit."""
        try:
            self._decoder.set_align_text(" ".join(names))
            self._decode(pcm)
            self._decoder.set_alignment()
            self._decode(pcm)
            entries = list(self._decoder.get_alignment() or ())
        except RuntimeError:  # the only sign of "no path fits"
            return None
        words = tuple(
            _Segment(entry.duration, entry.score * _NATS) for entry in entries if entry.name.split("(")[0] in names
        )
        return _Aligned(words, sum(entry.score for entry in entries) * _NATS) if len(words) == len(names) else None

    def _decode(self, pcm: bytes) -> None:
        self._decoder.start_utt()
        try:
            self._decoder.process_raw(pcm, full_utt=True)
        finally:
            self._decoder.end_utt()


def confusions(phones: Sequence[str]) -> list[list[str]]:
    """Give every pronunciation in which one phone is replaced by one it is often confused with.

    Natives too say the last consonant of "please" without much voice, so that is no confusion.
    """
    return [
        [*phones[:at], *([other] if other else []), *phones[at + 1 :]]
        for at, phone in enumerate(phones)
        for other in _CONFUSED.get(phone, ())
        if at + 1 < len(phones) or _VOICELESS.get(phone) != other
    ]


def off_words(scores: Sequence[WordScore] | None) -> tuple[str, ...] | None:
    """Name the words that should be tried again, worst first; None where nothing could be measured."""
    if scores is None:
        return None
    off = sorted((score for score in scores if score.is_off), key=lambda score: min(score.ratio, 10 * score.likeness))
    return tuple(dict.fromkeys(score.text for score in off))


def _right(word: str) -> str:
    return word + _RIGHT


def _confused(word: str) -> str:
    return f"{word}~confused"
