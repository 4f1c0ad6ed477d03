"""The inside of the mouth: teeth on their arches, gums, tongue and the dark behind, in the face's own light.

Everything is laid out in mouth units: the canonical unit scaled to this mouth, x right, y down from the line between
the closed lips, measured on the head for what hangs from the skull and on the jaw for what it carries.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from avatar import topology
from avatar.layers import Layers
from avatar.light import darkest, white_in_mouth
from avatar.raster import compiled, covered, draw_seam, edges_between, window_of
from avatar.rig import Camera, FaceRig

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

MILLIMETRE = 1 / 89
"""In eye distances."""
UPPER_WIDTHS_MM = (8.6, 6.6, 7.6, 7.0, 6.8, 10.0)
LOWER_WIDTHS_MM = (5.4, 6.0, 6.8, 7.0, 7.0, 11.0)
"""Crown widths from the middle outwards (Wheeler's Dental Anatomy)."""
OVERSAMPLING = 3
TEETH_DEPTH = 0.07
"""How far the teeth lie behind the lips, in mouth units."""
TONGUE_REST = 0.012
"""How far the tongue lies below the line of the closed lips, in mouth units."""
PHOTO_REACH = 0.05
"""Change of the lips, in mouth units, over which the photograph's own open mouth gives way to the drawn one."""
LIP_LINE = 0.012
"""Half the thickness of the line where lips meet, in mouth units."""
JAW, LIP_MIDDLES = (152, 175, 199), (0, 17, 13, 14)
"""Landmarks that move with the jaw, and in the middle of the lips."""
WARM_SHADOW = 0.14
"""How much bluer light fades faster than red in the shadow of the lips."""


@dataclass(frozen=True, slots=True)
class Arch:
    """One row of teeth: half width and depth of its ellipse, edge of the front teeth, crown height; y grows down."""

    widths_mm: tuple[float, ...]
    half_width: float
    depth: float
    edge: float
    crown: float
    upper: bool


UPPER = Arch(UPPER_WIDTHS_MM, 0.30, 0.42, 0.036, 0.108, True)
LOWER = Arch(LOWER_WIDTHS_MM, 0.265, 0.38, 0.028, 0.085, False)
HALF_WIDTH, ABOVE, BELOW = 0.34, 0.20, 0.20
"""What the sprites cover, in mouth units around the middle of the line between the lips."""


@dataclass(frozen=True, slots=True)
class Mouth:
    """Sprites of one face's mouth, premultiplied RGBA in [0, 255], `scale` pixels a mouth unit; the cavity's colour."""

    upper: Floats
    lower: Floats
    tongue: Floats
    cavity: Floats
    scale: float


def mouth_for(light: Floats, unit_px: float) -> Mouth:
    """Make the inside of a mouth seen at unit_px pixels a mouth unit, lit by `light` [3] (colour of white there)."""
    scale = unit_px * OVERSAMPLING
    sprites = (_teeth(UPPER, light, scale), _teeth(LOWER, light, scale), _tongue(light, scale))
    upper, lower, tongue = (_shrink(sprite) for sprite in sprites)
    cavity = (np.array([46, 14, 13], np.float32) / 255 * light).astype(np.float32)
    return Mouth(upper, lower, tongue, cavity, upper.shape[1] / (2 * HALF_WIDTH))


def _shrink(sprite: Floats) -> Floats:
    size = (sprite.shape[1] // OVERSAMPLING, sprite.shape[0] // OVERSAMPLING)
    return np.asarray(cv2.resize(sprite, size, interpolation=cv2.INTER_AREA), np.float32)


def _plane(scale: float) -> tuple[Floats, Floats]:
    """Return x and y in mouth units of every pixel of a sprite."""
    width, height = round(2 * HALF_WIDTH * scale), round((ABOVE + BELOW) * scale)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return (x + 0.5) / scale - HALF_WIDTH, (y + 0.5) / scale - ABOVE


def _teeth(arch: Arch, light: Floats, scale: float) -> Floats:
    x, y = _plane(scale)
    turn, along = _on_arch(np.abs(x) / arch.half_width, arch)
    bounds = np.concatenate([[0.0], np.cumsum(arch.widths_mm) * MILLIMETRE])
    tooth = np.clip(np.searchsorted(bounds, along, side="right") - 1, 0, len(arch.widths_mm) - 1)
    across = (along - bounds[tooth]) / (bounds[tooth + 1] - bounds[tooth]) * 2 - 1
    depth = arch.depth * (1 - np.cos(turn))
    sign = 1.0 if arch.upper else -1.0
    jitter = np.array([0.0, -0.010, 0.0, -0.006, -0.010, -0.012])[tooth]
    edge = arch.edge * sign + jitter - 0.10 * depth - 0.011 * np.abs(across) ** 3.5
    gum = edge - arch.crown * np.array([1.0, 0.88, 0.98, 0.85, 0.8, 0.7])[tooth] + 0.016 * across**2
    height = sign * y
    softness = 0.8 / scale * OVERSAMPLING
    inside = np.clip((edge - height) / softness + 0.5, 0, 1) * (np.abs(x) < arch.half_width * 0.995)
    up = np.clip((edge - height) / arch.crown, 0, 1.2)
    enamel = np.array([236, 228, 208]) / 255 * (1 - 0.10 * up[..., None] * [0.6, 0.9, 1.6])
    enamel = enamel * (1 - 0.05 * np.clip(1 - up * 5, 0, 1)[..., None])
    rounding = 1 - 0.16 * np.abs(across) ** 3 - 0.30 * np.exp(-(((1 - np.abs(across)) / 0.05) ** 2))
    gums = np.array([176, 96, 92]) / 255 * (1 - 0.25 * np.abs(across[..., None]))
    is_gum = np.clip((gum - height) / (2 * softness) + 0.5, 0, 1)[..., None]
    colour = enamel * rounding[..., None] * (1 - is_gum) + gums * is_gum
    facing = np.cos(turn) ** 0.6 * np.exp(-2.2 * depth)
    colour = colour * facing[..., None] * light * (1.0 if arch.upper else 0.86)
    alpha = inside[..., None]
    return np.asarray(np.concatenate([colour * alpha, 255 * alpha], 2), np.float32)


def _on_arch(sideways: Floats, arch: Arch) -> tuple[Floats, Floats]:
    """Return the angle on the arch's ellipse and the length of arc from its middle, for x over half width."""
    angles = np.linspace(0, np.pi / 2, 400)
    steps = np.hypot(arch.half_width * np.cos(angles), arch.depth * np.sin(angles))
    lengths = np.concatenate([[0.0], np.cumsum((steps[1:] + steps[:-1]) / 2 * np.diff(angles))])
    turn = np.arcsin(np.clip(sideways, 0, 0.9999))
    return turn.astype(np.float32), np.interp(turn, angles, lengths).astype(np.float32)


def _tongue(light: Floats, scale: float) -> Floats:
    """Return a tongue whose tip's upper edge is at y = 0 when it touches the lower teeth's edge."""
    x, y = _plane(scale)
    sideways = x / 0.235
    top = 0.055 * sideways**2
    depth = (y - top) / 0.16
    alpha = np.clip((y - top) / (0.015) + 0.5, 0, 1) * np.clip((1 - np.abs(sideways)) * 9, 0, 1)
    shape = 0.50 + 0.50 * np.clip(depth * 1.4, 0, 1) - 0.15 * sideways**2
    shape = shape * (1 - 0.16 * np.exp(-((sideways / 0.09) ** 2)) * np.clip(1 - depth, 0, 1))
    colour = np.array([188, 98, 94]) / 255 * shape[..., None] * light
    return np.asarray(np.concatenate([colour * alpha[..., None], 255 * alpha[..., None]], 2), np.float32)


class MouthLayer:
    """Draws the inside of one face's mouth between its lips."""

    def __init__(self, layers: Layers, landmarks: Floats, rig: FaceRig, camera: Camera, rotation: Floats) -> None:
        """Make teeth and tongue for a mouth of the rig's size, in the photograph's light."""
        self._photo, self._rig, self._rotation = layers.photo, rig, rotation
        self._unit_px = rig.mouth_unit_px
        self._sprites = mouth_for(white_in_mouth(layers.photo, landmarks), self._unit_px)
        self._lip_colour = 0.55 * darkest(layers.photo, landmarks, topology.LIPS)
        self._own_open = bool(rig.lips.rest_px.max() > 0)
        self._neutral = rig.vertices(np.zeros_like(rig.own))
        self._flatten = np.asarray(np.linalg.inv(rotation[:2, :2]) / self._unit_px, np.float32)
        self.origin: Floats = camera.project(self._neutral[[13, 14]]).mean(0)
        self.origin[2] -= TEETH_DEPTH * self._unit_px

    def draw(self, frame: Bytes, vertices: Floats, placed: Floats, to_picture: Floats, tongue: Floats) -> None:
        """Draw into frame [h, w, 3].

        vertices [n, 3]: of the face, before its pose; placed [n, 3]: in the frame; to_picture [2, 3]: frame pixels to
        the photograph's, in the plane of the teeth; tongue [2]: how far it is raised and out.
        """
        upper, lower = (placed[list(lip), :2] for lip in (topology.LIPS_INNER_UPPER, topology.LIPS_INNER_LOWER))
        window = window_of(np.concatenate([upper, lower]), frame.shape)
        if window is None:
            return
        left, top, right, bottom = window
        lips = edges_between(upper, lower, left, right)
        to_mouth = self._flatten @ to_picture
        to_mouth[:, 2] -= self._flatten @ self.origin[:2]
        jaw, sprites = self._jaw(vertices), self._sprites
        draw_mouth(
            frame, sprites.upper, sprites.lower, sprites.tongue, sprites.cavity, self._photo, to_mouth, to_picture,
            jaw, _tip(jaw, tongue), lips, left, top, bottom, sprites.scale, self._unit_px, self._photo_share(vertices),
        )  # fmt: skip
        meeting = 1 - float((lips[1] - lips[0]).max()) / (0.03 * self._unit_px)
        if self._own_open and meeting > 0:
            draw_seam(frame, lips, left, self._lip_colour, 0.8 * meeting, LIP_LINE * self._unit_px)

    def _jaw(self, vertices: Floats) -> Floats:
        """Return how far the jaw has moved along the face's x and y, in mouth units."""
        moved = (vertices[list(JAW)] - self._neutral[list(JAW)]).mean(0) @ self._rotation
        return np.asarray(moved[:2] / self._unit_px, np.float32)

    def _photo_share(self, vertices: Floats) -> float:
        """Return how much of the photograph's own open mouth still shows: all at its own expression."""
        if not self._own_open:
            return 0.0
        moved = np.abs(vertices[list(LIP_MIDDLES)] - self._rig.rest[list(LIP_MIDDLES)]).max()
        return math.exp(-((float(moved) / (PHOTO_REACH * self._unit_px)) ** 2))


def _tip(jaw: Floats, tongue: Floats) -> Floats:
    """Return where the tongue's tip is (x, y in mouth units), and 1 where it lies over the lower teeth."""
    raised, out = float(tongue[0]), float(tongue[1])
    height = TONGUE_REST + 0.85 * jaw[1] - 0.10 * raised - 0.03 * out
    return np.array([0.85 * jaw[0], height, float(out > 0.3)], np.float32)


@compiled
def _sample(sprite: Floats, x: float, y: float, out: Floats) -> None:
    """Lay the premultiplied sprite's pixel at (x, y) over out [3]."""
    if x < 0.0 or y < 0.0 or x >= sprite.shape[1] - 1.001 or y >= sprite.shape[0] - 1.001:
        return
    ix, iy = int(x), int(y)
    fx, fy = x - ix, y - iy
    w00, w01, w10, w11 = (1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy
    alpha = (
        sprite[iy, ix, 3] * w00
        + sprite[iy, ix + 1, 3] * w01
        + sprite[iy + 1, ix, 3] * w10
        + sprite[iy + 1, ix + 1, 3] * w11
    ) * (1 / 255.0)
    if alpha <= 0.0:
        return
    for c in range(3):
        value = (
            sprite[iy, ix, c] * w00
            + sprite[iy, ix + 1, c] * w01
            + sprite[iy + 1, ix, c] * w10
            + sprite[iy + 1, ix + 1, c] * w11
        )
        out[c] = out[c] * (1 - alpha) + value


@compiled
def draw_mouth(
    frame: Bytes,
    upper: Floats,
    lower: Floats,
    tongue: Floats,
    cavity: Floats,
    photo: Floats,
    to_mouth: Floats,
    to_photo: Floats,
    jaw: Floats,
    tongue_at: Floats,
    lips: Floats,
    left: int,
    top: int,
    bottom: int,
    scale: float,
    unit_px: float,
    photo_share: float,
) -> None:
    """Draw the inside of the mouth into frame [h, w, 3], columns from `left`, rows top to bottom.

    to_mouth, to_photo [2, 3]: frame pixels to mouth units and to pixels of `photo` [h, w, 3]; jaw [2]: how far the jaw
    has moved, mouth units; tongue_at [3]: its tip's x, y in mouth units and whether it lies over the lower teeth; lips
    [3, w]: y of the upper and lower lip's edge and the reach of their fading in each column; scale: sprite pixels a
    mouth unit; photo_share: how much of what the photograph shows is shown.
    """
    colour = np.empty(3, np.float32)
    columns = lips.shape[1]
    roundness = 0.55 + 0.45 * min(max(columns / unit_px - 0.2, 0.0) / 0.25, 1.0)
    for y in range(top, bottom):
        for column in range(columns):
            cover = covered(y, lips[0, column], lips[1, column], lips[2, column])
            if cover <= 0.0:
                continue
            opening = lips[1, column] - lips[0, column]
            x = left + column
            mx = to_mouth[0, 0] * x + to_mouth[0, 1] * y + to_mouth[0, 2]
            my = to_mouth[1, 0] * x + to_mouth[1, 1] * y + to_mouth[1, 2]
            from_upper = max(y - lips[0, column], 0.0) / unit_px
            from_lower = max(lips[1, column] - y, 0.0) / unit_px
            for c in range(3):
                colour[c] = cavity[c]
            sx = (mx + 0.34) * scale - 0.5
            sy = (my + 0.20) * scale - 0.5
            jx, jy = sx - jaw[0] * scale, sy - jaw[1] * scale
            tx, ty = sx - tongue_at[0] * scale, sy - tongue_at[1] * scale
            if tongue_at[2] < 0.5:
                _sample(tongue, tx, ty, colour)
            _sample(lower, jx, jy, colour)
            if tongue_at[2] >= 0.5:
                _sample(tongue, tx, ty, colour)
            _sample(upper, sx, sy, colour)
            shade = 0.66 + 0.34 * min(from_upper / 0.035, 1.0)
            shade *= 0.82 + 0.18 * min(from_lower / 0.04, 1.0)
            shade *= 0.66 + 0.34 * min(max(opening, 0.0) / (0.06 * unit_px), 1.0)
            shade *= roundness
            side = min(column, columns - 1 - column) / (0.14 * unit_px)
            shade *= 0.40 + 0.60 * min(side, 1.0)
            px = to_photo[0, 0] * x + to_photo[0, 1] * y + to_photo[0, 2]
            py = to_photo[1, 0] * x + to_photo[1, 1] * y + to_photo[1, 2]
            ix = min(max(int(px), 0), photo.shape[1] - 2)
            iy = min(max(int(py), 0), photo.shape[0] - 2)
            fx, fy = min(max(px - ix, 0.0), 1.0), min(max(py - iy, 0.0), 1.0)
            for c in range(3):
                warmth = 1.0 - WARM_SHADOW * c * (1.0 - shade)
                value = colour[c] * shade * warmth
                if photo_share > 0.0:
                    seen = (photo[iy, ix, c] * (1 - fx) + photo[iy, ix + 1, c] * fx) * (1 - fy) + (
                        photo[iy + 1, ix, c] * (1 - fx) + photo[iy + 1, ix + 1, c] * fx
                    ) * fy
                    value = value * (1 - photo_share) + seen * photo_share
                value = frame[y, x, c] * (1 - cover) + value * cover
                frame[y, x, c] = np.uint8(min(max(value + 0.5, 0.0), 255.0))
