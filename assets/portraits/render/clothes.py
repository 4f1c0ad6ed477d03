"""Clothes as layers over the shoulders: how far each stands out, and which one is seen where."""

from math import exp, pow, sqrt
from typing import NamedTuple

from assets.portraits.render.body import torso_distance
from assets.portraits.render.compiled import compiled
from assets.portraits.render.facts import Colour
from assets.portraits.render.fields import bell, blend, carve, ramp
from assets.portraits.render.noise import cloud

SWEATER, BLAZER, CARDIGAN = 0, 1, 2
INNER, OUTER, TRIM, COLLAR, BUTTON = 0, 1, 2, 3, 4  # which layer is seen


class Clothes(NamedTuple):
    """A garment over a shirt."""

    cut: int
    outer: Colour
    inner: Colour
    trim: Colour


@compiled
def neck_hole(x: float, y: float, z: float, wide: float, deep: float, low: float) -> float:
    """Distance to the slanted opening for the neck; negative inside. low is how far the front drops."""
    slant = z + 8.0
    u, w = x / wide, (slant - low) / deep
    return (sqrt(u * u + w * w) - 1.0) * 0.8 * deep


@compiled
def v_edge(x: float, y: float) -> float:
    """Signed distance to the edge of an open front: positive on the garment."""
    line = 5.9 * pow(ramp(-33.0, -14.0, y), 0.8)
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
def collar_leaf(x: float, y: float) -> float:
    """Signed distance inside the leaf of a shirt's collar, by its outline in the picture plane."""
    front = ((x - 0.35) * 4.6 + (y + 17.4) * 2.95) / 5.46
    tip = (-(x - 3.4) * 4.6 + (y + 22.0) * 2.4) / 5.19
    return min(min(front, tip), 6.9 - 0.45 * max(y + 18.5, 0.0) - x)


@compiled
def collar_distance(x: float, y: float, z: float, torso: float) -> float:
    """Distance to a shirt's collar: it stands around the neck and folds down over the shoulders."""
    stand = neck_hole(x, y, z, 5.75, 5.45, 0.5) - 0.35
    folded = blend(torso - 0.85, stand, 1.6)
    d = max(folded, y + 14.9 + 0.38 * (z + 7.5))
    band = max(blend(torso - 0.1, stand + 0.30, 1.0), y + 15.1 + 0.38 * (z + 7.5))
    d = min(max(d, -collar_leaf(x, y)) - 0.06, band)
    return carve(d, neck_hole(x, y, z, 5.5, 5.2, 0.5), 0.2)


@compiled
def button(x: float, y: float) -> float:
    """Signed distance inside the buttons down the front of a shirt."""
    row = y + 20.6
    row -= 4.4 * round(row / 4.4)
    return (0.42 - sqrt(x * x + row * row)) if y < -19.0 else -1.0


@compiled
def layer_seen(x: float, y: float, z: float, cut: int) -> int:
    """Tell which layer is outermost at a point of the surface."""
    x = abs(x)
    if cut == SWEATER:
        hole = neck_hole(x, y, z, 5.8, 4.9, 0.45)
        return TRIM if hole < 1.15 else OUTER
    if cut == BLAZER:
        if lapel(x, y) > -0.05:
            return TRIM
        return OUTER if v_edge(x, y) > -0.05 else INNER
    torso = torso_distance(x, y, z)
    if button(x, y) <= 0.0 and collar_distance(x, y, z, torso) < 0.03:
        return COLLAR
    if v_edge(x, y) > 0.0:
        return TRIM if v_edge(x, y) < 1.3 else OUTER
    return BUTTON if button(x, y) > 0.0 else INNER


@compiled
def sleeve_seam(x: float, y: float) -> float:
    """Signed distance across the seam between sleeve and body, positive on the sleeve; x is not negative."""
    return x - 15.6 + 0.030 * (y + 22.0) ** 2 - 0.05 * (y + 22.0)


@compiled
def _folds(x: float, y: float, z: float) -> float:
    """Creases: broad ones everywhere, drawn ones that fan out from the armpit, and the sleeve's seam."""
    broad = 0.16 * cloud(0.16 * x + 3.0, 0.10 * y, 0.16 * z, 3)
    side = abs(x)
    dx, dy = side - 14.2, y + 30.5
    away = sqrt(dx * dx + dy * dy)
    turn = dx / (away + 1.0)
    fan = 0.30 * cloud(4.2 * turn + (5.0 if x > 0.0 else 0.0), 0.14 * away, 2.0, 2) * exp(-(((away - 3.0) / 6.5) ** 2))
    seam = sleeve_seam(side, y)
    return broad + fan - 0.16 * bell(seam, 0.22) + 0.12 * bell(seam - 0.7, 0.9) * (y < -17.0)


@compiled
def cloth_distance(x: float, y: float, z: float, cut: int) -> float:
    """Distance to the clothes with their layers, hems and folds."""
    d = torso_distance(x, y, z)
    if d > 2.0 or y > -10.0:
        if cut == CARDIGAN and d < 6.0:
            return min(d - 0.5, collar_distance(abs(x), y, z, d))
        return d - 0.5
    folds = _folds(x, y, z)
    x = abs(x)
    if cut == SWEATER:
        hole = neck_hole(x, y, z, 5.8, 4.9, 0.45)
        rib = 0.22 * ramp(1.25, 1.0, hole)
        return carve(d - folds - rib, hole, 0.35)
    collar = 1e3
    shirt = d - 0.5 * folds
    if cut == BLAZER:
        shirt = carve(shirt, neck_hole(x, y, z, 8.0, 5.9, 0.6), 0.25)
    else:
        collar = collar_distance(x, y, z, d)
        shirt -= 0.10 * ramp(-0.02, 0.04, button(x, y)) + 0.10 * ramp(1.25, 1.15, x) * (x < 1.3)
        shirt = carve(shirt, neck_hole(x, y, z, 5.5, 5.2, 0.5), 0.25)
    edge = v_edge(x, y)
    thick = 0.55 * ramp(-0.02, 0.10, edge)
    if cut == BLAZER:
        thick += 0.22 * ramp(0.0, 0.10, lapel(x, y)) + 0.18 * bell(lapel(x, y) - 0.25, 0.25)
    else:
        thick += 0.16 * ramp(1.32, 1.22, edge) * ramp(0.0, 0.1, edge)
    garment = carve(d - folds - thick, neck_hole(x, y, z, 5.6, 5.0, 0.4), 0.3)
    return min(collar, min(shirt, garment + 10.0 * (edge < -0.02)))
