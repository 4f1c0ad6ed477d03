"""Ways to wear hair. Each grows strands from the scalp; randomness is an argument."""

import numpy as np
import numpy.typing as npt

from assets.portraits.render.combing import across, combed, cut_at, dyed, tresses, unit
from assets.portraits.render.facts import Colour, Face
from assets.portraits.render.scalp import (
    ROUND_HAIRLINE,
    Hairline,
    scalp_roots,
    surface_points,
)
from assets.portraits.render.strands import Strands

Array = npt.NDArray[np.float32]


def coils(face: Face, root: Colour, tip: Colour, random: np.random.Generator) -> Strands:
    """Grow short coiled hair: locks of hairs that wind around a common axis away from the scalp."""
    locks, hairs, steps = 3000, 9, 40
    points, normals, inside = scalp_roots(locks, face, ROUND_HAIRLINE, random)
    locks = len(points)
    lift = np.clip((points[:, 1:2] + 1.0) / 11.0, 0.0, 1.0)
    axis = unit(normals + np.array([0, 0.35, 0]) * lift + 0.22 * random.normal(size=points.shape))
    length = (
        (1.3 + 3.6 * lift[:, 0] ** 1.1) * np.clip(0.30 + inside / 2.2, 0.3, 1.0) * random.uniform(0.75, 1.15, locks)
    )
    turns = length * random.uniform(0.85, 1.2, locks) + 0.6
    width = random.uniform(0.20, 0.36, locks)
    phase = random.uniform(0, 2 * np.pi, locks)
    hand = random.choice([-1.0, 1.0], locks)
    t = np.linspace(0, 1, steps, dtype=np.float32)
    first, second = across(axis)
    angle = phase[:, None] + hand[:, None] * 2 * np.pi * turns[:, None] * t
    swell = width[:, None] * np.minimum(1.0, 4.0 * t + 0.1)
    centre = points[:, None] + axis[:, None] * (length[:, None] * t)[..., None]
    centre[..., 1] -= 0.35 * (length[:, None] * t**2) * 0.5
    coil = (
        centre
        + first[:, None] * (swell * np.cos(angle))[..., None]
        + second[:, None] * (swell * np.sin(angle))[..., None]
    )
    spread = random.normal(size=(locks, hairs, 1, 3)).astype(np.float32) * 0.055
    wander = random.normal(size=(locks, hairs, 1, 3)).astype(np.float32) * 0.10 * (t**2)[:, None]
    grown = (coil[:, None] + spread + wander).reshape(locks * hairs, steps, 3).astype(np.float32)
    radius = np.broadcast_to(0.020 * (1.0 - 0.5 * t), (len(grown), steps)).astype(np.float32)
    colour = dyed(locks * hairs, steps, root, tip, random)
    return Strands(grown, radius, colour, np.full(len(grown), 0.30, np.float32))


def bob(face: Face, root: Colour, tip: Colour, random: np.random.Generator) -> Strands:
    """Grow straight hair with a side parting, cut at the jaw."""
    hairline: Hairline = (6.2, 6.1, 5.6, 4.6, 3.2, 1.6, 0.3, -0.6, 1.6, 1.2, -4.0, -8.0)
    parting, cut = 1.9, -9.6
    roots, normals, inside = scalp_roots(16000, face, hairline, random)
    number = np.arange(len(roots))
    crowded = (np.abs(roots[:, 0] - parting) < 1.3) | (inside < 0.9)  # there every root shows
    crowded &= (number > 5200) & (roots[:, 2] > -9.0)
    chosen = np.concatenate([np.flatnonzero(number <= 5200), np.flatnonzero(crowded)])
    locks = np.count_nonzero(number <= 5200)
    roots, normals = roots[chosen], normals[chosen]
    side = np.where(roots[:, 0] > parting + 0.20 * random.normal(size=len(roots)), 1.0, -1.0).astype(np.float32)

    def comb(points: Array, t: Array) -> Array:
        rise = 0.45 * np.clip(1.0 - 4.0 * t, 0.0, 1.0)
        away = np.stack([side, 0.15 + rise, -0.30 - rise], -1)
        fall = np.stack([0.10 * side, np.full_like(side, -1.0), np.full_like(side, -0.05)], -1)
        turned = np.clip((np.abs(points[:, 0] - 0.5 * parting) - 2.0) / 3.5, 0.0, 1.0)[:, None]
        tuck = np.clip((-5.5 - points[:, 1]) / 3.0, 0.0, 1.0)[:, None] * np.stack(
            [-0.75 * side, 0 * side, 0 * side + 0.1], -1
        )
        below_brow = np.clip((4.0 - points[:, 1]) / 3.0, 0, 1) * (points[:, 2] > -5)
        clear = np.clip(6.1 - np.abs(points[:, 0]), 0.0, 1.5) * below_brow
        return unit(away * (1 - turned) + fall * turned + tuck + np.stack([side * clear, 0 * side, -0.3 * clear], -1))

    beside = np.clip(np.abs(roots[:, 0] - parting) / 4.0, 0.0, 1.0)
    lift = (0.50 + 0.55 * random.uniform(0, 1, len(roots))) * (0.45 + 0.55 * beside)
    lift = (lift * np.interp(roots[:, 1], (-2.0, 5.0), (0.25, 1.0))).astype(np.float32)  # low roots lie inside
    paths = combed(face, roots, normals, comb, lift, np.full(len(roots), 26.0, np.float32), 56, hangs_below=3.0)
    guides = cut_at(paths, cut + 0.25 * random.normal(size=len(roots)), 30)
    thick = tresses(guides[:locks], 7, 0.15, 0.35, 0.05, random)
    fine = tresses(guides[locks:], 2, 0.06, 0.2, 0.05, random)
    grown = np.concatenate([thick, fine])
    t = np.linspace(0, 1, guides.shape[1], dtype=np.float32)
    radius = 0.020 * np.minimum(1.0, 0.55 + 6.0 * t) * (1.0 - 0.55 * t**3)
    radius = np.broadcast_to(radius, grown.shape[:2]).astype(np.float32)
    colour = dyed(len(grown), len(t), root, tip, random)
    return Strands(grown, radius, colour, np.full(len(grown), 0.27, np.float32))


def swept_back(face: Face, root: Colour, tip: Colour, random: np.random.Generator) -> Strands:
    """Grow short hair combed back over the top, close at the sides."""
    hairline: Hairline = (6.9, 7.1, 7.4, 6.2, 3.8, 1.4, -1.2, -2.2, 1.6, 1.2, -4.0, -7.0)
    roots, normals, inside = scalp_roots(9000, face, hairline, random)

    def comb(points: Array, t: Array) -> Array:
        top = np.clip((points[:, 1] - 4.5) / 4.0, 0.0, 1.0)
        sideways = 0.30 * top + 0.10 * np.tanh(points[:, 0]) * (1 - top)
        return unit(np.stack([sideways, 0.75 * top - 0.75 * (1 - top), -0.75 - 0.2 * top], -1))

    top = np.clip((roots[:, 1] - 3.0) / 5.0, 0.0, 1.0)
    front = np.clip((roots[:, 2] + 5.0) / 6.0, 0.0, 1.0)
    lift = (0.22 + 0.85 * top + 1.0 * top * front + 0.2 * random.uniform(0, 1, len(roots))).astype(np.float32)
    length = (1.0 + 3.6 * top + 1.0 * top * front).astype(np.float32) * np.clip(0.45 + inside / 2.0, 0.45, 1.0).astype(
        np.float32
    )
    guides = combed(face, roots, normals, comb, lift, length, 24, hangs_below=3.0)
    grown = tresses(guides, 3, 0.09, 0.6, 0.10, random)
    t = np.linspace(0, 1, 24, dtype=np.float32)
    radius = 0.019 * np.minimum(1.0, 0.5 + 4.0 * t) * (1.0 - 0.6 * t**2)
    radius = np.broadcast_to(radius, grown.shape[:2]).astype(np.float32)
    return Strands(grown, radius, dyed(len(grown), 24, root, tip, random), np.full(len(grown), 0.8, np.float32))


def beard(face: Face, root: Colour, tip: Colour, random: np.random.Generator) -> Strands:
    """Grow a short beard and moustache around the lips, with clean cheeks."""
    directions = unit(random.normal((0.0, -0.6, 0.7), 1.0, (60000, 3)))
    points, normals = surface_points(directions, face, (0.0, -5.0, -4.0))
    x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    lips = face.lips
    cheek_line = np.interp(x, (0.0, 2.0, 3.2, 5.0, 6.5), (-4.9, -5.2, -5.9, -5.2, -1.0))
    under = np.interp(x, (0.0, 3.0, 6.0), (face.skull.chin_y - 0.9, face.skull.chin_y + 0.2, -8.5))
    edge = np.minimum(cheek_line - y, y - under)
    near_lips = np.hypot(x / (lips.half_width + 0.30), (y - lips.y + 0.10) / (0.5 * (lips.upper + lips.lower) + 0.42))
    keep = (edge + 0.25 * random.normal(size=len(x)) > 0) & (z > -7.5)
    keep &= near_lips > 1.0 + 0.06 * random.normal(size=len(x))
    keep &= ~((x < 0.75) & (y > lips.y + 0.9)) | (random.uniform(size=len(x)) < 0.35)
    soul = (y < lips.y - lips.lower - 0.1) & (y > face.skull.chin_y + 2.6) & (np.abs(x - 1.5) < 0.8)
    keep &= ~soul | (random.uniform(size=len(x)) < 0.6)
    points, normals, edge = points[keep], normals[keep], edge[keep]

    def comb(at: Array, t: Array) -> Array:
        moustache = np.clip((at[:, 1] - lips.y - 0.2) / 0.6, 0.0, 1.0)
        jaw = np.interp(np.abs(at[:, 0]), (3.0, 5.5), (0.25, -0.25))  # follows the jaw inwards
        wide = np.tanh(at[:, 0]) * (jaw + 0.9 * moustache)
        return unit(np.stack([wide, -1.0 + 0.45 * moustache, 0.25 + 0 * wide], -1))

    length = (0.75 * np.clip(0.45 + 0.8 * edge, 0.45, 1.0) * random.uniform(0.6, 1.1, len(points))).astype(np.float32)
    upper = points[:, 1] > lips.y
    length = np.where(upper, 0.55 * length, length).astype(np.float32)
    lift = (0.10 + 0.28 * np.clip(edge, 0, 1) * random.uniform(0.3, 1, len(points))).astype(np.float32)
    guides = combed(face, points, normals, comb, lift, length, 9, hangs_below=-100.0)
    grown = tresses(guides, 1, 0.02, 0.0, 0.06, random)
    t = np.linspace(0, 1, 9, dtype=np.float32)
    radius = np.broadcast_to(0.017 * (1.0 - 0.6 * t), (len(grown), 9)).astype(np.float32)
    return Strands(grown, radius, dyed(len(grown), 9, root, tip, random), np.full(len(grown), 0.5, np.float32))
