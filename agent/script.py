"""Which word of a reply is heard at which sample of the loudspeaker. Pure.

A reply is one sound of its own, counted in samples from its beginning. The loudspeaker plays it in stretches; after an
interruption that was none a stretch begins again at the word it was cut in, so that one sample may be heard twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from dialogue.speech import Word
from dialogue.verbalise import SpokenAs


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """One word of a reply as written, from sample `start` to `end` of the reply's own sound."""

    text: str
    start: int
    end: int

    @property
    def middle(self) -> int:
        """From here on the word counts as heard."""
        return (self.start + self.end) // 2


@dataclass(frozen=True, slots=True)
class Stretch:
    """Samples [start, end) of the reply's sound, heard from loudspeaker position `position` on."""

    start: int
    end: int
    position: int

    @property
    def until(self) -> int:
        """Loudspeaker position just after its last sample."""
        return self.position + self.end - self.start


def reached(stretches: Sequence[Stretch], position: int) -> int:
    """Tell how far into the reply's sound the listener is at a loudspeaker position; never goes back.

    Between stretches, and after the last, that is the end of what was heard.
    """
    return max((s.start + min(position, s.until) - s.position for s in stretches if s.position <= position), default=0)


def cut(stretches: Sequence[Stretch], position: int) -> tuple[Stretch, ...]:
    """Leave of the stretches what was heard before the loudspeaker fell silent at `position`."""
    heard = (s for s in stretches if s.position < position)
    return tuple(replace(s, end=min(s.end, s.start + position - s.position)) for s in heard)


def heard_words(words: Iterable[SpokenWord], offset: int) -> tuple[SpokenWord, ...]:
    """Select the words of which at least half lies before `offset`."""
    return tuple(word for word in words if word.middle <= offset)


def resume_offset(words: Iterable[SpokenWord], offset: int) -> int:
    """Tell where to go on after a cut at `offset`: at the beginning of the word that was cut, or right there."""
    return next((word.start for word in words if word.start < offset < word.end), offset)


def written(words: Iterable[SpokenWord]) -> str:
    """Join words as they are written."""
    return " ".join(word.text for word in words)


def place_words(words: Sequence[SpokenAs], voiced: Sequence[Word], start: int, rate_hz: int) -> tuple[SpokenWord, ...]:
    """Tell where each written word of a piece lies, from the times the voice gave for what it said.

    The voice's words are those of the spoken form ("25" is said as two), without punctuation, and may be too few while
    it is still speaking: the written words that it has not come to are left out.
    """
    owners = [(index, token) for index, word in enumerate(words) for token in word.spoken.split()]
    placed: dict[int, SpokenWord] = {}
    for voiced_word in voiced:
        match = next(
            (i for i, (_, token) in enumerate(owners[:_LOOK_AHEAD]) if _bare(token) == _bare(voiced_word.text)), None
        )
        if match is None:
            continue
        index = owners[match][0]
        del owners[: match + 1]
        first, end = start + round(voiced_word.start_s * rate_hz), start + round(voiced_word.end_s * rate_hz)
        first = placed[index].start if index in placed else first
        placed[index] = SpokenWord(words[index].written, first, end)
    return tuple(_filled(words, placed, start))


def _filled(words: Sequence[SpokenAs], placed: Mapping[int, SpokenWord], start: int) -> Iterator[SpokenWord]:
    """Put words without a time of their own (nothing is said for them, or something else) behind the one before."""
    end = start
    for index in range(max(placed, default=-1) + 1):
        word = placed.get(index) or SpokenWord(words[index].written, end, end)
        end = word.end
        yield word


def spread(words: Sequence[SpokenAs], start: int, end: int) -> tuple[SpokenWord, ...]:
    """Guess where the words of a piece lie in its samples, by their letters, for voices that do not say."""
    letters = list(accumulate((len(word.spoken) for word in words), initial=0))
    share = (end - start) / max(1, letters[-1])
    starts = [start + round(share * before) for before in letters]
    return tuple(SpokenWord(word.written, *where) for word, where in zip(words, pairwise(starts), strict=True))


_LOOK_AHEAD = 4


def _bare(word: str) -> str:
    return "".join(filter(str.isalnum, word)).casefold()
