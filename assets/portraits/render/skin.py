"""The colour of skin: where blood, shade, freckles and wear show, and how light spreads under it."""

from math import exp, pow

import cv2
import numpy as np
import numpy.typing as npt

from assets.portraits.render.compiled import compiled
from assets.portraits.render.eyes import eye_opening, lid_coordinate
from assets.portraits.render.facts import Eyes, Face
from assets.portraits.render.fields import bell, ramp
from assets.portraits.render.mouth import lip_line, red_of_lips
from assets.portraits.render.noise import cloud, noise

Array = npt.NDArray[np.float32]


@compiled
def blood(x: float, y: float, z: float, face: Face) -> float:
    """How much the blood shows: cheeks, nose, ears, chin."""
    x = abs(x)
    cheek = 0.75 * exp(-(((x - 3.9) / 2.2) ** 2) - ((y + 2.9) / 1.7) ** 2)
    nose = exp(-((x / 1.5) ** 2) - ((y - face.nose.tip_y) / 1.0) ** 2) * ramp(1.0, 3.0, z)
    chin = exp(-((x / 1.4) ** 2) - ((y - face.skull.chin_y - 1.4) / 1.0) ** 2)
    ear = ramp(6.6, 7.4, x) * ramp(-7.0, -5.0, y) * ramp(4.5, 2.5, y) * ramp(-3.0, -5.0, z)
    return cheek + 0.75 * nose + 0.35 * chin + 0.8 * ear


@compiled
def lid_shade(x: float, y: float, z: float, face: Face) -> float:
    """How much darker the skin of the lids and around the eyes is."""
    x = abs(x)
    if z < -2.0:
        return 0.0
    eyes = face.eyes
    away = max(eye_opening(x, y, eyes), 0.0)
    lid = exp(-((away / 0.55) ** 2))
    u = lid_coordinate(x, eyes)
    under = exp(-(((y + 0.95) / 0.45) ** 2) - ((u + 0.25) / 0.9) ** 2)
    inner = exp(-(((u + 1.25) / 0.45) ** 2) - ((y - 0.2) / 0.9) ** 2)
    return 0.6 * lid + 0.40 * under + 0.45 * inner


@compiled
def lash_line(x: float, y: float, z: float, eyes: Eyes) -> float:
    """The dark edge of the lids, where lashes root too close together to be drawn: 0 to 1."""
    x = abs(x)
    if z < -1.0 or abs(y) > 1.5:
        return 0.0
    away = eye_opening(x, y, eyes)
    u = lid_coordinate(x, eyes)
    if y > eyes.tilt * u:
        return exp(-(((away - 0.03) / 0.075) ** 2)) * ramp(-1.02, -0.6, u)
    return 0.45 * exp(-(((away - 0.06) / 0.05) ** 2)) * ramp(-0.8, 0.2, u)


@compiled
def skin_colour(x: float, y: float, z: float, face: Face, channel: int) -> float:
    """Reflectance of the skin at a point of it."""
    skin, lips = face.skin, face.lips
    mottle = 1.0 + 0.07 * cloud(1.1 * x, 1.1 * y, 1.1 * z, 3) + 0.05 * cloud(6.0 * x, 6.0 * y, 6.0 * z, 2) * skin.pores
    value = skin.base[channel] * mottle
    red = blood(x, y, z, face) * (1.0 + 0.3 * cloud(2.5 * x, 2.5 * y, 2.5 * z, 2))
    value *= pow(skin.blush[channel], red)
    value *= pow(skin.shadow[channel], lid_shade(x, y, z, face))
    value *= 1.0 - lash_line(x, y, z, face.eyes) * (0.80 + 0.05 * channel)
    spots = ramp(0.52, 0.75, cloud(3.1 * x, 3.1 * y, 3.1 * z + 9.0, 2)) * ramp(-2.0, 0.0, z) * bell(y + 2.2, 4.0)
    value *= 1.0 - 0.45 * skin.freckles * spots * (0.6 + 0.2 * channel)
    if z > 0.0 and abs(x) < lips.half_width + 0.4:
        inside = red_of_lips(x, y, lips)
        wrinkle = 1.0 + 0.10 * noise(8.0 * x, 1.3 * y, 0.0)
        cover = ramp(-0.10, 0.08, inside) * 0.92
        line = lip_line(min(abs(x) / lips.half_width, 1.0), lips)
        deep = exp(-(((y - line) / 0.10) ** 2)) * ramp(1.05, 0.9, abs(x) / lips.half_width)
        value = value * (1.0 - cover) + skin.lip[channel] * wrinkle * cover
        value *= 1.0 - deep * (0.45 + 0.12 * channel)
    return value


@compiled
def skin_bump(x: float, y: float, z: float, face: Face) -> float:
    """Height of pores and fine lines in centimetres."""
    lips = face.lips
    if z > 0.0 and abs(x) < lips.half_width and red_of_lips(x, y, lips) > 0.0:
        return 0.012 * noise(9.0 * x, 1.5 * y, 0.0) + 0.004 * noise(20.0 * x, 5.0 * y, 1.0)
    return face.skin.pores * (0.0035 * noise(9.0 * x, 9.0 * y, 9.0 * z) + 0.003 * noise(17.0 * x, 17.0 * y, 17.0 * z))


def scattered(irradiance: Array, mask: npt.NDArray[np.bool_], samples_per_cm: float) -> Array:
    """Spread light under the skin as a sum of Gaussians, red farthest (d'Eon and Luebke, GPU Gems 3, chapter 14).

    irradiance [S, S, 3], mask [S, S] of skin. Light never leaves the mask: the blur is normalised inside it.
    """
    widths_cm = (0.02, 0.06, 0.13, 0.28)
    weights = np.array([[0.28, 0.28, 0.24, 0.20], [0.62, 0.22, 0.12, 0.04], [0.78, 0.16, 0.05, 0.01]], np.float32)
    solid = mask.astype(np.float32)
    covered = irradiance * solid[..., None]
    spread = np.zeros_like(irradiance)
    for width, share in zip(widths_cm, weights.T, strict=True):
        sigma = max(width * samples_per_cm, 0.3)
        norm = np.maximum(cv2.GaussianBlur(solid, (0, 0), sigma), 1e-3)
        spread += share * cv2.GaussianBlur(covered, (0, 0), sigma) / norm[..., None]
    return np.where(mask[..., None], spread, irradiance)
