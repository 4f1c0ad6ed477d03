from pathlib import Path

import pytest

from dialogue.history import Utterance
from dialogue.lesson import load_lesson
from dialogue.reply import Replier
from dialogue.reply.aside import AsideReplier, is_question
from dialogue.reply.commands import CommandReplier
from dialogue.reply.knowledge import KnowledgeReplier
from dialogue.reply.lesson import LessonReplier
from dialogue.tutor import Turn

ASSETS = Path(__file__).parents[3] / "assets"


class Class:
    """A learner in a travel lesson, from a step on."""

    def __init__(self, at: str) -> None:
        self.turns: list[Turn] = []
        lesson_file = load_lesson(ASSETS / "lessons" / "travel_english.yaml")
        self.lesson = LessonReplier(lesson_file, lambda turn, _: self.turns.append(turn), at=at)
        knowledge = KnowledgeReplier.load(ASSETS / "knowledge" / "tutor.yaml")
        aside = AsideReplier(self.lesson, knowledge, knowledge.knows)
        self.replier: Replier = CommandReplier(aside, gives_way=self.lesson.is_answered)
        self.history = [Utterance("agent", self.replier.greeting())]

    async def say(self, text: str, heard: str | None = None) -> str:
        """Say something; `heard` is where the learner cuts the reply off."""
        self.history.append(Utterance("user", text))
        reply = "".join([part async for part in self.replier.reply(self.history)])
        self.history.append(Utterance("agent", reply if heard is None else heard, heard is not None))
        return reply


@pytest.mark.parametrize("asked", ["When do I use the present perfect?", "explain the present perfect"])
async def test_a_question_is_answered_and_the_lesson_asks_its_own_again(asked: str) -> None:
    lesson = Class("hotel_breakfast")
    reply = await lesson.say(asked)
    assert "for the past that still matters" in reply
    assert reply.endswith("You want to know the time of breakfast. Ask for it.")
    assert "Scene three" in await lesson.say("What time is breakfast?")


async def test_a_question_that_is_the_answer_stays_one() -> None:
    lesson = Class("way")
    assert "Where do you turn left" in await lesson.say("excuse me, where is the museum?")


async def test_what_nobody_knows_is_a_wrong_answer() -> None:
    assert "Ask the clerk" not in await Class("hotel_breakfast").say("who is the king of the penguins")


async def test_an_answer_beside_the_lesson_that_was_cut_off_does_not_hold_it_up() -> None:
    lesson = Class("hotel_breakfast")
    await lesson.say("when do I use the present perfect", heard="Use the present perfect")
    assert "Scene three" in await lesson.say("when is breakfast")


async def test_words_of_a_command_may_be_the_answer_and_are_a_command_elsewhere() -> None:
    asking = Class("station_ask")
    assert "very polite" in await asking.say("Sorry, could you say that again?")
    elsewhere = Class("hotel_breakfast")
    assert await elsewhere.say("Sorry, could you say that again?") == elsewhere.history[0].text


async def test_when_the_lesson_is_over_there_is_free_talk() -> None:
    lesson = Class("more")
    assert "end of the lesson" in await lesson.say("no, thank you")
    reply = await lesson.say("when do I use the present perfect")
    assert "for the past that still matters" in reply
    assert "lesson" not in reply
    assert lesson.lesson.is_over


def test_questions_are_told_from_answers_without_a_question_mark() -> None:
    assert is_question("could you tell me when I use the present perfect")
    assert is_question("a single ticket?")
    assert not is_question("a single ticket to London please")
    assert not is_question("")
