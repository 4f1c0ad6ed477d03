"""What is compared when a question is looked up: its words, stems, meanings, letters and sounds."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from dialogue.errors import EngineUnavailable
from dialogue.recognise.pronunciation import pronounce
from dialogue.verbalise import verbalise

MOST_WORDS = 60
"""Words of a question that are looked at; the rest is no question."""

_CONTRACTIONS = (
    (re.compile(r"\bcan't\b|\bcannot\b"), "can not"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"\blet's\b"), "let us"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"'m\b"), " am"),
    (re.compile(r"'re\b"), " are"),
    (re.compile(r"'ve\b"), " have"),
    (re.compile(r"'ll\b"), " will"),
    (re.compile(r"'d\b"), " would"),
    (re.compile(r"\b(what|where|who|how|when|that|there|it|he|she)'s\b"), r"\1 is"),
)
_OPENERS = re.compile(
    r"^(?:(?:(?:hello|hi|hey)(?: there)?|good (?:morning|afternoon|evening|day)|excuse me|sorry|pardon|um|uh|er|well|so"
    r"|please|okay|(?:can|could|would) you (?:please )?tell me|do you know|tell me|i (?:would like|want) to know"
    r"|i was wondering) )+"
)
_SUFFIXES = (("ies", "i"), ("sses", "ss"), ("ing", ""), ("edly", ""), ("ed", ""), ("ly", ""), ("es", ""), ("s", ""))


def words_of(text: str) -> tuple[str, ...]:
    """Give the words of a question as they are said, in lower case, contractions in full, at most MOST_WORDS."""
    plain = unicodedata.normalize("NFKD", text[: 20 * MOST_WORDS].replace("’", "'"))
    said = " ".join(part.spoken for part in verbalise(plain)).lower()
    for pattern, full in _CONTRACTIONS:
        said = pattern.sub(full, said)
    return tuple(word.strip("'") for word in re.findall(r"[^\W_]+(?:'[^\W_]+)*", said))[:MOST_WORDS]


def without_opener(words: Sequence[str]) -> tuple[str, ...]:
    """Leave out what only opens a question ("hello, could you tell me ..."), unless nothing else was said."""
    rest = tuple(_OPENERS.sub("", " ".join(words) + " ").split())
    return rest if len(rest) >= 2 else tuple(words)


def stem(word: str) -> str:
    """Cut a word's ending roughly, so that "parking", "parked" and "parks" are one."""
    for suffix, rest in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3 and not word.endswith("ss"):
            word = word[: -len(suffix)] + rest
            break
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    if len(word) > 3 and word[-1] in "ey":
        word = word[:-1] + ("i" if word[-1] == "y" else "")
    return word


class Synonyms:
    """Words and phrases that mean the same in one file of knowledge."""

    def __init__(self, groups: Iterable[Sequence[str]]) -> None:
        self._meanings: dict[tuple[str, ...], str] = {}
        for group in groups:
            for phrase in group:
                self._meanings.setdefault(tuple(map(stem, words_of(phrase))), f"={group[0]}")
        self._longest = max(map(len, self._meanings), default=0)

    def meanings(self, stems: Sequence[str]) -> Iterator[str]:
        """Replace each phrase of a group by the group, longest first; other stems stand for themselves."""
        at = 0
        while at < len(stems):
            sizes = range(min(self._longest, len(stems) - at), 0, -1)
            size = next((size for size in sizes if tuple(stems[at : at + size]) in self._meanings), 0)
            yield self._meanings[tuple(stems[at : at + size])] if size else stems[at]
            at += size or 1


def letters_of(words: Sequence[str]) -> Iterator[str]:
    """Give runs of three and four letters, word by word, spaces marking where words begin and end."""
    for word in words:
        padded = f" {word} "
        for size in (3, 4):
            yield from (padded[at : at + size] for at in range(len(padded) - size + 1))


class Sounds:
    """How words sound, as runs of three and four phones across words: what a recogniser's mistakes leave alone."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, ...]] = {}

    def runs(self, words: Sequence[str]) -> Iterator[str]:
        """Give the runs of a question's phones; words are heard together, because recognisers misplace the gaps."""
        phones = [phone for word in words for phone in self._phones(word)]
        for size in (3, 4):
            yield from (" ".join(phones[at : at + size]) for at in range(len(phones) - size + 1))

    def _phones(self, word: str) -> tuple[str, ...]:
        if word not in self._known:
            if len(self._known) > 20_000:
                self._known.clear()
            self._known[word] = _pronounced(word)
        return self._known[word]


def _pronounced(word: str) -> tuple[str, ...]:
    try:
        return pronounce(word)
    except EngineUnavailable:  # letters instead of phones still find words that are merely run together
        return tuple(word)
