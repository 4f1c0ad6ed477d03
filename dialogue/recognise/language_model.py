"""A small language model of what people ask about, to be mixed into the recogniser's general one."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from dialogue.verbalise import verbalise

START, END = "<s>", "</s>"
ORDER = 3
Ngram = tuple[str, ...]


def spoken_words(text: str) -> tuple[str, ...]:
    """Give the words of a sentence as they are said, in lower case, letters and apostrophes only ("9 am": nine a m)."""
    said = " ".join(part.spoken for part in verbalise(text)).lower().replace("’", "'")
    return tuple(word.strip("'") for word in re.findall(r"[a-z']+", said) if word.strip("'"))


def sentences_of(text: str) -> Iterator[str]:
    """Cut text at full stops, question marks, exclamation marks and line ends."""
    yield from filter(str.strip, re.split(r"(?<=[.!?])\s+|\n+", text))


def arpa(sentences: Iterable[Sequence[str]]) -> str:
    """Estimate a trigram model and write it in ARPA format.

    Witten and Bell's (1991) smoothing: what follows a context for the first time is as likely as the context has
    seen new followers, and gets its share from the next shorter context.
    """
    counts = _count(sentences)
    followers: dict[Ngram, Counter[str]] = defaultdict(Counter)
    for ngram, count in counts.items():
        followers[ngram[:-1]][ngram[-1]] += count
    model = _WittenBell(followers)
    by_order = [sorted(ngram for ngram in counts if len(ngram) == order) for order in range(1, ORDER + 1)]
    by_order[0].insert(0, (START,))
    sizes = [f"ngram {order}={len(ngrams)}" for order, ngrams in enumerate(by_order, 1) if ngrams]
    sections = [
        "\n".join((f"\\{order}-grams:", *map(model.line, ngrams))) for order, ngrams in enumerate(by_order, 1) if ngrams
    ]
    return "\n\n".join(("\\data\\\n" + "\n".join(sizes), *sections, "\\end\\")) + "\n"


def _count(sentences: Iterable[Sequence[str]]) -> Counter[Ngram]:
    counts: Counter[Ngram] = Counter()
    for words in sentences:
        padded = (START, *words, END)
        for end in range(1, len(padded)):
            for order in range(1, min(ORDER, end + 1) + 1):
                counts[padded[end - order + 1 : end + 1]] += 1
    return counts


class _WittenBell:
    def __init__(self, followers: dict[Ngram, Counter[str]]) -> None:
        self._followers = followers
        self._totals = {context: seen.total() for context, seen in followers.items()}

    def probability(self, ngram: Ngram) -> float:
        """Of the last word after those before it, interpolated with every shorter context."""
        context, word = ngram[:-1], ngram[-1]
        seen = self._followers[context]
        new = len(seen)
        shorter = self.probability(ngram[1:]) if context else 1 / (new + 1)
        return (seen[word] + new * shorter) / (self._totals[context] + new)

    def line(self, ngram: Ngram) -> str:
        """Write an n-gram with its log10 probability and, where longer ones begin with it, its back-off weight."""
        probability = -99.0 if ngram == (START,) else math.log10(self.probability(ngram))
        line = f"{probability:.4f}\t{' '.join(ngram)}"
        if ngram not in self._followers:
            return line if len(ngram) == ORDER else f"{line}\t0.0000"
        new = len(self._followers[ngram])
        return f"{line}\t{math.log10(new / (self._totals[ngram] + new)):.4f}"
