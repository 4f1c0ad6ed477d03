"""Weaves and knits: colour and fine relief of the clothes."""

from math import cos, pi, sin

from assets.portraits.render.clothes import BUTTON, CARDIGAN, COLLAR, INNER, SWEATER, TRIM, Clothes, layer_seen
from assets.portraits.render.compiled import compiled
from assets.portraits.render.noise import cloud, noise


@compiled
def fabric_colour(x: float, y: float, z: float, clothes: Clothes, channel: int) -> float:
    """Reflectance of the clothes at a point."""
    layer = layer_seen(x, y, z, clothes.cut)
    if layer in (INNER, COLLAR):
        value = clothes.inner[channel]
        if clothes.cut == CARDIGAN:  # a fine stripe
            value *= 1.0 - 0.10 * (0.5 + 0.5 * sin(2.0 * pi * 1.5 * x)) ** 4
    elif layer == BUTTON:
        value = (0.75, 0.72, 0.68)[channel]
    elif layer == TRIM:
        value = clothes.trim[channel]
    else:
        value = clothes.outer[channel]
    return value * (1.0 + 0.06 * cloud(3.0 * x, 3.0 * y, 3.0 * z, 2) + 0.10 * noise(14.0 * x, 14.0 * y, 14.0 * z))


@compiled
def _knit(x: float, y: float) -> float:
    """V-shaped stitches in columns."""
    column = x * 2.6
    slant = abs(column - round(column)) * 0.9
    return 0.028 * abs(sin(pi * column)) * (0.6 + 0.4 * sin(2.0 * pi * (y * 2.4 + slant)))


@compiled
def fabric_bump(x: float, y: float, z: float, clothes: Clothes) -> float:
    """Height of the weave in centimetres."""
    layer = layer_seen(x, y, z, clothes.cut)
    if layer in (INNER, COLLAR, BUTTON):
        return 0.002 * noise(12.0 * x, 12.0 * y, 12.0 * z)
    if clothes.cut in (SWEATER, CARDIGAN):
        if layer == TRIM:
            return 0.035 * cos(2.0 * pi * 1.6 * (x + 0.25 * z))
        return _knit(x, y)
    return 0.004 * sin(20.0 * (x + y)) + 0.004 * noise(15.0 * x, 15.0 * y, 15.0 * z)
