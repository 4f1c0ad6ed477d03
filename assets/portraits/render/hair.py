"""Ways to wear hair. Each grows strands from the scalp; randomness is an argument."""

import numpy as np
import numpy.typing as npt

from assets.portraits.render.facts import Colour, Face
from assets.portraits.render.scalp import scalp_roots
from assets.portraits.render.strands import Strands

Array = npt.NDArray[np.float32]


def across(direction: Array) -> tuple[Array, Array]:
    """Give two unit vectors [N, 3] square to unit directions [N, 3] and to each other."""
    helper = np.where(np.abs(direction[:, :1]) < 0.8, np.float32([[1, 0, 0]]), np.float32([[0, 1, 0]]))
    first = np.cross(direction, helper)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    return first.astype(np.float32), np.cross(direction, first).astype(np.float32)


def unit(vectors: Array) -> Array:
    """Scale vectors [..., 3] to length 1."""
    return (vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)).astype(np.float32)


def dyed(count: int, steps: int, root: Colour, tip: Colour, random: np.random.Generator) -> Array:
    """Colour hairs from root to tip, each a little lighter or darker than its neighbours: [N, K, 3]."""
    t = np.linspace(0, 1, steps, dtype=np.float32)[None, :, None] ** 1.5
    colour = np.float32(root) * (1 - t) + np.float32(tip) * t
    return (colour * random.lognormal(0.0, 0.22, (count, 1, 1))).astype(np.float32)


def coils(face: Face, root: Colour, tip: Colour, random: np.random.Generator) -> Strands:
    """Grow short coiled hair: locks of hairs that wind around a common axis away from the scalp."""
    locks, hairs, steps = 3000, 9, 40
    points, normals, inside = scalp_roots(locks, face, random)
    locks = len(points)
    lift = np.clip((points[:, 1:2] + 1.0) / 11.0, 0.0, 1.0)
    axis = unit(normals + np.float32([0, 0.35, 0]) * lift + 0.22 * random.normal(size=points.shape))
    length = (
        (1.1 + 3.1 * lift[:, 0] ** 1.2) * np.clip(0.30 + inside / 2.2, 0.3, 1.0) * random.uniform(0.75, 1.15, locks)
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
    return Strands(grown, radius, colour, np.full(len(grown), 0.5, np.float32))
