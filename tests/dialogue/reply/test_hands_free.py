import pytest

from dialogue.history import Utterance
from dialogue.recognise.sphinx import SphinxRecogniser, SphinxSettings
from dialogue.reply.commands import HANDS_FREE, Command, CommandReplier, command_in, phrases_of, word_to_spell
from tests.dialogue.recordings import spoken
from tests.dialogue.reply.test_commands import Counting


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("Captions on, please.", Command.CAPTIONS_ON), ("could you turn off the captions", Command.CAPTIONS_OFF),
        ("caption's on", Command.CAPTIONS_ON), ("larger tax", Command.LARGER), ("bigger text please", Command.LARGER),
        ("the text is too small", Command.LARGER), ("smaller letters", Command.SMALLER),
        ("wait for me", Command.PATIENCE), ("Don't interrupt me!", Command.PATIENCE),
        ("stop listening", Command.SLEEP), ("stop lessening", Command.SLEEP), ("wake up", Command.WAKE),
        ("Are you there?", Command.STATUS), ("are you still their", Command.STATUS),
        ("can you hear me", Command.STATUS), ("pause", Command.PAUSE), ("go on", Command.GO_ON),
        ("spell that", Command.SPELL), ("stop", Command.STOP), ("wait", Command.STOP), ("louder", Command.LOUDER),
        ("say that again", Command.REPEAT), ("goodbye", Command.GOODBYE),
    ],
)  # fmt: skip
def test_everything_can_be_steered_by_voice(text: str, command: Command) -> None:
    assert command_in(text, HANDS_FREE) is command


@pytest.mark.parametrize(
    "text",
    [
        "what is the capital of France", "I have been listening to music", "are there any buses", "my text books",
        "tell me a story", "what will the weather be like", "I was in the captain's cabin", "how large is the moon",
        "read me the text", "is it going to rain today", "call my daughter please", "",
    ],
)  # fmt: skip
def test_talk_is_not_taken_for_a_command(text: str) -> None:
    assert command_in(text, HANDS_FREE) is None


def test_only_what_may_be_steered_is() -> None:
    assert command_in("captions on") is None
    assert command_in("louder", frozenset({Command.STOP})) is None


async def said(*history: Utterance) -> str:
    replier = CommandReplier(Counting(), obeyed=HANDS_FREE, status=lambda: "I am waiting for you.")
    return "".join([part async for part in replier.reply(history)])


async def test_the_agent_says_what_it_is_doing_and_spells_what_it_said() -> None:
    assert await said(Utterance("user", "are you there")) == "I am waiting for you."
    told = Utterance("agent", "You will find Margaret Holloway in the front office.")
    assert await said(told, Utterance("user", "spell that")) == "Margaret: M, A, R, G, A, R, E, T."
    assert await said(told, Utterance("user", "how do you spell office?")) == "office: O, double F, I, C, E."
    assert (await said(Utterance("user", "stop listening"))).endswith("[listening off]")


async def test_going_on_after_a_pause_says_the_answer_that_was_cut_off() -> None:
    asked, cut_off = Utterance("user", "where is it"), Utterance("agent", "It is", interrupted=True)
    pause, go_on = Utterance("user", "pause"), Utterance("user", "go on")
    whole = "".join([part async for part in Counting().reply([asked])])
    assert await said(asked, cut_off, pause, go_on) == f"[resume] {whole}"
    assert await said(asked, Utterance("agent", "It is here."), go_on) == "[resume] "


def test_the_word_to_spell_is_the_one_named_or_the_last_name() -> None:
    assert word_to_spell("spell the word restaurant", "") == "restaurant"
    assert word_to_spell("spell it", "[smile] It is in Oxford today.") == "Oxford"
    assert word_to_spell("spell that", "") == ""


def test_spoken_commands_are_understood() -> None:
    recogniser = SphinxRecogniser(SphinxSettings(), phrases_of(HANDS_FREE))
    wrong = []
    for phrase, command in (
        ("Captions on please", Command.CAPTIONS_ON), ("Make the text bigger", Command.LARGER),
        ("Wait for me", Command.PATIENCE), ("Stop listening", Command.SLEEP), ("Are you there", Command.STATUS),
        ("Spell that", Command.SPELL), ("Speak louder", Command.LOUDER), ("Say that again", Command.REPEAT),
    ):  # fmt: skip
        recogniser.begin()
        recogniser.accept(spoken(phrase))
        text = recogniser.finish().text
        if command_in(text, HANDS_FREE) is not command:
            wrong.append((phrase, text))
    assert len(wrong) <= 1, wrong
