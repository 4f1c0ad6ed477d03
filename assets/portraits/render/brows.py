"""Eyebrows and lashes: short hairs rooted along a line on the face."""

from typing import Any

import numpy as np
import numpy.typing as npt

from assets.portraits.render.combing import dyed, unit
from assets.portraits.render.compiled import compiled
from assets.portraits.render.eyes import lower_lid, upper_lid
from assets.portraits.render.facts import Brows, Colour, Eyes, Face
from assets.portraits.render.head import head_distance
from assets.portraits.render.strands import Strands, joined

Array = npt.NDArray[np.float32]
Reals = npt.NDArray[np.floating[Any]]
STEPS = 7


@compiled
def _heights(x: Array, y: Array, face: Face, z: Array) -> None:
    for n in range(x.shape[0]):
        height = 6.0
        for _ in range(70):
            d = head_distance(x[n], y[n], height, face)
            height -= 0.7 * d
            if abs(d) < 0.003:
                break
        z[n] = height


def height_of_face(x: Array, y: Array, face: Face) -> Array:
    """Find z of the skin in front of (x, y), both [N]."""
    z = np.empty(len(x), np.float32)
    _heights(x.astype(np.float32), y.astype(np.float32), face, z)
    return z


def brow_line(t: Reals, brows: Brows) -> tuple[Reals, Reals, Reals]:
    """Follow the brow from its inner end, t = 0, to its tail, t = 1: x, y and half thickness."""
    x = np.interp(t, (0.0, 0.62, 1.0), (brows.inner_x, brows.peak_x, brows.outer_x))
    rise = np.sin(0.5 * np.pi * np.clip(t / 0.62, 0.0, 1.0))
    fall = np.clip((t - 0.62) / 0.38, 0.0, 1.0) ** 1.7
    y = brows.inner_y + (brows.peak_y - brows.inner_y) * rise + (brows.outer_y - brows.peak_y) * fall
    half = 0.5 * brows.thickness * np.interp(t, (0.0, 0.15, 0.55, 1.0), (0.50, 1.0, 0.8, 0.14))
    return x, y, half


def eyebrows(face: Face, random: np.random.Generator) -> Strands:
    """Grow both brows: upright hairs at the inner end, swept outward along the arch."""
    brows, sides = face.brows, []
    for side in (-1.0, 1.0):
        count = brows.hairs
        t = np.sort(random.uniform(0, 1, count) ** 0.9)
        x, y, half = brow_line(t, brows)
        offset = random.uniform(-1, 1, count)
        root_x, root_y = x, y + half * offset - 0.04
        lean = np.interp(t, (0.0, 0.15, 0.5, 1.0), (0.95, 0.65, 0.22, -0.36)) - 0.35 * offset * np.interp(
            t, (0, 0.3), (0.2, 1.0)
        )
        lean = lean + 0.09 * random.normal(size=count)
        length = np.interp(t, (0.0, 0.3, 0.8, 1.0), (0.40, 0.52, 0.50, 0.36)) * random.uniform(0.7, 1.15, count)
        s = np.linspace(0, 1, STEPS)[None]
        bend = lean[:, None] - 0.25 * s * (offset[:, None] + 0.4)
        path_x = root_x[:, None] + length[:, None] * s * np.cos(bend)
        path_y = root_y[:, None] + length[:, None] * s * np.sin(bend)
        z = height_of_face((side * path_x).ravel(), path_y.ravel(), face).reshape(path_x.shape)
        points = np.stack([side * path_x, path_y, z + 0.03 + 0.05 * s], -1).astype(np.float32)
        radius = np.broadcast_to(0.015 * (1.0 - 0.8 * s), path_x.shape).astype(np.float32)
        colour = dyed(count, STEPS, brows.colour, brows.colour, random)
        sides.append(Strands(points, radius, colour, np.full(count, 0.3, np.float32)))
    return joined(sides)


def _lid_points(u: Array, side: float, upper: bool, eyes: Eyes) -> Array:
    edge = [(upper_lid if upper else lower_lid)(float(v), eyes) for v in u]
    x = eyes.x + u * eyes.half_width
    reach = eyes.ball_radius + 0.12
    y = np.array(edge)
    z = eyes.ball_z + np.sqrt(np.maximum(reach**2 - (x - eyes.x) ** 2 - y**2, 0.04))
    return np.stack([side * x, y, z], -1)


def lashes(face: Face, length: float, colour: Colour, random: np.random.Generator) -> Strands:
    """Grow the lashes of both eyes: long and curled above, short and sparse below."""
    eyes, sides = face.eyes, []
    s = np.linspace(0, 1, STEPS)[None, :, None]
    for side in (-1.0, 1.0):
        for upper, count, scale in ((True, 170, 1.0), (False, 60, 0.40)):
            u = np.sort(random.uniform(-0.86, 0.99, count))
            root = _lid_points(u, side, upper, eyes)
            lift = 1.0 if upper else -1.0
            out = np.stack([side * (0.15 + 0.75 * u), lift * np.full(count, 0.30), np.full(count, 1.0)], -1)
            out = unit(out + 0.10 * random.normal(size=out.shape))
            up = np.stack([side * (0.05 + 0.35 * u), np.full(count, lift), np.zeros(count)], -1)
            reach = (
                length * scale * np.interp(u, (-0.9, 0.4, 1.0), (0.5, 1.0, 0.9)) * random.uniform(0.75, 1.1, count)
            )[:, None, None]
            points = root[:, None] + reach * (out[:, None] * s * 0.8 + up[:, None] * s**2 * 0.75)
            radius = np.broadcast_to(0.0145 * (1.0 - 0.85 * s[..., 0]), points.shape[:2]).astype(np.float32)
            if not upper:
                radius = radius * np.float32(0.7)
            tint = dyed(count, STEPS, colour, colour, random)
            sides.append(Strands(points.astype(np.float32), radius, tint, np.full(count, 0.2, np.float32)))
    return joined(sides)
