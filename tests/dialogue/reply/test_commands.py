from collections.abc import AsyncIterator, Sequence

import pytest

from dialogue.history import Utterance
from dialogue.reply.commands import Command, CommandReplier, command_in
from dialogue.sentences import Direction, pieces_of


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("Can you repeat that, please?", Command.REPEAT), ("What?", Command.REPEAT),
        ("Sorry, what was that?", Command.REPEAT),
        ("I didn't hear you.", Command.REPEAT), ("say that again more slowly", Command.REPEAT),
        ("louder", Command.LOUDER), ("Could you speak up a little?", Command.LOUDER),
        ("I can't hear you", Command.LOUDER),
        ("you are too loud", Command.QUIETER), ("turn it down please", Command.QUIETER),
        ("Slow down!", Command.SLOWER), ("you're talking too fast", Command.SLOWER), ("not so fast", Command.SLOWER),
        ("could you speak faster please", Command.FASTER),
        ("Stop.", Command.STOP), ("please be quiet", Command.STOP), ("hold on a second", Command.STOP),
        ("Goodbye", Command.GOODBYE), ("thank you, bye bye", Command.GOODBYE), ("Have a nice day!", Command.GOODBYE),
        ("repeat the lost sentence", Command.REPEAT),
    ],
)  # fmt: skip
def test_commands_are_understood_however_they_are_dressed(text: str, command: Command) -> None:
    assert command_in(text) is command


@pytest.mark.parametrize(
    "text",
    [
        "", "does the bus stop here", "where is the bus stop", "how fast is the elevator", "can you hear me",
        "I have to go to the airport", "thank you", "is it quiet in the waiting room", "how long do I have to wait",
        "the music upstairs is too loud can somebody do something about it", "say hello to Mary", "what is your name",
    ],
)  # fmt: skip
def test_questions_are_not_taken_for_commands(text: str) -> None:
    assert command_in(text) is None


class Counting:
    """A replier that says how many utterances it was given."""

    def greeting(self) -> str:
        return "Hello."

    async def reply(self, history: Sequence[Utterance]) -> AsyncIterator[str]:
        yield f"I was given {len(history)}."


async def said(*history: Utterance) -> tuple[str, tuple[Direction, ...]]:
    pieces = [piece async for piece in pieces_of(CommandReplier(Counting(), "See you.").reply(history))]
    return " ".join(piece.text for piece in pieces if piece.words), sum((piece.directions for piece in pieces), ())


ASKED = Utterance("user", "Where is the lift?")
ANSWERED = Utterance("agent", "It is over there.")


async def test_a_question_goes_to_the_replier() -> None:
    assert await said(ASKED) == ("I was given 1.", ())


async def test_the_last_answer_is_repeated() -> None:
    assert await said(ASKED, ANSWERED, Utterance("user", "say that again")) == ("It is over there.", ())


async def test_an_answer_that_was_cut_off_is_repeated_in_full() -> None:
    cut_off = Utterance("agent", "It is", interrupted=True)
    assert await said(ASKED, cut_off, Utterance("user", "what?")) == ("I was given 1.", ())


async def test_the_greeting_is_repeated_when_nothing_else_was_said() -> None:
    assert await said(Utterance("user", "pardon, what did you say?")) == ("Hello.", ())


async def test_stop_says_nothing_and_tells_the_session() -> None:
    assert await said(ASKED, ANSWERED, Utterance("user", "stop")) == ("", (Direction("stop"),))


@pytest.mark.parametrize("name", ["louder", "quieter", "slower", "faster"])
async def test_the_voice_is_told_before_the_first_word(name: str) -> None:
    words, directions = await said(Utterance("user", name))
    assert words
    assert directions == (Direction(name),)


async def test_goodbye_ends_the_conversation_after_the_farewell() -> None:
    assert await said(Utterance("user", "good bye")) == ("See you.", (Direction("goodbye"),))
