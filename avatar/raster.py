"""The inner loops of drawing: triangles to texture coordinates, and layers over one another. Compiled by numba."""

import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

Kernel = TypeVar("Kernel", bound=Callable[..., Any])
Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

NOTHING = np.float32(-1e9)
OUTSIDE = np.float32(-100.0)
"""Texture coordinate of pixels that no triangle covers: far outside, where the texture's border is transparent."""


def compiled(function: Kernel) -> Kernel:
    """Compile an inner loop to machine code, kept on disk, that lets other threads run."""
    return cast(Kernel, numba.njit(fastmath=True, cache=True, nogil=True)(function))


@compiled
def rasterise(
    vertices: Floats,
    texture_points: Floats,
    triangles: npt.NDArray[np.int32],
    map_x: Floats,
    map_y: Floats,
    depth: Floats,
    left: int,
    top: int,
) -> None:
    """Write for every pixel the texture coordinates of the nearest triangle over it, bilinear in the picture.

    vertices [n, 3] pixels of the frame, z towards the viewer; texture_points [n, 2] pixels of the texture; triangles
    [m, 3]; map_x, map_y, depth [h, w] of the part of the frame whose corner is (left, top): overwritten.
    """
    height, width = depth.shape
    for y in range(height):
        for x in range(width):
            depth[y, x] = NOTHING
            map_x[y, x] = OUTSIDE
            map_y[y, x] = OUTSIDE
    for k in range(triangles.shape[0]):
        a, b, c = triangles[k, 0], triangles[k, 1], triangles[k, 2]
        ax, ay = vertices[a, 0] - left, vertices[a, 1] - top
        bx, by = vertices[b, 0] - left, vertices[b, 1] - top
        cx, cy = vertices[c, 0] - left, vertices[c, 1] - top
        y_low = max(0, math.ceil(min(ay, by, cy) - 1e-3))
        y_high = min(height - 1, math.floor(max(ay, by, cy) + 1e-3))
        x_low = max(0, math.ceil(min(ax, bx, cx) - 1e-3))
        x_high = min(width - 1, math.floor(max(ax, bx, cx) + 1e-3))
        if y_low > y_high or x_low > x_high:
            continue
        area = (by - cy) * (ax - cx) + (cx - bx) * (ay - cy)
        if abs(area) < 1e-6:
            continue
        inverse = 1 / area
        a_dx, a_dy = (by - cy) * inverse, (cx - bx) * inverse
        b_dx, b_dy = (cy - ay) * inverse, (ax - cx) * inverse
        u_a, u_b, u_c = texture_points[a, 0], texture_points[b, 0], texture_points[c, 0]
        v_a, v_b, v_c = texture_points[a, 1], texture_points[b, 1], texture_points[c, 1]
        z_a, z_b, z_c = vertices[a, 2], vertices[b, 2], vertices[c, 2]
        du = a_dx * (u_a - u_c) + b_dx * (u_b - u_c)
        dv = a_dx * (v_a - v_c) + b_dx * (v_b - v_c)
        dz = a_dx * (z_a - z_c) + b_dx * (z_b - z_c)
        for y in range(y_low, y_high + 1):
            a_0 = -a_dx * cx + a_dy * (y - cy)
            b_0 = -b_dx * cx + b_dy * (y - cy)
            low, high = float(x_low), float(x_high)
            inside = True
            for edge in range(3):
                if edge == 0:
                    slope, offset = a_dx, a_0 + 1e-4
                elif edge == 1:
                    slope, offset = b_dx, b_0 + 1e-4
                else:
                    slope, offset = -(a_dx + b_dx), 1 - a_0 - b_0 + 1e-4
                if slope > 1e-9:
                    low = max(low, -offset / slope)
                elif slope < -1e-9:
                    high = min(high, -offset / slope)
                elif offset < 0:
                    inside = False
            if not inside:
                continue
            first, last = math.ceil(low), math.floor(high)
            weight_a, weight_b = a_0 + a_dx * first, b_0 + b_dx * first
            weight_c = 1 - weight_a - weight_b
            u = weight_a * u_a + weight_b * u_b + weight_c * u_c
            v = weight_a * v_a + weight_b * v_b + weight_c * v_c
            z = weight_a * z_a + weight_b * z_b + weight_c * z_c
            for x in range(first, last + 1):
                if z >= depth[y, x]:
                    depth[y, x] = z
                    map_x[y, x] = u
                    map_y[y, x] = v
                u += du
                v += dv
                z += dz


@compiled
def trace_edge(points: Floats, left: int, heights: Floats, reaches: Floats) -> None:
    """Trace a lip's or lid's edge smoothly through points [n, 2], sorted by x, one y for each column from `left`.

    Cubic Hermite between the points. heights [w]: y of the edge; reaches [w]: half the height of the strip over which a
    pixel's coverage fades, larger where the edge is steep.
    """
    count = points.shape[0]
    part = 0
    for column in range(heights.shape[0]):
        x = float(left + column)
        while part < count - 2 and x > points[part + 1, 0]:
            part += 1
        x0, y0, x1, y1 = points[part, 0], points[part, 1], points[part + 1, 0], points[part + 1, 1]
        run = max(x1 - x0, 1e-3)
        straight = (y1 - y0) / run
        before, after = straight, straight
        if part > 0:
            before = (y1 - points[part - 1, 1]) / max(x1 - points[part - 1, 0], 1e-3)
        if part < count - 2:
            after = (points[part + 2, 1] - y0) / max(points[part + 2, 0] - x0, 1e-3)
        t = min(max((x - x0) / run, 0.0), 1.0)
        s = 1.0 - t
        heights[column] = (1 + 2 * t) * s * s * y0 + t * t * (3 - 2 * t) * y1 + run * t * s * (s * before - t * after)
        reaches[column] = 0.5 + 0.5 * abs(straight)


@compiled
def covered(y: int, upper: float, lower: float, reach: float) -> float:
    """Return how much of the pixel row y, fading over `reach`, lies between two edges: 0 to 1."""
    return max(min(y + reach, lower) - max(y - reach, upper), 0.0) / (2 * reach)


@compiled
def soften_silhouette(layer: Bytes, map_x: Floats) -> None:
    """Fade the pixels of a premultiplied layer [h, w, 4] that border on pixels no triangle covers.

    Where a mesh turns away from the viewer its edge is no edge of its texture, so nothing else smooths it.
    """
    height, width = map_x.shape
    for y in range(1, height - 1):
        for x in range(1, width - 1):
            if layer[y, x, 3] == 0:
                continue
            left, right = map_x[y, x - 1] > OUTSIDE, map_x[y, x + 1] > OUTSIDE
            if left and right and map_x[y - 1, x] > OUTSIDE and map_x[y + 1, x] > OUTSIDE:
                continue
            count = 0
            for j in range(-1, 2):
                for i in range(-1, 2):
                    if map_x[y + j, x + i] > OUTSIDE:
                        count += 1
            share = min(max((count - 2) / 7.0, 0.0), 1.0)
            for c in range(4):
                layer[y, x, c] = np.uint8(layer[y, x, c] * share + 0.5)


@compiled
def soften_folds(layer: Bytes, map_x: Floats, jump_px: float) -> None:
    """Mix neighbouring pixels of a layer [h, w, 4] whose texture places lie further apart than jump_px.

    There one part of the mesh ends in front of another (cheek before hair, nose before cheek).
    """
    height, width = map_x.shape
    for y in range(height):
        for x in range(width - 1):
            if layer[y, x, 3] == 0 or abs(map_x[y, x + 1] - map_x[y, x]) < jump_px or map_x[y, x + 1] <= OUTSIDE:
                continue
            for c in range(4):
                here, there = layer[y, x, c], layer[y, x + 1, c]
                layer[y, x, c] = np.uint8((3 * here + there + 2) // 4)
                layer[y, x + 1, c] = np.uint8((3 * there + here + 2) // 4)


@compiled
def lay_over(layer: Bytes, under: Bytes, out: Bytes) -> None:
    """Composite a premultiplied layer [h, w, 4] over `under` [h, w, 3] into `out` [h, w, 3] (may be `under`)."""
    for y in range(layer.shape[0]):
        for x in range(layer.shape[1]):
            alpha = layer[y, x, 3]
            if alpha == 255:
                out[y, x, 0] = layer[y, x, 0]
                out[y, x, 1] = layer[y, x, 1]
                out[y, x, 2] = layer[y, x, 2]
            elif alpha == 0:
                out[y, x, 0] = under[y, x, 0]
                out[y, x, 1] = under[y, x, 1]
                out[y, x, 2] = under[y, x, 2]
            else:
                rest = 256 - alpha - (alpha >> 7)
                out[y, x, 0] = min(255, layer[y, x, 0] + ((under[y, x, 0] * rest + 128) >> 8))
                out[y, x, 1] = min(255, layer[y, x, 1] + ((under[y, x, 1] * rest + 128) >> 8))
                out[y, x, 2] = min(255, layer[y, x, 2] + ((under[y, x, 2] * rest + 128) >> 8))


@compiled
def draw_seam(frame: Bytes, edges: Floats, left: int, colour: Floats, strength: float, half_px: float) -> None:
    """Draw the dark line where two shut edges or lips meet, edges [3, w] as traced, into frame [h, w, 3]."""
    columns = edges.shape[1]
    reach = int(3 * half_px) + 1
    for column in range(columns):
        x = left + column
        middle = 0.5 * (edges[0, column] + edges[1, column])
        end = min(min(column, columns - 1 - column) / (0.12 * columns), 1.0)
        for y in range(max(int(middle) - reach, 0), min(int(middle) + reach + 2, frame.shape[0])):
            away = (y - middle) / half_px
            share = strength * end * math.exp(-away * away)
            for c in range(3):
                frame[y, x, c] = np.uint8(frame[y, x, c] * (1 - share) + colour[c] * share + 0.5)


def edges_between(upper: Floats, lower: Floats, left: int, right: int) -> Floats:
    """Return y of two edges, smooth through their points, and their fading's reach, [3, columns]."""
    edges = np.empty((3, right - left), np.float32)
    reach = np.empty(right - left, np.float32)
    trace_edge(np.ascontiguousarray(upper), left, edges[0], edges[2])
    trace_edge(np.ascontiguousarray(lower), left, edges[1], reach)
    np.maximum(edges[2], reach, out=edges[2])
    return edges


def window_of(points: Floats, shape: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    """Return left, top, right, bottom of the part of a frame [h, w, ...] around points, or None outside of it."""
    low = np.maximum(np.floor(points.min(0)).astype(int) - 2, 0)
    high = np.minimum(np.ceil(points.max(0)).astype(int) + 3, (shape[1], shape[0]))
    if (high <= low).any():
        return None
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])
