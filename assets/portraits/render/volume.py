"""Hair as a fog: how much of a lamp's light passes through it, and how deep inside it a point lies."""

from math import exp
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from assets.portraits.render.compiled import compiled

CELL_CM = 0.35
ORIGIN = (-15.0, -20.0, -22.0)
SHAPE = (86, 104, 90)


class Volume(NamedTuple):
    """Hair length per cell volume, [x, y, z] float32, and the same blurred widely."""

    density: npt.NDArray[np.float32]
    around: npt.NDArray[np.float32]


def empty_volume() -> Volume:
    """Give a volume without hair."""
    return Volume(np.zeros(SHAPE, np.float32), np.zeros(SHAPE, np.float32))


def volume_of(points: npt.NDArray[np.float32], weights: npt.NDArray[np.float32]) -> Volume:
    """Collect points [N, 3], each standing for `weights` [N] of hair, into a volume."""
    index = np.floor((points - np.array(ORIGIN, np.float32)) / CELL_CM).astype(np.int64)
    inside = np.all((index >= 0) & (index < np.array(SHAPE)), axis=1)
    density = np.zeros(SHAPE, np.float32)
    np.add.at(density, tuple(index[inside].T), weights[inside])
    density = _blur(density, 0.8)
    return Volume(density, _blur(density, 3.0))


def _blur(field: npt.NDArray[np.float32], sigma: float) -> npt.NDArray[np.float32]:
    field = np.stack([cv2.GaussianBlur(plane, (0, 0), sigma) for plane in field])
    turned = np.ascontiguousarray(field.transpose(2, 1, 0))
    turned = np.stack([cv2.GaussianBlur(plane, (0, 0), sigmaX=sigma, sigmaY=0.01) for plane in turned])
    return np.ascontiguousarray(turned.transpose(2, 1, 0))


@compiled
def sample(field: npt.NDArray[np.float32], x: float, y: float, z: float) -> float:
    """Read a field at a point, trilinearly; 0 outside."""
    u, v, w = (x + 15.0) / 0.35 - 0.5, (y + 20.0) / 0.35 - 0.5, (z + 22.0) / 0.35 - 0.5
    i, j, k = int(u), int(v), int(w)
    if u < 0 or v < 0 or w < 0 or i >= 85 or j >= 103 or k >= 89:
        return 0.0
    u, v, w = u - i, v - j, w - k
    near = (field[i, j, k] * (1 - u) + field[i + 1, j, k] * u) * (1 - v)
    near += (field[i, j + 1, k] * (1 - u) + field[i + 1, j + 1, k] * u) * v
    far = (field[i, j, k + 1] * (1 - u) + field[i + 1, j, k + 1] * u) * (1 - v)
    far += (field[i, j + 1, k + 1] * (1 - u) + field[i + 1, j + 1, k + 1] * u) * v
    between: float = near * (1 - w) + far * w
    return between


@compiled
def passing(x: float, y: float, z: float, lx: float, ly: float, lz: float, volume: Volume, thickness: float) -> float:
    """Fraction of light from direction l that reaches a point through the hair."""
    depth = 0.0
    t = 0.35
    for _ in range(24):
        depth += sample(volume.density, x + lx * t, y + ly * t, z + lz * t) * 0.45
        t += 0.45
    return exp(-thickness * depth)
