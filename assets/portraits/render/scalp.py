"""Where hair can root: points of the head's surface, and how far inside the hairline they lie."""

from math import sqrt

import numpy as np
import numpy.typing as npt

from assets.portraits.render.compiled import compiled
from assets.portraits.render.facts import Face
from assets.portraits.render.head import head_distance

Array = npt.NDArray[np.float32]
CENTRE = (0.0, 2.5, -6.0)

# Angles around the head, 0 in front, pi behind, at which a hairline states its height.
HAIRLINE_ANGLE = (0.0, 0.30, 0.55, 0.72, 0.86, 0.98, 1.10, 1.30, 1.42, 1.85, 2.05, 3.15)
Hairline = tuple[float, float, float, float, float, float, float, float, float, float, float, float]
ROUND_HAIRLINE: Hairline = (6.3, 6.25, 5.7, 4.5, 2.6, 0.6, -1.0, -1.4, 1.6, 1.2, -4.0, -8.0)


@compiled
def _surface(directions: Array, centre: tuple[float, float, float], face: Face, points: Array, normals: Array) -> None:
    for n in range(directions.shape[0]):
        ux, uy, uz = directions[n]
        t = 20.0
        for _ in range(60):
            d = head_distance(centre[0] + ux * t, centre[1] + uy * t, centre[2] + uz * t, face)
            t -= 0.8 * d
            if d < 0.003 or t < 0.0:
                break
        x, y, z = centre[0] + ux * t, centre[1] + uy * t, centre[2] + uz * t
        points[n, 0], points[n, 1], points[n, 2] = x, y, z
        nx, ny, nz = gradient(x, y, z, face)
        normals[n, 0], normals[n, 1], normals[n, 2] = nx, ny, nz


@compiled
def gradient(x: float, y: float, z: float, face: Face) -> tuple[float, float, float]:
    """Outward unit normal of the head's field."""
    e = 0.05
    nx = head_distance(x + e, y, z, face) - head_distance(x - e, y, z, face)
    ny = head_distance(x, y + e, z, face) - head_distance(x, y - e, z, face)
    nz = head_distance(x, y, z + e, face) - head_distance(x, y, z - e, face)
    scale = 1.0 / max(sqrt(nx * nx + ny * ny + nz * nz), 1e-9)
    return nx * scale, ny * scale, nz * scale


def surface_points(directions: Array, face: Face, centre: tuple[float, float, float] = CENTRE) -> tuple[Array, Array]:
    """Find the skin seen from `centre` along unit directions [N, 3]: points and outward normals, [N, 3] each."""
    points, normals = np.empty_like(directions), np.empty_like(directions)
    _surface(directions, centre, face, points, normals)
    return points, normals


def inside_hairline(points: Array, hairline: Hairline) -> Array:
    """Height above the hairline in centimetres, negative on the bare face, [N]."""
    angle = np.arctan2(np.abs(points[:, 0]), points[:, 2] - CENTRE[2])
    return (points[:, 1] - np.interp(angle, HAIRLINE_ANGLE, hairline)).astype(np.float32)


def scalp_roots(count: int, face: Face, hairline: Hairline, random: np.random.Generator) -> tuple[Array, Array, Array]:
    """Scatter about `count` roots evenly over the scalp: points, normals [N, 3] and height above the hairline [N]."""
    directions = random.normal(size=(3 * count, 3)).astype(np.float32)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    points, normals = surface_points(directions, face)
    inside = inside_hairline(points, hairline)
    ragged = inside + 0.35 * random.normal(size=inside.shape).astype(np.float32)
    kept = np.flatnonzero(ragged > 0)[:count]
    return points[kept], normals[kept], inside[kept]


@compiled
def field_at(points: Array, face: Face, distance: Array, normal: Array) -> None:
    """Measure the head's field at points [N, 3]: distance [N] and outward normal [N, 3]."""
    for n in range(points.shape[0]):
        x, y, z = points[n]
        distance[n] = head_distance(x, y, z, face)
        nx, ny, nz = gradient(x, y, z, face)
        normal[n, 0], normal[n, 1], normal[n, 2] = nx, ny, nz
