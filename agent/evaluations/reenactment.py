"""Can a portrait follow its own person? The first frame of a film becomes the portrait, the others drive it.

Every later frame is tracked, its pose and expression are put into latents, the portrait is drawn with them, and the
result is compared with the true frame, beside the figure for holding the first frame still.
"""

import math
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

from agent.report import Report, Row
from avatar import topology
from avatar.landmarks import find_faces
from avatar.latents import HeadPose, LatentSpace, Motion, compose, pose_of_rotation
from avatar.portrait import Portrait, bake, framing, head_rotation
from avatar.render import Renderer
from avatar.rig import Camera, camera_of
from avatar.training.controls import to_canonical
from dialogue.errors import InputError

TALKERS = Path(__file__).resolve().parents[3] / "shared" / "data" / "talkers"
EVERY = 5
SIZE_PX = 512
NOTES = (
    f"every {EVERY}th frame of each film; inside the head; still: the first frame held.",
    "dB: peak signal-to-noise ratio; SSIM: structural similarity (Wang et al. 2004).",
)

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


def run(short: bool = False) -> Report:
    """Evaluate every film of the shared folder; blocks for some minutes. Raises InputError when there is none."""
    films = sorted(TALKERS.glob("*.mp4"))
    if not films:
        raise InputError(f"the evaluation needs films of talkers in {TALKERS}: put some there")
    space = LatentSpace.load()
    rows = [row for film in films if (row := follow(film, space, 12 if short else 60))]
    names = list(rows[0].figures)
    mean = {name: float(np.mean([float(row.figures[name]) for row in rows])) for name in names}
    return Report("Portraits that follow their own film", (*rows, Row("mean", dict(mean))), NOTES)


def follow(film: Path, space: LatentSpace, at_most: int) -> Row | None:
    """Compare one film with its re-enactment; None when no face was found in it."""
    frames = pictures(film)
    first = next(frames)
    faces = find_faces(first)
    if not faces:
        return None
    cut = framing(first.shape, faces[0].landmarks, SIZE_PX)
    portrait = bake(cut.cut(first), space, SIZE_PX)
    renderer = Renderer(portrait, space, SIZE_PX)
    driver = Driver(portrait, space)
    head = cv2.erode(portrait.alpha, np.ones((5, 5))) > 250
    scores = []
    for frame in list(frames)[:at_most]:
        true = cut.cut(frame)
        if motion := driver.motion(true):
            scores.append((*_alike(renderer.render(motion[0]), true, head), *_alike(portrait.picture, true, head)))
    if not scores:
        return None
    drawn_db, drawn_ssim, still_db, still_ssim = (float(value) for value in np.mean(scores, axis=0))
    return Row(
        film.stem,
        {
            "dB": drawn_db,
            "still dB": still_db,
            "gain dB": drawn_db - still_db,
            "SSIM": drawn_ssim,
            "still SSIM": still_ssim,
            "frames": len(scores),
        },
    )


def pictures(film: Path) -> Iterator[Picture]:
    """Yield every fifth RGB frame of a film."""
    with av.open(str(film)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index % EVERY == 0:
                yield np.ascontiguousarray(frame.to_ndarray(format="rgb24"))


class Driver:
    """Turns pictures of a portrait's own person into its motion."""

    def __init__(self, portrait: Portrait, space: LatentSpace) -> None:
        """Remember where the portrait's face is."""
        self._portrait, self._space = portrait, space
        self._camera: Camera = camera_of(portrait, portrait.landmarks, portrait.size_px)
        tracked = find_faces(portrait.picture, 1)[0].landmarks
        self._rotation, self._scale = head_rotation(tracked, space)
        self._shape = to_canonical(tracked.astype(np.float64) @ self._rotation)
        self._centre = self._camera.unproject(tracked[list(topology.STABLE)].mean(0)[None])[0].astype(np.float64)

    def motion(self, picture: Picture) -> tuple[Motion] | None:
        """Return the motion row that should give back a picture [s, s, 3], or None when no face is found."""
        faces = find_faces(picture, 1)
        if not faces:
            return None
        landmarks = faces[0].landmarks
        rotation, scale = head_rotation(landmarks, self._space)
        change = to_canonical(landmarks.astype(np.float64) @ rotation) - self._shape
        z = self._portrait.own_dynamics + self._space.encode(np.asarray(change, np.float32), ridge=1e-3)
        return (compose(self._pose(landmarks, rotation @ self._rotation.T, scale), z),)

    def _pose(self, landmarks: Floats, turn: npt.NDArray[np.float64], scale: float) -> HeadPose:
        """Return the pose that brings the face's steady middle to where it was tracked, at the tracked size."""
        camera = self._camera
        near = camera.distance_px - (camera.distance_px - self._centre[2]) * self._scale / scale
        seen = landmarks[list(topology.STABLE), :2].mean(0) - camera.centre_px
        there = np.array([*(seen * (camera.distance_px - near) / camera.distance_px), near])
        pivot = camera.pivot.astype(np.float64)
        shift = there - pivot - turn @ (self._centre - pivot)
        angles = pose_of_rotation(turn)
        return HeadPose(
            angles.yaw,
            angles.pitch,
            angles.roll,
            float(shift[0] / camera.face_width_px),
            float(shift[1] / camera.face_width_px),
            math.log1p(float(-shift[2] / (camera.distance_px - pivot[2]))),
        )


def _alike(drawn: Picture, true: Picture, where: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Return the signal-to-noise ratio in dB and the structural similarity of two pictures inside a mask."""
    error = ((drawn.astype(np.float64) - true) ** 2)[where].mean()
    return 10 * math.log10(255**2 / max(float(error), 1e-9)), float(_structure(drawn, true)[where].mean())


def _structure(a: Picture, b: Picture) -> Floats:
    """Return the map of structural similarity of two pictures' brightness, Gaussian window of 1.5 pixels."""
    x, y = (cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32) for picture in (a, b))

    def blurred(values: Floats) -> Floats:
        return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5), np.float32)

    mean_x, mean_y = blurred(x), blurred(y)
    spread_x, spread_y = blurred(x * x) - mean_x**2, blurred(y * y) - mean_y**2
    together = blurred(x * y) - mean_x * mean_y
    light, contrast = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    similar = (2 * mean_x * mean_y + light) * (2 * together + contrast)
    return np.asarray(similar / ((mean_x**2 + mean_y**2 + light) * (spread_x + spread_y + contrast)), np.float32)
