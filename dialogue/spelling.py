"""Words spelled out letter by letter: finding them in what was heard, and saying them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_SURE = {
    "ay": "a", "bee": "b", "cee": "c", "dee": "d", "ee": "e", "eff": "f", "gee": "g", "aitch": "h", "haitch": "h",
    "jay": "j", "kay": "k", "el": "l", "ell": "l", "em": "m", "en": "n", "pee": "p", "cue": "q", "queue": "q",
    "ar": "r", "ess": "s", "tee": "t", "vee": "v", "doubleyou": "w", "ex": "x", "wye": "y", "zed": "z", "zee": "z",
    "alpha": "a", "alfa": "a", "bravo": "b", "charlie": "c", "delta": "d", "echo": "e", "foxtrot": "f", "golf": "g",
    "hotel": "h", "india": "i", "juliet": "j", "juliett": "j", "kilo": "k", "lima": "l", "mike": "m", "november": "n",
    "oscar": "o", "papa": "p", "quebec": "q", "romeo": "r", "sierra": "s", "tango": "t", "uniform": "u",
    "victor": "v", "whiskey": "w", "xray": "x", "yankee": "y", "zulu": "z",
}  # fmt: skip
_PERHAPS = {
    "hey": "a", "eight": "a", "be": "b", "see": "c", "sea": "c", "he": "e", "if": "f", "eye": "i",
    "okay": "k", "hell": "l", "and": "n", "an": "n", "oh": "o", "owe": "o", "pea": "p", "are": "r", "our": "r",
    "as": "s", "tea": "t", "you": "u", "we": "v", "why": "y", "said": "z", "ease": "e",
}  # fmt: skip
"""Words that are sometimes a letter misheard; they count only among letters."""
_JOINED = {"x-ray": "xray", "double (?:you|u)": "doubleyou", "before": "b for"}
_LINKS = ("for", "as in", "like")
_ALSO_WORDS = ("a", "i", "o")
LEAST_LETTERS = 3
"""Fewer in a row are words ("I", "a") or initials."""

_SOUND_ALIKE = ("bcdegptvz", "ahjk", "fsx", "mn", "iy", "quw")
_CONFUSABLE = str.maketrans({letter: group[0] for group in _SOUND_ALIKE for letter in group})


@dataclass(frozen=True, slots=True)
class Spelled:
    """A word that was spelled out, and the places of its first and after its last word in the text."""

    letters: str
    start: int
    end: int


def tokens_of(text: str) -> list[str]:
    """Cut text into lower-case words; hyphens, full stops and commas separate."""
    text = text.lower().replace("’", "'")
    for heard, meant in _JOINED.items():
        text = re.sub(rf"\b{heard}\b", meant, text)
    return re.findall(r"[^\W_]+(?:'[^\W_]+)*", text)


def spelled_in(tokens: Sequence[str]) -> list[Spelled]:
    """Find every word that is spelled out, also as "m for mother" and "double l", in `tokens_of` a text."""
    found, at = [], 0
    while at < len(tokens):
        letters, end, sure = _run(tokens, at)
        if len(letters) >= LEAST_LETTERS and 2 * sure >= len(letters):
            found.append(Spelled(letters, at, end))
            at = end
        else:
            at += 1
    return found


def _run(tokens: Sequence[str], start: int) -> tuple[str, int, int]:
    """Read letters from a place on: the letters, where they end, how many of them are beyond doubt."""
    letters, sure, at, proven = "", 0, start, False
    while at < len(tokens):
        times = 2 if tokens[at] == "double" and at + 1 < len(tokens) else 1
        word_at = at + times - 1
        letter, certain = _letter(tokens[word_at])
        if not letter:
            break
        example, after = _example(tokens, word_at + 1)
        letter = example or letter
        letters += letter * times
        sure += times * (certain or bool(example))
        proven |= bool(example) or (certain and tokens[word_at] not in _ALSO_WORDS)
        at = after
    if at > start and tokens[at - 1] == "and":
        letters, at = letters[:-1], at - 1
    return letters, at, sure if proven else 0


def _letter(token: str) -> tuple[str, bool]:
    """Give the letter that a word names, if any, and whether it can be nothing else."""
    if len(token) == 1 and token.isalpha():
        return token, True
    if token in _SURE:
        return _SURE[token], True
    return _PERHAPS.get(token, ""), False


def _example(tokens: Sequence[str], at: int) -> tuple[str, int]:
    """Read "for mother" after a letter: a word is heard better than a letter, so its initial wins."""
    for link in _LINKS:
        words = link.split()
        end = at + len(words)
        if list(tokens[at:end]) == words and end < len(tokens) and len(tokens[end]) > 2:
            return tokens[end][0], end + 1
    return "", at


def confusable(letters: str) -> str:
    """Write letters whose names sound alike as one ("b" and "p", "m" and "n"), to compare what was heard."""
    return letters.translate(_CONFUSABLE)


def spell_out(word: str) -> str:
    """Give a word's letters and digits for a voice to say one by one, doubled ones as "double L"."""
    said = []
    for match in re.finditer(r"([^\W_])(\1?)", word.upper()):
        letter, twin = match.groups()
        said.append(f"double {letter}" if twin and letter.isalpha() else ", ".join(letter + twin))
    return ", ".join(said)
