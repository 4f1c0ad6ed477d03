"""Lids: the skin that a blink unfolds, painted from the skin around the eye, and mixed in as the eye shuts."""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt

from avatar.layers import to_bytes
from avatar.light import bare_skin
from avatar.matting import fill

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

DARKEST_LID = 0.84
"""How dark a shut lid may be against the plain skin around the eye; its nearest surroundings suggest the shading."""
SHADOW_HUE = np.array([0.75, 1.0, 1.1], np.float32)
"""Skin is redder in shadow: exponents of red, green, blue."""
SHUT_AT = 0.75
"""How far a lid closes until the skin it unfolds shows in full."""


@dataclass(frozen=True, slots=True)
class Lid:
    """What the skin above one eye looks like when it is shut: colours [h, w, 3] and weights [h, w], at (left, top)."""

    colour: Floats
    weight: Floats
    left: int
    top: int


def shut_lid(picture: Floats, landmarks: Floats, ring: tuple[int, ...], crease: tuple[int, ...]) -> Lid:
    """Paint the lid that a blink unfolds: skin from around, without the open eye's lashes and shadow, a lash line."""
    unit = float(np.linalg.norm(landmarks[33] - landmarks[263]))
    margin = 0.14 * unit
    points = landmarks[[*ring, *crease], :2]
    left, top = (int(v) for v in np.maximum(np.floor(points.min(0) - margin), 0))
    right, bottom = (int(v) for v in np.ceil(points.max(0) + margin))
    patch = np.ascontiguousarray(picture[top:bottom, left:right], np.float32)
    across, down = _face_axes(landmarks, patch.shape[:2], left, top)
    upper, lower, fold = (
        _edge_at(across, landmarks, edge) for edge in (ring[:9], (ring[0], *ring[:8:-1], ring[8]), crease)
    )
    above, depth = upper - down, np.maximum(upper - fold, 0.02 * unit)
    ends = _ends(across, landmarks, ring, beyond=0.16)
    lashes_reach = _ends(across, landmarks, ring, beyond=0.4)
    band = _rise((1.5 * depth - above) / (0.5 * depth)) * _rise((above + 0.01 * unit) / (0.01 * unit)) * ends
    hidden = np.maximum(
        band / np.maximum(ends, 1e-3) * lashes_reach,
        _rise((above + (lower - upper) + 0.05 * unit) / (0.02 * unit)) * (above < 0) * lashes_reach,
    )
    skin = fill(patch, np.asarray(1 - np.clip(hidden * 1.5, 0, 1), np.float32))
    skin = cv2.GaussianBlur(skin, (0, 0), 0.012 * unit + 0.4)
    bare = bare_skin(picture, landmarks)
    shading = np.clip(skin.mean(2, keepdims=True) / max(float(bare.mean()), 1.0), DARKEST_LID, 1.05)
    skin = bare * shading**SHADOW_HUE
    lashes = np.exp(-((above / (0.020 * unit)) ** 2)) * 0.55
    crease_line = np.exp(-(((above - depth) / (0.014 * unit)) ** 2)) * 0.10
    colour = skin * (1 - np.maximum(lashes, crease_line))[..., None] ** SHADOW_HUE
    remains = _eye_below(patch, skin, down - lower, unit) * ends
    return Lid(np.asarray(colour, np.float32), np.asarray(np.maximum(band, remains), np.float32), left, top)


def _eye_below(patch: Floats, skin: Floats, below: Floats, unit: float) -> Floats:
    """Return what is still eye under the tracked lower lid, as weights: drawn eyes reach lower than people's."""
    unlike = np.clip((np.abs(patch - skin).max(2) - 50) / 40, 0, 1)
    reach = _rise((0.085 * unit - below) / (0.03 * unit)) * _rise((below + 0.01 * unit) / (0.01 * unit))
    return np.asarray(cv2.GaussianBlur(unlike, (0, 0), 0.008 * unit + 0.3) * reach, np.float32)


def _face_axes(landmarks: Floats, shape: tuple[int, ...], left: int, top: int) -> tuple[Floats, Floats]:
    """Return each pixel's coordinates along the line of the eyes and down the face."""
    along = landmarks[263, :2] - landmarks[33, :2]
    along = along / np.linalg.norm(along)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    x, y = x + left, y + top
    return x * along[0] + y * along[1], y * along[0] - x * along[1]


def _edge_at(across: Floats, landmarks: Floats, edge: tuple[int, ...]) -> Floats:
    """Return how far down the face an edge lies at each pixel's place across it."""
    along, down = _along_down(landmarks, edge)
    return np.asarray(np.interp(across, along, down), np.float32)


def _along_down(landmarks: Floats, points: tuple[int, ...]) -> tuple[Floats, Floats]:
    axis = landmarks[263, :2] - landmarks[33, :2]
    axis = axis / np.linalg.norm(axis)
    place = landmarks[list(points), :2]
    return place @ axis, place @ np.array([-axis[1], axis[0]], np.float32)


def _ends(across: Floats, landmarks: Floats, ring: tuple[int, ...], beyond: float = 0.0) -> Floats:
    """Return 1 along the eye, fading to 0 at its corners or a part of its width `beyond` them."""
    along, _ = _along_down(landmarks, ring)
    width = float(along.max() - along.min())
    start, stop = float(along.min()) - beyond * width, float(along.max()) + beyond * width
    fade = 0.26 * width
    return np.asarray(_rise((across - start) / fade) * _rise((stop - across) / fade), np.float32)


def _rise(t: Floats) -> Floats:
    clipped = np.clip(t, 0, 1)
    return np.asarray(clipped * clipped * (3 - 2 * clipped), np.float32)


@dataclass(slots=True)
class Blink:
    """One eye's place in the face texture, open and shut, and how far it is mixed now."""

    window: tuple[slice, slice]
    open: Bytes
    shut_colour: Bytes
    mixed: float = 0.0

    @classmethod
    def of(cls, texture: Bytes, lid: Lid) -> Self:
        """Prepare both states of a lid's window of the premultiplied face texture."""
        height, width = lid.weight.shape
        window = (slice(lid.top, lid.top + height), slice(lid.left, lid.left + width))
        open_ = texture[window].copy()
        weight = lid.weight[..., None]
        alpha = open_[..., 3:] / np.float32(255)
        shut = open_.astype(np.float32)
        shut[..., :3] = shut[..., :3] * (1 - weight) + lid.colour * alpha * weight
        return cls(window, open_, to_bytes(shut))

    def shut(self, texture: Bytes, amount: float) -> None:
        """Mix the window of the texture: 0 as photographed, 1 shut."""
        t = min(max(amount / SHUT_AT, 0.0), 1.0)
        share = t * t * (3 - 2 * t)
        if abs(share - self.mixed) > 0.004:
            texture[self.window] = cv2.addWeighted(self.open, 1 - share, self.shut_colour, share, 0)
            self.mixed = share
