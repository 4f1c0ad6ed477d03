"""Does the picture do what the latents say? Frames are tracked again by a model that had no part in making them.

For each portrait, frames are drawn at its rest, with only the pose varied, only the dynamics, and both; the tracker's
head matrix and landmarks give back pose, distance, gaze and lids, against its own reading of the portrait at rest.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from agent.report import Report, Row
from avatar.landmarks import quiet
from avatar.latents import HeadPose, LatentSpace, Motion, compose, pose_of_rotation
from avatar.portrait import Portrait, bake
from avatar.render import Renderer
from avatar.rig import CAMERA_EYES, NECK
from avatar.training.controls import EYE_RADIUS, TRACKER_AXES, to_canonical
from dialogue.errors import InputError

SHARED = Path(__file__).resolve().parents[3] / "shared"
TRACKER = SHARED / "models" / "face_landmarker.task"
PORTRAITS = SHARED / "data" / "portraits"
SIZE_PX = 512
NOTES = (
    "pose: mean absolute error of yaw, pitch, roll within 15 degrees; gaze raw: of both angles within 20 and 12;",
    "gaze: with the tracker's own gain, one number an axis for all portraits, taken out (see the last row).",
    "distance: of log distance within 0.1. x in y: what dynamics do to a still pose, and pose to still lips and gaze.",
    "lips: gap when closed over eye distance. lids: opening left in a blink. VASA-1: gaze 5.25, distance 0.005.",
    "PSNR: of the portrait's own motion against the photograph, inside the head.",
)
TRACKER_ORIGIN = np.array([0.0, 0.30, -0.36])
"""Where the tracker's head matrix has its origin, in the canonical frame: inside the head, below the eyes."""
BAR = "pose 1.5, gaze 4, distance 0.005, lips 0.5 %, PSNR 45"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the tracker sees: angles [3] in radians, log distance, gaze [2], lip gap and lid gap (eye distances)."""

    angles: Floats
    log_distance: float
    gaze: Floats
    lips: float
    lids: float


class Tracker:
    """The independent tracker: MediaPipe's face landmarker with its own detector, landmarks and head geometry."""

    def __init__(self, model: Path = TRACKER) -> None:
        """Load the model; raises InputError when it is not there."""
        if not model.exists():
            raise InputError(f"the evaluation needs MediaPipe's face_landmarker.task at {model}: put it there")
        from mediapipe.tasks.python import BaseOptions, vision

        options = vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(model)), output_facial_transformation_matrixes=True
        )
        with quiet():
            self._landmarker: Any = vision.FaceLandmarker.create_from_options(options)

    def read(self, frame: npt.NDArray[np.uint8]) -> Reading | None:
        """Read one RGB frame; None when no face is found."""
        import mediapipe as mp

        picture = mp.Image(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(frame))
        with quiet():
            found = self._landmarker.detect(picture)
        if not found.face_landmarks:
            return None
        height, width = frame.shape[:2]
        points = np.array([(p.x * width, p.y * height, -p.z * width) for p in found.face_landmarks[0]])
        matrix = found.facial_transformation_matrixes[0]
        linear = matrix[:3, :3]
        rotation = TRACKER_AXES @ (linear / np.cbrt(np.linalg.det(linear))) @ TRACKER_AXES
        pose = pose_of_rotation(rotation)
        face = to_canonical(points @ rotation)
        return Reading(
            np.array([pose.yaw, pose.pitch, pose.roll]),
            math.log(-matrix[2, 3]),
            _gaze(face),
            float(np.linalg.norm(face[13] - face[14])),
            float(np.mean([np.linalg.norm(face[159] - face[145]), np.linalg.norm(face[386] - face[374])])),
        )


def _gaze(face: Floats) -> Floats:
    """Return the angles (right, up) of the eyes in the head, from the irises between the eye corners."""
    offsets = [face[iris] - (face[a] + face[b]) / 2 for iris, a, b in ((468, 33, 133), (473, 362, 263))]
    shift = np.mean(offsets, axis=0)[:2] / EYE_RADIUS
    angles: Floats = np.arcsin(np.clip(shift * [1, -1], -1, 1))
    return angles


def run(short: bool = False) -> Report:
    """Evaluate every portrait of the shared folder and the project's own; blocks for one to five minutes."""
    space, tracker = LatentSpace.load(), Tracker()
    frames = 12 if short else 60
    measured = {name: found for name, face in _portraits(space) if (found := evaluate(face, space, tracker, frames))}
    if not measured:
        raise InputError("no portrait could be tracked: put pictures into assets/portraits or ../shared/data/portraits")
    asked, read = (np.concatenate([getattr(m, side) for m in measured.values()]) for side in ("asked", "read"))
    gain = (asked * read).sum(0) / (asked**2).sum(0)
    rows = [Row(name, m.figures | {"gaze °": m.gaze_error(gain)}) for name, m in measured.items()]
    names = list(rows[0].figures)
    mean = {key: float(np.mean([float(row.figures[key]) for row in rows])) for key in names}
    gains = Row("tracker's gain of gaze", {"gaze °": f"{gain[0]:.2f}, {gain[1]:.2f}"})
    title = "What the latents ask for, read back from the picture"
    return Report(title, (*rows, Row("mean", dict(mean), BAR), gains), NOTES)


@dataclass(frozen=True, slots=True)
class Measured:
    """One portrait's figures, and gaze asked for and read [n, 2] in radians."""

    figures: dict[str, float | int | str]
    asked: Floats
    read: Floats

    def gaze_error(self, gain: Floats) -> float:
        """Return the mean absolute error of gaze in degrees, the tracker's gain [2] taken out."""
        return math.degrees(float(np.abs(self.read / gain - self.asked).mean()))


def _portraits(space: LatentSpace) -> Iterator[tuple[str, Portrait]]:
    for path in sorted((Path(__file__).resolve().parents[2] / "assets" / "portraits").glob("*.face")):
        yield path.stem, Portrait.load(path)
    for path in sorted(PORTRAITS.glob("*.jpg")):
        yield path.stem, bake(path, space)


def evaluate(portrait: Portrait, space: LatentSpace, tracker: Tracker, frames: int) -> Measured | None:
    """Measure one portrait; None when the tracker does not find it."""
    renderer = Renderer(portrait, space, SIZE_PX)
    random = np.random.default_rng(7)
    still = HeadPose()

    def read(motion: Motion) -> Reading | None:
        return tracker.read(renderer.render(motion))

    rest = read(compose(still, space.controls()))
    if rest is None:
        return None
    pose_errors, distance_errors, spill_pose, spill_gaze, spill_lips = [], [], [], [], []
    gazes: list[tuple[Floats, Floats]] = []
    for _ in range(frames):
        pose, gaze, z = _sample(space, random)
        if both := read(compose(pose, z)):
            pose_errors.append(_pose_error(both, rest, pose))
        if turned := read(compose(pose, space.controls())):
            distance_errors.append(abs(turned.log_distance - rest.log_distance - expected_distance(portrait, pose)))
            spill_gaze.append(np.abs(turned.gaze - rest.gaze).mean())
            spill_lips.append(abs(turned.lips - rest.lips))
        if looking := read(compose(still, space.gaze(*gaze))):
            gazes.append((gaze, looking.gaze - rest.gaze))
        if acting := read(compose(still, z)):
            spill_pose.append(_pose_error(acting, rest, still))
    shut = read(compose(still, space.controls(lid_close_left=1, lid_close_right=1)))
    closed = [read(compose(still, space.controls(**amounts))) for amounts in CLOSED]
    degrees = math.degrees
    asked, seen = (np.array(side) for side in zip(*gazes, strict=True))
    figures: dict[str, float | int | str] = {
        "pose °": degrees(float(np.mean(pose_errors))),
        "gaze raw °": degrees(float(np.abs(seen - asked).mean())),
        "distance": float(np.mean(distance_errors)),
        "dynamics in pose": degrees(float(np.mean(spill_pose))),
        "pose in gaze": degrees(float(np.mean(spill_gaze))),
        "pose in lips": 100 * float(np.mean(spill_lips)),
        "lips %": 100 * float(np.mean([reading.lips for reading in closed if reading])),
        "lids %": 100 * (shut.lids / rest.lids) if shut else math.nan,
        "PSNR dB": _reproduction(portrait, space),
    }
    return Measured(figures, asked, seen)


def expected_distance(portrait: Portrait, pose: HeadPose) -> float:
    """Return the log distance that the tracker's origin should have: the head turns about its neck, not about that."""
    rotation = portrait.rotation.astype(np.float64)
    arm = rotation @ (TRACKER_ORIGIN - NECK)
    neck = CAMERA_EYES - (rotation @ NECK)[2]
    before = neck - arm[2]
    after = neck * math.exp(pose.log_distance) - (pose.rotation() @ arm)[2]
    return math.log(after / before)


CLOSED: tuple[dict[str, float], ...] = ({}, {"lip_press": 0.5}, {"lip_pucker": 0.6}, {"jaw_open": 0.15, "lip_close": 1})


def _sample(space: LatentSpace, random: np.random.Generator) -> tuple[HeadPose, Floats, npt.NDArray[np.float32]]:
    """Draw a pose within 15 degrees, a gaze, and dynamics of talking and feeling."""
    yaw, pitch, roll = np.radians(random.uniform(-15, 15, 3)) * [1, 0.8, 1]
    pose = HeadPose(yaw, pitch, roll, log_distance=random.uniform(-0.1, 0.1))
    gaze = np.radians(random.uniform([-20, -12], [20, 12]))
    talking = space.controls(
        jaw_open=random.uniform(0, 0.6),
        lip_pucker=random.uniform(0, 0.7),
        smile=random.uniform(0, 0.7),
        brow_up=random.uniform(0, 0.8),
        lid_close_left=(shut := random.uniform(0, 0.5)),
        lid_close_right=shut,
    )
    return pose, gaze, talking


def _pose_error(seen: Reading, rest: Reading, asked: HeadPose) -> float:
    """Return the mean absolute error of the three angles: the asked turn comes on top of the turn at rest."""
    start = HeadPose(*rest.angles).rotation()
    expected = pose_of_rotation(asked.rotation() @ start)
    wanted = np.array([expected.yaw, expected.pitch, expected.roll])
    return float(np.abs(seen.angles - wanted).mean())


def _reproduction(portrait: Portrait, space: LatentSpace) -> float:
    frame = Renderer(portrait, space, portrait.size_px).render(portrait.own_motion)
    inside = cv2.erode((portrait.alpha > 250).astype(np.uint8), np.ones((3, 3))) > 0
    error = ((frame.astype(float) - portrait.picture) ** 2)[inside].mean()
    return 10 * math.log10(255**2 / max(float(error), 1e-6))
