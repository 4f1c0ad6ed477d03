"""A lesson as a conversation: the tutor's state machine behind the same seam as every other way of replying."""

from collections.abc import AsyncIterator, Callable, Sequence

from dialogue.history import Utterance
from dialogue.lesson import END, Lesson
from dialogue.tutor import Place, Turn, answer, begin

OffWords = Callable[[str], Sequence[str] | None]
"""Names the words of a sentence that the learner's last utterance did not say well; None where it cannot tell."""
Taught = Callable[[Turn, str], None]
"""Takes each turn with the learner's words before it: to show pictures, keep progress and write the transcript."""


def _cannot_tell(_: str) -> None:
    return None


class LessonReplier:
    """`Replier` that gives a lesson. What was heard of its last turn is read off the history."""

    def __init__(
        self, lesson: Lesson, taught: Taught, *, review: Sequence[str] = (), at: str = "",
        off_words: OffWords = _cannot_tell, farewell: str = "[smile] That is the end of the lesson. Well done.",
    ) -> None:  # fmt: skip
        """Prepare the lesson from its beginning or from step `at`, with the steps in `review` first."""
        self._lesson, self._taught = lesson, taught
        self._off_words, self._farewell = off_words, farewell
        self._opening = begin(lesson, review=review, at=at)
        self._place = self._opening.place
        self._begun = False

    @property
    def place(self) -> Place:
        """Where the learner is."""
        return self._place

    @property
    def is_over(self) -> bool:
        """Whether the last step is done."""
        return self._place.step == END

    def greeting(self) -> str:
        """Give the lesson's first words."""
        if not self._begun:
            self._begun = True
            self._taught(self._opening, "")
        return self._opening.text

    async def reply(self, history: Sequence[Utterance]) -> AsyncIterator[str]:
        """Stream the tutor's next turn; see `Replier`."""
        said = history[-1].text
        before = next((past for past in reversed(history[:-1]) if past.speaker == "agent"), None)
        heard = before.text if before and before.interrupted else None
        if self.is_over:
            yield self._farewell
            return
        turn = answer(self._lesson, self._place, said, heard=heard, off_words=self._measured())
        self._place = turn.place
        self._taught(turn, said)
        yield turn.text
        if turn.place.step == END:
            yield f" {self._farewell}"

    def _measured(self) -> Sequence[str] | None:
        sentence = self._lesson.step(self._place.step).pronounce
        return self._off_words(sentence) if sentence else None
