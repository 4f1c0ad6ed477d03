import pytest

from agent.config import ROOT
from dialogue.directory import Directory, Person, load_directory
from dialogue.history import Utterance
from dialogue.reply.knowledge import KnowledgeReplier
from dialogue.reply.reception import ReceptionReplier

KNOWLEDGE = KnowledgeReplier.load(ROOT / "assets" / "knowledge" / "reception.yaml")
PEOPLE = (
    Person(name="Catherine Bellamy", team="Sales", room="2.04"),
    Person(name="Catherine Bellamont", room="1.01"),
    Person(name="Siobhan Gallagher", team="Legal"),
)


class Desk:
    """A reception desk, and whom it told."""

    def __init__(self, people: Directory | None = None) -> None:
        self.told: list[str] = []
        people = people or Directory(PEOPLE)
        self.replier = ReceptionReplier(KNOWLEDGE, KNOWLEDGE.knows, people, lambda one: self.told.append(one.name))

    async def hear(self, text: str) -> str:
        return "".join([part async for part in self.replier.reply([Utterance("user", text)])])


async def test_somebody_clearly_named_is_told_at_once() -> None:
    desk = Desk()
    answer = await desk.hear("hello i have an appointment with siobhan gallagher")
    assert "Siobhan Gallagher of Legal" in answer
    assert desk.told == ["Siobhan Gallagher"]


async def test_a_mispronounced_name_is_found() -> None:
    desk = Desk(load_directory(ROOT / "assets" / "directories" / "office.yaml"))
    await desk.hear("i am here to see voytek novakovski")
    await desk.hear("yes")
    assert desk.told == ["Wojciech Nowakowski"]


@pytest.mark.parametrize(("choice", "told"), [("the second one", 1), ("bellamy please", 0), ("catherine bellamont", 1)])
async def test_two_alike_are_offered_and_one_is_chosen(choice: str, told: int) -> None:
    desk = Desk()
    question = await desk.hear("i would like to see catherine bellam")
    assert question.startswith("Do you mean Catherine")
    assert desk.told == []
    offered = [person for person in PEOPLE if person.name in question]
    await desk.hear(choice)
    expected = offered[1].name if choice == "the second one" else PEOPLE[told].name
    assert desk.told == [expected]


async def test_nobody_is_told_when_neither_was_meant() -> None:
    desk = Desk()
    await desk.hear("i would like to see catherine bellam")
    assert "spell" in await desk.hear("no neither")
    await desk.hear("g a l l a g h e r")
    assert desk.told == ["Siobhan Gallagher"]


@pytest.mark.parametrize(
    "question",
    ["what are your opening hours", "where is the elevator", "can you call a taxi for me", "where can i park"],
)
async def test_what_is_no_person_goes_to_the_knowledge(question: str) -> None:
    desk = Desk(load_directory(ROOT / "assets" / "directories" / "office.yaml"))
    answer = await desk.hear(question)
    assert desk.told == []
    assert "Do you mean" not in answer


async def test_the_next_visitor_is_not_offered_whom_the_last_one_wanted() -> None:
    desk = Desk()
    await desk.hear("i would like to see catherine bellam")
    desk.replier.forget()
    await desk.hear("the first one")
    assert desk.told == []
