"""What a person may set while the face is alive: where it looks, how near it is, how it feels, how much it moves."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

Emotion = Literal["neutral", "happy", "sad", "angry", "surprised"]
EMOTIONS: tuple[Emotion, ...] = get_args(Emotion)

GAZE_LIMIT_RADIANS = 0.61
"""About 35 degrees: as far as eyes and a slightly turned head look aside together."""
LOG_DISTANCE_LIMIT = 0.7
"""Half and twice the portrait's own distance."""


@dataclass(frozen=True, slots=True)
class Controls:
    """Live settings of a face, VASA-1's conditions and two scales. Hand a new value over to change any of them."""

    gaze_theta: float = 0.0
    """Where it looks, radians: horizontal, positive to the viewer's right; 0, 0 is the viewer."""
    gaze_phi: float = 0.0
    """Vertical, positive up."""
    log_distance: float = 0.0
    """ln(head distance / the portrait's own); positive is farther."""
    emotion: Emotion = "neutral"
    strength: float = 1.0
    """Of the emotion, 0..1."""
    pose_scale: float = 1.0
    """How much of the head's own movement is shown; 0 holds it still."""
    liveliness: float = 1.0
    """How much it does beyond what it says and shows: 1 a lively person, 0 still but for lips and blinks."""

    def clamped(self) -> "Controls":
        """Give the nearest value within what a face can do."""
        return replace(
            self,
            gaze_theta=_clamp(self.gaze_theta, -GAZE_LIMIT_RADIANS, GAZE_LIMIT_RADIANS),
            gaze_phi=_clamp(self.gaze_phi, -GAZE_LIMIT_RADIANS, GAZE_LIMIT_RADIANS),
            log_distance=_clamp(self.log_distance, -LOG_DISTANCE_LIMIT, LOG_DISTANCE_LIMIT),
            strength=_clamp(self.strength, 0.0, 1.0),
            pose_scale=_clamp(self.pose_scale, 0.0, 2.0),
            liveliness=_clamp(self.liveliness, 0.0, 1.0),
        )


def _clamp(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
