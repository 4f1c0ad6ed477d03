"""Lips as a relief on the face: three curves over x, and how far the red stands out between them."""

from math import cos, exp, pi, pow, sin, sqrt

from assets.portraits.render.compiled import compiled
from assets.portraits.render.facts import Lips
from assets.portraits.render.fields import bell, clamp, ramp


@compiled
def lip_line(u: float, lips: Lips) -> float:
    """Height of the line between the lips at u = x / half width."""
    dip = -0.10 * exp(-((u / 0.20) ** 2)) + 0.05 * exp(-(((u - 0.42) / 0.22) ** 2))
    return lips.y + dip + lips.corner_lift * u * u * u * u - 0.04 * u * u


@compiled
def upper_border(u: float, lips: Lips) -> float:
    """Height of the upper lip's border: Cupid's bow, then down to the corner."""
    u = min(u, 1.0)
    shape = (1.0 - pow(u, 1.45)) * (1.0 + 0.22 * sin(pi * u) * (1 - u)) - lips.bow * exp(-((u / 0.13) ** 2))
    return lip_line(u, lips) + lips.upper * shape


@compiled
def lower_border(u: float, lips: Lips) -> float:
    """Height of the lower lip's border."""
    u = min(u, 1.0)
    return lip_line(u, lips) - lips.lower * (1.0 - pow(u, 2.3)) * (1.0 - 0.10 * u)


@compiled
def red_of_lips(x: float, y: float, lips: Lips) -> float:
    """Signed height inside the red of the lips: positive inside, 0 at the border, centimetres."""
    u = abs(x) / lips.half_width
    if u > 1.0:
        return -sqrt(((u - 1.0) * lips.half_width) ** 2 + (y - lip_line(1.0, lips)) ** 2)
    return min(upper_border(u, lips) - y, y - lower_border(u, lips))


@compiled
def lip_relief(x: float, y: float, lips: Lips) -> float:
    """How far the surface stands out because of the lips, the groove between them and the skin around."""
    u = abs(x) / lips.half_width
    if u > 1.6 or abs(y - lips.y) > 3.0:
        return 0.0
    inside = min(u, 1.0)
    line = lip_line(inside, lips)
    taper = pow(max(1.0 - inside * inside, 0.0), 0.4)
    relief = 0.0
    if y >= line:
        t = (y - line) / max(upper_border(inside, lips) - line, 0.06)
        relief += 0.85 * lips.fullness * taper * _upper_profile(t)
    else:
        t = (line - y) / max(line - lower_border(inside, lips), 0.06)
        relief += lips.fullness * taper * _lower_profile(t)
    groove = exp(-(((y - line) / 0.075) ** 2)) * ramp(1.10, 0.93, u)
    corner = bell(sqrt((abs(x) - 1.02 * lips.half_width) ** 2 + (1.3 * (y - line)) ** 2), 0.75)
    return relief - 0.15 * groove - 0.07 * corner


@compiled
def _upper_profile(t: float) -> float:
    t = clamp(t, 0.0, 1.6)
    roll = 0.14 * exp(-(((t - 1.02) / 0.10) ** 2))
    return (0.55 + 0.45 * cos(pi * clamp((t - 0.30) / 0.95, -1.0, 1.0))) * ramp(-0.25, 0.2, t) * ramp(
        1.6, 0.9, t
    ) + roll


@compiled
def _lower_profile(t: float) -> float:
    t = clamp(t, 0.0, 1.7)
    return (0.5 + 0.5 * cos(pi * clamp((t - 0.42) / 0.95, -1.0, 1.0))) * ramp(-0.25, 0.18, t)
