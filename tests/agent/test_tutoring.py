import sqlite3
from datetime import date, timedelta
from pathlib import Path

import pytest

from agent.progress import Progress
from agent.tutoring import LessonNotes, open_lesson
from dialogue.errors import EngineError
from dialogue.history import Utterance
from dialogue.lesson_record import as_markdown
from dialogue.reply.lesson import LessonReplier

LESSON = Path(__file__).parents[2] / "assets" / "lessons" / "times_tables.yaml"
TODAY = date(2026, 11, 23)


class Conversation:
    """A learner and a tutor, without sound."""

    def __init__(self, replier: LessonReplier) -> None:
        self.replier = replier
        self.history = [Utterance("agent", replier.greeting())]

    async def say(self, text: str) -> str:
        self.history.append(Utterance("user", text))
        reply = await self.draft(self.history)
        self.history.append(Utterance("agent", reply))
        return reply

    async def draft(self, history: list[Utterance]) -> str:
        return "".join([part async for part in self.replier.reply(history)])


def lesson_on(day: date, progress: Progress, notes: LessonNotes) -> Conversation:
    return Conversation(open_lesson(LESSON, "Ann", progress, notes, today=lambda: day))


async def test_a_lesson_goes_on_tomorrow_with_what_was_hard_today(tmp_path: Path) -> None:
    notes = LessonNotes()
    with Progress(tmp_path / "p.sqlite") as progress:
        lesson = lesson_on(TODAY, progress, notes)
        assert "three rows" in lesson.history[0].text
        for said in ("twelve", "still twelve", "ten", "I don't know", "no idea", "16"):
            await lesson.say(said)
        lesson.replier.settle(lesson.history)
        assert progress.place("Ann", "times_tables") == "tens"
    with Progress(tmp_path / "p.sqlite") as progress:
        tomorrow = lesson_on(TODAY + timedelta(days=1), progress, LessonNotes())
        opening = tomorrow.history[0].text
        assert opening.index("Welcome back") < opening.index("a few sums from last time")
        asked = [opening, *[await tomorrow.say("hint") for _ in range(8)]]
        assert any("two times six" in reply.lower() for reply in asked)
    written = as_markdown("Times tables", "Ann", TODAY, notes.exchanges)
    assert "> I don't know" in written


async def test_a_draft_that_was_thrown_away_changes_nothing(tmp_path: Path) -> None:
    notes = LessonNotes()
    with Progress(tmp_path / "p.sqlite") as progress:
        lesson = lesson_on(TODAY, progress, notes)
        draft = await lesson.draft([*lesson.history, Utterance("user", "twelve")])
        assert "Twelve" in draft
        assert "Count all" in await lesson.draft([*lesson.history, Utterance("user", "seven")])
        assert await lesson.say("twelve") == draft
        assert notes.exchanges == []
        await lesson.say("twelve")
        assert [exchange.said for exchange in notes.exchanges] == ["twelve"]


async def test_a_turn_cut_off_in_the_middle_counts_and_its_rest_is_said_again(tmp_path: Path) -> None:
    with Progress(tmp_path / "p.sqlite") as progress:
        lesson = lesson_on(TODAY, progress, LessonNotes())
        reply = await lesson.say("twelve")
        spoken = reply.partition("] ")[2].partition("] ")[2] or reply
        lesson.history[-1] = Utterance("agent", spoken.split(" Now ")[0], interrupted=True)
        again = await lesson.say("twelve")
        assert "Four rows of three" in again
        assert "Still twelve" not in again


async def test_a_disk_that_fails_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    with Progress(path) as progress:
        lesson = lesson_on(TODAY, progress, LessonNotes())
        await lesson.say("twelve")
        with sqlite3.connect(path) as vandal:
            vandal.execute("DROP TABLE answer")
        vandal.close()
        with pytest.raises(EngineError, match="progress cannot be kept"):
            await lesson.say("twelve")
