"""A lesson as a conversation: the tutor's state machine behind the same seam as every other way of replying."""

import re
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import PurePath

from dialogue.answers import Verdict, judge_phrase, synonyms_of
from dialogue.history import Utterance
from dialogue.lesson import END, Lesson
from dialogue.reply.words import words_of
from dialogue.tutor import Place, Turn, answer, begin, best_match

OffWords = Callable[[str], Sequence[str] | None]
"""Names the words of a sentence that the learner's last utterance did not say well; None where it cannot tell."""
Taught = Callable[[Turn, str], None]
"""Takes each turn that was really given, with the learner's words before it: to keep progress and write it down."""


def _cannot_tell(_: str) -> None:
    return None


class LessonReplier:
    """`Replier` that gives a lesson.

    Replies are prepared before the learner has finished, and thrown away when they go on; so a turn counts only once
    the history shows that some of it was heard. Pictures come as stage directions, `[picture station]`.
    """

    def __init__(
        self, lesson: Lesson, taught: Taught, *, review: Sequence[str] = (), at: str = "",
        off_words: OffWords = _cannot_tell, farewell: str = "[smile] That is the end of the lesson. Well done.",
    ) -> None:  # fmt: skip
        """Prepare the lesson from its beginning or from step `at`, with the steps in `review` first."""
        self._lesson, self._taught = lesson, taught
        self._off_words, self._farewell = off_words, farewell
        self._opening = begin(lesson, review=review, at=at)
        self._place = self._opening.place
        self._prepared: tuple[tuple[Utterance, ...], Turn, str] | None = None
        """The history before the learner's words, the turn, and those words."""

    @property
    def place(self) -> Place:
        """Where the learner is, as far as it is certain."""
        return self._place

    @property
    def title(self) -> str:
        """The lesson's name."""
        return self._lesson.title

    @property
    def is_over(self) -> bool:
        """Whether the last step is done."""
        return self._place.step == END

    @property
    def question(self) -> str:
        """What the learner is asked at the moment, without what led up to it; empty when the lesson is over."""
        if self.is_over:
            return ""
        step = self._lesson.step(self._place.step)
        return f"{step.say} {step.pronounce}".strip()

    def judged(self, history: Sequence[Utterance]) -> Verdict:
        """Judge the last utterance as an answer to what is asked, a likely mistake being one; nothing comes of it."""
        self.settle(history)
        if self.is_over:
            return Verdict.WRONG
        step, said, synonyms = self._lesson.step(self._place.step), history[-1].text, synonyms_of(self._lesson.synonyms)
        if step.pronounce:
            return judge_phrase(step.pronounce, said, synonyms).verdict
        return best_match(step.expect, said, synonyms)[1].verdict

    def is_answered(self, history: Sequence[Utterance]) -> bool:
        """Tell whether the last utterance answers what is asked, whatever else it might mean."""
        return self.judged(history) is Verdict.RIGHT

    def vocabulary(self) -> tuple[str, ...]:
        """Give what the learner is likely to say, for a recogniser to expect."""
        expected = [phrase for step in self._lesson.steps for kind in step.expect for phrase in kind.any_of]
        numbers = [str(kind.number) for step in self._lesson.steps for kind in step.expect if kind.number is not None]
        return (*expected, *numbers, *(step.pronounce for step in self._lesson.steps if step.pronounce))

    def greeting(self) -> str:
        """Give the lesson's first words."""
        return self._written(self._opening)

    async def reply(self, history: Sequence[Utterance]) -> AsyncIterator[str]:
        """Stream the tutor's next turn; see `Replier`."""
        self.settle(history)
        if self.is_over:
            yield self._farewell
            return
        said = history[-1].text
        before = next((past for past in reversed(history[:-1]) if past.speaker == "agent"), None)
        heard = before.text if before and before.interrupted and self._is_last_turn(before.text) else None
        turn = answer(self._lesson, self._place, said, heard=heard, off_words=self._measured())
        self._prepared = tuple(history[:-1]), turn, said
        yield self._written(turn)

    def settle(self, history: Sequence[Utterance]) -> None:
        """Count the turn prepared last if the history shows that it was given; call it once more at the end."""
        if self._prepared is None:
            return
        before, turn, said = self._prepared
        self._prepared = None
        if before in (tuple(history), tuple(history[:-1])):
            return
        given = next((past.text for past in reversed(history) if past.speaker == "agent"), "")
        if _begins(self._written(turn), given):
            self._place = turn.place
            self._taught(turn, said)

    def _written(self, turn: Turn) -> str:
        picture = f"[picture {PurePath(turn.picture).stem}] " if turn.picture else ""
        ending = f" {self._farewell}" if turn.place.step == END else ""
        return f"{picture}{turn.text}{ending}"

    def _is_last_turn(self, heard: str) -> bool:
        """Tell whether what was heard is of the lesson, not of an answer beside it."""
        return _begins(" ".join(piece.text for piece in self._place.pieces), heard)

    def _measured(self) -> Sequence[str] | None:
        sentence = self._lesson.step(self._place.step).pronounce
        return self._off_words(sentence) if sentence else None


def _begins(whole: str, heard: str) -> bool:
    """Tell whether what was heard is the beginning of a text, stage directions aside."""
    plain = [words_of(_without_directions(text)) for text in (whole, heard)]
    return bool(plain[1]) and plain[0][: len(plain[1])] == plain[1]


def _without_directions(text: str) -> str:
    return re.sub(r"\[[^\]]*\]", " ", text)
