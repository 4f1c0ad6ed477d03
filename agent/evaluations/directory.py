"""How well visitors' names are found: as people type them, and as pocketsphinx hears them said and spelled."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from agent.config import ROOT
from agent.report import Report, Row
from dialogue.directory import DidYouMean, Directory, Finding, Match, load_directory
from dialogue.recognise import Recogniser
from dialogue.recognise.sphinx import SphinxRecogniser, SphinxSettings
from dialogue.speech import Samples, SpeechChunk
from dialogue.spelling import spell_out
from dialogue.synthesise.flite import FliteSettings, FliteVoice

_FOLDER = ROOT / "assets" / "directories"
SHORT_NAMES = 20
SAID = "Hello, could I please see {name}"
SPELLED = "That is {letters}"
STRANGERS = (
    "what time do you open on sunday", "where is the toilet please", "i would like a cup of coffee",
    "i'm here for the job interview", "i have a parcel", "can you call me a taxi", "how do i get to the station",
    "hello", "i am looking for john smith", "i'd like to see karen brown", "is mister taylor in", "emily watson",
    "michael jordan", "peter parker please", "anna schmidt", "david nguyen", "may i see the manager",
    "it is raining outside", "my name is olivia jones", "i forgot my badge", "is there a place to park my car",
    "could you repeat that", "thank you goodbye", "who are you", "robert williams", "the meeting starts at ten",
    "i need to fix the printer on the second floor", "julia roberts", "carlos garcia", "i need an ambulance",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Request:
    name: str
    heard: str


def run(short: bool = False) -> Report:
    """Look up every name of the example office, typed badly, said and spelled (some minutes; short: a fifth)."""
    directory = load_directory(_FOLDER / "office.yaml")
    names = [person.name for person in directory.people][: SHORT_NAMES if short else None]
    voice = FliteVoice(FliteSettings(voice="rms"))
    general = SphinxRecogniser(SphinxSettings())
    biased = SphinxRecogniser(SphinxSettings(), directory.vocabulary())
    said = [(name, SAID.format(name=name)) for name in names]
    spelled = [(name, SPELLED.format(letters=spell_out(name.split(maxsplit=1)[1]))) for name in names]
    return Report(
        "Directory: who was meant",
        (
            _row("typed, misspelled", directory, _typed(set(names))),
            _row("said", directory, _recognised(said, general, voice)),
            _row("said, names expected", directory, _recognised(said, biased, voice)),
            _row("surname spelled", directory, _recognised(spelled, general, voice)),
            _row("surname spelled, names expected", directory, _recognised(spelled, biased, voice)),
            _strangers(directory),
        ),
        (
            f"{len(directory.people)} invented people; flite's voice rms",
            "pocketsphinx with its general language model, and expecting the directory's names",
            "'asked': the right one is among at most three offered; 'wrong': somebody else was taken",
            "the matcher's thresholds were chosen on these names",
        ),
    )


def _row(title: str, directory: Directory, requests: Iterable[_Request]) -> Row:
    verdicts = Counter(_verdict(directory.find(request.heard), request.name) for request in requests)
    kinds = ("right", "asked", "misled", "none", "wrong")
    return Row(title, {"names": verdicts.total(), **{kind: verdicts[kind] for kind in kinds}})


def _verdict(finding: Finding, name: str) -> str:
    if isinstance(finding, Match):
        return "right" if finding.person.name == name else "wrong"
    if isinstance(finding, DidYouMean):
        return "asked" if name in [person.name for person in finding.people] else "misled"
    return "none"


def _strangers(directory: Directory) -> Row:
    findings = [directory.find(text) for text in STRANGERS]
    wrong, misled = (sum(isinstance(finding, kind) for finding in findings) for kind in (Match, DidYouMean))
    figures = {"names": len(findings), "misled": misled, "none": len(findings) - wrong - misled, "wrong": wrong}
    return Row("strangers and other sentences", dict(figures))


def _typed(names: set[str]) -> Iterator[_Request]:
    with (_FOLDER / "office_misspelt.tsv").open(encoding="utf-8") as file:
        for line in csv.DictReader(file, delimiter="\t"):
            if line["name"] in names:
                yield _Request(line["name"], line["typed"])


def _recognised(texts: Iterable[tuple[str, str]], recogniser: Recogniser, voice: FliteVoice) -> Iterator[_Request]:
    for name, text in texts:
        recogniser.begin()
        recogniser.accept(spoken(voice, text))
        yield _Request(name, recogniser.finish().text)


def spoken(voice: FliteVoice, text: str) -> Samples:
    """Speak a text with a little quiet around it, 16 kHz."""
    silence = np.random.default_rng(0).normal(0, 1e-4, 6400).astype(np.float32)
    pieces = [silence]

    def keep(chunk: SpeechChunk) -> bool:
        pieces.append(chunk.samples)
        return True

    voice.speak(text, keep)
    return np.concatenate([*pieces, silence])
