"""The face latent space: head pose and facial dynamics. The only file that knows its dimensions.

A motion is one row of `LATENT_SIZE` float32: six of head pose, then the dynamics code z (`DYNAMICS_SIZE`). z is a
linear code over pose-free displacement of the 478 landmarks from the neutral face, so z = 0 is neutral, with closed
lips, open eyes and a gaze at the viewer (VASA-1 section 3.1 keeps the same split; its z is decoded by a network).

The canonical frame of landmarks: unit is the distance of the outer eye corners (landmarks 33 and 263), x to the right
of the picture, y down, z towards the viewer, origin midway between the outer eye corners, head upright and frontal.

What a component of z means is nobody's business outside this file: ask for `control(name)`, or `encode` a displacement.
"left" and "right" are the face's own, so the left eye is on the right of the picture.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open

from dialogue.errors import EngineError

FRAME_RATE_HZ = 25
LANDMARK_COUNT = 478
POSE_SIZE = 6
DYNAMICS_SIZE = 32
LATENT_SIZE = POSE_SIZE + DYNAMICS_SIZE
FORMAT_VERSION = "1"
LATENTS_PATH = Path(__file__).resolve().parent.parent / "assets" / "models" / "latents.safetensors"

Reals = npt.NDArray[np.floating[Any]]

Motion = npt.NDArray[np.float32]
"""Face motion packed in the last axis, [..., LATENT_SIZE]: yaw, pitch, roll, x, y, log distance, z..."""

Landmarks = npt.NDArray[np.float32]
"""Landmarks or displacements in the canonical frame, [..., 478, 3]."""

Dynamics = npt.NDArray[np.float32]
"""The dynamics code z, [..., DYNAMICS_SIZE]."""

CONTROLS = (
    "jaw_open jaw_side lip_close lip_pucker lip_funnel lip_stretch lip_press lip_tuck upper_lip_raise lower_lip_drop "
    "smile frown brow_up brow_inner_up brow_down lid_close_left lid_close_right lid_widen squint gaze_x gaze_y "
    "nose_sneer cheek_puff tongue_raise tongue_out"
).split()
"""Names of the control directions; 1 is a full natural movement (see `avatar/training/controls.py` for each)."""

GAZE_UNIT_RADIANS = 1.0
"""Eye rotation of one unit of `gaze_x` (to the viewer's right) or `gaze_y` (up)."""

UPPER_LIP = (191, 80, 81, 82, 13, 312, 311, 310, 415)
LOWER_LIP = (95, 88, 178, 87, 14, 317, 402, 318, 324)
UPPER_LID_RIGHT = (246, 161, 160, 159, 158, 157, 173)
LOWER_LID_RIGHT = (7, 163, 144, 145, 153, 154, 155)
UPPER_LID_LEFT = (466, 388, 387, 386, 385, 384, 398)
LOWER_LID_LEFT = (249, 390, 373, 374, 380, 381, 382)
"""Landmarks along the inner edges of lips and lids, corners left out; entry i of upper and lower lie opposite."""

EMOTIONS: Mapping[str, Mapping[str, float]] = {
    "neutral": {},
    "happy": {"smile": 0.55, "squint": 0.35, "brow_up": 0.1},
    "sad": {"brow_inner_up": 0.7, "frown": 0.55, "lid_close_left": 0.15, "lid_close_right": 0.15, "gaze_y": -0.05},
    "angry": {"brow_down": 0.8, "squint": 0.35, "lip_press": 0.35, "nose_sneer": 0.25, "frown": 0.15},
    "surprised": {"brow_up": 0.9, "brow_inner_up": 0.3, "lid_widen": 0.8, "jaw_open": 0.22},
}
"""What each emotion at strength 1 adds to neutral, in controls."""


@dataclass(frozen=True, slots=True)
class HeadPose:
    """Where the head is. Angles in radians: yaw positive to the viewer's right, pitch positive up, roll positive
    clockwise as seen; x (right) and y (down) in face widths; log_distance is ln(distance / the portrait's own)."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    x: float = 0.0
    y: float = 0.0
    log_distance: float = 0.0

    @classmethod
    def of(cls, motion: Motion) -> Self:
        """Read the pose from one motion row."""
        return cls(*(float(value) for value in motion[:POSE_SIZE]))

    def rotation(self) -> npt.NDArray[np.float64]:
        """Return the 3x3 rotation of the head (pitch first, then yaw, then roll) in the canonical axes."""
        cy, sy = math.cos(self.yaw), math.sin(self.yaw)
        cp, sp = math.cos(self.pitch), math.sin(self.pitch)
        cr, sr = math.cos(self.roll), math.sin(self.roll)
        turn = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
        nod = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
        tilt = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
        rotation: npt.NDArray[np.float64] = tilt @ turn @ nod
        return rotation


def pose_of_rotation(rotation: Reals) -> HeadPose:
    """Return the angles of a 3x3 head rotation; the inverse of `HeadPose.rotation`, |yaw| under 90 degrees."""
    return HeadPose(
        yaw=math.asin(float(np.clip(-rotation[2, 0], -1, 1))),
        pitch=math.atan2(float(rotation[2, 1]), float(rotation[2, 2])),
        roll=math.atan2(float(rotation[1, 0]), float(rotation[0, 0])),
    )


def neutral_motion() -> Motion:
    """Return the row of a still, neutral face in the portrait's own pose: all zeros."""
    return np.zeros(LATENT_SIZE, np.float32)


def compose(pose: HeadPose, dynamics: Dynamics) -> Motion:
    """Pack one pose and one z [DYNAMICS_SIZE] into a motion row."""
    motion = np.empty(LATENT_SIZE, np.float32)
    motion[:POSE_SIZE] = (pose.yaw, pose.pitch, pose.roll, pose.x, pose.y, pose.log_distance)
    motion[POSE_SIZE:] = dynamics
    return motion


def dynamics_of(motion: Motion) -> Dynamics:
    """Return the view of z in motion rows, [..., DYNAMICS_SIZE]."""
    return motion[..., POSE_SIZE:]


@dataclass(frozen=True)
class LatentSpace:
    """The linear face code: z to landmark displacement and back, and the named directions in it.

    neutral [478, 3] canonical landmarks at z = 0; basis [DYNAMICS_SIZE, 478, 3] displacement of each component;
    tongue [DYNAMICS_SIZE, 2] what each component does to the tongue (raise, out), which landmarks cannot see;
    fields: for each name of `CONTROLS` the displacement [478, 3] wanted of it. Components may be all zero (unused).
    """

    neutral: Landmarks
    basis: Landmarks
    tongue: npt.NDArray[np.float32]
    fields: Mapping[str, Landmarks]

    @classmethod
    def load(cls, path: Path = LATENTS_PATH) -> Self:
        """Read a latent space from a safetensors file.

        Blocks on the disk (0.3 MB). Raises EngineError when the file is missing, damaged or of another version.
        """
        try:
            with safe_open(str(path), "numpy") as tensors:
                version = (tensors.metadata() or {}).get("version")
                arrays = {name: tensors.get_tensor(name) for name in tensors.keys()}  # noqa: SIM118
        except (OSError, SafetensorError) as exc:
            raise EngineError(f"the face latent space {path} cannot be read; fetch the repository again") from exc
        if version != FORMAT_VERSION or arrays["basis"].shape != (DYNAMICS_SIZE, LANDMARK_COUNT, 3):
            raise EngineError(f"{path} belongs to another version of Visavis (has {version}, need {FORMAT_VERSION})")
        fields = dict(zip(CONTROLS, arrays["fields"], strict=True))
        return cls(arrays["neutral"], arrays["basis"], arrays["tongue"], fields)

    def displacement(self, z: Dynamics) -> Landmarks:
        """Return the canonical displacement [..., 478, 3] of z [..., DYNAMICS_SIZE]."""
        flat = np.asarray(z, np.float32) @ self._flat_basis
        return flat.reshape(*flat.shape[:-1], LANDMARK_COUNT, 3)

    def tongue_position(self, z: Dynamics) -> npt.NDArray[np.float32]:
        """Return (raise, out) of the tongue [..., 2]; 0 rests behind the lower teeth, 1 touches the ridge / the lip."""
        position: npt.NDArray[np.float32] = np.asarray(z, np.float32) @ self.tongue
        return position

    def encode(
        self,
        displacement: Landmarks,
        weights: Reals | None = None,
        tongue: Reals | None = None,
        ridge: float = 1e-4,
    ) -> Dynamics:
        """Return the z [..., DYNAMICS_SIZE] whose displacement is nearest in weighted least squares.

        displacement [..., 478, 3]; weights [478], 1 for each landmark by default; tongue [..., 2], at rest by default;
        ridge pulls z to 0, relative to the mean squared size of a component.
        """
        weight = np.ones(LANDMARK_COUNT) if weights is None else np.asarray(weights, np.float64)
        lead = displacement.shape[:-2]
        rest = np.zeros((*lead, 2)) if tongue is None else np.asarray(tongue, np.float64)
        columns = np.concatenate([np.repeat(weight, 3), np.ones(2)])
        design = np.concatenate([self._flat_basis, self.tongue], 1).astype(np.float64)
        target = np.concatenate([displacement.reshape(*lead, -1), rest], -1)
        normal = (design * columns) @ design.T
        used = np.diag(normal) > 0
        normal += np.eye(DYNAMICS_SIZE) * (ridge * np.diag(normal)[used].mean())
        normal[~used, ~used] = 1.0
        return np.linalg.solve(normal, ((target * columns) @ design.T)[..., None])[..., 0].astype(np.float32)

    def control(self, name: str) -> Dynamics:
        """Return the direction of z [DYNAMICS_SIZE] that moves the face as `name` of `CONTROLS` says.

        Raises KeyError for a name that does not exist.
        """
        return self._controls[name]

    def controls(self, **amounts: float) -> Dynamics:
        """Return the z that sums named controls, each times its amount."""
        z = np.zeros(DYNAMICS_SIZE, np.float32)
        for name, amount in amounts.items():
            z += np.float32(amount) * self.control(name)
        return z

    def gaze(self, theta: float, phi: float) -> Dynamics:
        """Return z that turns both eyes by theta radians to the viewer's right and phi radians up, lids following.

        The eyes turn in the head: to keep looking at one point, give back what the head turns.
        """
        return self.controls(gaze_x=theta / GAZE_UNIT_RADIANS, gaze_y=phi / GAZE_UNIT_RADIANS)

    def emotion(self, name: str, strength: float = 1.0) -> Dynamics:
        """Return the z offset of a named emotion of `EMOTIONS`, scaled by strength (0 to about 1.5)."""
        return np.float32(strength) * self.controls(**EMOTIONS[name])

    @cached_property
    def _flat_basis(self) -> npt.NDArray[np.float32]:
        return np.ascontiguousarray(self.basis.reshape(DYNAMICS_SIZE, -1))

    @cached_property
    def _controls(self) -> dict[str, Dynamics]:
        tongues = {"tongue_raise": (1.0, 0.0), "tongue_out": (0.0, 1.0)}
        return {
            name: self.encode(field, _moving(field), np.array(tongues.get(name, (0.0, 0.0))))
            for name, field in self.fields.items()
        }


def _moving(field: Landmarks) -> npt.NDArray[np.float64]:
    """Weigh each landmark by how much a control moves it, so that a learned basis spends its accuracy there."""
    size = np.linalg.norm(field, axis=-1)
    peak = size.max()
    weight: npt.NDArray[np.float64] = 0.1 + (size / peak if peak > 0 else size)
    return weight


def gap(landmarks: Reals, upper: tuple[int, ...], lower: tuple[int, ...]) -> Reals:
    """Return the signed opening [..., n] down the face between opposite landmarks of two lips or lids."""
    opening: Reals = landmarks[..., lower, 1] - landmarks[..., upper, 1]
    return opening
