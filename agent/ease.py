"""What a person may set by voice or switch while talking: captions, size of text, patience, listening. Pure.

Stage directions such as `[text larger]` come from `dialogue.reply.commands`; controls for scanning give the same ones.
"""

from dataclasses import dataclass, replace

from agent.overlay import OverlaySettings
from dialogue.endpoint import EndpointSettings
from dialogue.reply.commands import Command
from dialogue.scanning import Control
from dialogue.sentences import Direction

TEXT_STEP, PATIENCE_STEP = 1.25, 1.5
SMALLEST_TEXT, LARGEST_TEXT = 0.02, 0.15
LEAST_PATIENCE, MOST_PATIENCE = 0.5, 10.0

CONTROLS = (
    Control(Command.REPEAT, "Say that again", "Speech"),
    Control(Command.STOP, "Stop", "Speech"),
    Control(Command.PAUSE, "Pause", "Speech"),
    Control(Command.GO_ON, "Go on", "Speech"),
    Control(Command.SPELL, "Spell that", "Speech"),
    Control(Command.LOUDER, "Louder", "Voice"),
    Control(Command.QUIETER, "Quieter", "Voice"),
    Control(Command.SLOWER, "Slower", "Voice"),
    Control(Command.FASTER, "Faster", "Voice"),
    Control(Command.CAPTIONS_ON, "Captions on", "Text"),
    Control(Command.CAPTIONS_OFF, "Captions off", "Text"),
    Control(Command.LARGER, "Larger text", "Text"),
    Control(Command.SMALLER, "Smaller text", "Text"),
    Control(Command.SLEEP, "Stop listening", "Listening"),
    Control(Command.WAKE, "Listen", "Listening"),
    Control(Command.PATIENCE, "Wait longer for me", "Listening"),
    Control(Command.HASTE, "Answer sooner", "Listening"),
    Control(Command.STATUS, "Are you there?", "Listening"),
    Control(Command.GOODBYE, "Goodbye", "End"),
)
"""Everything that can be done without hands, for scanning with one switch; the name is the command."""


@dataclass(frozen=True, slots=True)
class Ease:
    """How the person has it at the moment."""

    overlay: OverlaySettings
    endpoint: EndpointSettings
    listening: bool = True
    paused: bool = False


def eased(ease: Ease, direction: Direction) -> Ease:
    """Carry out a direction about ease; any other changes nothing."""
    match f"{direction.name} {direction.detail}".strip():
        case Command.CAPTIONS_ON | Command.CAPTIONS_OFF as wish:
            return _written(ease, captions=wish == Command.CAPTIONS_ON)
        case Command.LARGER:
            size = min(LARGEST_TEXT, ease.overlay.caption_size * TEXT_STEP)
            return _written(ease, captions=True, caption_size=size)
        case Command.SMALLER:
            return _written(ease, caption_size=max(SMALLEST_TEXT, ease.overlay.caption_size / TEXT_STEP))
        case Command.PATIENCE:
            return _patient(ease, min(MOST_PATIENCE, ease.endpoint.patience * PATIENCE_STEP))
        case Command.HASTE:
            return _patient(ease, max(LEAST_PATIENCE, ease.endpoint.patience / PATIENCE_STEP))
        case Command.SLEEP | Command.WAKE as wish:
            return replace(ease, listening=wish == Command.WAKE)
        case Command.PAUSE | Command.GO_ON as wish:
            return replace(ease, paused=wish == Command.PAUSE)
    return ease


def _written(ease: Ease, **changes: bool | float) -> Ease:
    return replace(ease, overlay=ease.overlay.model_copy(update=changes))


def _patient(ease: Ease, patience: float) -> Ease:
    return replace(ease, endpoint=ease.endpoint.model_copy(update={"patience": patience}))
