"""Whether an answer means what was expected: numbers in words or digits, other words for the same, words misheard."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from rapidfuzz import fuzz

from dialogue.directory import sound_key
from dialogue.numerals import cardinal
from dialogue.reply.words import Synonyms, stem, words_of


class Verdict(Enum):
    """What an answer is worth."""

    RIGHT = "right"
    NEARLY = "nearly"
    WRONG = "wrong"


RIGHT_FROM = 0.75
"""Share of the expected meaning that makes an answer right."""
NEARLY_FROM = 0.45
_SHORT_ANSWER_WORDS = 3
_FUZZY = 80
"""How alike (0..100) two words must be written to be one."""

_UNSAID = frozenset(
    "a an the by please um uh er well so oh i i'm am is are was be it that this to of and in on at for my me you your"
    " we would like want will can could do does did have has think say said just very really with some there".split()
)
_NEGATIONS = frozenset("not no never none nobody nothing without".split())
_ALWAYS = (
    ("yes", "yeah", "yep", "sure", "certainly", "of course", "all right", "okay", "ready", "please do", "let us go"),
    ("no", "nope", "nah"),
    ("big", "large"), ("small", "little"), ("ticket", "tickets"), ("hello", "hi", "good morning", "good afternoon"),
)  # fmt: skip
_ORDINARY = {name: number for number, name in enumerate(map(cardinal, range(20)))}
_TENS = {cardinal(number): number for number in range(20, 100, 10)}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_HEARD_AS = {
    "for": "four", "fore": "four", "to": "two", "too": "two", "ate": "eight", "won": "one", "tree": "three",
    "free": "three", "sex": "six", "sicks": "six", "nein": "nine", "tin": "ten", "oh": "zero", "nought": "zero",
    "nil": "zero", "fort": "forty", "thirsty": "thirty", "fifteenth": "fifteen", "sixth": "six", "dirty": "thirty",
    "hate": "eight", "fight": "five", "hive": "five", "heaven": "seven", "elevens": "eleven", "fourty": "forty",
}  # fmt: skip
"""Words a recogniser puts for numbers; they count only where a number is expected and none was heard plainly."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, and the share in 0..1 of the expected meaning that was there."""

    verdict: Verdict
    share: float


def numbers_in(text: str) -> list[int]:
    """Give the whole numbers said in a text, in words or digits, in order ("twenty-four" and "24" are one)."""
    return list(_numbers(words_of(text)))


def judge_number(expected: int, said: str) -> Judged:
    """Judge an answer that should be a number. The last number counts: "six, no, seven" is seven."""
    words = words_of(said)
    plain = list(_numbers(words))
    # In "twenty for" only the end was misheard; in a whole sentence "for" is just a word.
    mended = list(_numbers([_HEARD_AS.get(word, word) for word in words]))
    right = expected in plain[-1:] or (expected in mended[-1:] and len(words) <= _SHORT_ANSWER_WORDS)
    return Judged(Verdict.RIGHT, 1.0) if right else Judged(Verdict.WRONG, 0.0)


def judge_phrase(expected: str, said: str, synonyms: Synonyms) -> Judged:
    """Judge how much of an expected phrase's meaning is in what was said, in any order and with anything beside it.

    A phrase that denies what the other affirms is wrong whatever else it has.
    """
    if bool(_NEGATIONS & set(words_of(expected))) is not bool(_NEGATIONS & set(words_of(said))):
        return Judged(Verdict.WRONG, 0.0)
    wanted, heard = _stems(expected), _stems(said)
    # A group of synonyms is one meaning; word for word, its parts count even where they stand apart.
    by_meaning = _share(list(synonyms.meanings(wanted)), list(synonyms.meanings(heard)))
    share = max(by_meaning, _share(wanted, heard))
    return Judged(verdict_of(share), share)


def verdict_of(share: float) -> Verdict:
    """Give the verdict for a share of the meaning."""
    if share >= RIGHT_FROM:
        return Verdict.RIGHT
    return Verdict.NEARLY if share >= NEARLY_FROM else Verdict.WRONG


def synonyms_of(groups: Sequence[Sequence[str]]) -> Synonyms:
    """Put a lesson's own groups of words before those that mean the same everywhere."""
    return Synonyms([[" ".join(_said_words(phrase)) for phrase in group] for group in (*groups, *_ALWAYS)])


def _said_words(text: str) -> list[str]:
    return [word for word in words_of(text) if word not in _UNSAID] or list(words_of(text))


def _stems(text: str) -> list[str]:
    return [stem(word) for word in _said_words(text)]


def _share(wanted: Sequence[str], heard: Sequence[str]) -> float:
    """Share of the wanted meanings that were heard, long words counting more."""
    weights = [1 + len(meaning) / 4 for meaning in wanted]
    found = [weight for weight, meaning in zip(weights, wanted, strict=True) if _is_among(meaning, heard)]
    return sum(found) / max(1e-9, sum(weights))


def _is_among(meaning: str, heard: Sequence[str]) -> bool:
    if meaning in heard:
        return True
    if meaning.startswith("=") or len(meaning) < 3:
        return False
    return any(fuzz.ratio(meaning, other) >= _FUZZY or _sound_alike(meaning, other) for other in heard)


def _sound_alike(one: str, other: str) -> bool:
    key = sound_key(one)
    return len(key) > 1 and key == sound_key(other)


def _numbers(words: Sequence[str]) -> Iterator[int]:
    """Read numbers from words; "one hundred and five" is one, "two three" are two."""
    total, part, last = 0, None, 0
    for word in words:
        value = _ORDINARY.get(word, _TENS.get(word))
        if word in _SCALES:
            total, part, last = _scaled(total, part or 1, _SCALES[word])
        elif value is None:
            if word == "and" and last >= 100:
                continue
            if part is not None or total:
                yield total + (part or 0)
            total, part, last = 0, None, 0
        elif part is None or last >= 100 or (last in _TENS.values() and 0 < value < 10):
            part, last = (part or 0) + value, value
        else:
            yield total + part
            total, part, last = 0, value, value
    if part is not None or total:
        yield total + (part or 0)


def _scaled(total: int, part: int, scale: int) -> tuple[int, int | None, int]:
    if scale == 100:
        return total, part * scale, scale
    return total + part * scale, None, scale
