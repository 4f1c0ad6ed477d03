"""Where a learner is in a lesson, as a pure state machine: (place, answer) -> (place, what to say).

No clock, no sound, no storage. A lesson goes on only from a sentence that was heard to its end: what was cut off is
said again, whatever the learner said meanwhile.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from dialogue.answers import Judged, Verdict, judge_number, judge_phrase, synonyms_of
from dialogue.lesson import END, Expected, Lesson, Step
from dialogue.reply.words import Synonyms, words_of

MOST_TRIES_TO_PRONOUNCE = 3


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of what the tutor says in one turn; `step` is empty for praise and help."""

    text: str
    step: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """How well a step was done."""

    step: str
    quality: int
    """As in SM-2: 5 at once, 4 almost at once, 3 with help, 1 not without being told."""
    remember: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where the learner is."""

    step: str
    """The step that waits for an answer; END when the lesson is over."""
    tries: int = 0
    """Answers given to it so far that were not right."""
    spoken: int = 0
    """Turns so far, to vary praise."""
    to_review: tuple[str, ...] = ()
    """Steps of earlier lessons still to be asked before this one begins; `step` is the one being asked, if any are."""
    reviewing: bool = False
    then: str = ""
    """Where the lesson begins after the review."""
    pieces: tuple[Piece, ...] = ()
    """What was said in the last turn."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What the tutor does next."""

    place: Place
    text: str
    picture: str = ""
    """File beside the lesson to show; empty for none."""
    results: tuple[Result, ...] = ()
    off_words: tuple[str, ...] = ()
    """Words to mark in the captions as not well pronounced."""


class Ask(Enum):
    """What a learner may ask for instead of answering."""

    HINT = "hint"
    SKIP = "skip"


_ASKED = {
    Ask.HINT: (
        "hint", "give me a hint", "help", "help me", "i do not know", "no idea", "i have no idea", "i am not sure",
        "tell me", "what is the answer", "tell me the answer", "i give up", "show me",
    ),
    Ask.SKIP: ("skip", "skip this", "skip it", "next", "next one", "next question", "go on", "move on", "continue"),
}  # fmt: skip


def asked_in(said: str) -> Ask | None:
    """Tell whether the learner asks for help or to go on, instead of answering."""
    core = " ".join(
        word for word in words_of(said) if word not in ("please", "can", "you", "could", "oh", "um", "sorry")
    )
    return next((ask for ask, phrases in _ASKED.items() if core in phrases), None)


def begin(lesson: Lesson, *, review: Sequence[str] = (), at: str = "") -> Turn:
    """Begin a lesson, or go on `at` a step; first asks the steps named in `review` that the lesson still has."""
    start = at if lesson.has(at) else lesson.steps[0].id
    due = tuple(name for name in review if lesson.has(name) and lesson.step(name).expect)
    opening = [Piece(lesson.welcome_back)] if start != lesson.steps[0].id else []
    if due:
        place = Place(due[0], to_review=due[1:], reviewing=True, then=start)
        return _say(lesson, place, [*opening, Piece(lesson.review)])
    return _say(lesson, Place(start), opening)


def answer(
    lesson: Lesson, place: Place, said: str, *, heard: str | None = None, off_words: Sequence[str] | None = None
) -> Turn:
    """Take the learner's answer.

    `heard` is what was heard of the tutor's last turn before the learner cut in; None: all of it. `off_words` are the
    words of a sentence to pronounce that were not said well; None: pronunciation was not measured.
    """
    if place.step == END:
        return Turn(place, "")
    unheard = () if heard is None else unheard_of(place.pieces, heard)
    if unheard:
        return _turn(lesson, replace(place, pieces=unheard), list(unheard))
    step = lesson.step(place.step)
    ask = asked_in(said)
    if ask is Ask.SKIP:
        return _go_on(lesson, place, [], lesson.after(step.id), quality=1)
    if ask is Ask.HINT:
        return _help(lesson, place, step, [])
    if step.pronounce:
        return _pronounced(lesson, place, step, _off(step, said, off_words))
    return _judged(lesson, place, step, said)


def unheard_of(pieces: Sequence[Piece], heard: str) -> tuple[Piece, ...]:
    """Give the pieces from the first one that was not heard to its last word."""
    left = len(_spoken_words(heard))
    for number, piece in enumerate(pieces):
        left -= len(_spoken_words(piece.text))
        if left < 0:
            return tuple(pieces[number:])
    return ()


def _spoken_words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:['’][^\W_]+)*", re.sub(r"\[[^\]]*\]", " ", text))


def _judged(lesson: Lesson, place: Place, step: Step, said: str) -> Turn:
    expected, judged = best_match(step.expect, said, synonyms_of(lesson.synonyms))
    if expected and judged.verdict is Verdict.RIGHT and expected.right:
        praise = expected.reply or _in_turn(lesson.praise, place)
        quality = 5 if place.tries == 0 else 3
        return _go_on(lesson, place, [Piece(praise)], expected.go_to or lesson.after(step.id), quality)
    if expected and judged.verdict is Verdict.RIGHT:
        return _again(lesson, place, [Piece(expected.reply)])
    if judged.verdict is Verdict.NEARLY and place.tries == 0:
        return _again(lesson, place, [Piece(_in_turn(lesson.nearly, place))])
    return _help(lesson, place, step, [] if step.hints else [Piece(_in_turn(lesson.wrong, place))])


def best_match(expected: Sequence[Expected], said: str, synonyms: Synonyms) -> tuple[Expected | None, Judged]:
    """Find the kind of answer that fits best, the earlier of two alike; a likely mistake must fit wholly."""
    best: Expected | None = None
    best_judged = Judged(Verdict.WRONG, 0.0)
    for kind in expected:
        judged = judge(kind, said, synonyms)
        if judged.share > best_judged.share and (kind.right or judged.verdict is Verdict.RIGHT):
            best, best_judged = kind, judged
    return best, best_judged


def judge(expected: Expected, said: str, synonyms: Synonyms) -> Judged:
    """Judge an answer against one kind of answer."""
    if expected.number is not None:
        return judge_number(expected.number, said)
    return max((judge_phrase(phrase, said, synonyms) for phrase in expected.any_of), key=lambda judged: judged.share)


def _help(lesson: Lesson, place: Place, step: Step, opening: list[Piece]) -> Turn:
    """Give the next hint, or the answer when there is none left."""
    if place.tries < len(step.hints):
        return _again(lesson, place, [*opening, Piece(step.hints[place.tries])])
    if step.hints or place.tries or not opening:
        told = step.answer or (f"Listen: {step.pronounce}" if step.pronounce else "")
        return _go_on(lesson, place, [Piece(told)], lesson.after(step.id), quality=1)
    return _again(lesson, place, opening)


def _off(step: Step, said: str, off_words: Sequence[str] | None) -> tuple[str, ...]:
    """Name the words that were not said well: as measured, or those the recogniser did not hear at all."""
    if off_words is not None:
        return tuple(off_words)
    heard = set(words_of(said))
    return tuple(word for word in words_of(step.pronounce) if word not in heard)


def _pronounced(lesson: Lesson, place: Place, step: Step, off: tuple[str, ...]) -> Turn:
    if not off:
        praise = Piece(_in_turn(lesson.praise, place))
        return _go_on(lesson, place, [praise], lesson.after(step.id), quality=5 if place.tries == 0 else 3)
    if place.tries + 1 >= MOST_TRIES_TO_PRONOUNCE:
        kind = Piece("[smile] Good practice. These sounds take time, and we will come back to them.")
        return replace(_go_on(lesson, place, [kind], lesson.after(step.id), quality=3), off_words=off)
    turn = _again(lesson, place, [Piece(correction(off, len(words_of(step.pronounce)))), Piece(step.pronounce)])
    return replace(turn, off_words=off)


def correction(off: Sequence[str], words: int) -> str:
    """Say kindly which words need another try."""
    if 2 * len(off) > words:
        return "[smile] Good start. Listen once more, and say it slowly with me."
    named = " and ".join(f"'{word}'" for word in off[:2])
    return f"[nod] Very nearly. I could not quite hear {named}. Listen again, then say the whole sentence."


def _again(lesson: Lesson, place: Place, pieces: list[Piece]) -> Turn:
    """Stay at the step for another try."""
    return _turn(lesson, replace(place, tries=place.tries + 1, spoken=place.spoken + 1, pieces=tuple(pieces)), pieces)


def _go_on(lesson: Lesson, place: Place, pieces: list[Piece], target: str, quality: int) -> Turn:
    """Leave the step, for the next one to be reviewed where a review is under way."""
    result = Result(place.step, quality, lesson.step(place.step).remember)
    moved = _next_in_review(place) if place.reviewing else replace(place, step=target, tries=0)
    turn = _say(lesson, moved, pieces)
    return replace(turn, results=(result,))


def _next_in_review(place: Place) -> Place:
    if place.to_review:
        return replace(place, step=place.to_review[0], to_review=place.to_review[1:], tries=0)
    return replace(place, step=place.then, then="", reviewing=False, tries=0)


def _say(lesson: Lesson, place: Place, pieces: list[Piece]) -> Turn:
    """Say what leads up to the next step that waits, and that step."""
    name, picture = place.step, ""
    while name != END:
        step = lesson.step(name)
        pieces = [*pieces, Piece(step.say, step.id), *([Piece(step.pronounce, step.id)] if step.pronounce else [])]
        picture = step.picture or picture
        if step.waits:
            break
        name = lesson.after(name)
    moved = replace(place, step=name, spoken=place.spoken + 1, pieces=tuple(pieces))
    return replace(_turn(lesson, moved, pieces), picture=picture)


def _turn(lesson: Lesson, place: Place, pieces: Sequence[Piece]) -> Turn:
    text = " ".join(piece.text.strip() for piece in pieces if piece.text.strip())
    picture = lesson.step(place.step).picture if place.step != END else ""
    return Turn(place, text, picture)


def _in_turn(sentences: Sequence[str], place: Place) -> str:
    return sentences[place.spoken % len(sentences)]
