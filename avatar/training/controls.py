"""Learn the canonical face and the control fields of the latent space from clips of many people.

`python -m avatar.training.controls --tracker face_landmarker.task --out latents.safetensors CLIP...`

Every clip is tracked, its head pose taken out, and each person's landmark offsets are regressed on the tracker's
blendshape scores; mirrored copies make the result symmetric. What talkers do not show (lips tucked under teeth, puffed
cheeks, eye rotation) is written by hand on the same canonical face. The basis is the set of fields itself until one
is learned from talkers; then only the `basis` and `tongue` tensors of the file change.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file
from scipy.optimize import linear_sum_assignment

from avatar import latents
from avatar.latents import CONTROLS, DYNAMICS_SIZE, FORMAT_VERSION, LANDMARK_COUNT, gap

Array = npt.NDArray[np.float64]

TRACKER_AXES = np.diag([1.0, -1.0, 1.0])
"""The tracker's y points up, ours down."""
STABLE = (6, 168, 197, 195, 5, 4, 33, 133, 263, 362, 8, 9, 151, 10, 127, 356, 234, 454, 21, 251, 162, 389, 54, 284)
"""Landmarks that dynamics hardly move: forehead, temples, nose, eye corners."""
EYE_RADIUS = 0.118
"""From an eye's centre of rotation to its iris, in outer-eye-corner distances (10.5 of 89 mm)."""
IRIS_LEFT, IRIS_RIGHT = (473, 474, 475, 476, 477), (468, 469, 470, 471, 472)
LID_FOLLOW = 0.55
"""How far the upper lid goes with the iris when gaze goes up or down."""
TURNED_TOO_FAR_RADIANS = 0.26
FRAMES_APART = 4


@dataclass(frozen=True, slots=True)
class Tracks:
    """Pose-free landmarks [n, 478, 3] and blendshape scores [n, 52] of one clip."""

    landmarks: Array
    scores: Array
    score_names: tuple[str, ...]


def main(arguments: Sequence[str]) -> None:
    """Track the clips and write the latent space."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tracker", type=Path, required=True, help="MediaPipe face_landmarker.task")
    parser.add_argument("--out", type=Path, default=latents.LATENTS_PATH)
    parser.add_argument("clips", type=Path, nargs="+")
    options = parser.parse_args(arguments)
    tracks = [track for clip in options.clips if len((track := track_clip(clip, options.tracker)).landmarks) >= 8]
    write(options.out, *learn(tracks))


def track_clip(path: Path, tracker: Path) -> Tracks:
    """Track every fourth frame of a clip; frames without a face or turned beyond 15 degrees are left out."""
    import mediapipe as mp
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(tracker)),
        output_face_blendshapes=True,
        output_facial_transformation_matrixes=True,
    )
    shapes, scores, names = [], [], ()
    with vision.FaceLandmarker.create_from_options(options) as landmarker:
        for picture in _pictures(path):
            found = landmarker.detect(mp.Image(image_format=mp.ImageFormat.SRGB, data=picture))
            if not found.face_landmarks:
                continue
            rotation = _rotation(found.facial_transformation_matrixes[0])
            if abs(latents.pose_of_rotation(rotation).yaw) > TURNED_TOO_FAR_RADIANS:
                continue
            height, width = picture.shape[:2]
            points = np.array([(p.x * width, p.y * height, -p.z * width) for p in found.face_landmarks[0]])
            shapes.append(to_canonical(points @ rotation))
            scores.append([category.score for category in found.face_blendshapes[0]])
            names = tuple(category.category_name for category in found.face_blendshapes[0])
    return Tracks(np.array(shapes).reshape(-1, LANDMARK_COUNT, 3), np.array(scores), names)


def _pictures(path: Path) -> Iterator[npt.NDArray[np.uint8]]:
    with av.open(str(path)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index % FRAMES_APART == 0:
                yield np.ascontiguousarray(frame.to_ndarray(format="rgb24"))


def _rotation(matrix: Array) -> Array:
    """Return the rotation of the tracker's 4x4 head matrix in our axes."""
    linear = matrix[:3, :3] / np.cbrt(np.linalg.det(matrix[:3, :3]))
    rotation: Array = TRACKER_AXES @ linear @ TRACKER_AXES
    return rotation


def to_canonical(points: Array) -> Array:
    """Move the origin between the outer eye corners and make their distance the unit."""
    centred = points - (points[33] + points[263]) / 2
    canonical: Array = centred / np.linalg.norm(centred[33] - centred[263])
    return canonical


def learn(tracks: Sequence[Tracks]) -> tuple[Array, dict[str, Array]]:
    """Return the canonical neutral [478, 3] and the field [478, 3] of every control."""
    neutral = np.median([_calm(track) for track in tracks], axis=0)
    mirror = _mirror(neutral)
    neutral = (neutral + neutral[mirror] * [-1, 1, 1]) / 2
    neutral = neutral - (neutral[33] + neutral[263]) / 2
    offsets, scores = _offsets(tracks, mirror)
    penalty = 3e-4 * len(scores) * np.eye(scores.shape[1])
    learned = np.linalg.solve(scores.T @ scores + penalty, scores.T @ offsets.reshape(len(offsets), -1))
    per_score = dict(zip(tracks[0].score_names, learned.reshape(-1, LANDMARK_COUNT, 3), strict=True))
    return neutral, fields(neutral, per_score)


def _calm(track: Tracks) -> Array:
    """Return the mean of a clip's frames with the least open mouths."""
    opening = gap(track.landmarks, (13,), (14,))[:, 0]
    calm: Array = track.landmarks[opening <= np.quantile(opening, 0.15)].mean(0)
    return calm


def _mirror(neutral: Array) -> npt.NDArray[np.intp]:
    """Return for each landmark its partner on the other side of the face."""
    flipped = neutral * [-1, 1, 1]
    distance = np.linalg.norm(neutral[:, None] - flipped[None], axis=-1)
    partner: npt.NDArray[np.intp] = linear_sum_assignment(distance)[1]
    return partner


def _offsets(tracks: Sequence[Tracks], mirror: npt.NDArray[np.intp]) -> tuple[Array, Array]:
    """Return each frame's offset from its clip's mean, and of its scores, with mirrored copies after them."""
    offsets, scores = [], []
    for track in tracks:
        steady = _align(track.landmarks, track.landmarks.mean(0))
        offsets.append(steady - steady.mean(0))
        scores.append(track.scores - track.scores.mean(0))
    offset, score = np.concatenate(offsets), np.concatenate(scores)
    names = tracks[0].score_names
    swapped = [names.index(_other_side(name)) for name in names]
    flipped = offset[:, mirror] * [-1, 1, 1]
    return np.concatenate([offset, flipped]), np.concatenate([score, score[:, swapped]])


def _other_side(name: str) -> str:
    return name.replace("Left", "~").replace("Right", "Left").replace("~", "Right")


def _align(shapes: Array, reference: Array) -> Array:
    """Rotate, scale and shift each shape so that its stable landmarks meet the reference's."""
    stable = list(STABLE)
    target = reference[stable] - reference[stable].mean(0)
    centred = shapes - shapes[:, stable].mean(1, keepdims=True)
    u, singular, vt = np.linalg.svd(np.einsum("nki,kj->nij", centred[:, stable], target))
    scale = singular.sum(1) / (centred[:, stable] ** 2).sum((1, 2))
    aligned: Array = (centred @ (u @ vt)) * scale[:, None, None] + reference[stable].mean(0)
    return aligned


def fields(neutral: Array, learned: dict[str, Array]) -> dict[str, Array]:
    """Return the displacement field of each control at 1, from what was learned per blendshape score and by hand."""
    face = _Face(neutral)
    both = {name: learned[name + "Left"] + learned[name + "Right"] for name in _SIDED}
    mouth = {name: face.lower * field for name, field in (learned | both).items()}
    jaw = face.opened(mouth["jawOpen"] * [0.55, 1.0, 1.0], 0.36)
    smile = face.sealed(mouth["mouthSmile"])
    brows = face.brows * (both["browOuterUp"] + learned["browInnerUp"])
    funnel = 0.5 * mouth["mouthFunnel"]
    rounded = funnel - funnel[152, 1] / jaw[152, 1] * jaw
    made = {
        "jaw_open": jaw,
        "jaw_side": face.jaw_weight[:, None] * np.array([0.07, 0.0, 0.0]),
        "lip_close": face.opened(face.lips_apart(), -0.12),
        "lip_pucker": face.sealed(1.5 * mouth["mouthPucker"]) + face.protruded(0.07),
        "lip_funnel": face.sealed(rounded) + face.opened(face.lips_apart(), 0.11) + face.protruded(0.05),
        "lip_stretch": face.sealed(0.5 * mouth["mouthStretch"]) + face.opened(face.lips_apart(), 0.02),
        "lip_press": face.sealed(mouth["mouthPress"]),
        "lip_tuck": face.tucked(),
        "upper_lip_raise": face.opened(face.upper_lip * mouth["mouthUpperUp"], 0.08),
        "lower_lip_drop": face.opened(face.lower_lip * mouth["mouthLowerDown"], 0.10),
        "smile": smile,
        "frown": face.corners_moved((0.01, 0.075, 0.0)),
        "brow_up": brows,
        "brow_inner_up": face.brow_inner * brows,
        "brow_down": face.brows * both["browDown"],
        "lid_close_left": face.closed_lid(learned["eyeBlinkLeft"], left=True),
        "lid_close_right": face.closed_lid(learned["eyeBlinkRight"], left=False),
        "squint": 0.5 * face.eyes * both["eyeSquint"],
        "nose_sneer": face.bumped((48, 278, 98, 327), (0.0, -0.035, 0.0), 0.10),
        "cheek_puff": face.puffed(),
        "tongue_raise": np.zeros_like(neutral),
        "tongue_out": np.zeros_like(neutral),
    }
    blink = made["lid_close_left"] + made["lid_close_right"]
    made["lid_widen"] = -0.22 * blink
    made["gaze_x"] = face.irises_moved((EYE_RADIUS, 0.0, 0.0))
    lids = -LID_FOLLOW * EYE_RADIUS / face.lid_gap() * blink
    made["gaze_y"] = face.irises_moved((0.0, -EYE_RADIUS, 0.0)) + lids
    return {name: made[name] for name in CONTROLS}


_SIDED = "mouthSmile mouthStretch mouthPress mouthUpperUp mouthLowerDown browOuterUp browDown eyeSquint".split()
LIP_CORNERS = (61, 291, 78, 308)
LIPS = (
    61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 146, 91, 181, 84, 17, 314, 405, 321, 375,
    78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 95, 88, 178, 87, 14, 317, 402, 318, 324,
)  # fmt: skip
JAW = (152, 148, 377, 176, 400, 149, 378, 150, 379, 175, 199, 200, 18)


class _Face:
    """Smooth windows on the canonical face, and fields written by hand with them; windows are [478, 1]."""

    def __init__(self, neutral: Array) -> None:
        self.neutral = neutral
        nose_y, mouth_y = neutral[2, 1], neutral[[13, 14], 1].mean()
        x, y = neutral[:, 0], neutral[:, 1]
        half_mouth = neutral[291, 0]
        self.lower = (_step((y - 0.12) / (nose_y - 0.12)) * _not_iris())[:, None]
        self.upper = (_step((0.16 - y) / 0.26) * _not_iris())[:, None]
        self.brows = self.upper * _step((y + 0.56) / 0.2)[:, None]
        self.eyes = (np.exp(-((y / 0.2) ** 4)) * _not_iris())[:, None]
        self.brow_inner = np.exp(-((x / 0.24) ** 2))[:, None]
        self.upper_lip = (self.lower[:, 0] * _step(0.5 - (y - mouth_y) / 0.02))[:, None]
        self.lower_lip = (self.lower[:, 0] * _step(0.5 + (y - mouth_y) / 0.02))[:, None]
        self.jaw_weight = self.lower_lip[:, 0] * np.exp(-((x / (half_mouth * 2.4)) ** 4))
        self.mouth_y, self.half_mouth = mouth_y, half_mouth

    def near(self, landmark: int, reach: float) -> Array:
        """Return a Gaussian window [478] around a landmark in the picture plane."""
        offset = (self.neutral - self.neutral[landmark])[:, :2]
        window: Array = np.exp(-(offset**2).sum(1) / (2 * reach**2))
        return window

    def bumped(self, landmarks: Sequence[int], move: tuple[float, float, float], reach: float) -> Array:
        """Move the surroundings of landmarks by one vector."""
        weight = np.max([self.near(landmark, reach) for landmark in landmarks], axis=0)
        bump: Array = weight[:, None] * np.array(move) * _not_iris()[:, None]
        return bump

    def corners_moved(self, move: tuple[float, float, float]) -> Array:
        """Move both mouth corners, x mirrored inwards, with their surroundings but not the middle of the lips."""
        right, left = self.near(61, 0.11), self.near(291, 0.11)
        middle = 1 - np.exp(-((self.neutral[:, 0] / (0.55 * self.half_mouth)) ** 2))
        inward = np.array(move) * [-1, 1, 1]
        field: Array = (right[:, None] * np.array(move) + left[:, None] * inward) * middle[:, None]
        return field * self.lower

    def lips_apart(self) -> Array:
        """Move the upper lip up and the lower lip down, most in the middle, the jaw staying."""
        x, y = self.neutral[:, 0] / self.half_mouth, self.neutral[:, 1] - self.mouth_y
        across = np.clip(1 - x**2, 0, 1)
        side = np.where(np.isin(np.arange(LANDMARK_COUNT), _upper_side(self.neutral, self.mouth_y)), -0.4, 0.6)
        field = np.zeros_like(self.neutral)
        field[:, 1] = side * across * np.exp(-((y / 0.12) ** 2))
        sides: Array = field * self.lower
        return sides

    def opened(self, field: Array, opening: float) -> Array:
        """Scale a field so that it changes the gap in the middle of the lips by `opening`."""
        change = field[14, 1] - field[13, 1]
        scaled: Array = field * (opening / change)
        return scaled

    def sealed(self, field: Array) -> Array:
        """Change a field so that it leaves the lips as far apart as they were, carrying the outer lips along."""
        result = field.copy()
        for upper, lower in zip(latents.UPPER_LIP, latents.LOWER_LIP, strict=True):
            middle = (field[upper] * 0.5 + field[lower] * 0.5)[1:]
            for landmark in (upper, lower):
                shift = middle - result[landmark, 1:]
                result[landmark, 1:] += shift
                for partner in _OUTER.get(landmark, ()):
                    result[partner, 1:] += 0.7 * shift
        return result

    def protruded(self, amount: float) -> Array:
        """Push the lips towards the viewer."""
        x, y = self.neutral[:, 0] / (1.3 * self.half_mouth), (self.neutral[:, 1] - self.mouth_y) / 0.22
        field = np.zeros_like(self.neutral)
        field[:, 2] = amount * np.exp(-(x**2 + y**2))
        pushed: Array = field * self.lower
        return pushed

    def tucked(self) -> Array:
        """Draw the lower lip up and in under the upper teeth, as in f and v, with the upper lip a little raised."""
        x = self.neutral[:, 0] / self.half_mouth
        across = np.clip(1 - x**2, 0, 1)[:, None]
        y = (self.neutral[:, 1] - self.mouth_y)[:, None]
        lower = np.array([0.0, -0.045, -0.06]) * np.exp(-((y / 0.1) ** 2)) * self.lower_lip
        upper = np.array([0.0, -0.045, 0.0]) * np.exp(-((y / 0.12) ** 2)) * self.upper_lip
        field: Array = (lower + upper) * across
        return field

    def puffed(self) -> Array:
        """Blow out both cheeks."""
        return self.bumped((205,), (-0.05, 0.0, 0.05), 0.13) + self.bumped((425,), (0.05, 0.0, 0.05), 0.13)

    def lid_gap(self) -> float:
        """Return the opening in the middle of the neutral eyes."""
        return float(gap(self.neutral, (159, 386), (145, 374)).mean())

    def closed_lid(self, field: Array, *, left: bool) -> Array:
        """Scale a learned blink so that the lids of one eye just meet, and keep it to that side of the face."""
        side = _step(0.5 + (self.neutral[:, 0] if left else -self.neutral[:, 0]) / 0.1)[:, None]
        closed: Array = field * side * self.eyes
        uppers, lowers = (
            (latents.UPPER_LID_LEFT, latents.LOWER_LID_LEFT)
            if left
            else (latents.UPPER_LID_RIGHT, latents.LOWER_LID_RIGHT)
        )
        middle = closed[uppers[3], 1] - closed[lowers[3], 1]
        closed *= gap(self.neutral, (uppers[3],), (lowers[3],))[0] / middle
        for upper, lower in zip(uppers, lowers, strict=True):
            rest = self.neutral[lower, 1] + closed[lower, 1] - self.neutral[upper, 1] - closed[upper, 1]
            closed[upper, 1] += rest
        return closed

    def irises_moved(self, move: tuple[float, float, float]) -> Array:
        """Move both irises."""
        field = np.zeros_like(self.neutral)
        field[[*IRIS_LEFT, *IRIS_RIGHT]] = move
        return field


_OUTER = {
    191: (185,), 80: (40,), 81: (39,), 82: (37,), 13: (0,), 312: (267,), 311: (269,), 310: (270,), 415: (409,),
    95: (146,), 88: (91,), 178: (181,), 87: (84,), 14: (17,), 317: (314,), 402: (405,), 318: (321,), 324: (375,),
}  # fmt: skip
"""The outer-lip landmark beside each inner one."""


def _step(t: Array) -> Array:
    """Rise smoothly from 0 at t = 0 to 1 at t = 1."""
    clipped = np.clip(t, 0, 1)
    rise: Array = clipped * clipped * (3 - 2 * clipped)
    return rise


def _not_iris() -> Array:
    window = np.ones(LANDMARK_COUNT)
    window[[*IRIS_LEFT, *IRIS_RIGHT]] = 0
    return window


def _upper_side(neutral: Array, mouth_y: float) -> list[int]:
    """Return the landmarks that move with the upper lip: those above the line between the lips."""
    above = set(np.flatnonzero(neutral[:, 1] < mouth_y).tolist()) | set(latents.UPPER_LIP)
    return sorted(above - set(latents.LOWER_LIP))


def write(path: Path, neutral: Array, made: dict[str, Array]) -> None:
    """Write the latent space whose basis is the control fields themselves."""
    basis = np.zeros((DYNAMICS_SIZE, LANDMARK_COUNT, 3), np.float32)
    basis[: len(CONTROLS)] = [made[name] for name in CONTROLS]
    tongue = np.zeros((DYNAMICS_SIZE, 2), np.float32)
    tongue[CONTROLS.index("tongue_raise"), 0] = tongue[CONTROLS.index("tongue_out"), 1] = 1
    tensors = {
        "neutral": neutral.astype(np.float32),
        "basis": basis,
        "tongue": tongue,
        "fields": np.array([made[name] for name in CONTROLS], np.float32),
    }
    save_file(tensors, str(path), {"version": FORMAT_VERSION, "controls": " ".join(CONTROLS)})


if __name__ == "__main__":
    main(sys.argv[1:])
