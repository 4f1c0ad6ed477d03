"""Whether right and wrong words come apart: minimal pairs spoken by flite, each judged as itself and as its twin."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agent.evaluations.directory import spoken
from agent.report import Report, Row
from dialogue.pronunciation import PronunciationJudge, WordScore
from dialogue.synthesise.flite import FliteSettings, FliteVoice

PAIRS = (
    "ship sheep", "bit beat", "live leave", "fill feel", "hill heel", "sit seat", "chip cheap", "lip leap", "bad bed",
    "man men", "pan pen", "sat set", "bag beg", "had head", "cap cup", "hat hut", "cat cut", "ran run", "fan fun",
    "pull pool", "full fool", "boat bought", "low law", "coat caught", "wet vet", "west vest", "wine vine", "thin sin",
    "think sink", "thick sick", "mouth mouse", "path pass", "three tree", "thank tank", "then den", "they day",
    "rice lice", "right light", "road load", "rock lock", "red led", "pray play", "pat bat", "pig big", "pie buy",
    "cap cab", "rope robe", "coat goat", "cold gold", "back bag", "town down", "write ride", "seat seed", "fan van",
    "leaf leave", "safe save", "price prize", "loose lose", "ice eyes", "chin shin", "cheap sheep", "watch wash",
    "jet yet", "sun sung", "ran rang", "heart art", "hair air", "hold old", "walk work", "born burn",
)  # fmt: skip
SHORT_PAIRS = 12
CARRIER = "Please say {word} again"


@dataclass(frozen=True, slots=True)
class _Sample:
    score: WordScore
    is_right: bool


def run(short: bool = False) -> Report:
    """Judge 140 words said rightly and wrongly by two voices (some minutes; short: 24 words by one)."""
    pairs = [tuple(pair.split()) for pair in PAIRS[: SHORT_PAIRS if short else None]]
    judge = PronunciationJudge()
    rows = []
    for voice in ("slt",) if short else ("slt", "rms"):
        speaker = FliteVoice(FliteSettings(voice=voice))
        rows.append(_row(voice, [sample for pair in pairs for sample in _samples(judge, speaker, pair)]))
    return Report(
        "Pronunciation: right words against deliberately wrong ones",
        tuple(rows),
        (
            "wrong: the other word of a minimal pair, in 'Please say ... again'; synthetic speech, no learners",
            "separation: area under the curve of the log ratio, and of the likeness alone; 0.5 is chance, 1 perfect",
            "faulted, missed: right words called off, wrong words let pass, at the shipped thresholds",
        ),
    )


def _samples(judge: PronunciationJudge, speaker: FliteVoice, pair: tuple[str, ...]) -> list[_Sample]:
    samples = []
    for said in pair:
        sound = spoken(speaker, CARRIER.format(word=said))
        for wanted in pair:
            scores = judge.judge(sound, CARRIER.format(word=wanted))
            samples += [_Sample(score, said == wanted) for score in scores or () if score.text == wanted]
    return samples


def _row(voice: str, samples: list[_Sample]) -> Row:
    right = np.array([sample.is_right for sample in samples])
    off = np.array([sample.score.is_off for sample in samples])
    return Row(
        f"flite {voice}",
        {
            "words right": int(right.sum()),
            "words wrong": int((~right).sum()),
            "separation": _area(np.array([sample.score.ratio for sample in samples]), right),
            "by likeness": _area(np.array([sample.score.likeness for sample in samples]), right),
            "faulted %": 100 * float(off[right].mean()),
            "missed %": 100 * float((~off[~right]).mean()),
        },
    )


def _area(scores: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> float:
    """Give the chance that a right word scores above a wrong one."""
    higher = scores[right][:, None] - scores[~right][None, :]
    return float(np.mean((higher > 0) + 0.5 * (higher == 0)))
