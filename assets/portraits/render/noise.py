"""Smooth random fields, the same on every machine: a hash of the lattice point, no generator state."""

from math import floor

import numpy as np

from assets.portraits.render.compiled import compiled


@compiled
def hash01(i: int, j: int, k: int) -> float:
    """Give a lattice point its own number in [0, 1)."""
    h = (
        np.uint32(i) * np.uint32(0x8DA6B343)
        ^ np.uint32(j) * np.uint32(0xD8163841)
        ^ np.uint32(k) * np.uint32(0xCB1AB31F)
    )
    h ^= h >> np.uint32(15)
    h *= np.uint32(0x2C1B3C6D)
    h ^= h >> np.uint32(12)
    h *= np.uint32(0x297A2D39)
    h ^= h >> np.uint32(15)
    return float(h & np.uint32(0xFFFFFF)) / 16777216.0


@compiled
def noise(x: float, y: float, z: float) -> float:
    """Interpolate lattice values smoothly: about [-1, 1], features one unit wide."""
    i, j, k = floor(x), floor(y), floor(z)
    u, v, w = x - i, y - j, z - k
    u, v, w = u * u * (3 - 2 * u), v * v * (3 - 2 * v), w * w * (3 - 2 * w)
    total = 0.0
    for di in range(2):
        for dj in range(2):
            for dk in range(2):
                weight = (u if di else 1 - u) * (v if dj else 1 - v) * (w if dk else 1 - w)
                total += weight * hash01(i + di, j + dj, k + dk)
    return 2.0 * total - 1.0


@compiled
def cloud(x: float, y: float, z: float, octaves: int) -> float:
    """Add octaves of noise, each half as wide and half as strong: about [-1, 1]."""
    total, weight, norm = 0.0, 1.0, 0.0
    for octave in range(octaves):
        total += weight * noise(x + 17.3 * octave, y - 9.1 * octave, z + 4.7 * octave)
        norm += weight
        weight *= 0.5
        x, y, z = 2.03 * x, 2.03 * y, 2.03 * z
    return total / norm
