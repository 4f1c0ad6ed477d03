"""Hairs: curves with a thickness, lit like thin glossy cylinders and painted from back to front."""

from math import ceil, floor, pow, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assets.portraits.render.camera import Camera
from assets.portraits.render.compiled import compiled
from assets.portraits.render.facts import Face
from assets.portraits.render.fields import ramp
from assets.portraits.render.light import shadow
from assets.portraits.render.march import Seen
from assets.portraits.render.noise import hash01
from assets.portraits.render.studio import Studio, ambient, lamp_at
from assets.portraits.render.volume import Volume, passing, sample

Array = npt.NDArray[np.float32]


class Strands(NamedTuple):
    """N hairs of K points: position [N, K, 3], radius [N, K], reflectance [N, K, 3], gloss [N]."""

    points: Array
    radius: Array
    colour: Array
    gloss: Array


def joined(parts: list[Strands]) -> Strands:
    """Put hairs of equal point count together."""
    return Strands(*(np.concatenate(fields) for fields in zip(*parts, strict=True)))


@compiled
def _lobe(t_l: float, t_v: float, shift: float, power: float) -> float:
    """Highlight of a thin cylinder (Kajiya and Kay 1989), moved along it by the tilt of its scales."""
    sin_l, sin_v = sqrt(max(1.0 - t_l * t_l, 0.0)), sqrt(max(1.0 - t_v * t_v, 0.0))
    return pow(max(sin_l * sin_v - t_l * t_v - shift * (t_l + t_v), 0.0), power)


@compiled
def light_strands(
    strands: Strands, camera: Camera, face: Face, cut: int, studio: Studio, hair: Volume, thickness: float, lit: Array
) -> None:
    """Compute the light each point of each hair sends to the camera, into lit [N, K, 3]."""
    count, length = strands.radius.shape
    for n in range(count):
        head_shade = 1.0
        tilt = 0.16 * (hash01(n, 3, 7) - 0.5)
        for k in range(length):
            x, y, z = strands.points[n, k]
            before, after = max(k - 1, 0), min(k + 1, length - 1)
            tx = strands.points[n, after, 0] - strands.points[n, before, 0]
            ty = strands.points[n, after, 1] - strands.points[n, before, 1]
            tz = strands.points[n, after, 2] - strands.points[n, before, 2]
            scale = 1.0 / max(sqrt(tx * tx + ty * ty + tz * tz), 1e-9)
            tx, ty, tz = tx * scale, ty * scale, tz * scale
            vx, vy, vz = -x, camera.y - y, camera.distance - z
            scale = 1.0 / sqrt(vx * vx + vy * vy + vz * vz)
            t_v = (tx * vx + ty * vy + tz * vz) * scale
            gx = sample(hair.around, x - 0.6, y, z) - sample(hair.around, x + 0.6, y, z)
            gy = sample(hair.around, x, y - 0.6, z) - sample(hair.around, x, y + 0.6, z)
            gz = sample(hair.around, x, y, z - 0.6) - sample(hair.around, x, y, z + 0.6)
            flat = 1.0 / max(sqrt(gx * gx + gy * gy + gz * gz), 1e-6)
            gx, gy, gz = gx * flat, gy * flat, gz * flat
            deep = 1.0 / (1.0 + thickness * 0.9 * sample(hair.around, x, y, z))
            for channel in range(3):
                lit[n, k, channel] = (
                    strands.colour[n, k, channel] * deep * ambient(0.0, 0.5, 0.4, studio, channel) * 1.3
                )
            for index in range(4):
                lamp = lamp_at(studio, index)
                if index == 0:
                    if k % 6 == 0:
                        head_shade = shadow(x + 0.3 * lamp.x, y + 0.3 * lamp.y, z + 0.3 * lamp.z, lamp, face, cut, 0.5)
                    reach = head_shade
                elif index == 1:
                    reach = 1.0
                else:
                    reach = ramp(-0.1, 0.7, gx * lamp.x + gy * lamp.y + gz * lamp.z)
                reach *= 0.35 + 0.65 * ramp(-0.3, 0.8, gx * lamp.x + gy * lamp.y + gz * lamp.z)
                reach *= passing(x, y, z, lamp.x, lamp.y, lamp.z, hair, thickness)
                t_l = tx * lamp.x + ty * lamp.y + tz * lamp.z
                diffuse = sqrt(max(1.0 - t_l * t_l, 0.0)) * 0.55
                first = strands.gloss[n] * 0.16 * _lobe(t_l, t_v, 0.12 + tilt, 90.0)
                second = strands.gloss[n] * 1.6 * _lobe(t_l, t_v, -0.16 + tilt, 22.0)
                for channel in range(3):
                    tint = strands.colour[n, k, channel]
                    lit[n, k, channel] += reach * lamp.colour[channel] * (tint * (diffuse + second) + first)


@compiled
def _paint_segments(
    order: npt.NDArray[np.int64], screen: Array, width: Array, lit: Array, seen: Seen, bias: float, picture: Array
) -> None:
    size = picture.shape[0]
    length = screen.shape[1]
    for step in range(order.shape[0]):
        n = order[step] // (length - 1)
        k = order[step] % (length - 1)
        ax, ay, az = screen[n, k]
        bx, by, bz = screen[n, k + 1]
        reach = max(width[n, k], width[n, k + 1]) + 1.0
        top, bottom = floor(min(ay, by) - reach), ceil(max(ay, by) + reach)
        left, right = floor(min(ax, bx) - reach), ceil(max(ax, bx) + reach)
        if bottom < 0 or right < 0 or top >= size or left >= size:
            continue
        dx, dy = bx - ax, by - ay
        norm = 1.0 / max(dx * dx + dy * dy, 1e-6)
        for row in range(max(top, 0), min(bottom + 1, size)):
            for column in range(max(left, 0), min(right + 1, size)):
                px, py = column + 0.5 - ax, row + 0.5 - ay
                along = (px * dx + py * dy) * norm
                if along < -0.02 or along > 1.0:
                    if along < 0.0 and k > 0:
                        continue
                    along = min(max(along, 0.0), 1.0)
                across = sqrt((px - along * dx) ** 2 + (py - along * dy) ** 2)
                half = width[n, k] + (width[n, k + 1] - width[n, k]) * along
                cover = min(max(half + 0.5 - across, 0.0), 1.0) * min(2.0 * half, 1.0)
                if cover <= 0.0:
                    continue
                z = az + (bz - az) * along
                if seen.material[row, column] != 0 and z + bias < seen.position[row, column, 2]:
                    continue
                round_off = 1.0 - 0.35 * min(across / max(half, 0.5), 1.0) ** 2
                for channel in range(3):
                    value = (lit[n, k, channel] + (lit[n, k + 1, channel] - lit[n, k, channel]) * along) * round_off
                    picture[row, column, channel] += cover * (value - picture[row, column, channel])


def paint(strands: Strands, lit: Array, camera: Camera, seen: Seen, picture: Array, bias: float = 0.06) -> None:
    """Paint hairs over linear light `picture` [S, S, 3] where nothing solid is in front of them."""
    size = picture.shape[0]
    depth = camera.distance - strands.points[..., 2]
    zoom = camera.distance / depth * (size / camera.extent)
    screen = np.empty_like(strands.points)
    screen[..., 0] = strands.points[..., 0] * zoom + size / 2
    screen[..., 1] = size / 2 - (strands.points[..., 1] - camera.y) * zoom
    screen[..., 2] = strands.points[..., 2]
    middle = (screen[:, 1:, 2] + screen[:, :-1, 2]).reshape(-1)
    _paint_segments(
        np.argsort(middle, kind="stable"), screen, (strands.radius * zoom).astype(np.float32), lit, seen, bias, picture
    )
