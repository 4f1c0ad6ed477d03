"""Which word of a reply is heard at which sample of the loudspeaker. Pure.

A reply is one sound of its own, counted in samples from its beginning. The loudspeaker plays it in stretches; after an
interruption that was none a stretch begins again at the word it was cut in, so that one sample may be heard twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace


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


def spread(text: str, start: int, end: int) -> tuple[SpokenWord, ...]:
    """Guess where the words of a piece lie in its samples, by their letters, for voices that do not say."""
    tokens = text.split()
    letters = sum(map(len, tokens))
    words, before = [], 0
    for token in tokens:
        after = before + len(token)
        words.append(
            SpokenWord(token, start + (end - start) * before // letters, start + (end - start) * after // letters)
        )
        before = after
    return tuple(words)


def as_written(spoken: Sequence[str], text: str) -> list[str]:
    """Give each spoken word as it stands in the text, with its punctuation, where it does.

    Voices leave punctuation out and may say words that the text does not have.
    """
    tokens, result = text.split(), []
    for word in spoken:
        ahead = next((i for i, token in enumerate(tokens[:_LOOK_AHEAD]) if _bare(token) == _bare(word)), None)
        result.append(word if ahead is None else tokens[ahead])
        if ahead is not None:
            del tokens[: ahead + 1]
    return result


_LOOK_AHEAD = 4


def _bare(word: str) -> str:
    return "".join(filter(str.isalnum, word)).casefold()
