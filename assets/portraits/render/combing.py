"""Laying hair: paths along a comb's direction, locks around them, cutting and colour."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from assets.portraits.render.facts import Colour, Face
from assets.portraits.render.scalp import field_at

Array = npt.NDArray[np.float32]


def across(direction: Array) -> tuple[Array, Array]:
    """Give two unit vectors [N, 3] square to unit directions [N, 3] and to each other."""
    helper = np.where(np.abs(direction[:, :1]) < 0.8, np.eye(3)[:1], np.eye(3)[1:2])
    first = np.cross(direction, helper)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    return first.astype(np.float32), np.cross(direction, first).astype(np.float32)


def unit(vectors: npt.NDArray[np.floating[Any]]) -> Array:
    """Scale vectors [..., 3] to length 1."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Array = (vectors / np.maximum(length, 1e-9)).astype(np.float32)
    return scaled


def dyed(count: int, steps: int, root: Colour, tip: Colour, random: np.random.Generator) -> Array:
    """Colour hairs from root to tip, each a little lighter or darker than its neighbours: [N, K, 3]."""
    t = np.linspace(0, 1, steps, dtype=np.float32)[None, :, None] ** 1.5
    colour = np.array(root, np.float32) * (1 - t) + np.array(tip, np.float32) * t
    return (colour * random.lognormal(0.0, 0.22, (count, 1, 1))).astype(np.float32)


def combed(
    face: Face,
    roots: Array,
    normals: Array,
    comb: Callable[[Array, Array], Array],
    lift: Array,
    length: Array,
    steps: int,
    hangs_below: float,
) -> Array:
    """Lay hairs along a comb's direction, each `lift` [N] above the skin, `length` [N] long: paths [N, steps, 3].

    comb(points [N, 3], t [N]) gives the wish at fraction t of the hair; the head's field keeps hair outside the skin,
    and above the height `hangs_below` also close to it.
    """
    path = np.empty((len(roots), steps, 3), np.float32)
    point, heading = roots.copy(), unit(0.5 * normals + comb(roots, np.zeros(len(roots), np.float32)))
    distance, normal = np.empty(len(roots), np.float32), normals.copy()
    for step in range(steps):
        path[:, step] = point
        field_at(point, face, distance, normal)
        t = np.full(len(roots), step / steps, np.float32)
        wish = comb(point, t)
        height = lift * np.minimum(1.0, 0.15 + 2.2 * t)
        error = np.clip((height - distance) / np.maximum(lift, 0.3), -0.35, 1.5)
        inward = np.minimum(np.sum(wish * normal, axis=1), 0.0) * np.clip(1.0 - (distance - height), 0.0, 1.0)
        free = point[:, 1] < hangs_below
        wish = unit(wish - inward[:, None] * normal) + normal * np.where(free, np.maximum(error, 0.0), error)[:, None]
        heading = unit(0.55 * heading + 0.45 * unit(wish))
        point = (point + heading * (length / (steps - 1))[:, None]).astype(np.float32)
    return path


def tresses(guides: Array, hairs: int, width: float, gather: float, wave: float, random: np.random.Generator) -> Array:
    """Spread each guide [N, K, 3] into a lock of hairs `width` thick gathering to a tip: [N * hairs, K, 3]."""
    count, steps, _ = guides.shape
    t = np.linspace(0, 1, steps, dtype=np.float32)[None, None, :, None]
    heading = unit(guides[:, -1] - guides[:, 0])
    first, second = across(heading)
    aside = random.normal(size=(count, hairs, 2)).astype(np.float32) * width
    offset = aside[..., :1] * first[:, None] + aside[..., 1:] * second[:, None]
    grown = guides[:, None] + offset[:, :, None] * (0.8 + 0.2 * t) * (1.0 - gather * t**2)
    drift = random.normal(size=(count, hairs, 1, 3)).astype(np.float32)
    phase = random.uniform(0, 2 * np.pi, (count, hairs, 1, 1)) + random.uniform(0, 0.6, (count, 1, 1, 1))
    grown = grown + wave * drift * np.sin(phase + 5.0 * t) * t
    locks: Array = grown.reshape(count * hairs, steps, 3).astype(np.float32)
    return locks


def cut_at(paths: Array, level: Array, steps: int) -> Array:
    """Cut paths [N, K, 3] where they first fall below `level` [N], and space `steps` points evenly along the rest."""
    below = paths[..., 1] < level[:, None]
    last = np.where(below.any(axis=1), below.argmax(axis=1), paths.shape[1] - 1)
    at = np.linspace(0, 1, steps)[None] * last[:, None]
    low = np.minimum(at.astype(np.int64), paths.shape[1] - 2)
    part = (at - low)[..., None].astype(np.float32)
    row = np.arange(len(paths))[:, None]
    cut: Array = (paths[row, low] * (1 - part) + paths[row, low + 1] * part).astype(np.float32)
    return cut
