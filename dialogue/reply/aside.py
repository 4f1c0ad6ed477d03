"""Questions a learner asks beside the lesson: another replier answers them and the lesson's own question comes back."""

import re
from collections.abc import AsyncIterator, Callable, Sequence

from dialogue.answers import Verdict
from dialogue.history import Utterance
from dialogue.reply import Replier
from dialogue.reply.lesson import LessonReplier
from dialogue.reply.words import without_opener, words_of
from dialogue.tutor import asked_in

# How questions begin; recognised speech has no question marks.
_ASKS = re.compile(
    r"(?:what|when|where|which|who|whose|why|how|is|are|do|does|did|can|could|may|should|explain|tell me)\b"
)
_BACK = "Now back to our lesson."

Knows = Callable[[Sequence[Utterance]], bool]
"""Tells whether the other replier is sure of an answer: what it would only guess stays an answer to the lesson."""


class AsideReplier:
    """`Replier` that gives a lesson, leaves it for a question that is no answer, and talks freely afterwards."""

    def __init__(self, lesson: LessonReplier, other: Replier, knows: Knows) -> None:
        self._lesson, self._other, self._knows = lesson, other, knows

    def greeting(self) -> str:
        """Give the lesson's first words."""
        return self._lesson.greeting()

    def reply(self, history: Sequence[Utterance]) -> AsyncIterator[str]:
        """Stream the reply; see `Replier`."""
        verdict = self._lesson.judged(history)
        if self._lesson.is_over:
            return self._other.reply(history)
        said = history[-1].text
        is_aside = verdict is Verdict.WRONG and not asked_in(said) and is_question(said) and self._knows(history)
        return self._aside(history) if is_aside else self._lesson.reply(history)

    async def _aside(self, history: Sequence[Utterance]) -> AsyncIterator[str]:
        async for text in self._other.reply(history):
            yield text
        yield f" {_BACK} {self._lesson.question}"


def is_question(said: str) -> bool:
    """Tell whether somebody asks something."""
    return said.rstrip().endswith("?") or bool(_ASKS.match(" ".join(without_opener(words_of(said)))))
