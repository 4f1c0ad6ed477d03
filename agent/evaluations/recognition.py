"""How well speech is recognised, how soon, and how much of it changes again while somebody speaks."""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path

import numpy as np

from agent.report import Report, Row
from dialogue.audio import read_sound
from dialogue.recognise import Recogniser, Transcript
from dialogue.recognise.sphinx import SphinxRecogniser, SphinxSettings
from dialogue.speech import Samples, SpeechChunk
from dialogue.synthesise.flite import FliteSettings, FliteVoice

RECORDINGS = Path(__file__).parents[3] / "shared" / "data" / "speech"
BLOCK_SAMPLES = 1600
KNOWLEDGE = (
    "Welcome to the Halvorsen Institute. Where do I find Doctor Okonkwo? Doctor Okonkwo is in room 214, second floor.",
    "Who is the director? Professor Ingrid Vestergaard is the director. Her assistant is Mister Abernathy.",
    "When is the canteen open? The canteen is open from 11:30 to 2 pm. It serves falafel and ramen on Thursdays.",
    "Is there parking? You can park your bicycle or car in the garage in Kestrel Street.",
    "How do I get the wifi password? The wifi password is on your visitor badge.",
    "How do I reach the spectroscopy laboratory? Take the lift to the fourth floor, then turn left at the atrium.",
    "Can I book the Curie room? Meeting rooms are booked at reception. The Curie room has a projector.",
    "Where is the nearest tram stop? Tram line 9 stops at Gruber Square.",
    "Do you have a cloakroom? The cloakroom and lockers are behind the atrium.",
    "Which documents do I need for my badge? Bring a passport or an identity card to get your badge.",
)
"""What an institute's receptionist might know."""
QUESTIONS = (
    "can you tell me which room doctor okonkwo is in",
    "i have an appointment with professor vestergaard",
    "is mister abernathy here today",
    "does the canteen have falafel",
    "what time does the canteen close",
    "may i leave my bicycle in the garage",
    "what is the wifi password please",
    "i am looking for the spectroscopy laboratory",
    "is the curie room free this afternoon",
    "how far is it to gruber square",
    "which tram goes to kestrel street",
    "where can i put my coat is there a cloakroom",
    "i lost my visitor badge",
    "please call doctor okonkwo for me",
    "are there lockers near the atrium",
    "do i need my passport for the badge",
    "does the halvorsen institute have a library",
    "is there ramen in the canteen on thursday",
)
"""What visitors ask then, in words that the knowledge does not use."""
NAMES = frozenset(
    "okonkwo vestergaard abernathy falafel spectroscopy curie gruber kestrel halvorsen atrium ramen wifi".split()
)


@dataclass(frozen=True, slots=True)
class Sample:
    """Somebody saying something known."""

    text: str
    sound: Samples


@dataclass(frozen=True, slots=True)
class Hearing:
    """What came of one sample: the partial transcript after each block, and when."""

    said: tuple[str, ...]
    partials: tuple[Transcript, ...]
    final: Transcript
    decoding_s: float
    finish_s: float
    sound_s: float


def run(short: bool) -> Report:
    """Measure pocketsphinx with and without a vocabulary, on people's recordings and on flite's voices."""
    people, voices = _people(short), _asked(("rms",) if short else ("rms", "slt", "awb"), 6 if short else None)
    own_words = [sample.text for sample in people]
    plans: list[tuple[str, Sequence[str], list[Sample]]] = [
        ("people reading, plain", (), people),
        ("people reading, other vocabulary", KNOWLEDGE, people),
        ("people reading, these very sentences", own_words, people),
        ("visitors' questions (flite), plain", (), voices),
        ("visitors' questions (flite), vocabulary", KNOWLEDGE, voices),
    ]
    rows = [
        Row(name, _figures([_hear(recogniser, sample) for sample in samples]))
        for name, vocabulary, samples in plans
        if samples
        for recogniser in [SphinxRecogniser(SphinxSettings(), vocabulary)]
    ]
    return Report(
        "Recognition by pocketsphinx",
        tuple(rows),
        notes=(
            "WER: wrong, missing and extra words in 100 said. names: of the names and terms said, how many were heard.",
            "stable after: from a word's end until it is called stable; taken back: stable words that still changed.",
            "revised: words that changed between one partial (every 100 ms) and the next, per word said.",
            "The voices pronounce new names as the vocabulary expects them to be pronounced; people may not.",
            "load: processor time per second of sound. finish: from the end of speech to the final transcript.",
        ),
    )


def word_errors(said: Sequence[str], heard: Sequence[str]) -> int:
    """Count the words to change, leave out or put in (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (word != other))
    return row[-1]


def _words(text: str) -> tuple[str, ...]:
    return tuple(re.sub(r"[^a-z' ]", " ", text.lower().replace("mister", "mr")).split())


def _people(short: bool) -> list[Sample]:
    if not RECORDINGS.is_dir():
        return []
    lines = (RECORDINGS / "transcripts.tsv").read_text(encoding="utf-8").splitlines()[1:]
    pairs = [line.split("\t") for line in lines][:: 3 if short else 1]
    return [Sample(text, read_sound(RECORDINGS / file).samples) for file, text in pairs]


def _asked(voices: Sequence[str], limit: int | None) -> list[Sample]:
    return [Sample(text, say(voice, text)) for voice in voices for text in QUESTIONS[:limit]]


def say(voice: str, text: str) -> Samples:
    """Speak with flite, between half seconds of a quiet room, 16 kHz."""
    chunks: list[SpeechChunk] = []

    def keep(chunk: SpeechChunk) -> bool:
        chunks.append(chunk)
        return True

    FliteVoice(FliteSettings.model_validate({"voice": voice})).speak(text, keep)
    quiet = np.zeros(8000, np.float32)
    sound: Samples = np.concatenate([quiet, *(chunk.samples for chunk in chunks), quiet])
    sound += np.random.default_rng(0).normal(0, 1e-4, len(sound)).astype(np.float32)
    return sound


def _hear(recogniser: Recogniser, sample: Sample) -> Hearing:
    started_s = time.process_time()
    recogniser.begin()
    partials = []
    for start in range(0, len(sample.sound), BLOCK_SAMPLES):
        recogniser.accept(sample.sound[start : start + BLOCK_SAMPLES])
        partials.append(recogniser.partial())
    decoded_s = time.process_time()
    final = recogniser.finish()
    finished_s = time.process_time()
    return Hearing(
        _words(sample.text),
        tuple(partials),
        final,
        decoding_s=finished_s - started_s,
        finish_s=finished_s - decoded_s,
        sound_s=len(sample.sound) / recogniser.sample_rate_hz,
    )


def _figures(hearings: Sequence[Hearing]) -> dict[str, float | int | str]:
    said = sum(len(hearing.said) for hearing in hearings)
    errors = sum(word_errors(hearing.said, _words(hearing.final.text)) for hearing in hearings)
    names = [word in _words(hearing.final.text) for hearing in hearings for word in hearing.said if word in NAMES]
    delays = [delay for hearing in hearings for delay in _stability_delays(hearing)]
    stable = sum(_most_stable(hearing) for hearing in hearings)
    return {
        "words": said,
        "WER %": 100 * errors / said,
        "names %": 100 * float(np.mean(names)) if names else "",
        "revised": sum(_revisions(hearing) for hearing in hearings) / said,
        "stable after ms": 1000 * float(np.median(delays)) if delays else "",
        "taken back %": 100 * sum(_taken_back(hearing) for hearing in hearings) / max(1, stable),
        "load": sum(hearing.decoding_s for hearing in hearings) / sum(hearing.sound_s for hearing in hearings),
        "finish ms p95": 1000 * float(np.percentile([hearing.finish_s for hearing in hearings], 95)),
    }


def _revisions(hearing: Hearing) -> int:
    """Count words of a partial that the next one does not have at their place."""
    texts = [partial.text.split() for partial in hearing.partials]
    return sum(
        len(earlier) - sum(block.size for block in SequenceMatcher(None, earlier, later, False).get_matching_blocks())
        for earlier, later in pairwise(texts)
    )


def _most_stable(hearing: Hearing) -> int:
    return max((partial.stable_words for partial in hearing.partials), default=0)


def _taken_back(hearing: Hearing) -> int:
    """Count words once called stable that the final transcript does not have."""
    longest = max(hearing.partials, key=lambda partial: partial.stable_words)
    kept = longest.text.split()[: longest.stable_words]
    matching = SequenceMatcher(None, kept, hearing.final.text.split(), False).get_matching_blocks()
    return len(kept) - sum(block.size for block in matching)


def _stability_delays(hearing: Hearing) -> Iterator[float]:
    """Yield, for each word that became stable while somebody spoke, how long after its end."""
    known = 0
    for block, partial in enumerate(hearing.partials, 1):
        for word in partial.words[known : partial.stable_words]:
            yield block * BLOCK_SAMPLES / 16_000 - word.end_s
        known = max(known, partial.stable_words)
