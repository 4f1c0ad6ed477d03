"""One image becomes a portrait: a framed picture, its face measured, its person cut out, its own expression read.

A portrait holds appearance and identity only; how it is drawn is decided in `avatar/render.py`.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from avatar import topology
from avatar.facefile import read_face, write_face
from avatar.latents import (
    DYNAMICS_SIZE,
    LOWER_LIP,
    UPPER_LIP,
    HeadPose,
    LatentSpace,
    Motion,
    compose,
    gap,
    pose_of_rotation,
)
from dialogue.errors import FaceFileError, PortraitError

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

SMALLEST_FACE_PX = 80
LARGEST_PICTURE_PX = 1024
SMALLEST_PICTURE_PX = 512
FRAME_FACES = 2.45
"""Side of the framed picture in heights of the face, and how far down it the face's centre lies."""
FACE_CENTRE = 0.47
PROFILE_RADIANS = 0.75
RIVAL_SIZE = 0.75
"""A second face as large as this beside the first is a choice the program should not make."""
CLOSED_LIPS = 0.035
"""Inner lips of a photograph nearer than this (in eye distances) are closed; the tracker never quite closes them."""
LARGEST_INPUT_PX = 2048
TURNED_DEGREES = 20
BLURRED = 2.0
"""Deviation of the Laplacian of a picture below which everybody would call it blurred."""


@dataclass(frozen=True)
class Portrait:
    """A face ready to be drawn, square, `size_px` on a side.

    picture [s, s, 3] uint8 RGB as framed; alpha [s, s] uint8 of the person; foreground and background [s, s, 3];
    landmarks [478, 3] in its pixels, z towards the viewer; rotation [3, 3] of its head against the canonical face;
    own_dynamics [DYNAMICS_SIZE]: the expression in the photograph; triangles [n, 3] of the face mesh; records: whatever
    travels with it (consent, provenance), JSON.
    """

    picture: Picture
    alpha: npt.NDArray[np.uint8]
    foreground: Picture
    background: Picture
    landmarks: Floats
    rotation: Floats
    own_dynamics: Floats
    triangles: npt.NDArray[np.int32]
    records: Mapping[str, Any] = field(default_factory=dict)

    @property
    def size_px(self) -> int:
        """Width and height of the framed picture."""
        return int(self.picture.shape[0])

    @property
    def wears_glasses(self) -> bool:
        """Whether the photograph shows glasses, which must stay rigid on the head."""
        return bool(self.records.get("glasses", False))

    @property
    def own_motion(self) -> Motion:
        """The motion row that gives back the photograph."""
        return compose(HeadPose(), self.own_dynamics)

    @property
    def eye_distance_px(self) -> float:
        """Distance between the outer eye corners, in space."""
        right, left = self.landmarks[[topology.OUTER_CORNER_RIGHT, topology.OUTER_CORNER_LEFT]]
        return float(np.linalg.norm(right - left))

    def sha256(self) -> str:
        """Name the picture it was made of, as framed."""
        return hashlib.sha256(self.picture.tobytes()).hexdigest()

    def save(self, path: Path) -> None:
        """Write a `.face` file; raises FaceFileError when it cannot be written."""
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        write_face(path, arrays, self.records)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a `.face` file in about 50 ms, without mediapipe; raises FaceFileError when it is damaged."""
        arrays, records = read_face(path)
        if missing := [name for name in _ARRAYS if name not in arrays]:
            raise FaceFileError(f"{path} lacks {missing[0]}: make it again with `./visavis portrait`")
        return cls(**{name: arrays[name] for name in _ARRAYS}, records=records)


_ARRAYS = "picture alpha foreground background landmarks rotation own_dynamics triangles".split()


def bake(image: Path | Picture, space: LatentSpace | None = None, size_px: int | None = None) -> Portrait:
    """Make a portrait of the largest face in an image file or an RGB array [h, w, 3].

    `size_px` fixes the side of the framed picture; by default it follows the image, 512 to 1024. Blocks for 1 to 5 s.
    Raises PortraitError, with the reason, when the image cannot be read or does not hold one usable face.
    """
    from avatar.landmarks import face_triangles, find_faces, person_mask
    from avatar.matting import cut_out

    space = space or LatentSpace.load()
    original = image if isinstance(image, np.ndarray) else read_image(image)
    faces = [face.landmarks for face in find_faces(original)]
    if turns := quarter_turns(choose_face(faces)):
        original = np.ascontiguousarray(np.rot90(original, turns))
        faces = [face.landmarks for face in find_faces(original)]
    landmarks = choose_face(faces)
    cut = framing(original.shape, landmarks, size_px)
    picture, landmarks = cut.cut(original), cut.move(landmarks)
    if refound := find_faces(picture, 1):
        landmarks = refound[0].landmarks
    rotation, _ = head_rotation(landmarks, space)
    landmarks = close_lips(landmarks, picture)
    face = _oval_mask(landmarks, picture.shape[0])
    cutout = cut_out(picture.astype(np.float32) / 255, person_mask(picture), face)
    return Portrait(
        picture=picture,
        alpha=_bytes(cutout.alpha),
        foreground=_bytes(cutout.foreground),
        background=_bytes(cutout.background),
        landmarks=landmarks,
        rotation=rotation.astype(np.float32),
        own_dynamics=own_expression(landmarks, rotation, space),
        triangles=face_triangles(),
        records={"glasses": shows_glasses(picture, landmarks), "notes": _notes(len(faces), rotation, picture)},
    )


def read_image(path: Path) -> Picture:
    """Read an image file upright (EXIF), on white where transparent, at most 2048 px; raises PortraitError."""
    try:
        with Image.open(path) as opened:
            upright = ImageOps.exif_transpose(opened)
            deep = upright.mode.startswith("I")  # sixteen bits of grey
            image = (upright.point(lambda grey: grey / 256).convert("L") if deep else upright).convert("RGBA")
    except FileNotFoundError as exc:
        raise PortraitError(f"there is no image {path}: check the name") from exc
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as exc:
        raise PortraitError(f"{path} is not an image that can be read: use a JPEG, PNG or WebP file") from exc
    image.thumbnail((LARGEST_INPUT_PX, LARGEST_INPUT_PX), Image.Resampling.LANCZOS)
    paper = Image.new("RGBA", image.size, "white")
    return np.asarray(Image.alpha_composite(paper, image).convert("RGB"))


def quarter_turns(landmarks: Floats) -> int:
    """Return how often a picture must be turned to the left by 90 degrees for its face to be upright."""
    along = landmarks[topology.OUTER_CORNER_LEFT, :2] - landmarks[topology.OUTER_CORNER_RIGHT, :2]
    return round(math.degrees(math.atan2(float(along[1]), float(along[0]))) / 90) % 4


def choose_face(faces: list[Floats]) -> Floats:
    """Return the landmarks of the largest face; raises PortraitError for none, rivals, too small or a profile."""
    if not faces:
        raise PortraitError("no face found in the image: use a picture of a face looking roughly at the camera")
    sizes = [float(np.linalg.norm(face[topology.FOREHEAD, :2] - face[topology.CHIN, :2])) for face in faces]
    if len(faces) > 1 and sizes[1] > RIVAL_SIZE * sizes[0]:
        raise PortraitError(f"{len(faces)} faces of like size in the image: crop it to the one that should speak")
    if sizes[0] < SMALLEST_FACE_PX:
        raise PortraitError(
            f"the face is {sizes[0]:.0f} pixels high, too small: use a picture where it has at least {SMALLEST_FACE_PX}"
        )
    return faces[0]


@dataclass(frozen=True, slots=True)
class Framing:
    """A square cut out of an image: left, top and side in its pixels, and the size it is scaled to."""

    left_px: int
    top_px: int
    side_px: int
    size_px: int

    def cut(self, image: Picture) -> Picture:
        """Cut the square out of an image [h, w, 3] and scale it."""
        crop = image[self.top_px : self.top_px + self.side_px, self.left_px : self.left_px + self.side_px]
        method = cv2.INTER_AREA if self.size_px < self.side_px else cv2.INTER_CUBIC
        picture: Picture = cv2.resize(crop, (self.size_px, self.size_px), interpolation=method)
        return picture

    def move(self, landmarks: Floats) -> Floats:
        """Return where landmarks of the image lie in the cut-out picture."""
        zoom = np.float32(self.size_px / self.side_px)
        moved = landmarks * zoom
        moved[:, :2] += (np.array([0.5 - self.left_px, 0.5 - self.top_px], np.float32)) * zoom - np.float32(0.5)
        return moved


def framing(shape: tuple[int, ...], landmarks: Floats, size_px: int | None = None) -> Framing:
    """Frame head and shoulders in an image of a shape [h, w, ...].

    Where the frame reaches beyond the image it is moved back inside; where the image is smaller, the frame shrinks.
    """
    face_px = float(np.linalg.norm(landmarks[topology.FOREHEAD, :2] - landmarks[topology.CHIN, :2]))
    centre = (landmarks[topology.FOREHEAD, :2] + landmarks[topology.CHIN, :2]) / 2
    height, width = shape[:2]
    side = min(round(FRAME_FACES * face_px), height, width)
    left = round(float(np.clip(centre[0] - side / 2, 0, width - side)))
    top = round(float(np.clip(centre[1] - side * FACE_CENTRE, 0, height - side)))
    return Framing(left, top, side, size_px or int(np.clip(side, SMALLEST_PICTURE_PX, LARGEST_PICTURE_PX)) // 2 * 2)


def head_rotation(landmarks: Floats, space: LatentSpace) -> tuple[npt.NDArray[np.float64], float]:
    """Return the rotation [3, 3] and scale (pixels an eye distance) that turn the canonical face into these landmarks.

    Kabsch on landmarks that dynamics hardly move. Raises PortraitError for a profile.
    """
    stable = list(topology.STABLE)
    source = space.neutral[stable].astype(np.float64)
    target = landmarks[stable].astype(np.float64)
    source, target = source - source.mean(0), target - target.mean(0)
    u, singular, vt = np.linalg.svd(target.T @ source)
    flip = np.diag([1, 1, np.sign(np.linalg.det(u @ vt))])
    rotation = u @ flip @ vt
    if abs(pose_of_rotation(rotation).yaw) > PROFILE_RADIANS:
        raise PortraitError("the face is seen from the side: use a picture that shows both eyes")
    return rotation, float(singular.sum() / (source**2).sum())


def close_lips(landmarks: Floats, picture: Picture) -> Floats:
    """Join the inner lips of a closed mouth along the dark line between them; open mouths stay as tracked."""
    closed = landmarks.copy()
    unit = float(np.linalg.norm(landmarks[33] - landmarks[263]))
    opening = np.linalg.norm(landmarks[list(LOWER_LIP)] - landmarks[list(UPPER_LIP)], axis=1)
    if opening.max() > CLOSED_LIPS * unit:
        return closed
    for upper, lower in zip(UPPER_LIP, LOWER_LIP, strict=True):
        closed[upper] = closed[lower] = (landmarks[upper] + landmarks[lower]) / 2
    return closed


def own_expression(landmarks: Floats, rotation: npt.NDArray[np.float64], space: LatentSpace) -> Floats:
    """Return z of the expression in a photograph, as far as geometry tells it from identity: smile and open lips."""
    face = (landmarks - (landmarks[33] + landmarks[263]) / 2) @ rotation
    face = face / np.linalg.norm(face[33] - face[263])
    opening = np.maximum(gap(face, UPPER_LIP, LOWER_LIP), 0).max()
    width, canonical_width = (float(np.linalg.norm(f[61] - f[291])) for f in (face, space.neutral))
    lift = float(face[[13, 14], 1].mean() - face[[61, 291], 1].mean())
    rest = float(space.neutral[[13, 14], 1].mean() - space.neutral[[61, 291], 1].mean())
    smile = float(np.clip((lift - rest - 0.02) / 0.10 + 0.5 * (width / canonical_width - 1.1) / 0.3, 0, 1))
    z = np.zeros(DYNAMICS_SIZE, np.float32)
    z += smile * space.control("smile")
    z += float(opening) * (0.5 / 0.08 * space.control("upper_lip_raise") + 0.5 / 0.10 * space.control("lower_lip_drop"))
    return z


BRIDGE_EDGE, RIM_EDGE = 0.17, 0.15
"""Edges across the nose and under both eyes, against the skin's brightness, that only glasses make."""


def shows_glasses(picture: Picture, landmarks: Floats) -> bool:
    """Judge from edges across the bridge of the nose and under both eyes whether a face wears glasses."""
    seen_at = np.asarray(landmarks[[33, 263, 4], :2], np.float32)
    frontal = np.array([[48, 100], [208, 100], [128, 172]], np.float32)
    upright = cv2.warpAffine(picture, cv2.getAffineTransform(seen_at, frontal), (256, 256), flags=cv2.INTER_AREA)
    grey = cv2.GaussianBlur(cv2.cvtColor(upright, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 1.2)
    edges = np.abs(cv2.Sobel(grey, cv2.CV_32F, 0, 1)) / 8 / grey[80:160, 80:176].mean()

    def strongest(rows: slice, columns: slice) -> float:
        return float(np.median(edges[rows, columns].max(0)))

    bridge = strongest(slice(80, 140), slice(118, 138))
    rims = (strongest(slice(122, 165), columns) for columns in (slice(60, 105), slice(150, 196)))
    return bridge > BRIDGE_EDGE and min(rims) > RIM_EDGE


def _notes(faces: int, rotation: npt.NDArray[np.float64], picture: Picture) -> list[str]:
    """Say what the owner of a portrait may want to know about it."""
    notes = []
    if faces > 1:
        notes.append(f"{faces} faces in the image: the largest was taken")
    yaw = math.degrees(pose_of_rotation(rotation).yaw)
    if abs(yaw) > TURNED_DEGREES:
        notes.append(
            f"the head is turned by {abs(yaw):.0f} degrees: it turns back only a little; better use a frontal picture"
        )
    sharpness = float(cv2.Laplacian(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.CV_32F).std())
    if sharpness < BLURRED:
        notes.append("the picture is blurred: a sharper one will look better")
    return notes


def _oval_mask(landmarks: Floats, size_px: int) -> npt.NDArray[np.bool_]:
    mask = np.zeros((size_px, size_px), np.uint8)
    cv2.fillPoly(mask, [np.round(landmarks[list(topology.OVAL), :2]).astype(np.int32)], 1)
    margin = round(0.03 * size_px) | 1
    eroded: npt.NDArray[np.bool_] = cv2.erode(mask, np.ones((margin, margin), np.uint8)) > 0
    return eroded


def _bytes(values: Floats) -> npt.NDArray[np.uint8]:
    return np.asarray(np.round(np.clip(values, 0, 1) * 255), np.uint8)
