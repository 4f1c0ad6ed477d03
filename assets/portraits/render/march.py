"""Sphere tracing: which surface each sample of the picture sees, where, and facing which way."""

from math import sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assets.portraits.render.camera import Camera
from assets.portraits.render.clothes import cloth_distance
from assets.portraits.render.compiled import compiled
from assets.portraits.render.facts import Face
from assets.portraits.render.head import earring_distance, eyeball_distance, head_distance

Array = npt.NDArray[np.float32]
NOTHING, SKIN, EYE, CLOTH, GOLD = 0, 1, 2, 3, 4
NEAR_Z, FAR_Z = 7.0, -22.0


class Seen(NamedTuple):
    """What every sample sees: material [S, S] uint8, position and unit normal [S, S, 3], openness to the sky [S, S]."""

    material: npt.NDArray[np.uint8]
    position: Array
    normal: Array


@compiled
def solid_distance(x: float, y: float, z: float, face: Face, cut: int) -> float:
    """Distance to whatever is nearest: skin, eyeballs, clothes."""
    d = head_distance(x, y, z, face)
    if z > -2.0 and abs(y) < 4.0:
        d = min(d, eyeball_distance(x, y, z, face.eyes))
    if abs(x) > 5.0:
        d = min(d, earring_distance(x, y, z, face.earring))
    if y < -8.0:
        d = min(d, cloth_distance(x, y, z, cut))
    return d


@compiled
def material_at(x: float, y: float, z: float, face: Face, cut: int) -> int:
    """Tell what a point on the surface belongs to."""
    skin = head_distance(x, y, z, face)
    if z > -2.0 and abs(y) < 4.0 and eyeball_distance(x, y, z, face.eyes) < skin:
        return EYE
    if abs(x) > 5.0 and earring_distance(x, y, z, face.earring) < skin:
        return GOLD
    if y < -8.0 and cloth_distance(x, y, z, cut) < skin:
        return CLOTH
    return SKIN


@compiled
def look(size: int, camera: Camera, face: Face, cut: int, seen: Seen) -> None:
    """Trace size x size samples into `seen`."""
    for row in range(size):
        for column in range(size):
            u = ((column + 0.5) / size - 0.5) * camera.extent
            v = camera.y + (0.5 - (row + 0.5) / size) * camera.extent
            dx, dy, dz = u, v - camera.y, -camera.distance
            scale = 1.0 / sqrt(dx * dx + dy * dy + dz * dz)
            dx, dy, dz = dx * scale, dy * scale, dz * scale
            t = (camera.distance - NEAR_Z) / -dz
            limit = (camera.distance - FAR_Z) / -dz
            seen.material[row, column] = 0
            for _ in range(110):
                x, y, z = dx * t, camera.y + dy * t, camera.distance + dz * t
                d = solid_distance(x, y, z, face, cut)
                if d < 0.004:
                    seen.material[row, column] = material_at(x, y, z, face, cut)
                    break
                t += 0.8 * d
                if t > limit:
                    break
            if seen.material[row, column] == 0 and t <= limit:  # grazing: ran out of steps beside a surface
                seen.material[row, column] = material_at(x, y, z, face, cut)
            x, y, z = dx * t, camera.y + dy * t, camera.distance + dz * t
            seen.position[row, column, 0] = x
            seen.position[row, column, 1] = y
            seen.position[row, column, 2] = z
            if seen.material[row, column] == 0:
                continue
            e = 0.012
            nx = ny = nz = 0.0
            for corner in range(4):
                sx = 1.0 if corner in (0, 3) else -1.0
                sy = 1.0 if corner in (1, 3) else -1.0
                sz = 1.0 if corner in (2, 3) else -1.0
                d = solid_distance(x + e * sx, y + e * sy, z + e * sz, face, cut)
                nx, ny, nz = nx + sx * d, ny + sy * d, nz + sz * d
            scale = 1.0 / max(sqrt(nx * nx + ny * ny + nz * nz), 1e-9)
            seen.normal[row, column, 0] = nx * scale
            seen.normal[row, column, 1] = ny * scale
            seen.normal[row, column, 2] = nz * scale


def look_at(size: int, camera: Camera, face: Face, cut: int) -> Seen:
    """Trace a picture of size x size samples."""
    seen = Seen(
        np.zeros((size, size), np.uint8), np.zeros((size, size, 3), np.float32), np.zeros((size, size, 3), np.float32)
    )
    look(size, camera, face, cut, seen)
    return seen
