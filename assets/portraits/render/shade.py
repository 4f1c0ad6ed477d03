"""Shading of everything solid: colour, diffuse light and gloss of every sample, apart so that skin can scatter."""

from math import exp, pow, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assets.portraits.render.camera import Camera
from assets.portraits.render.clothes import Clothes
from assets.portraits.render.compiled import compiled
from assets.portraits.render.eyeball import eye_colour, lid_shadow, wet_line
from assets.portraits.render.fabric import fabric_bump, fabric_colour
from assets.portraits.render.facts import Face
from assets.portraits.render.fields import ramp
from assets.portraits.render.light import gloss, openness, shadow
from assets.portraits.render.march import CLOTH, EYE, GOLD, SKIN, Seen
from assets.portraits.render.mouth import red_of_lips
from assets.portraits.render.noise import hash01
from assets.portraits.render.skin import skin_bump, skin_colour
from assets.portraits.render.studio import Studio, ambient, lamp_at, softbox
from assets.portraits.render.volume import Volume, passing, sample

Array = npt.NDArray[np.float32]


class Shaded(NamedTuple):
    """Reflectance, diffuse light and gloss of every sample, each [S, S, 3]."""

    colour: Array
    light: Array
    gloss: Array


@compiled
def _shade_eye(row: int, column: int, seen: Seen, face: Face, studio: Studio, shaded: Shaded) -> None:
    eyes = face.eyes
    x, y, _ = seen.position[row, column]
    centre_x = eyes.x if x > 0.0 else -eyes.x
    px, py = (x - centre_x), (y - 0.06)
    r = sqrt(px * px + py * py)
    bulge = 0.95 if r < eyes.iris_radius * 1.02 else eyes.ball_radius
    nx, ny = px / bulge, py / bulge
    nz = sqrt(max(1.0 - nx * nx - ny * ny, 0.05))
    key = studio.key
    lit = max(0.25 + 0.75 * (nx * key.x + ny * key.y + nz * key.z), 0.0)
    left = lid_shadow(x, y, eyes)
    rx, ry, rz = 2.0 * nz * nx, 2.0 * nz * ny, 2.0 * nz * nz - 1.0
    window = softbox(rx, ry, rz, key, 0.34, 0.40)
    if r > eyes.iris_radius * 1.02:
        window *= 0.12  # the white is duller than the cornea
    small = softbox(rx, ry, rz, studio.fill, 0.20, 0.45)
    wet = wet_line(x, y, eyes)
    for channel in range(3):
        shaded.colour[row, column, channel] = eye_colour(x, y, eyes, channel)
        light = key.colour[channel] * lit * 0.85 + studio.fill.colour[channel] * 0.6
        shaded.light[row, column, channel] = left * (light + ambient(nx, ny, nz, studio, channel))
        mirrored = 2.6 * window * key.colour[channel] + 0.9 * small * studio.fill.colour[channel]
        mirrored += 0.035 * ambient(rx, ry, rz, studio, channel)
        shaded.gloss[row, column, channel] = mirrored * (0.25 + 0.75 * left) * 0.55 + 0.30 * wet


@compiled
def _shade_gold(row: int, column: int, seen: Seen, studio: Studio, shaded: Shaded) -> None:
    """Mirror the lamps and the room in polished metal, seen from straight ahead."""
    nx, ny, nz = seen.normal[row, column]
    rx, ry, rz = 2.0 * nz * nx, 2.0 * nz * ny, 2.0 * nz * nz - 1.0
    for channel in range(3):
        mirrored = 1.1 * ambient(rx, ry, rz, studio, channel) * ramp(-0.9, 0.5, ry)
        for index in range(4):
            lamp = lamp_at(studio, index)
            mirrored += 1.5 * softbox(rx, ry, rz, lamp, 0.6, 0.8) * lamp.colour[channel]
        shaded.gloss[row, column, channel] = mirrored * (1.0, 0.72, 0.32)[channel]


@compiled
def _bumped(
    x: float, y: float, z: float, nx: float, ny: float, nz: float, material: int, face: Face, clothes: Clothes
) -> tuple[float, float, float]:
    """Tilt a normal by the slope of the fine relief."""
    e = 0.02
    if material == SKIN:
        h = skin_bump(x, y, z, face)
        gx, gy, gz = (
            skin_bump(x + e, y, z, face) - h,
            skin_bump(x, y + e, z, face) - h,
            skin_bump(x, y, z + e, face) - h,
        )
    else:
        h = fabric_bump(x, y, z, clothes)
        gx, gy = fabric_bump(x + e, y, z, clothes) - h, fabric_bump(x, y + e, z, clothes) - h
        gz = fabric_bump(x, y, z + e, clothes) - h
    along = gx * nx + gy * ny + gz * nz
    nx, ny, nz = nx - (gx - along * nx) / e, ny - (gy - along * ny) / e, nz - (gz - along * nz) / e
    scale = 1.0 / sqrt(nx * nx + ny * ny + nz * nz)
    return nx * scale, ny * scale, nz * scale


@compiled
def _reach(
    x: float, y: float, z: float, nx: float, ny: float, nz: float,
    face: Face, cut: int, studio: Studio, hair: Volume, jitter: float, reach: Array,
) -> None:  # fmt: skip
    """Find how much of the room, and of each lamp, a point sees: reach [5]."""
    reach[0] = openness(x, y, z, nx, ny, nz, face, cut, jitter)
    reach[0] /= 1.0 + 0.5 * sample(hair.around, x + nx, y + ny, z + nz)
    for index in range(4):
        lamp = lamp_at(studio, index)
        reach[index + 1] = 0.0
        if nx * lamp.x + ny * lamp.y + nz * lamp.z > -0.35:
            lit = shadow(x + 0.05 * nx, y + 0.05 * ny, z + 0.05 * nz, lamp, face, cut, jitter)
            if lit > 0.0:
                reach[index + 1] = lit * passing(x, y, z, lamp.x, lamp.y, lamp.z, hair, 0.5)


@compiled
def _surface(
    row: int, column: int, camera: Camera, seen: Seen, face: Face, clothes: Clothes, studio: Studio, hair: Volume,
    reach: Array, shaded: Shaded,
) -> None:  # fmt: skip
    """Shade skin or cloth that sees `reach` [5] of the room and the lamps."""
    material = seen.material[row, column]
    x, y, z = seen.position[row, column]
    nx, ny, nz = seen.normal[row, column]
    nx, ny, nz = _bumped(x, y, z, nx, ny, nz, material, face, clothes)
    vx, vy, vz = -x, camera.y - y, camera.distance - z
    scale = 1.0 / sqrt(vx * vx + vy * vy + vz * vz)
    vx, vy, vz = vx * scale, vy * scale, vz * scale
    if material == SKIN:
        lip = z > 0.0 and red_of_lips(x, y, face.lips) > 0.0
        rough, shine = (0.36, 1.5 * face.skin.shine) if lip else (0.54, face.skin.shine)
        rooted = 1.0 - exp(-3.0 * sample(hair.density, x, y, z))
    else:
        rough, shine, rooted = 0.70, 0.5, 0.0
    for channel in range(3):
        if material == SKIN:
            tint = skin_colour(x, y, z, face, channel) * pow(face.skin.scalp[channel], rooted)
        else:
            tint = fabric_colour(x, y, z, clothes, channel)
        bounced = reach[0] / (1.0 - tint * (1.0 - reach[0]))
        shaded.colour[row, column, channel] = tint
        shaded.light[row, column, channel] = ambient(nx, ny, nz, studio, channel) * bounced
        shaded.gloss[row, column, channel] = 0.0
    for index in range(4):
        if reach[index + 1] <= 0.0:
            continue
        lamp = lamp_at(studio, index)
        facing = nx * lamp.x + ny * lamp.y + nz * lamp.z
        diffuse = max((facing + 0.12) / 1.12, 0.0) * reach[index + 1]
        if index > 1:
            diffuse *= ramp(0.0, 0.20, nx * vx + ny * vy + nz * vz)
        mirror = 0.85 * gloss(nx, ny, nz, lamp.x, lamp.y, lamp.z, vx, vy, vz, rough, 0.028)
        mirror += 0.15 * gloss(nx, ny, nz, lamp.x, lamp.y, lamp.z, vx, vy, vz, 0.6 * rough, 0.028)
        mirror *= ramp(0.02, 0.30, nx * vx + ny * vy + nz * vz)  # or a silhouette one sample wide would sparkle
        mirror = min(mirror * shine, 0.5) * reach[index + 1]
        for channel in range(3):
            shaded.light[row, column, channel] += lamp.colour[channel] * diffuse
            shaded.gloss[row, column, channel] += lamp.colour[channel] * mirror


@compiled
def shade(
    camera: Camera, seen: Seen, face: Face, clothes: Clothes, studio: Studio, hair: Volume, every: int, shaded: Shaded
) -> None:
    """Fill `shaded` for every sample of `seen`.

    What a sample sees of room and lamps is found once in every x every samples, and again where depth jumps.
    """
    size = seen.material.shape[0]
    known = np.zeros((size // every + 1, 5), np.float32)
    fresh = np.zeros(5, np.float32)
    for row in range(size):
        for column in range(size):
            material = seen.material[row, column]
            if material == EYE:
                _shade_eye(row, column, seen, face, studio, shaded)
            if material == GOLD:
                _shade_gold(row, column, seen, studio, shaded)
            if material not in (SKIN, CLOTH):
                continue
            top, left = row - row % every, column - column % every
            x, y, z = seen.position[row, column]
            near = seen.material[top, left] == material and abs(seen.position[top, left, 2] - z) < 0.08
            first = row == top and column == left
            reach = known[left // every] if near or first else fresh
            if first or not near:
                nx, ny, nz = seen.normal[row, column]
                jitter = hash01(row, column, 1)  # turns steps of the marches into noise, which scattering removes
                _reach(x, y, z, nx, ny, nz, face, clothes.cut, studio, hair, jitter, reach)
            _surface(row, column, camera, seen, face, clothes, studio, hair, reach, shaded)


def shaded_solids(
    camera: Camera, seen: Seen, face: Face, clothes: Clothes, studio: Studio, hair: Volume, every: int
) -> Shaded:
    """Shade everything solid that is seen."""
    zeros = np.zeros((*seen.material.shape, 3), np.float32)
    shaded = Shaded(zeros, zeros.copy(), zeros.copy())
    shade(camera, seen, face, clothes, studio, hair, every, shaded)
    return shaded
