"""How often the receptionist answers rightly what she is asked in words that her knowledge does not contain.

Each question is asked as typed; as pocketsphinx recognises it from flite's voices; and as pocketsphinx does when told
the vocabulary of the knowledge file, as in a conversation. What the known question with the most similar letters would
have answered stands beside it.
"""

import ast
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
from rapidfuzz import fuzz, process

from agent.report import Report, Row
from dialogue.history import Utterance
from dialogue.recognise import Recogniser
from dialogue.recognise.sphinx import SphinxRecogniser, SphinxSettings
from dialogue.reply.knowledge import Found, KnowledgeReplier, Unclear
from dialogue.settings_file import read_yaml
from dialogue.speech import Samples, SpeechChunk
from dialogue.synthesise.flite import FliteSettings, FliteVoice
from dialogue.verbalise import verbalise

KNOWLEDGE = Path(__file__).parents[2] / "assets" / "knowledge" / "reception.yaml"
OWN = Path(__file__).parent / "knowledge_questions.yaml"
SHARED = Path(__file__).parents[3] / "shared" / "spikes" / "voice" / "faq.py"
SHARED_ENTRIES = (
    "opening hours", "restroom", "wifi", "check in", "parking", "visitor badge", "elevator", "accessibility", "canteen",
    "drinks", "meeting room", "taxi", "luggage", "lost and found", "delivery", "human resources", "emergency",
    "emergency exits", "printing", "smoking", "pets", "train station", "charging", "cancel appointment",
    "change appointment", "waiting time", "human", "name", "parking fee", "cash machine",
)  # fmt: skip
"""The entries that the topics of SHARED ask for, in its order."""
VOICES = ("rms", "slt")
BLOCK_SAMPLES = 1600


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the entry that answers it, empty where none does."""

    text: str
    entry: str = ""


Answerer = Callable[[str], tuple[str, ...]]
"""Text to the entries offered: one is an answer, two are a question back, none is "I do not know"."""


def run(short: bool) -> Report:
    """Measure; some minutes, a fifth of that when `short`."""
    replier = KnowledgeReplier.load(KNOWLEDGE)
    step = 5 if short else 1
    answerer, plain, told = partial(offered, replier), SphinxRecogniser(SphinxSettings()), _told(replier)
    rows = []
    for name, asked in question_sets():
        asked = asked[::step]
        rows += [
            Row(f"{name}, typed", figures(asked, answerer)),
            Row(f"{name}, typed, nearest letters", figures(asked, nearest_letters(replier))),
            Row(f"{name}, heard", figures(heard(asked, plain), answerer)),
            Row(f"{name}, heard with vocabulary", figures(heard(asked, told), answerer)),
        ]
    return Report(
        "Answers to questions that assets/knowledge/reception.yaml does not contain",
        tuple(rows),
        notes=(
            "own: agent/evaluations/knowledge_questions.yaml, on which thresholds were tuned. shared: 60 paraphrases.",
            "asked back: which of two, one of them right. heard: pocketsphinx on flite's voices rms and slt.",
        ),
    )


def question_sets() -> Iterator[tuple[str, list[Asked]]]:
    """Name the sets of questions there are."""
    own = read_yaml(OWN)
    yield "own", [Asked(text, entry) for entry, texts in own["answered"].items() for text in texts]
    if SHARED.exists():
        yield "shared", shared_paraphrases(SHARED.read_text(encoding="utf-8"))
    yield "no answer exists", [Asked(text) for text in own["unanswered"]]


def shared_paraphrases(source: str) -> list[Asked]:
    """Read the topics and their paraphrases from the source of SHARED, where they are called Q, without running it."""
    statements = [node for node in ast.parse(source).body if isinstance(node, ast.Assign)]
    topics = next(node for node in statements if isinstance(node.targets[0], ast.Name) and node.targets[0].id == "Q")
    pairs = zip(ast.literal_eval(topics.value), SHARED_ENTRIES, strict=True)
    return [Asked(text, entry) for (_, paraphrases), entry in pairs for text in paraphrases]


def offered(replier: KnowledgeReplier, text: str) -> tuple[str, ...]:
    """Ask the replier, out of any conversation."""
    match replier.find([Utterance("user", text)]):
        case Found(entry):
            return (entry.id,)
        case Unclear(first, second):
            return first.id, second.id
    return ()


def nearest_letters(replier: KnowledgeReplier) -> Answerer:
    """Make the baseline: the entry of the known question whose letters are most similar; always answers."""
    known = {question: entry.id for entry in replier.knowledge.everything for question in entry.questions}
    questions = list(known)

    def answer(text: str) -> tuple[str, ...]:
        best = process.extractOne(text.lower(), questions, scorer=fuzz.token_sort_ratio, processor=str.lower)
        return (known[best[0]],)

    return answer


def figures(asked: Sequence[Asked], answerer: Answerer) -> dict[str, float | int | str]:
    """Count outcomes in percent."""
    outcomes, took_ms = [], []
    for question in asked:
        began = time.perf_counter()
        entries = answerer(question.text)
        took_ms.append((time.perf_counter() - began) * 1000)
        outcomes.append(outcome(question.entry, entries))

    def percent(name: str) -> float:
        return round(100 * outcomes.count(name) / len(outcomes), 1)

    return {
        "questions": len(asked),
        **{f"{name} %": percent(name) for name in ("right", "asked back", "wrong", "do not know")},
        "median ms": round(median(took_ms), 2),
    }


def outcome(wanted: str, entries: tuple[str, ...]) -> str:
    """Judge what was offered. Where no answer exists, "I do not know" is right and everything else is wrong."""
    if not entries:
        return "do not know" if wanted else "right"
    if len(entries) == 2:
        return "asked back" if wanted in entries else "wrong"
    return "right" if entries[0] == wanted else "wrong"


def heard(asked: Sequence[Asked], recogniser: Recogniser) -> list[Asked]:
    """Let each of the voices ask each question, and write down what the recogniser understood."""
    voices = [FliteVoice(FliteSettings.model_validate({"voice": name})) for name in VOICES]
    return [
        replace(question, text=_recognised(_spoken(voice, question.text), recogniser))
        for voice in voices
        for question in asked
    ]


def _told(replier: KnowledgeReplier) -> SphinxRecogniser:
    return SphinxRecogniser(SphinxSettings(), replier.vocabulary())


def _spoken(voice: FliteVoice, text: str) -> Samples:
    chunks: list[SpeechChunk] = []

    def keep(chunk: SpeechChunk) -> bool:
        chunks.append(chunk)
        return True

    voice.speak(" ".join(part.spoken for part in verbalise(text)), keep)
    return np.concatenate([chunk.samples for chunk in chunks])


def _recognised(samples: Samples, recogniser: Recogniser) -> str:
    recogniser.begin()
    for start in range(0, len(samples), BLOCK_SAMPLES):
        recogniser.accept(samples[start : start + BLOCK_SAMPLES])
    return recogniser.finish().text
