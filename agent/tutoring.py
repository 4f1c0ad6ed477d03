"""A learner's lesson: the file, what they know, and where they stopped, put together."""

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

from agent.progress import Progress
from dialogue.errors import InputError
from dialogue.lesson import END, load_lesson
from dialogue.lesson_record import Exchange, as_html, as_markdown
from dialogue.reply.lesson import LessonReplier, OffWords
from dialogue.tutor import Turn

MOST_REVIEWED = 5
"""Steps of earlier days at the beginning of a lesson."""


class LessonNotes:
    """What happened in a lesson, for its transcript; in memory only."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []

    def add(self, turn: Turn, said: str) -> None:
        """Note a turn and the learner's words before it."""
        quality = turn.results[-1].quality if turn.results else None
        self.exchanges.append(Exchange(said, turn.text, quality, turn.off_words))


def write_transcript(path: Path, title: str, learner: str, notes: LessonNotes, day: date) -> None:
    """Write what happened in a lesson as a web page (.html) or as Markdown, readable by its owner alone.

    Raises InputError where it cannot be written.
    """
    written = as_html if path.suffix == ".html" else as_markdown
    try:
        path.touch(mode=0o600)
        path.write_text(written(title, learner, day, notes.exchanges), encoding="utf-8")
    except OSError as exc:
        raise InputError(f"the transcript {path} cannot be written ({exc}): name another place") from exc


def open_lesson(
    path: Path,
    learner: str,
    progress: Progress,
    notes: LessonNotes,
    *,
    off_words: OffWords = lambda _: None,
    today: Callable[[], date] = date.today,
) -> LessonReplier:
    """Open a lesson for a learner: with what is due today first, and from where they stopped.

    Blocks for some milliseconds. Raises ConfigError for the file, InputError for the name, EngineError for progress.
    """
    lesson = load_lesson(path)
    progress.welcome(learner, today())
    return LessonReplier(
        lesson,
        partial(_keep, progress, notes, learner, path.stem, today),
        review=progress.due(learner, path.stem, today(), MOST_REVIEWED),
        at=progress.place(learner, path.stem),
        off_words=off_words,
    )


def _keep(
    progress: Progress, notes: LessonNotes, learner: str, lesson: str, today: Callable[[], date], turn: Turn, said: str
) -> None:
    notes.add(turn, said)
    for result in turn.results:
        progress.record(learner, lesson, result.step, result.quality, remember=result.remember, day=today())
    place = turn.place.then if turn.place.reviewing else turn.place.step
    progress.keep_place(learner, lesson, "" if place == END else place, today())
