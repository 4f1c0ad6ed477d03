"""The layers of a portrait at one size: face, body and background, premultiplied, ready to be warped."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from avatar import topology
from avatar.matting import fill
from avatar.portrait import Portrait
from avatar.rig import GRID_CELLS

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

FACE_RIM, FEATHER = 0.02, 0.03
"""How far around its oval the face layer is whole, and over what width it then fades, in face widths."""
SURELY_FACE = 0.08
"""How far inside its oval the face is opaque whatever the cut-out says, in face widths."""


@dataclass(frozen=True, slots=True)
class Layers:
    """What is drawn, back to front: background [s, s, 3]; body and face [s, s, 4] premultiplied; photo [s, s, 3] in
    [0, 255] is the picture itself."""

    face: Bytes
    body: Bytes
    background: Bytes
    photo: Floats


def build_layers(portrait: Portrait, landmarks: Floats, size_px: int) -> Layers:
    """Build the premultiplied layers at the frame's size.

    Behind the face the body continues with what surrounds it, so that a turning head uncovers hair, neck or nothing.
    """
    photo, foreground, background = (
        _resized(image, size_px) for image in (portrait.picture, portrait.foreground, portrait.background)
    )
    alpha = _resized(portrait.alpha, size_px)[..., None] / 255
    oval = landmarks[list(topology.OVAL), :2]
    width = float(np.linalg.norm(landmarks[topology.CHEEK_RIGHT] - landmarks[topology.CHEEK_LEFT]))
    inside = polygon(oval, size_px)
    away = cv2.distanceTransform((inside < 0.5).astype(np.uint8), cv2.DIST_L2, 5)[..., None] / width
    soft = fade((FACE_RIM + FEATHER - away) / FEATHER)
    within = cv2.distanceTransform((inside > 0.5).astype(np.uint8), cv2.DIST_L2, 5)[..., None] / width
    certain = fade((within - SURELY_FACE) / 0.02)
    face_alpha = soft * np.maximum(alpha, certain)
    face = np.concatenate([(photo * certain + foreground * (1 - certain)) * face_alpha, 255 * face_alpha], 2)
    body = np.concatenate([foreground * alpha, 255 * alpha], 2)
    beyond = np.asarray(away[..., 0] > FACE_RIM + 0.5 * FEATHER, np.float32)
    hidden = fade((FACE_RIM - away) * width / 2)
    body = fill(body, beyond) * hidden + body * (1 - hidden)
    return Layers(to_bytes(face), to_bytes(body), to_bytes(background), np.ascontiguousarray(photo))


def solid_vertices(body: Bytes, points: Floats) -> npt.NDArray[np.bool_]:
    """Return which vertices of the body's grid have anything opaque within a cell of them."""
    size = body.shape[0]
    reach = round(size / GRID_CELLS) * 2 + 1
    near = cv2.dilate(body[..., 3], np.ones((reach, reach), np.uint8)) > 0
    x, y = np.clip(np.round(points).astype(int), 0, size - 1).T
    return np.asarray(near[y, x])


def _resized(image: Bytes, size_px: int) -> Floats:
    method = cv2.INTER_AREA if size_px < image.shape[0] else cv2.INTER_CUBIC
    scaled = cv2.resize(image.astype(np.float32), (size_px, size_px), interpolation=method)
    return np.asarray(np.clip(scaled, 0, 255), np.float32)


def polygon(points: Floats, size_px: int) -> Floats:
    """Return the anti-aliased inside of a polygon [n, 2] as weights [size, size]."""
    mask = np.zeros((size_px, size_px), np.uint8)
    cv2.fillPoly(mask, [np.round(points * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return mask.astype(np.float32) / 255


def fade(t: Floats) -> Floats:
    """Rise smoothly from 0 at t = 0 to 1 at t = 1."""
    clipped = np.clip(t, 0, 1)
    return np.asarray(clipped * clipped * (3 - 2 * clipped), np.float32)


def to_bytes(values: Floats) -> Bytes:
    """Round colours in [0, 255] to bytes."""
    return np.ascontiguousarray(np.round(np.clip(values, 0, 255)), np.uint8)
