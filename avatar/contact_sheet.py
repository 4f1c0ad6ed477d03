"""Every face a portrait can make, side by side, for looking at before it is put in front of people."""

import math
from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from avatar.latents import HeadPose, LatentSpace, Motion, compose
from avatar.portrait import Portrait
from avatar.render import Renderer

Bytes = npt.NDArray[np.uint8]

COLUMNS = 6
CONTROLS_OF: dict[str, dict[str, float]] = {
    "neutral": {},
    "closed": {"lip_press": 0.5},
    "a": {"jaw_open": 0.7},
    "i": {"lip_stretch": 0.8, "jaw_open": 0.10, "lower_lip_drop": 0.3, "upper_lip_raise": 0.15},
    "u": {"lip_pucker": 1.0, "lip_funnel": 0.3, "jaw_open": 0.06},
    "f": {"lip_tuck": 1.0, "upper_lip_raise": 0.2},
    "th": {"jaw_open": 0.22, "tongue_raise": 0.3, "tongue_out": 0.8},
    "smile": {"smile": 1.0, "upper_lip_raise": 0.4, "squint": 0.4},
    "blink": {"lid_close_left": 1.0, "lid_close_right": 1.0},
    "half shut": {"lid_close_left": 0.5, "lid_close_right": 0.5},
    "brows": {"brow_up": 1.0},
}
GAZES = {"gaze left": (-20.0, 0.0), "gaze right": (20.0, 0.0), "gaze up": (0.0, 12.0), "gaze down": (0.0, -12.0)}
POSES = {
    "yaw 15": HeadPose(yaw=math.radians(15)),
    "yaw -15": HeadPose(yaw=math.radians(-15)),
    "pitch 10": HeadPose(pitch=math.radians(10)),
    "pitch -10": HeadPose(pitch=math.radians(-10)),
    "roll 10": HeadPose(roll=math.radians(10)),
    "nearer": HeadPose(log_distance=-0.12),
}
FEELINGS = ("surprised", "angry", "sad")


def expressions(portrait: Portrait, space: LatentSpace) -> Iterator[tuple[str, Motion]]:
    """Yield the name and the motion of every cell: as photographed, mouth shapes, eyes, head poses, emotions."""
    still = HeadPose()
    yield "own", portrait.own_motion
    for name, amounts in CONTROLS_OF.items():
        yield name, compose(still, space.controls(**amounts))
    for name, (right, up) in GAZES.items():
        yield name, compose(still, space.gaze(math.radians(right), math.radians(up)))
    for name, pose in POSES.items():
        yield name, compose(pose, space.controls())
    for name in FEELINGS:
        yield name, compose(still, space.emotion(name))


def contact_sheet(portrait: Portrait, space: LatentSpace, cell_px: int = 512) -> Bytes:
    """Draw the sheet, RGB, cells of `cell_px` in rows of `COLUMNS`; blocks for a second."""
    renderer = Renderer(portrait, space, cell_px)
    cells = [_labelled(renderer.render(motion), name) for name, motion in expressions(portrait, space)]
    cells += [np.zeros_like(cells[0])] * (-len(cells) % COLUMNS)
    rows = [np.hstack(cells[i : i + COLUMNS]) for i in range(0, len(cells), COLUMNS)]
    return np.vstack(rows)


def _labelled(frame: Bytes, name: str) -> Bytes:
    cell = frame.copy()
    size = frame.shape[0] / 512
    at = (round(8 * size), round(24 * size))
    for colour, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(cell, name, at, cv2.FONT_HERSHEY_SIMPLEX, 0.6 * size, colour, thickness, cv2.LINE_AA)
    return cell
