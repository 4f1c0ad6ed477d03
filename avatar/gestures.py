"""Stage directions as motion: [smile], [nod], [look left] and their like, each a short score over channels."""

from dataclasses import dataclass

import numpy as np

from avatar.channels import CHANNELS, Channels, channel

_DEGREE = np.pi / 180.0
Score = tuple[tuple[float, float], ...]
"""Key poses of one channel: (seconds since the gesture began, offset), eased in between, 0 before and after."""


@dataclass(frozen=True, slots=True)
class Gesture:
    """A movement with a beginning and an end, added to whatever else the face does."""

    score: dict[str, Score]

    @property
    def seconds(self) -> float:
        """Duration until every channel is back at 0."""
        return max(keys[-1][0] for keys in self.score.values())

    def offsets(self, elapsed_s: float) -> Channels:
        """Give what it adds to each channel this long after it began [channels]."""
        offsets = np.zeros(len(CHANNELS))
        for name, keys in self.score.items():
            offsets[channel(name)] = _eased(keys, elapsed_s)
        return offsets


def _eased(keys: Score, elapsed_s: float) -> float:
    if not keys[0][0] <= elapsed_s < keys[-1][0]:
        return 0.0
    following = next(i for i, (time_s, _) in enumerate(keys) if time_s > elapsed_s)
    (start_s, start), (end_s, end) = keys[following - 1], keys[following]
    share = (elapsed_s - start_s) / (end_s - start_s)
    return start + (end - start) * share**3 * (share * (share * 6.0 - 15.0) + 10.0)  # minimum jerk


def _held(value: float, seconds: float, rise_s: float = 0.35, fall_s: float = 0.6) -> Score:
    return ((0.0, 0.0), (rise_s, value), (seconds - fall_s, value), (seconds, 0.0))


def _swing(name: str, degrees: tuple[float, ...], beat_s: float) -> Gesture:
    """Swing one angle through the given extremes, one every `beat_s`."""
    keys = ((0.0, 0.0), *(((i + 1) * beat_s, a * _DEGREE) for i, a in enumerate(degrees)))
    return Gesture({name: (*keys, ((len(degrees) + 1.3) * beat_s, 0.0))})


_NOD = _swing("pitch", (-5.5, 1.0, -3.5, 0.5), 0.20)
_BLINK: Score = ((0.0, 0.0), (0.10, 1.0), (0.16, 1.0), (0.40, 0.0))

GESTURES: dict[str, Gesture] = {
    "nod": _NOD,
    "small nod": _swing("pitch", (-3.2, 0.6), 0.22),
    "shake": _swing("yaw", (5.0, -5.0, 3.5, -2.0), 0.22),
    "tilt": Gesture({"roll": _held(6.0 * _DEGREE, 1.8), "yaw": _held(2.0 * _DEGREE, 1.8)}),
    "smile": Gesture({"smile": _held(0.75, 3.0), "squint": _held(0.25, 3.0), "brow_up": _held(0.1, 3.0)}),
    "frown": Gesture({"brow_down": _held(0.7, 2.2), "frown": _held(0.5, 2.2)}),
    "raise brows": Gesture({"brow_up": _held(0.9, 1.0, 0.15, 0.35), "lid_widen": _held(0.25, 1.0, 0.15, 0.35)}),
    "surprise": Gesture({"brow_up": _held(1.0, 1.6, 0.15, 0.5), "lid_widen": _held(0.7, 1.6, 0.15, 0.5)}),
    "blink": Gesture({"lid_close_left": _BLINK, "lid_close_right": _BLINK}),
    "wink": Gesture(
        {
            "lid_close_left": ((0.0, 0.0), (0.14, 1.0), (0.34, 1.0), (0.60, 0.0)),
            "smile": _held(0.35, 1.2, 0.2, 0.5),
            "roll": _held(2.5 * _DEGREE, 1.0, 0.25, 0.5),
        }
    ),
}
"""By what the reply writes in square brackets; the rest are LOOKS."""

LOOKS = {
    "look left": (-16.0 * _DEGREE, 0.0),
    "look right": (16.0 * _DEGREE, 0.0),
    "look up": (0.0, 12.0 * _DEGREE),
    "look down": (0.0, -12.0 * _DEGREE),
    "look away": (13.0 * _DEGREE, -6.0 * _DEGREE),
}
"""Stage directions that move the gaze: theta and phi, radians; they last LOOK_FOR_S or until LOOK_AT_VIEWER."""
LOOK_FOR_S = 1.8
LOOK_AT_VIEWER = "look at me"

SYNONYMS = {
    **dict.fromkeys(("smiles", "smiling", "grin", "laugh", "laughs", "chuckle", "happy", "cheerful"), "smile"),
    **dict.fromkeys(("nods", "nodding", "agree", "yes"), "nod"),
    **dict.fromkeys(("shakes head", "shake head", "no", "disagree"), "shake"),
    **dict.fromkeys(("tilt head", "tilts head", "curious", "shrug"), "tilt"),
    **dict.fromkeys(("sad", "concerned", "worried", "serious", "angry"), "frown"),
    **dict.fromkeys(("surprised", "gasp", "wow"), "surprise"),
    **dict.fromkeys(("winks", "winking"), "wink"),
    **dict.fromkeys(("raise eyebrows", "brows", "eyebrows"), "raise brows"),
    **dict.fromkeys(("think", "thinks", "thinking", "ponder", "hmm"), "look up"),
    **dict.fromkeys(("look at you", "look at user", "look at viewer", "look back", "look here"), LOOK_AT_VIEWER),
}
"""What language models write instead."""
