"""Phones for recorded speech: aligned to its words where they are known, decoded freely where they are not.

Both come from pocketsphinx's English model, the one recogniser of the base install. Arabic words are spelled out in
the nearest English phones, which is enough: what the face needs is where lips close, round and open.
"""

import csv
import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from pocketsphinx import Decoder

from avatar.phones import PhoneDecoder, pcm_of, symbol_of
from dialogue.speech import Phone, Samples, Word

_FRAME_S = 0.01
_ALIGNMENT_TOLERANCE_S = 0.15


def load_words(path: Path) -> dict[str, list[Word]]:
    """Read words.csv (clip,start_s,end_s,word; times may be empty, then NaN) as the words of each clip."""
    words: defaultdict[str, list[Word]] = defaultdict(list)
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            words[row["clip"]].append(Word(row["word"], _seconds(row["start_s"]), _seconds(row["end_s"])))
    return dict(words)


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


class Aligner:
    """Finds the phones of speech whose words are known; not thread-safe."""

    def __init__(self) -> None:
        self._decoder = Decoder(lm=None, bestpath=False, loglevel="FATAL", cmn="batch")
        self._decoder.add_word("z(2)", "Z EH D", False)
        self._known: set[str] = set()

    def align(self, samples: Samples, words: Sequence[Word]) -> list[Phone]:
        """Give the phones in order with times in seconds; blocks about a tenth of the duration.

        Words that cannot be found where their own times say they are get their phones spread evenly over those times.
        """
        names = [self._enter(word.text) for word in words]
        spoken = [(name, word) for name, word in zip(names, words, strict=True) if name is not None]
        if not spoken:
            return []
        aligned = self._decode(samples, " ".join(name for name, _ in spoken))
        if aligned is not None and _agrees(aligned, [word for _, word in spoken]):
            return [phone for _, phones in aligned for phone in phones]
        return [phone for name, word in spoken for phone in self._spread(name, word)]

    def _enter(self, text: str) -> str | None:
        """Make sure the dictionary knows a word and give the name it has there; None for silence and noise."""
        if text in ("sil", "sp", "<sil>", "") or not any(character.isalpha() for character in text):
            return None
        name = text.lower()
        if name in self._known or self._decoder.lookup_word(name):
            return name
        for i, pronunciation in enumerate(spellings(text)):
            entry = name if i == 0 else f"{name}({i + 1})"
            self._decoder.add_word(entry, " ".join(pronunciation).upper(), False)
        self._known.add(name)
        return name

    def _decode(self, samples: Samples, text: str) -> list[tuple[str, list[Phone]]] | None:
        sound = pcm_of(samples)
        try:
            self._decoder.set_align_text(text)
            self._run(sound)
            if self._decoder.hyp() is None:
                return None
            self._decoder.set_alignment()
            self._run(sound)
            alignment = self._decoder.get_alignment()
        except RuntimeError:  # pocketsphinx found no path through the words
            return None
        return None if alignment is None else [(entry.name, [_phone(p) for p in entry]) for entry in alignment]

    def _run(self, sound: bytes) -> None:
        self._decoder.start_utt()
        self._decoder.process_raw(sound, full_utt=True)
        self._decoder.end_utt()

    def _spread(self, name: str, word: Word) -> list[Phone]:
        if np.isnan(word.start_s):
            return []
        symbols = [symbol.lower() for symbol in self._decoder.lookup_word(name).split()]
        edges = np.linspace(word.start_s, word.end_s, len(symbols) + 1)
        return [Phone(s, float(a), float(b)) for s, a, b in zip(symbols, edges[:-1], edges[1:], strict=True)]


def _agrees(aligned: list[tuple[str, list[Phone]]], words: Sequence[Word]) -> bool:
    """Say whether found words lie where they are known to lie."""
    found = [phones for name, phones in aligned if not name.startswith(("<", "[", "+"))]
    if len(found) != len(words):
        return False
    timed = [(phones, word) for phones, word in zip(found, words, strict=True) if not np.isnan(word.start_s)]
    errors = [abs(phones[0].start_s - word.start_s) for phones, word in timed]
    errors += [abs(phones[-1].end_s - word.end_s) for phones, word in timed]
    return not errors or float(np.median(errors)) < _ALIGNMENT_TOLERANCE_S


def fill_gaps(phones: Sequence[Phone], decoded: Sequence[Phone]) -> list[Phone]:
    """Add freely decoded phones where no aligned phone lies, in order."""
    middles = [(phone.start_s + phone.end_s) / 2 for phone in decoded]
    free = [
        found
        for found, middle in zip(decoded, middles, strict=True)
        if not any(phone.start_s <= middle < phone.end_s for phone in phones)
    ]
    return sorted([*phones, *free], key=lambda phone: phone.start_s)


def label(samples: Samples, words: Sequence[Word], aligner: Aligner, decoder: PhoneDecoder) -> list[Phone]:
    """Find the phones of a recording, by its words where they are known."""
    return fill_gaps(aligner.align(samples, words) if words else [], decoder.decode(samples))


def save_phones(phones: Mapping[str, Sequence[Phone]], path: Path) -> None:
    """Write the phones of each clip as JSON: {clip: [[symbol, start_s, end_s], ...]}."""
    rows = {clip: [[p.symbol, round(p.start_s, 3), round(p.end_s, 3)] for p in found] for clip, found in phones.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows))


def load_phones(path: Path) -> dict[str, list[Phone]]:
    """Read what `save_phones` wrote."""
    return {clip: [Phone(*row) for row in rows] for clip, rows in json.loads(path.read_text()).items()}


def _phone(entry: object) -> Phone:
    name, start, duration = (getattr(entry, key) for key in ("name", "start", "duration"))
    return Phone(symbol_of(name), start * _FRAME_S, (start + duration) * _FRAME_S)


_CONSONANTS = {
    **dict(zip("بتثجحخدذرزسشصضطظ", "b t th jh hh hh d dh r z s sh s d t dh".split(), strict=True)),
    **dict(zip("غفقكلمنهويپڤگچ", "g f k k l m n hh w y p v g ch".split(), strict=True)),
}
_SHORT = {"\u064e": ["ae"], "\u064f": ["uh"], "\u0650": ["ih"], "\u064b": ["ae", "n"], "\u064c": ["uh", "n"],
          "\u064d": ["ih", "n"], "\u0670": ["aa"]}  # fmt: skip
_LONG = {"ا": "aa", "ى": "aa", "آ": "aa", "ٱ": "ae"}
_CARRIERS = {"أ": "ae", "إ": "ih", "ؤ": "uh", "ئ": "ih", "ء": "", "ع": ""}
_VOWELS = frozenset("aa ae ah uh uw ih iy".split())


def spellings(word: str) -> list[list[str]]:
    """Spell an Arabic word in English phones: as written, and with the short vowels that writing leaves out."""
    letters = [c for c in re.sub(r"[^\u0621-\u0652\u0670\u0671\u067e\u06a4\u06af\u0686]", "", word) if c != "\u0640"]
    written: list[str] = []
    for i, letter in enumerate(letters):
        following = letters[i + 1] if i + 1 < len(letters) else ""
        written += _sounds(letter, following, written[-1] if written else "")
    written = written or ["ah"]
    padded: list[str] = []
    for symbol in written:
        if padded and symbol not in _VOWELS and padded[-1] not in _VOWELS:
            padded.append("ah")
        padded.append(symbol)
    return [written] if padded == written else [padded, written]


def _sounds(letter: str, following: str, before: str) -> list[str]:
    if letter in _SHORT:
        return _SHORT[letter]
    if letter in _LONG:
        return [] if before == "aa" else [_LONG[letter]]
    if letter in _CARRIERS:
        return [_CARRIERS[letter]] if _CARRIERS[letter] and following not in _SHORT else []
    if letter == "ة":
        return ["t"] if following in _SHORT else ([] if before in _VOWELS else ["ah"])
    if letter in "وي" and following not in _SHORT and before and before not in ("aa", "ae", "ah"):
        return ["uw" if letter == "و" else "iy"]
    return [_CONSONANTS[letter]] if letter in _CONSONANTS else []
