"""Barge-in: whether a sound made during a reply is an interruption, or a cough, a noise, an "mhm". Pure."""

import re
from dataclasses import dataclass
from enum import Enum

from pydantic import Field

from dialogue.section import Section


class BargeInSettings(Section):
    """How readily the agent lets itself be interrupted."""

    talking_voiced_ms: int = Field(480, ge=0, le=5000, description="words in mid-speech count with so much voice")
    sure_voiced_ms: int = Field(900, ge=100, le=5000, description="so much voice interrupts, understood or not")
    word_voiced_ms: int = Field(160, ge=0, le=5000, description="a single word counts with at least so much voice")
    settled_ms: int = Field(110, ge=0, le=2000, description="so long a silence and the last word is known")
    quiet_ms: int = Field(320, ge=50, le=2000, description="so long a silence after too little is a false alarm")
    decide_ms: int = Field(1700, ge=200, le=10_000, description="decided by then at the latest: the reply is waiting")


class Verdict(Enum):
    """What the sound turned out to be."""

    UNDECIDED = "undecided"
    INTERRUPTION = "interruption"
    FALSE_ALARM = "false alarm"


@dataclass(frozen=True, slots=True)
class Overlap:
    """What is known of a sound that began while the agent spoke; times in ms."""

    age_ms: int
    """Since it began."""
    silent_ms: int
    """Since it stopped; 0 while it goes on."""
    voiced_ms: int
    """How much of it was likely speech."""
    text: str
    """What the recogniser has of it."""
    is_echo: bool = False
    """Its words are those that the agent is saying itself."""
    at_beginning: bool = False
    """No word of the reply had been heard: the user is going on rather than cutting in."""


# One word or more of these, and nothing else, says "go on". From the backchannels of Switchboard (SWBD-DAMSL b, bk).
BACKCHANNELS = frozenset(
    "uh um hm hmm mm mhm mmm uhhuh huh ah oh aha yeah yes yep yup okay ok right sure good great nice cool true exactly "
    "really wow well i see got it of course all fine".split()
)
_BACKCHANNEL_WORDS_AT_MOST = 3

# These take the turn however short they are. "no" too: whoever says it during an answer wants another one.
COMMANDS = re.compile(
    r"\b(?:stop|wait|hold on|hang on|quiet|silence|shut up|enough|excuse me|pardon|sorry|no|nope|pause|cancel|hey|"
    r"hello|listen|repeat|louder|slower|what|never mind|thank you|thanks|goodbye|bye|help)\b"
)


def judge(overlap: Overlap, settings: BargeInSettings) -> Verdict:
    """Decide about a sound as soon as it can be decided, and by `decide_ms` in any case.

    The reply is held meanwhile, so that waiting for the end of a word costs nobody anything: in the middle of "okay" a
    recogniser hears "both".
    """
    words = _words(overlap.text)
    if overlap.is_echo or is_backchannel(words):
        return _when_quiet(overlap, settings)
    settled = overlap.silent_ms >= settings.settled_ms
    if settled and (_takes_the_turn(words) or (words and _lasts(overlap, settings))):
        return Verdict.INTERRUPTION
    if len(words) > 1 and overlap.voiced_ms >= settings.talking_voiced_ms:
        return Verdict.INTERRUPTION
    if overlap.voiced_ms >= settings.sure_voiced_ms:
        return Verdict.INTERRUPTION
    return _when_quiet(overlap, settings)


def _takes_the_turn(words: list[str]) -> bool:
    return COMMANDS.search(" ".join(words)) is not None


def _lasts(overlap: Overlap, settings: BargeInSettings) -> bool:
    """Tell whether one word is one: recognisers hear a short one in every cough, unless more was to be expected."""
    return overlap.at_beginning or overlap.voiced_ms >= settings.word_voiced_ms


def _words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.casefold())


def is_backchannel(words: list[str]) -> bool:
    """Tell whether these words (lower case) do no more than say that somebody listens."""
    return 0 < len(words) <= _BACKCHANNEL_WORDS_AT_MOST and BACKCHANNELS.issuperset(words)


def _when_quiet(overlap: Overlap, settings: BargeInSettings) -> Verdict:
    if overlap.silent_ms >= settings.quiet_ms:
        return Verdict.FALSE_ALARM
    if overlap.age_ms < settings.decide_ms:
        return Verdict.UNDECIDED
    # Whoever still makes a sound after all that time is talking.
    still_talking = overlap.silent_ms == 0 and not overlap.is_echo and not is_backchannel(_words(overlap.text))
    return Verdict.INTERRUPTION if still_talking else Verdict.FALSE_ALARM
