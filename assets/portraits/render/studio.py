"""The photographer's studio: soft lamps, the sky they make together, and the paper behind the presenter."""

from math import sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assets.portraits.render.compiled import compiled
from assets.portraits.render.facts import Colour
from assets.portraits.render.fields import ramp


class Lamp(NamedTuple):
    """A distant soft lamp: unit direction towards it, its radiance on a facing surface, sharpness of its shadows."""

    x: float
    y: float
    z: float
    colour: Colour
    sharpness: float


class Studio(NamedTuple):
    """Four lamps, ambient light from above, from the front and from below, and the backdrop."""

    key: Lamp
    fill: Lamp
    rim_left: Lamp
    rim_right: Lamp
    above: Colour
    front: Colour
    below: Colour
    backdrop: Colour  # in the middle, behind the head
    backdrop_edge: Colour
    exposure: float


def lamp(x: float, y: float, z: float, colour: Colour, sharpness: float) -> Lamp:
    """Point a lamp from direction (x, y, z), of any length."""
    norm = sqrt(x * x + y * y + z * z)
    return Lamp(x / norm, y / norm, z / norm, colour, sharpness)


@compiled
def lamp_at(studio: Studio, index: int) -> Lamp:
    """Give the lamps by number: key, fill, left rim, right rim."""
    if index == 0:
        return studio.key
    if index == 1:
        return studio.fill
    if index == 2:
        return studio.rim_left
    return studio.rim_right


@compiled
def ambient(nx: float, ny: float, nz: float, studio: Studio, channel: int) -> float:
    """Light that reaches a surface facing (nx, ny, nz) from the whole room."""
    up = 0.5 + 0.5 * ny
    light = studio.below[channel] * (1.0 - up) + studio.above[channel] * up
    return light + studio.front[channel] * max(nz, 0.0)


@compiled
def softbox(rx: float, ry: float, rz: float, light: Lamp, width: float, height: float) -> float:
    """Mirror image of a lamp's window in direction r: 1 inside, 0 outside, softly edged."""
    if rx * light.x + ry * light.y + rz * light.z < 0.2:
        return 0.0
    # axes across the lamp: horizontal (light x up) and the remaining one
    hx, hz = light.z, -light.x
    norm = 1.0 / max(sqrt(hx * hx + hz * hz), 1e-6)
    hx, hz = hx * norm, hz * norm
    vx, vy, vz = light.y * hz, light.z * hx - light.x * hz, -light.y * hx
    along = rx * light.x + ry * light.y + rz * light.z
    h, v = abs(rx * hx + rz * hz) / along, abs(rx * vx + ry * vy + rz * vz) / along
    return ramp(width * 1.15, width * 0.85, h) * ramp(height * 1.15, height * 0.85, v)


def backdrop(size: int, studio: Studio) -> npt.NDArray[np.float32]:
    """Paint the paper behind: a soft pool of light that falls off towards the corners. [size, size, 3] linear light."""
    v, u = np.mgrid[0:size, 0:size].astype(np.float32) / size - 0.5
    pool = np.exp(-((u * 1.15 - 0.06) ** 2 + (v * 1.0 + 0.10) ** 2) / 0.22)[..., None]
    lean = (1.0 + 0.10 * (u - v))[..., None]
    middle, edge = np.array(studio.backdrop, np.float32), np.array(studio.backdrop_edge, np.float32)
    paper: npt.NDArray[np.float32] = ((edge + (middle - edge) * pool) * lean).astype(np.float32)
    return paper
