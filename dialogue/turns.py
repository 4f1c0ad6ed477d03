"""Turn-taking as a pure table: (state, event) -> (state, actions). Everything that decides whose turn it is lives here.

No clock, no sound, no tasks: events carry their time, actions are values that `agent.session` carries out. An event
that cannot happen in a state raises and leaves the state as it was (after h11's `_state.py`).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any


class Phase(Enum):
    """Whose turn it is."""

    IDLE = "idle"
    """Nobody's."""
    LISTENING = "listening"
    """The user's; a reply to the words so far may be in preparation, unheard."""
    CLOSING = "closing"
    """The user has finished; the recogniser's last words are awaited."""
    THINKING = "thinking"
    """The words are known; the first sound of the reply is awaited."""
    SPEAKING = "speaking"
    """The agent's."""
    DOUBTING = "doubting"
    """The agent's, held in mid-word because the user made a sound that may be an interruption."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The state of the conversation."""

    phase: Phase = Phase.IDLE
    since_ms: int = 0
    """When the phase began."""
    said: str = ""
    """What the user said in this turn, as far as the recogniser has closed it."""
    draft: str | None = None
    """The words that the reply in preparation or under way answers; None when there is no reply."""
    pending: int = 0
    """Utterances of this turn that were closed but not transcribed yet: a slow recogniser may owe several."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, at a time of the conversation's one clock."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class SpeechOn(Event):
    """The user began to make speech-like sound, or went on after a pause."""


@dataclass(frozen=True, slots=True)
class Lull(Event):
    """The user paused; `text` is what the recogniser has of this utterance so far."""

    text: str


@dataclass(frozen=True, slots=True)
class Endpoint(Event):
    """The user is judged to have finished."""


@dataclass(frozen=True, slots=True)
class Transcribed(Event):
    """The recogniser closed an utterance; `text` may be empty."""

    text: str


@dataclass(frozen=True, slots=True)
class Typed(Event):
    """The user typed a line (or a file of lines did)."""

    text: str


@dataclass(frozen=True, slots=True)
class Prompted(Event):
    """The agent is to say these words of its own accord: a greeting, an announcement."""

    text: str


@dataclass(frozen=True, slots=True)
class Sounded(Event):
    """The reply's first sample was handed to the loudspeaker."""


@dataclass(frozen=True, slots=True)
class Finished(Event):
    """The reply's last sample was heard, or it turned out to have no sound; only after `Speak`."""


@dataclass(frozen=True, slots=True)
class Failed(Event):
    """The reply cannot go on, because the voice or its device failed; only after `Speak`."""


@dataclass(frozen=True, slots=True)
class Interrupted(Event):
    """The user means to take the turn. `heard` tells whether any word of the reply was heard by then."""

    heard: bool = True


@dataclass(frozen=True, slots=True)
class FalseAlarm(Event):
    """What sounded like an interruption was a cough, a noise or a backchannel."""


@dataclass(frozen=True, slots=True)
class MicrophoneLost(Event):
    """Nothing can be heard until further notice."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that the session is to do now."""


@dataclass(frozen=True, slots=True)
class Listen(Action):
    """Open the recogniser, beginning a little before the sound that was noticed."""


@dataclass(frozen=True, slots=True)
class Transcribe(Action):
    """Close the recogniser's utterance; `Transcribed` follows."""


@dataclass(frozen=True, slots=True)
class Discard(Action):
    """Drop the recogniser's utterance; no `Transcribed` may follow."""


@dataclass(frozen=True, slots=True)
class Think(Action):
    """Prepare a reply to these words without letting it be heard."""

    text: str


@dataclass(frozen=True, slots=True)
class Recite(Action):
    """Prepare these words as the reply without letting them be heard."""

    text: str


@dataclass(frozen=True, slots=True)
class Speak(Action):
    """Let the prepared reply be heard, as soon as there is something of it."""


@dataclass(frozen=True, slots=True)
class Hold(Action):
    """Silence the reply at once, ready to go on from the word it is in."""


@dataclass(frozen=True, slots=True)
class Resume(Action):
    """Let the held reply go on."""


@dataclass(frozen=True, slots=True)
class Cancel(Action):
    """Stop the reply and everything under it: language model, voice, motion, sound in the device."""


Actions = tuple[Action, ...]
Step = tuple[Turn, Actions]


class IllegalEvent(Exception):
    """An event came in a phase in which it cannot happen: a fault of the caller."""


def advance(turn: Turn, event: Event) -> Step:
    """Take one event and tell the new state and what is to be done, in order.

    Pure. Raises IllegalEvent, with nothing changed, for an event that this phase cannot see.
    """
    rule = TABLE.get((turn.phase, type(event)))
    if rule is None:
        raise IllegalEvent(f"{type(event).__name__} cannot happen while {turn.phase.value}")
    changed, actions = rule(turn, event)
    if changed.phase is not turn.phase:
        changed = replace(changed, since_ms=event.at_ms)
    return changed, actions


def same_words(one: str | None, other: str) -> bool:
    """Tell whether two transcripts say the same, whatever their case and punctuation."""
    return one is not None and _bare(one) == _bare(other)


def _bare(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.casefold())


def _joined(said: str, more: str) -> str:
    return " ".join(part for part in (said, more.strip()) if part)


def _stay(turn: Turn, _: Event) -> Step:
    return turn, ()


def _listen(turn: Turn, _: Event) -> Step:
    return Turn(Phase.LISTENING), (Listen(),)


def _go_on_listening(turn: Turn, _: Event) -> Step:
    """Throw away a reply to words that turned out not to be all of them."""
    return replace(turn, draft=None), _cancel_if(turn)


def _listen_again(turn: Turn, _: Event) -> Step:
    """Take back an endpoint that came too early: what was said so far stays part of the turn."""
    return Turn(Phase.LISTENING, said=turn.said, pending=turn.pending), (*_cancel_if(turn), Listen())


def _draft(turn: Turn, event: Lull) -> Step:
    text = _joined(turn.said, event.text)
    if not text or turn.pending or same_words(turn.draft, text):
        return turn, ()
    return replace(turn, draft=text), (*_cancel_if(turn), Think(text))


def _close(turn: Turn, _: Event) -> Step:
    return replace(turn, phase=Phase.CLOSING, pending=turn.pending + 1), (Transcribe(),)


def _keep_words(turn: Turn, event: Transcribed) -> Step:
    """Note the words of an utterance that the user went on from before it was transcribed."""
    if not turn.pending:
        raise IllegalEvent("no utterance was closed, so none can be transcribed")
    return replace(turn, said=_joined(turn.said, event.text), pending=turn.pending - 1), ()


def _answer(turn: Turn, event: Transcribed) -> Step:
    turn, _ = _keep_words(turn, event)
    text = turn.said
    if turn.pending:
        return turn, ()
    if not text:
        return Turn(), _cancel_if(turn)
    if same_words(turn.draft, text):
        return replace(turn, phase=Phase.THINKING), (Speak(),)
    return Turn(Phase.THINKING, said=text, draft=text), (*_cancel_if(turn), Think(text), Speak())


def _answer_typed(turn: Turn, event: Typed) -> Step:
    actions = (*_discard_if(turn), *_cancel_if(turn), Think(event.text), Speak())
    return Turn(Phase.THINKING, turn.since_ms, said=event.text, draft=event.text), actions


def _recite(turn: Turn, event: Prompted) -> Step:
    return Turn(Phase.THINKING, draft=""), (Recite(event.text), Speak())


def _speak(turn: Turn, _: Event) -> Step:
    return replace(turn, phase=Phase.SPEAKING), ()


def _rest(turn: Turn, _: Event) -> Step:
    return Turn(), ()


def _abandon(turn: Turn, _: Event) -> Step:
    return Turn(), (Discard(), *_cancel_if(turn))


def _doubt(turn: Turn, _: Event) -> Step:
    return replace(turn, phase=Phase.DOUBTING), (Hold(), Listen())


def _resume(turn: Turn, _: Event) -> Step:
    return replace(turn, phase=Phase.SPEAKING), (Discard(), Resume())


def _yield(turn: Turn, event: Interrupted) -> Step:
    """Give the turn to the user, whose words so far are already with the recogniser.

    A reply of which no word was heard was no reply: what the user says now belongs to the same turn.
    """
    return Turn(Phase.LISTENING, said="" if event.heard else turn.said), (Cancel(),)


def _yield_at_once(turn: Turn, event: Interrupted) -> Step:
    listening, actions = _yield(turn, event)
    return listening, (*actions, Listen())


def _listen_on(turn: Turn, _: Event) -> Step:
    """Give the turn to the user when the reply fell while it was held."""
    return Turn(Phase.LISTENING), ()


def _cancel_if(turn: Turn) -> Actions:
    return () if turn.draft is None else (Cancel(),)


def _discard_if(turn: Turn) -> Actions:
    return (Discard(),) if turn.phase in (Phase.LISTENING, Phase.CLOSING, Phase.DOUBTING) else ()


_I, _L, _C = Phase.IDLE, Phase.LISTENING, Phase.CLOSING
_T, _S, _D = Phase.THINKING, Phase.SPEAKING, Phase.DOUBTING

# One rule for one kind of event: the Any is that kind, which a mapping's type cannot tie to its key.
TABLE: Mapping[tuple[Phase, type[Event]], Callable[[Turn, Any], Step]] = {
    (_I, SpeechOn): _listen,
    (_I, Typed): _answer_typed,
    (_I, Prompted): _recite,
    (_I, MicrophoneLost): _stay,
    (_L, SpeechOn): _go_on_listening,
    (_L, Lull): _draft,
    (_L, Endpoint): _close,
    (_L, Transcribed): _keep_words,
    (_L, Typed): _answer_typed,
    (_L, MicrophoneLost): _abandon,
    (_C, SpeechOn): _listen_again,
    (_C, Transcribed): _answer,
    (_C, Typed): _answer_typed,
    (_C, MicrophoneLost): _stay,
    (_T, SpeechOn): _listen_again,
    (_T, Typed): _answer_typed,
    (_T, Sounded): _speak,
    (_T, Finished): _rest,
    (_T, Failed): _rest,
    (_T, MicrophoneLost): _stay,
    (_S, SpeechOn): _doubt,
    (_S, Typed): _answer_typed,
    (_S, Finished): _rest,
    (_S, Failed): _rest,
    (_S, Interrupted): _yield_at_once,
    (_S, MicrophoneLost): _stay,
    (_D, SpeechOn): _stay,
    (_D, Typed): _answer_typed,
    (_D, Failed): _listen_on,
    (_D, Interrupted): _yield,
    (_D, FalseAlarm): _resume,
    (_D, MicrophoneLost): _resume,
}
