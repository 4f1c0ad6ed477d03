"""What users say to steer the conversation itself: "say that again", "slower, please", "stop", "goodbye"."""

from collections.abc import AsyncIterator, Sequence
from enum import StrEnum

from rapidfuzz import fuzz, process

from dialogue.history import Utterance
from dialogue.reply import Replier
from dialogue.reply.words import words_of


class Command(StrEnum):
    """What the user wants of the conversation; all but `REPEAT` are also the names of stage directions."""

    REPEAT = "repeat"
    LOUDER = "louder"
    QUIETER = "quieter"
    SLOWER = "slower"
    FASTER = "faster"
    STOP = "stop"
    GOODBYE = "goodbye"


_FILLERS = frozenset(
    "please can could would will you a an the bit little much more just now then sorry okay ok oh um uh well and but"
    " for me want like to thanks thank very so really again hey hello excuse pardon second minute moment one is was"
    " that it this your am are".split()
)
"""Words that change nothing about a command."""
_PHRASES = {
    Command.REPEAT: (
        "what", "what was that", "repeat", "say that again", "say it once", "once more", "one more time", "come again",
        "what did you say", "tell me again", "i did not hear you", "i did not catch that", "i did not understand",
        "i did not get that", "i beg your pardon", "say that slowly", "say that slower", "repeat the answer",
        "repeat the last sentence", "repeat what you said", "pass that by me",
    ),
    Command.LOUDER: (
        "louder", "speak louder", "talk louder", "speak up", "turn up the volume", "turn it up", "volume up",
        "increase the volume", "you are too quiet", "too quiet", "too soft", "i can not hear you", "speak more loudly",
        "i can hardly hear you", "louder voice", "your voice is too low", "raise your voice",
    ),
    Command.QUIETER: (
        "quieter", "speak quieter", "talk quieter", "softer", "speak softer", "speak more softly", "not so loud",
        "turn down the volume", "turn it down", "volume down", "lower the volume", "lower your voice", "too loud",
        "less loud", "speak more quietly", "whisper",
    ),
    Command.SLOWER: (
        "slower", "speak slower", "talk slower", "slowly", "speak slowly", "talk slowly", "slow down", "not so fast",
        "too fast", "speak too fast", "talk too fast", "speaking too fast", "talking too fast",
        "too quick", "go slower",
    ),
    Command.FASTER: (
        "faster", "speak faster", "talk faster", "quicker", "speak quicker", "speed up", "hurry up", "not so slow",
        "too slow", "speak too slowly",
        "talk too slowly", "talking too slow", "speaking too slow", "go faster",
    ),
    Command.STOP: (
        "stop", "stop talking", "stop speaking", "be quiet", "quiet", "silence", "shut up", "hush", "enough",
        "that is enough", "hold on", "wait", "cut it out",
    ),
    Command.GOODBYE: (
        "goodbye", "good bye", "bye", "bye bye", "good bye bye", "see you", "see you later", "see you soon", "farewell",
        "good night", "have a nice day", "have a good day", "have a nice day good bye", "i have to go", "i must go",
        "i am leaving", "i have to leave", "talk to you later", "until next time",
    ),
}  # fmt: skip
_LONGEST_WORDS = 10
_ALIKE = 90
"""How alike (0..100) a misheard phrase must be, where it is long enough to tell."""
_LONG_ENOUGH = 9


def _core(text: str) -> str:
    return " ".join(word for word in words_of(text) if word not in _FILLERS)


_CORES = {_core(phrase): command for command, phrases in _PHRASES.items() for phrase in phrases}


def command_in(text: str) -> Command | None:
    """Tell whether an utterance as a whole is a command.

    A question that merely contains one ("does the bus stop here") is none.
    """
    if len(text.split()) > _LONGEST_WORDS:
        return None
    core = _core(text)
    if core in _CORES or len(core) < _LONG_ENOUGH:
        return _CORES.get(core)
    near = process.extractOne(core, tuple(_CORES), scorer=fuzz.ratio, score_cutoff=_ALIKE)
    return _CORES[near[0]] if near else None


_ACKNOWLEDGED = {
    Command.LOUDER: "[louder] Is this better?",
    Command.QUIETER: "[quieter] Is this better?",
    Command.SLOWER: "[slower] All right, I will speak more slowly.",
    Command.FASTER: "[faster] All right, I will speak faster.",
    Command.STOP: "[stop]",
}


class CommandReplier:
    """`Replier` that obeys commands itself and leaves everything else to another."""

    def __init__(self, inner: Replier, farewell: str = "Goodbye.") -> None:
        self._inner, self._farewell = inner, farewell

    def greeting(self) -> str:
        """Give the inner replier's greeting."""
        return self._inner.greeting()

    def reply(self, history: Sequence[Utterance]) -> AsyncIterator[str]:
        """Stream the reply; see `Replier`. A repetition repeats the answer, also one that was cut off, in full."""
        command = command_in(history[-1].text)
        if command is None:
            return self._inner.reply(history)
        if command is Command.REPEAT:
            return self._repetition(history)
        return _once(f"[goodbye] {self._farewell}" if command is Command.GOODBYE else _ACKNOWLEDGED[command])

    def _repetition(self, history: Sequence[Utterance]) -> AsyncIterator[str]:
        said = next((at for at in range(len(history) - 1, -1, -1) if history[at].speaker == "agent"), None)
        if said is None:
            return _once(self.greeting() or "I have not said anything yet.")
        asked = [at for at in range(said) if history[at].speaker == "user" and not command_in(history[at].text)]
        if history[said].interrupted and asked:
            return self._inner.reply(history[: asked[-1] + 1])
        return _once(history[said].text)


async def _once(text: str) -> AsyncIterator[str]:
    yield text
