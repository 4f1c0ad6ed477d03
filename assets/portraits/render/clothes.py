"""Clothes as layers over the shoulders: how far each stands out, and which one is seen where."""

from math import exp, sin, sqrt
from typing import NamedTuple

from assets.portraits.render.compiled import compiled
from assets.portraits.render.facts import Colour
from assets.portraits.render.fields import bell, blend, carve, ellipsoid, limb, ramp
from assets.portraits.render.noise import cloud

SWEATER, BLAZER, CARDIGAN = 0, 1, 2
INNER, OUTER, TRIM = 0, 1, 2  # which layer is seen: shirt, garment, collar or lapel


class Clothes(NamedTuple):
    """A garment over a shirt."""

    cut: int
    outer: Colour
    inner: Colour
    trim: Colour


@compiled
def torso_distance(x: float, y: float, z: float) -> float:
    """Distance to the clothed shoulders and chest without their layers."""
    x = sqrt(x * x + 0.01)
    d = ellipsoid(x, y + 31.5, z + 8.2, 17.0, 13.4, 8.8)
    shoulder = limb(x, y, z, 3.0, -15.0, -9.4, 2.6, 14.6, -20.9, -9.4, 3.2)
    d = blend(d, shoulder, 4.0)
    return blend(d, limb(x, y, z, 15.6, -21.8, -9.2, 3.6, 18.5, -36.0, -9.0, 4.2), 2.0)


@compiled
def neck_hole(x: float, y: float, z: float, wide: float, deep: float, low: float) -> float:
    """Distance to the slanted opening for the neck; negative inside. low is how far the front drops."""
    slant = z + 8.0
    u, w = x / wide, (slant - 0.6) / deep
    return (sqrt(u * u + w * w) - 1.0) * 0.8 * deep


@compiled
def v_edge(x: float, y: float) -> float:
    """Signed distance to the edge of an open front: positive on the garment."""
    line = 5.9 * ramp(-33.0, -14.0, y) ** 0.8
    return (x - line) * 0.9


@compiled
def lapel(x: float, y: float) -> float:
    """Signed distance inside the lapel and collar of a blazer, by their outlines in the picture plane."""
    outer = 3.0 + 5.4 * ramp(-33.0, -21.0, y)
    notch = y + 20.9 - 0.30 * (x - 6.0)
    body = min(min(v_edge(x, y), outer - x), -notch - 0.12)
    collar = min(min(v_edge(x, y), 8.6 + 0.22 * (y + 17.0) - x), notch - 0.06)
    return max(body, collar)


@compiled
def layer_seen(x: float, y: float, z: float, cut: int) -> int:
    """Tell which layer is outermost at a point of the surface."""
    x = abs(x)
    if cut == SWEATER:
        hole = neck_hole(x, y, z, 6.9, 5.4, 0.0)
        return TRIM if hole < 1.15 else OUTER
    if cut == BLAZER:
        if lapel(x, y) > 0.0:
            return TRIM
        return OUTER if v_edge(x, y) > 0.0 else INNER
    if v_edge(x, y) > 0.0:
        return TRIM if v_edge(x, y) < 1.3 else OUTER
    return INNER


@compiled
def _folds(x: float, y: float, z: float) -> float:
    return 0.16 * cloud(0.16 * x + 3.0, 0.10 * y, 0.16 * z, 3)


@compiled
def cloth_distance(x: float, y: float, z: float, cut: int) -> float:
    """Distance to the clothes with their layers, hems and folds."""
    d = torso_distance(x, y, z)
    if d > 2.0 or y > -10.0:
        return d - 0.5
    folds = _folds(x, y, z)
    x = abs(x)
    if cut == SWEATER:
        hole = neck_hole(x, y, z, 6.9, 5.4, 0.0)
        rib = 0.22 * ramp(1.25, 1.0, hole)
        return carve(d - folds - rib, hole, 0.35)
    shirt = carve(d - 0.5 * folds, neck_hole(x, y, z, 6.2, 4.9, 0.0), 0.25)
    edge = v_edge(x, y)
    thick = 0.55 * ramp(-0.02, 0.10, edge)
    if cut == BLAZER:
        thick += 0.22 * ramp(0.0, 0.10, lapel(x, y)) + 0.18 * bell(lapel(x, y) - 0.25, 0.25)
    else:
        thick += 0.16 * ramp(1.32, 1.22, edge) * ramp(0.0, 0.1, edge)
    garment = carve(d - folds - thick, neck_hole(x, y, z, 6.6, 5.2, 0.0), 0.3)
    return min(shirt, garment + 10.0 * (edge < -0.02))
