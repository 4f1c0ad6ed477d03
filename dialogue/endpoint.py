"""Endpointing: how long a silence must last before the user counts as finished, by what was said and how. Pure."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from pydantic import Field

from dialogue.section import Section
from dialogue.speech import Samples


class EndpointSettings(Section):
    """When the user counts as having finished."""

    patience: float = Field(1.0, ge=0.5, le=10, description="multiplies every wait: 3 for slow speakers")
    complete_ms: int = Field(280, ge=100, le=10_000, description="after a complete question or answer")
    statement_ms: int = Field(420, ge=100, le=10_000, description="after what may be complete")
    fragment_ms: int = Field(650, ge=100, le=10_000, description="after a word or two, or nothing understood")
    digits_ms: int = Field(1100, ge=100, le=10_000, description="after a figure: more may follow")
    unfinished_ms: int = Field(1500, ge=100, le=10_000, description='after "and", "the", "um": more will follow')
    draft_ms: int = Field(130, ge=32, le=10_000, description="after so much silence a reply is prepared, unheard")
    utterance_s: float = Field(60, gt=1, le=600, description="nobody is listened to for longer in one go")


class Ending(Enum):
    """How words end."""

    COMPLETE = "complete"
    """A question that has its object, a greeting, thanks."""
    ANSWER = "answer"
    """Yes, no, okay: complete where it was asked for."""
    STATEMENT = "statement"
    """Words that could stand as they are."""
    FRAGMENT = "fragment"
    """Too little to tell."""
    DIGITS = "digits"
    """A figure being read out, perhaps."""
    UNFINISHED = "unfinished"
    """A conjunction, an article, a hesitation: the speaker is holding the turn."""


class Contour(Enum):
    """Where the voice's pitch went in the last syllables."""

    UNKNOWN = "unknown"
    FALLING = "falling"
    LEVEL = "level"
    RISING = "rising"


class EndOfTurn(Protocol):
    """A model that judges from sound whether a turn is complete (Smart Turn and the like)."""

    def probability(self, utterance: Samples) -> float:
        """Probability in 0..1 that the speaker has finished; 16 kHz mono from the utterance's beginning. Blocks."""
        ...


@dataclass(frozen=True, slots=True)
class Pause:
    """What is known when the user falls silent."""

    text: str
    """The words so far, of the whole turn."""
    contour: Contour = Contour.UNKNOWN
    answering: bool = False
    """The agent just asked a question that takes yes or no."""
    completion: float | None = None
    """What an `EndOfTurn` model says, where there is one."""


_HESITATIONS = frozenset("um uh er erm eh hmm hm mm like well so".split())
# Words that want another one after them: conjunctions, articles, prepositions that open a phrase, possessives,
# auxiliaries and pronouns that open a clause.
_OPENERS = frozenset(
    "and or but because if when while that which who whose than as although though unless until since whether nor "
    "a an the this these those my your his her its our their some any every each another "
    "of to for with at from by about into onto between without under over during against through near "
    "i i'm i'd i'll i've we we're we'd we'll he's she's they're you're it's there's that's "
    "is are was were am be been being have has had do does did can could will would shall should may might must "
    "gonna wanna want need very really quite not just also only maybe actually basically mister doctor".split()
)
# Of those, what people also end on: "is it far from", "where are you from", "what is it for", "who is she with".
_STRANDED = frozenset("of to for with at from by about is are am be it".split())
_QUESTION_WORDS = frozenset("what where when who whom whose why which how".split())
_AUXILIARIES = frozenset(
    "is are was were am do does did can could will would shall should may might must have has had "
    "isn't aren't don't doesn't didn't can't couldn't won't wouldn't shouldn't haven't hasn't".split()
)
_LEAD_IN = r"(?:oh |well |um |uh )*"
_COURTESIES = re.compile(
    _LEAD_IN + r"(?:no thanks|no thank you|yes please|thank you(?: very much| so much)?|thanks(?: a lot)?|hello|hi|hey|"
    r"good (?:morning|afternoon|evening|night)|goodbye|good bye|bye(?: bye)?|stop|wait|never mind|that's (?:all|it)|"
    r"that is all)"
)
_ANSWERS = re.compile(
    _LEAD_IN + r"(?:yes|yeah|yep|no|nope|okay|ok|sure|of course|(?:yes |no )?i (?:do|am|have|did|will|don't|do not)|"
    r"not (?:really|yet|today|now)|maybe)"
)
# Verbs that want an object, unless the question begins by asking for it ("what can I get").
_TRANSITIVE = frozenset(
    "find get buy bring take show tell give want wanted book rent order reach contact make put".split()
)
_OBJECTS_ASKED_FOR = frozenset("what which who whom how".split())
_FIGURES_FOLLOW = frozenset("number code room is line extension postcode zip".split())
_DIGITS = frozenset("zero oh one two three four five six seven eight nine ten double triple".split())


def ending(text: str) -> Ending:
    """Tell how these words end. English; other languages count as statements by their length."""
    words = re.findall(r"[\w']+", text.casefold())
    if not words:
        return Ending.FRAGMENT
    if _COURTESIES.fullmatch(" ".join(words)):
        return Ending.COMPLETE
    if _ANSWERS.fullmatch(" ".join(words)):
        return Ending.ANSWER
    if _wants_more(words):
        return Ending.UNFINISHED
    if _reads_figures(words):
        return Ending.DIGITS
    if text.rstrip().endswith("?") or (_asks(words) and len(words) >= 3):
        return Ending.COMPLETE
    return Ending.STATEMENT if len(words) >= 3 else Ending.FRAGMENT


def asks_yes_or_no(text: str) -> bool:
    """Tell whether the agent's words end in a question that takes yes or no."""
    sentence = re.split(r"(?<=[.!?])\s+", text.strip())[-1].casefold()
    words = re.findall(r"[\w']+", sentence)
    return sentence.endswith("?") and bool(words) and words[0] in _AUXILIARIES and "or" not in words


def required_silence_ms(pause: Pause, settings: EndpointSettings) -> int:
    """Tell how long this silence must last before the user counts as finished.

    Words decide first, then the voice: pitch that rises holds the turn, pitch that falls gives it away (Gravano and
    Hirschberg 2011); a model's opinion, where there is one, scales what the words say by half to twice.
    """
    kind = ending(pause.text)
    if kind is Ending.ANSWER:
        kind = Ending.COMPLETE if pause.answering else Ending.FRAGMENT
    wait_ms = float(_wait_ms(kind, settings))
    if kind in (Ending.STATEMENT, Ending.FRAGMENT):
        wait_ms = _by_contour(wait_ms, pause.contour, settings)
    if pause.completion is not None:
        wait_ms *= 2.0 ** (1.0 - 2.0 * pause.completion)
    return round(wait_ms * settings.patience)


def _wait_ms(kind: Ending, settings: EndpointSettings) -> int:
    return {
        Ending.COMPLETE: settings.complete_ms,
        Ending.STATEMENT: settings.statement_ms,
        Ending.FRAGMENT: settings.fragment_ms,
        Ending.DIGITS: settings.digits_ms,
        Ending.UNFINISHED: settings.unfinished_ms,
    }[kind]


def _by_contour(wait_ms: float, contour: Contour, settings: EndpointSettings) -> float:
    if contour is Contour.FALLING:
        return max(float(settings.complete_ms), wait_ms * 0.8)
    if contour is Contour.RISING:
        return wait_ms * 1.6
    return wait_ms


def _wants_more(words: list[str]) -> bool:
    last = words[-1]
    if last in _HESITATIONS:
        return True
    if len(words) > 1 and (last in _QUESTION_WORDS or (last in _TRANSITIVE and words[0] not in _OBJECTS_ASKED_FOR)):
        return True
    return last in _OPENERS and not _may_strand(words)


def _may_strand(words: list[str]) -> bool:
    return words[-1] in _STRANDED and words[0] in _QUESTION_WORDS and len(words) >= 3


def _asks(words: list[str]) -> bool:
    return words[0] in _QUESTION_WORDS or words[0] in _AUXILIARIES


def _reads_figures(words: list[str]) -> bool:
    """Tell a number being read out from the hour in "at ten"."""
    last, before = words[-1], words[-2:-1]
    return _is_figure(last) and any(_is_figure(word) or word in _FIGURES_FOLLOW for word in before)


def _is_figure(word: str) -> bool:
    return word in _DIGITS or word.isdigit()
