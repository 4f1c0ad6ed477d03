"""What users say to steer the conversation itself: "say that again", "slower, please", "stop", "goodbye"."""

import re
from collections.abc import AsyncIterator, Callable, Sequence
from enum import StrEnum

from rapidfuzz import fuzz, process

from dialogue.directory import sound_key
from dialogue.history import Utterance
from dialogue.reply import Replier
from dialogue.reply.words import words_of
from dialogue.spelling import spell_out


class Command(StrEnum):
    """What the user wants of the conversation; the value is the stage direction it leads to, except
    for `REPEAT`, `SPELL` and `STATUS`, which are answered in words."""

    REPEAT = "repeat"
    LOUDER = "louder"
    QUIETER = "quieter"
    SLOWER = "slower"
    FASTER = "faster"
    STOP = "stop"
    GOODBYE = "goodbye"

    CAPTIONS_ON = "captions on"
    CAPTIONS_OFF = "captions off"
    LARGER = "text larger"
    SMALLER = "text smaller"
    SPELL = "spell"
    PAUSE = "pause"
    GO_ON = "resume"
    PATIENCE = "patience longer"
    """Wait longer before taking a pause for the end."""
    HASTE = "patience shorter"
    SLEEP = "listening off"
    """Stop listening until woken by key or wake word."""
    WAKE = "listening on"
    STATUS = "status"
    """Say what you are doing."""


CONVERSATIONAL = frozenset(
    (Command.REPEAT, Command.LOUDER, Command.QUIETER, Command.SLOWER, Command.FASTER, Command.STOP, Command.GOODBYE)
)
"""What everybody may say."""
HANDS_FREE = frozenset(Command)
"""What a person without hands may say: everything."""

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
    Command.CAPTIONS_ON: (
        "captions on", "turn on captions", "turn on the captions", "show captions", "show the captions", "subtitles on",
        "show subtitles", "turn on subtitles", "show me the words", "write it down", "show me what you say",
    ),
    Command.CAPTIONS_OFF: (
        "captions off", "turn off captions", "turn off the captions", "hide captions", "hide the captions",
        "subtitles off", "hide subtitles", "turn off subtitles", "no captions", "no subtitles",
    ),
    Command.LARGER: (
        "larger text", "bigger text", "make the text larger", "make the text bigger", "larger letters", "larger words",
        "bigger letters", "larger captions", "bigger captions", "the text is too small", "i can not read that",
        "the letters are too small", "larger", "bigger", "increase the text size", "larger print",
    ),
    Command.SMALLER: (
        "smaller text", "make the text smaller", "smaller letters", "smaller captions", "the text is too big",
        "the text is too large", "the letters are too big", "smaller", "decrease the text size", "smaller print",
    ),
    Command.SPELL: (
        "spell that", "spell it", "spell that word", "how do you spell that", "how is that spelled", "spell the name",
        "can you spell that", "how do you spell it", "spell the word", "spell",
    ),
    Command.PAUSE: ("pause", "pause now", "take a break", "make a pause", "freeze"),
    Command.GO_ON: ("go on", "resume", "continue", "carry on", "keep going", "go ahead", "proceed"),
    Command.PATIENCE: (
        "wait for me", "give me time", "give me more time", "let me finish", "be patient", "wait longer",
        "do not interrupt me", "you are too quick for me", "i need more time", "let me think", "i speak slowly",
        "do not hurry me", "be more patient", "wait until i am done",
    ),
    Command.HASTE: ("do not wait so long", "answer quicker", "answer faster", "you wait too long", "be less patient"),
    Command.SLEEP: (
        "stop listening", "do not listen", "go to sleep", "close your ears", "turn off the microphone", "sleep now",
        "microphone off", "stop hearing me", "mute yourself", "mute the microphone",
    ),
    Command.WAKE: (
        "wake up", "start listening", "listen to me", "listen again", "open your ears", "turn on the microphone",
        "microphone on",
    ),
    Command.STATUS: (
        "are you there", "are you still there", "can you hear me", "do you hear me", "are you listening",
        "what are you doing", "are you awake", "hello are you there", "is anybody there", "did you hear me",
    ),
}  # fmt: skip
_LONGEST_WORDS = 10
_ALIKE = 90
"""How alike (0..100) a misheard phrase must be, where it is long enough to tell."""
_LONG_ENOUGH = 9


def _core(text: str) -> str:
    return " ".join(word for word in words_of(text) if word not in _FILLERS)


def _whole(text: str) -> str:
    return " ".join(words_of(text))


_WHOLES = {_whole(phrase): command for command, phrases in _PHRASES.items() for phrase in phrases}
_CORES = {
    _core(phrase): command for command, phrases in _PHRASES.items() if command in CONVERSATIONAL for phrase in phrases
}
_HANDS_FREE_ALIKE = 84
_COURTESY = frozenset("please can could would you hey hello okay oh um uh now sorry thanks but and so well".split())


def command_in(text: str, obeyed: frozenset[Command] = CONVERSATIONAL) -> Command | None:
    """Tell whether an utterance as a whole is one of the commands that are obeyed.

    A question that merely contains one ("does the bus stop here") is none. The hands-free commands are phrases of
    several words and must be said nearly whole, but survive being misheard: letters and sounds are compared.
    """
    if len(text.split()) > _LONGEST_WORDS:
        return None
    whole = _whole(text)
    if _WHOLES.get(whole) in obeyed:
        return _WHOLES[whole]
    if obeyed - CONVERSATIONAL and (command := _hands_free(whole, obeyed)):
        return command
    core = _core(text)
    if core in _CORES or len(core) < _LONG_ENOUGH:
        return _CORES.get(core) if _CORES.get(core) in obeyed else None
    near = process.extractOne(core, tuple(_CORES), scorer=fuzz.ratio, score_cutoff=_ALIKE)
    return _CORES[near[0]] if near and _CORES[near[0]] in obeyed else None


def _hands_free(whole: str, obeyed: frozenset[Command]) -> Command | None:
    """Find the hands-free command that an utterance is most like, politeness aside."""
    said = " ".join(word for word in whole.split() if word not in _COURTESY) or whole
    phrases = [phrase for phrase, command in _WHOLES.items() if command in obeyed - CONVERSATIONAL]
    best = max(phrases, key=lambda phrase: _likeness(said, phrase))
    return _WHOLES[best] if _likeness(said, best) >= _HANDS_FREE_ALIKE else None


def _likeness(said: str, phrase: str) -> float:
    """Compare an utterance with a phrase as written and as it sounds, 0..100."""
    wanted = " ".join(word for word in phrase.split() if word not in _COURTESY) or phrase
    written = fuzz.ratio(said, wanted)
    if min(len(said), len(wanted)) < _LONG_ENOUGH:
        return 100.0 if said == wanted else 0.0
    return max(written, 0.4 * written + 0.6 * fuzz.ratio(sound_key(said), sound_key(wanted)))


def phrases_of(obeyed: frozenset[Command]) -> tuple[str, ...]:
    """Give the ways of saying commands, for a recogniser to expect."""
    return tuple(phrase for command in Command if command in obeyed for phrase in _PHRASES[command])


def word_to_spell(text: str, last_reply: str) -> str:
    """Find what is to be spelled: the word named after "spell", else the longest name or word last said."""
    named = re.search(
        r"\bspell (?:the (?:word|name) )?(?!that\b|it\b|this\b|the\b)([^\W\d_][\w'-]*)\s*[.?!]?$", text.lower()
    )
    if named:
        return named.group(1)
    words: list[str] = re.findall(r"[^\W\d_][\w'-]*", re.sub(r"\[[^\]]*\]", " ", last_reply))
    names = [word for word in words[1:] if word[0].isupper() and len(word) > 2]
    return max(names or words, key=len, default="")


_ACKNOWLEDGED = {
    Command.LOUDER: "[louder] Is this better?",
    Command.QUIETER: "[quieter] Is this better?",
    Command.SLOWER: "[slower] All right, I will speak more slowly.",
    Command.FASTER: "[faster] All right, I will speak faster.",
    Command.STOP: "[stop]",
    Command.CAPTIONS_ON: "[captions on] I am writing along.",
    Command.CAPTIONS_OFF: "[captions off] All right, no captions.",
    Command.LARGER: "[text larger] Can you read it now?",
    Command.SMALLER: "[text smaller] Is this better?",
    Command.PAUSE: "[pause]",
    Command.GO_ON: "[resume]",
    Command.PATIENCE: "[patience longer] Take all the time you need.",
    Command.HASTE: "[patience shorter] All right.",
    Command.SLEEP: "I will stop listening now. [listening off]",
    Command.WAKE: "[listening on] I am listening.",
}


class CommandReplier:
    """`Replier` that obeys commands itself and leaves everything else to another."""

    def __init__(
        self, inner: Replier, farewell: str = "Goodbye.", *,
        obeyed: frozenset[Command] = CONVERSATIONAL,
        status: Callable[[], str] = lambda: "I am here, and I am listening.",
        gives_way: Callable[[Sequence[Utterance]], bool] = lambda _: False,
    ) -> None:  # fmt: skip
        """`obeyed` are the commands that are not left to the inner replier; `status` says what the agent is doing.

        `gives_way` tells when the words of a command mean something else: "say that again" may answer a question.
        """
        self._inner, self._farewell = inner, farewell
        self._obeyed, self._status, self._gives_way = obeyed, status, gives_way

    def greeting(self) -> str:
        """Give the inner replier's greeting."""
        return self._inner.greeting()

    def reply(self, history: Sequence[Utterance]) -> AsyncIterator[str]:
        """Stream the reply; see `Replier`. A repetition repeats the answer, also one that was cut off, in full."""
        command = command_in(history[-1].text, self._obeyed)
        if Command.SPELL in self._obeyed and _asks_to_spell(history[-1].text):
            command = Command.SPELL
        if command is None or self._gives_way(history):
            return self._inner.reply(history)
        if command is Command.SPELL:
            return _once(self._spelled(history))
        if command is Command.STATUS:
            return _once(self._status())
        if command is Command.REPEAT:
            return self._repetition(history)
        if command is Command.GO_ON:
            return self._resumption(history)
        return _once(f"[goodbye] {self._farewell}" if command is Command.GOODBYE else _ACKNOWLEDGED[command])

    def _spelled(self, history: Sequence[Utterance]) -> str:
        last = next((past.text for past in reversed(history[:-1]) if past.speaker == "agent"), "")
        word = word_to_spell(history[-1].text, last)
        return f"{word}: {spell_out(word)}." if word else "There is nothing to spell yet."

    async def _resumption(self, history: Sequence[Utterance]) -> AsyncIterator[str]:
        """Say again what a pause cut off."""
        yield f"{_ACKNOWLEDGED[Command.GO_ON]} "
        last = next((past for past in reversed(history) if past.speaker == "agent"), None)
        if last and last.interrupted:
            async for text in self._repetition(history):
                yield text

    def _repetition(self, history: Sequence[Utterance]) -> AsyncIterator[str]:
        said = next((at for at in range(len(history) - 1, -1, -1) if history[at].speaker == "agent"), None)
        if said is None:
            return _once(self.greeting() or "I have not said anything yet.")
        asked = [
            at for at in range(said) if history[at].speaker == "user" and not command_in(history[at].text, self._obeyed)
        ]
        if history[said].interrupted and asked:
            return self._inner.reply(history[: asked[-1] + 1])
        return _once(history[said].text)


def _asks_to_spell(text: str) -> bool:
    return bool(
        re.match(r"(?:please |can you |could you |how do you )*spell [^\W\d_][\w'-]*\W*$", text.strip().lower())
    )


async def _once(text: str) -> AsyncIterator[str]:
    yield text
