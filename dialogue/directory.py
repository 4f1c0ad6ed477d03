"""People found by names as visitors say them: misspelled, mispronounced, spelled letter by letter or misheard.

Every stretch of words in what was heard is compared with every name, first name, surname and nickname, both as letters
and as sounds (metaphone). What is only a little better than the next best is a question, not an answer.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import jellyfish
import numpy as np
import numpy.typing as npt
from pydantic import Field
from rapidfuzz.distance import Indel, JaroWinkler
from rapidfuzz.process import cdist

from dialogue.section import Section
from dialogue.settings_file import read_section
from dialogue.spelling import confusable, spell_out, spelled_in, tokens_of


class Person(Section):
    """Somebody visitors ask for."""

    name: str = Field(min_length=1, max_length=100, description="as it is written")
    team: str = Field("", description="said to the visitor")
    room: str = Field("", description="said to the visitor")
    also: tuple[str, ...] = Field((), description="other names they are asked for by")
    sounds_like: tuple[str, ...] = Field((), description="how the name is said, spelled as one would say it")
    notify: str = Field("", description="whom to tell when a visitor comes, where that is not the name itself")


class DirectoryFile(Section):
    """A file of people."""

    people: tuple[Person, ...] = Field(max_length=5000, description="everybody visitors may ask for")


@dataclass(frozen=True, slots=True)
class Match:
    """This is who was meant."""

    person: Person
    score: float


@dataclass(frozen=True, slots=True)
class DidYouMean:
    """One of these one to three may have been meant, likeliest first."""

    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class NoMatch:
    """Nobody of that name is known, or no name was said."""


Finding = Match | DidYouMean | NoMatch

MATCH_FROM = 0.78
"""Score in 0..1 from which a name counts as understood."""
ASK_FROM = 0.65
"""Score from which it is worth asking."""
CLEAR_BY = 0.08
"""How much better than anybody else the best must be to need no question."""
ASK_WITHIN = 0.10
"""Who scores this much less than the best is not offered."""
MOST_OFFERED = 3

_PART_STEEPNESS = 2.0
_LEFT_OUT_COST = 0.3
_LEFT_OUT_ASKED = 0.4
"""With a larger share of other words beside it, a part of a name is asked about at best."""
_SURNAME_FIT = 0.6
"""Where the surname fits less well than this, the first name alone is no proof."""
_LONGEST_WINDOW_WORDS = 6
_LONGEST_TEXT_WORDS = 40
_REQUESTS = ("i would like to see", "i have an appointment with", "i am here for", "can you call")
_FILLERS = frozenset(
    "i i'm i'd am we we're is are was be to a an the my our me you your he she they of for with at in on by from and "
    "or please hello hi hey good morning afternoon evening would will like want wanted need see meet visit visiting "
    "meeting appointment speak talk call ring find look looking here have has got it's it its this that there "
    "can could may do does did know where who when what which time now today name names called person office "
    "mister mr missus mrs miss ms mx doctor dr professor prof sir madam spelled spelt spell letters as "
    "thank thanks um uh er well just about room delivery parcel package one no not yes again said mean meant".split()
)
_TITLES = frozenset("mister mr missus mrs miss ms mx doctor dr professor prof sir madam".split())

_NICKNAMES = (
    "abigail abby", "albert bert al", "alexander alexandra alex sandy sasha", "alistair al", "andrew andy drew",
    "anthony tony", "barbara barb", "bartholomew bart", "benjamin ben", "bernard bernie", "beatriz beatrice bea",
    "caroline carrie", "catherine katherine cathy kathy kate katie cath", "celestine celeste", "charles charlie chuck",
    "charlotte lottie charlie", "christina christine chris tina", "christopher chris kit", "cordelia delia",
    "daniel dan danny", "david dave", "deborah debbie", "desmond des", "dimitrios dimitri", "dorothy dot",
    "edward ed eddie ted ned", "eleanor ellie nell nora", "elizabeth liz beth betty lizzie eliza", "emily em",
    "frances fran", "francis frank", "frederick fred freddie", "genevieve jenny", "george georgie", "gregory greg",
    "giuseppe joe beppe", "harriet hattie", "henrietta etta hetty", "henry harry hal", "isadora izzy", "jacob jake",
    "james jim jimmy jamie", "jennifer jenny jen", "john johnny jack", "jonathan jon", "joseph joe joey",
    "josephine jo josie", "joshua josh", "judith judy", "kenneth ken", "lawrence larry", "leonard len lenny",
    "leopold leo", "lorenzo enzo", "magdalena magda lena", "malcolm mal", "margaret maggie meg peggy marge",
    "matthew matteo matt", "meredith merry", "michael mikhail mike mick misha", "millicent millie", "nathaniel nathan",
    "nicholas nick", "olivia liv", "pamela pam", "patricia pat trish tricia", "patrick pat paddy", "penelope penny",
    "peter pete", "philip phil", "philippa pippa pip", "raymond ray", "rebecca becky", "richard rick dick rich",
    "robert bob rob bobby bert", "roderick rod roddy", "rosalind ros roz", "ronald ron", "samantha sam",
    "samuel samir sam", "stephanie steph", "stephen steven steve", "susan sue", "svetlana lana", "tatiana tanya",
    "theodore theo ted", "thomas tom tommy", "timothy tim", "tobias toby", "victoria vicky", "viktor victor vic",
    "vincent vince", "william will bill billy liam", "winifred winnie freddie", "zachary zach",
)  # fmt: skip


class _Kind(Enum):
    """What of a name a form is; the value is its weight, since a part says less than the whole."""

    WHOLE = 1.0
    SURNAME = 0.97
    FIRST = 0.93


@dataclass(frozen=True, slots=True)
class _Form:
    """One way of naming somebody."""

    letters: str
    person: int
    kind: _Kind


@dataclass(frozen=True, slots=True)
class _Window:
    """Consecutive words run together, and their share of all letters that might belong to a name."""

    letters: str
    share: float


class Directory:
    """People who can be asked for; a lookup among 100 takes some milliseconds."""

    def __init__(self, people: Iterable[Person]) -> None:
        self.people = tuple(people)
        self._forms = tuple(form for number, person in enumerate(self.people) for form in _forms(number, person))
        self._weights = np.array([form.kind.value for form in self._forms])
        self._person = np.array([form.person for form in self._forms], int)
        self._whole = np.array([form.kind is _Kind.WHOLE for form in self._forms], bool)
        self._surname = np.array([form.kind is _Kind.SURNAME for form in self._forms], bool)
        self._letters = [form.letters for form in self._forms]
        self._keys = [sound_key(form.letters) for form in self._forms]
        self._coarse = [_coarse(key) for key in self._keys]
        self._confusable = [confusable(form.letters) for form in self._forms]

    def find(self, heard: str) -> Finding:
        """Find who is meant in a name, a sentence with a name in it, or letters; never raises."""
        if not self._forms:
            return NoMatch()
        scores = self._scores(tokens_of(plain(heard))[:_LONGEST_TEXT_WORDS])
        order = np.argsort(-scores, kind="stable")[: MOST_OFFERED + 1]
        best = float(scores[order[0]])
        second = float(scores[order[1]]) if len(order) > 1 else 0.0
        if best >= MATCH_FROM and best - second >= CLEAR_BY:
            return Match(self.people[order[0]], best)
        if best < ASK_FROM:
            return NoMatch()
        near = [number for number in order if scores[number] >= max(ASK_FROM, best - ASK_WITHIN)]
        return DidYouMean(tuple(self.people[number] for number in near[:MOST_OFFERED]))

    def vocabulary(self) -> tuple[str, ...]:
        """Give what visitors are likely to say, for a recogniser to expect: requests, names alone, names spelled."""
        names = [written for person in self.people for written in (person.name, *person.also)]
        surnames = [name.split(maxsplit=1)[-1] for name in names]
        requests = [f"{opening} {name}" for name in (*names, *surnames) for opening in _REQUESTS]
        return (*requests, *names, *surnames, *(f"it is spelled {spell_out(name)}" for name in surnames))

    def _scores(self, tokens: Sequence[str]) -> npt.NDArray[np.float64]:
        """Score of each person, shape [people]."""
        scores = np.zeros(len(self.people))
        for found in spelled_in(tokens):
            self._raise(scores, self._spelled_scores(found.letters))
        windows = _windows([token for token in tokens if token not in _FILLERS])
        if windows:
            self._raise(scores, self._spoken_scores(windows))
        return scores

    def _raise(self, scores: npt.NDArray[np.float64], by_form: npt.NDArray[np.float64]) -> None:
        np.maximum.at(scores, self._person, by_form)

    def _spelled_scores(self, letters: str) -> npt.NDArray[np.float64]:
        """Score of each form against letters, of which those that sound alike are easily confused."""
        exact = cdist([letters], self._letters, scorer=Indel.normalized_similarity)[0]
        alike = cdist([confusable(letters)], self._confusable, scorer=Indel.normalized_similarity)[0]
        return np.asarray((0.4 * exact + 0.6 * alike) * self._weights, np.float64)

    def _spoken_scores(self, windows: Sequence[_Window]) -> npt.NDArray[np.float64]:
        """Score of each form against the stretch of words that fits it best."""
        letters = [window.letters for window in windows]
        keys = [sound_key(text) for text in letters]
        written = cdist(letters, self._letters, scorer=JaroWinkler.normalized_similarity)
        written = 0.5 * written + 0.5 * cdist(letters, self._letters, scorer=Indel.normalized_similarity)
        sounded = 0.5 * cdist(keys, self._keys, scorer=Indel.normalized_similarity)
        sounded += 0.5 * cdist([_coarse(key) for key in keys], self._coarse, scorer=Indel.normalized_similarity)
        similarity = np.maximum(written, 0.35 * written + 0.65 * sounded)
        surname_fits = self._surname_fit(similarity.max(axis=0)) >= _SURNAME_FIT
        # A first name or surname alone must fit well, and the other words beside it speak against it.
        similarity **= np.where(self._whole, 1.0, _PART_STEEPNESS)
        left_out = np.array([[1 - window.share] for window in windows])
        part = np.where(left_out > _LEFT_OUT_ASKED, MATCH_FROM - 0.01, 1.0)
        whole = (1 - _LEFT_OUT_COST * left_out) * np.where(surname_fits, 1.0, MATCH_FROM - 0.01)
        similarity *= np.where(self._whole, whole, part)
        return np.asarray(similarity.max(axis=0) * self._weights, np.float64)

    def _surname_fit(self, fit: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """How well each form's person's surname was heard; 1 where there is none."""
        best = np.zeros(len(self.people))
        np.maximum.at(best, self._person, np.where(self._surname, fit, 0.0))
        nameless = ~np.isin(np.arange(len(self.people)), self._person[self._surname])
        return np.asarray(np.where(nameless, 1.0, best)[self._person], np.float64)


def load_directory(path: Path) -> Directory:
    """Read a file of people. Raises ConfigError naming the file and the key."""
    return Directory(read_section(path, DirectoryFile).people)


def plain(text: str) -> str:
    """Write text in lower case without accents."""
    text = text.replace("ł", "l").replace("Ł", "L").replace("ø", "o").replace("Ø", "O").replace("ß", "ss")
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(character for character in decomposed if not unicodedata.combining(character)).lower()


def sound_key(letters: str) -> str:
    """Give the consonants that letters stand for, and a vowel at the start (metaphone)."""
    return str(jellyfish.metaphone(letters)).replace(" ", "")


_COARSE = str.maketrans("PBFVTDSXJKGQMNLR0C", "PPPPTTSSSKKKNNLLTK", "HWY")


def _coarse(key: str) -> str:
    """Merge sounds made at one place, which recognisers and languages confuse most."""
    return key.translate(_COARSE)


def _forms(number: int, person: Person) -> list[_Form]:
    """List every way of naming a person."""
    forms: dict[str, _Form] = {}

    def add(letters: str, kind: _Kind) -> None:
        if len(letters) > 1:
            forms.setdefault(letters, _Form(letters, number, kind))

    for written in (person.name, *person.also, *person.sounds_like):
        words = [word for word in _name_words(written) if word not in _TITLES]
        if not words:
            continue
        surname = "".join(words[1:])
        firsts = [words[0], *_nicknames_of(words[0])]
        for first in firsts:
            add(first + surname, _Kind.WHOLE)
            add(surname + first, _Kind.WHOLE)
        add(surname, _Kind.SURNAME)
        for first in firsts if surname else ():
            add(first, _Kind.FIRST)
    return list(forms.values())


def _name_words(written: str) -> list[str]:
    return [re.sub(r"[^a-z]", "", word) for word in plain(written).replace("-", "").split()]


def _nicknames_of(first: str) -> list[str]:
    return [name for group in _NICKNAMES if first in group.split() for name in group.split() if name != first]


def _windows(words: Sequence[str]) -> list[_Window]:
    words = [re.sub(r"[^a-z]", "", word) for word in words]
    total = sum(map(len, words)) or 1
    joined = {
        "".join(words[start:end])
        for start in range(len(words))
        for end in range(start + 1, min(len(words), start + _LONGEST_WINDOW_WORDS) + 1)
    }
    return [_Window(letters, len(letters) / total) for letters in sorted(joined) if len(letters) > 1]
