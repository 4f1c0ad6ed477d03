"""A stream of text as pieces to be spoken, the first as early as sounds right.

Replies arrive letter by letter and are spoken sentence by sentence; the first piece may be a clause, so that the voice
begins early. Whatever the stream's cuts, the pieces are the same: a place is judged only once everything that its
judgement needs has arrived. Markdown, hidden reasoning and code are not spoken; stage directions (`[smile]`) become
values with the word before which they are to happen.
"""

import html
import re
import unicodedata
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing, nullcontext
from dataclasses import dataclass
from typing import Literal

from dialogue.verbalise import NOTHING, SpokenAs, verbalise


@dataclass(frozen=True, slots=True)
class Direction:
    """A stage direction: something for the face, the voice or the session to do; never spoken, never shown."""

    name: str
    """First word, lower case ("look" of `[look left]`)."""
    detail: str = ""
    """The other words ("left")."""
    before_word: int = 0
    """Index into the piece's `words`; their number when it comes after the last."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence or clause."""

    words: tuple[SpokenAs, ...]
    """In order; may be empty where only directions were left to tell."""
    directions: tuple[Direction, ...] = ()

    @property
    def text(self) -> str:
        """As written, for captions and history."""
        return " ".join(word.written for word in self.words)

    @property
    def spoken(self) -> str:
        """As the voice is to say it."""
        return " ".join(word.spoken for word in self.words if word.spoken)


FIRST_CLAUSE_WORDS = 4
"""A reply's first piece may end at a comma after this many words."""
CLAUSE_CHARACTERS = 140
"""Any piece may end at a comma after this many characters ..."""
LONGEST_CHARACTERS = 280
"""... at white space after this many, and anywhere after twice as many."""
LONGEST_BRACKET = 40
SLICE_CHARACTERS = 1000
"""How much text is looked at in one go, so that endless text costs no more than its length."""

_WIDE = "。！？"
_HIDDEN = {"```": "```", "<think>": "</think>"}
_PLACE = re.compile(r"[.!?…。！？,;:–—\[\n`<]")
_TERMINATOR_RUN = re.compile(r"[.!?…。！？]+[\"'”’)\]»*_]*")
_ABBREVIATED = re.compile(
    r"(?:^|[\s(\"'“\[])(?:Dr|Mr|Mrs|Ms|Prof|St|vs|e\.g|i\.e|approx|dept|tel|ext|Fig|fig|cf|ca|[A-HJ-Z]|(?:[A-Z]\.)+[A-Z])\.$"
)
_PERHAPS_ABBREVIATED = re.compile(
    r"(?:^|[\s\d(\"'“])(?:etc|Inc|Ltd|Co|Jr|Sr|Ave|Rd|Blvd|max|min|No|no|[AaPp]\.[Mm]|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?"
    r"|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun)\.$"
)
_LIST_NUMBER = re.compile(r"(?:^|\n)\s*\d{1,2}[.)]$")
_LIST_ITEM = re.compile(r"[-*+•#>|]|\d{1,2}[.)]\s")

_Verdict = Literal["ends", "goes on", "not known yet"]
Judgement = tuple[_Verdict, int]
"""A verdict on a place, and where the piece ends or the next look begins."""


def judge(text: str, place: int, is_first: bool, is_last: bool) -> Judgement:
    """Tell whether a piece that begins with `text` ends at `place`, which is one of punctuation or a line's end.

    `is_first`: it is the reply's first piece; `is_last`: nothing will follow `text`. Pure; a verdict never changes when
    more text arrives.
    """
    character = text[place]
    if character == "[":
        return _judge_bracket(text, place, is_last)
    if character == "\n":
        return _judge_line_end(text, place, is_last)
    if character in ",;:–—":
        return _judge_clause(text, place, is_first, is_last)
    if character in "`<":
        return "goes on", place + 1
    return _judge_sentence(text, place, is_last)


def _judge_bracket(text: str, place: int, is_last: bool) -> Judgement:
    """Keep what is in brackets together."""
    limit = place + LONGEST_BRACKET
    close = text.find("]", place, limit)
    if close >= 0:
        return "goes on", close + 1
    return ("goes on", place + 1) if is_last or len(text) >= limit else ("not known yet", place)


def _judge_line_end(text: str, place: int, is_last: bool) -> Judgement:
    """End at blank lines, list items and lines that begin anew; go on where a line was merely wrapped."""
    following = _first_word(text, place)
    if len(following) < 4 and not is_last and not following[:1].isalpha() and following[:1] != "\n":
        return "not known yet", place
    begins_anew = not following or following[0] == "\n" or following[0].isupper() or _LIST_ITEM.match(following)
    complete = text[:place].rstrip()[-1:] in tuple(".!?:;…")
    return ("ends" if begins_anew or complete else "goes on"), place + 1


def _judge_clause(text: str, place: int, is_first: bool, is_last: bool) -> Judgement:
    long_enough = place >= CLAUSE_CHARACTERS or (is_first and len(text[:place].split()) >= FIRST_CLAUSE_WORDS)
    if not long_enough:
        return "goes on", place + 1
    following = _first_word(text, place)
    if not following and not is_last:
        return "not known yet", place
    is_number = text[place - 1].isdigit() and following[:1].isdigit()
    ends = text[place + 1 : place + 2].isspace() and not is_number
    return ("ends" if ends else "goes on"), place + 1


def _judge_sentence(text: str, place: int, is_last: bool) -> Judgement:
    end = _TERMINATOR_RUN.match(text, place).end()  # type: ignore[union-attr]
    if end == len(text) and not is_last:
        return "not known yet", place
    if any(character in _WIDE for character in text[place:end]):
        return "ends", end
    if end < len(text) and not text[end].isspace():
        return "goes on", end
    run = text[place:end]
    if run[0] == "." and (_ABBREVIATED.search(text, 0, end) or _LIST_NUMBER.search(text, 0, end)):
        return "goes on", end
    if run[0] == "…" or run.startswith("..") or _PERHAPS_ABBREVIATED.search(text, 0, end):
        following = _first_word(text, end)
        if not following and not is_last:
            return "not known yet", place
        return ("goes on" if following[:1].islower() or following[:1].isdigit() else "ends"), end
    return "ends", end


def _first_word(text: str, place: int) -> str:
    """Give what begins after `place` and the blanks there; at most four characters are asked for."""
    start = place + 1
    while start < len(text) and text[start] in " \t\r":
        start += 1
    return text[start : start + 4]


class Splitter:
    """Cuts one reply into pieces; feed it with `push` and end with `flush`."""

    def __init__(self, language: str = "en", lexicon: Mapping[str, str] = NOTHING) -> None:
        """Begin a reply. English is put into spoken words; other languages are left to their voices."""
        self._in_words = language.partition("-")[0] == "en"
        self._lexicon = lexicon
        self._text = ""
        """What has come and is not yet in a piece."""
        self._judged = 0
        """Up to here, no place in it ends a piece."""
        self._hidden_until = ""
        """What ends the code or reasoning that is being left out; empty outside of it."""
        self._is_first = True
        self._waiting: tuple[Direction, ...] = ()
        """Directions without words so far; they go to the front of the next piece."""

    def push(self, text: str) -> list[Piece]:
        """Take the next text, of any length, and give the pieces that it completes."""
        pieces = []
        for start in range(0, len(text), SLICE_CHARACTERS):
            self._text += text[start : start + SLICE_CHARACTERS]
            pieces += self._advance(is_last=False)
        return pieces

    def flush(self) -> list[Piece]:
        """Give what is left; the reply has ended."""
        pieces = [*self._advance(is_last=True), *self._cut(len(self._text))]
        if self._waiting:
            pieces.append(Piece((), self._waiting))
            self._waiting = ()
        return pieces

    def _advance(self, is_last: bool) -> list[Piece]:
        pieces: list[Piece] = []
        while self._step(pieces, is_last):
            pass
        return pieces

    def _step(self, pieces: list[Piece], is_last: bool) -> bool:
        """Judge one place; False when there is none left that can be judged yet."""
        if self._hidden_until:
            return self._leave_out()
        place = self._next_place()
        if place is None:
            return False
        if self._text[place] in "`<" and (opener := self._hidden_at(place, is_last)) is not None:
            if not opener:
                return False
            pieces += self._cut(place)
            self._text, self._hidden_until = self._text[len(opener) :], _HIDDEN[opener]
            return True
        verdict, end = (
            ("ends", place) if self._is_too_long(place) else judge(self._text, place, self._is_first, is_last)
        )
        if verdict == "ends":
            pieces += self._cut(end)
        elif verdict == "goes on":
            self._judged = end
        return verdict != "not known yet"

    def _next_place(self) -> int | None:
        """Find where a piece may end: punctuation or, in what has become too long, white space."""
        found = _PLACE.search(self._text, self._judged)
        place = found.start() if found else len(self._text)
        if place > LONGEST_CHARACTERS:
            blank = re.compile(r"\s").search(self._text, max(self._judged, LONGEST_CHARACTERS), place)
            place = min(blank.start() if blank else place, 2 * LONGEST_CHARACTERS)
        return place if place < len(self._text) else None

    def _is_too_long(self, place: int) -> bool:
        return place >= 2 * LONGEST_CHARACTERS or (place >= LONGEST_CHARACTERS and self._text[place].isspace())

    def _hidden_at(self, place: int, is_last: bool) -> str | None:
        """Tell what begins at `place`: an opener of something hidden, perhaps one (""), or none (None)."""
        for opener in _HIDDEN:
            if self._text.startswith(opener, place):
                return opener
            if opener.startswith(self._text[place:]) and not is_last:
                return ""
        return None

    def _leave_out(self) -> bool:
        """Drop hidden text up to its end, or as much of it as has come."""
        end = self._text.find(self._hidden_until)
        if end < 0:
            self._text = self._text[-len(self._hidden_until) + 1 :]
            return False
        self._text = self._text[end + len(self._hidden_until) :]
        self._hidden_until = ""
        return True

    def _cut(self, end: int) -> list[Piece]:
        """Make a piece of the text up to `end`, if there is anything in it to say."""
        raw, self._text, self._judged = self._text[:end], self._text[end:], 0
        if self._hidden_until:
            return []
        words: list[SpokenAs] = []
        directions = [*self._waiting]
        for segment in _segments(raw):
            if isinstance(segment, str):
                words += self._said(segment)
            else:
                directions.append(Direction(segment.name, segment.detail, len(words)))
        self._waiting = () if words else tuple(directions)
        self._is_first = self._is_first and not words
        return [Piece(tuple(words), tuple(directions))] if words else []

    def _said(self, text: str) -> tuple[SpokenAs, ...]:
        if not any(map(str.isalnum, text)):
            return ()
        return (
            verbalise(text, self._lexicon) if self._in_words else tuple(SpokenAs(word, word) for word in text.split())
        )


async def pieces_of(
    text: AsyncIterator[str], language: str = "en", lexicon: Mapping[str, str] = NOTHING
) -> AsyncGenerator[Piece, None]:
    """Stream the pieces of a streamed reply; closing this closes the reply."""
    splitter = Splitter(language, lexicon)
    async with aclosing(text) if isinstance(text, AsyncGenerator) else nullcontext():
        async for part in text:
            for piece in splitter.push(part):
                yield piece
        for piece in splitter.flush():
            yield piece


_DIRECTION = re.compile(r"\[([a-z][a-z-]*)((?: [a-z0-9-]+){0,4})\](?!\()")
_KEPT_SYMBOLS = "°©®™№"
_MARKDOWN = (
    (re.compile(r"!\[[^\]\n]*\]\([^)\s]*\)"), ""),  # images
    (re.compile(r"\[([^\]\n]*)\]\([^)\s]*\)"), r"\1"),  # links
    (re.compile(r"\[\^?\d+\]"), ""),  # footnotes
    (re.compile(r"</?[A-Za-z][^>\n]*>"), ""),
    (re.compile(r"(?m)^\s*(?:#{1,6}\s+|>\s?|[-*+•]\s+|\d{1,2}[.)]\s+(?=\S))+"), ""),  # headings, quotes, list items
    (re.compile(r"(?m)^\s*[-*_|: ]{3,}\s*$"), ""),  # rules, heads of tables
    (re.compile(r"\s*\|\s*"), ", "),  # cells
    (re.compile(r"\*\*|__|~~|`"), ""),
    (re.compile(r"(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)"), ""),
)


def _segments(raw: str) -> Iterator[str | Direction]:
    """Take raw text apart into plain text and the directions between it."""
    position = 0
    for found in _DIRECTION.finditer(raw):
        yield _plain(raw[position : found.start()])
        yield Direction(found[1], found[2].strip())
        position = found.end()
    yield _plain(raw[position:])


def _plain(text: str) -> str:
    """Take away what is not for speaking: markdown, tags, emoji, control characters."""
    for pattern, replacement in _MARKDOWN:
        text = pattern.sub(replacement, text)
    text = html.unescape(text)
    kept = (c for c in text if c in _KEPT_SYMBOLS or unicodedata.category(c) not in ("So", "Co", "Cs", "Cn", "Cf"))
    plain = "".join(" " if c.isspace() or unicodedata.category(c) == "Cc" else c for c in kept)
    return re.sub(r"[\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]", "", plain)
