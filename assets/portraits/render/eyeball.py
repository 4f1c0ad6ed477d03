"""The wet eye: white, iris behind a clear bulge, the lamps mirrored in it, shade under the lid."""

from math import atan2, exp, pow, sqrt

from assets.portraits.render.compiled import compiled
from assets.portraits.render.eyes import eye_opening, lid_coordinate, lower_lid, upper_lid
from assets.portraits.render.facts import Eyes
from assets.portraits.render.fields import clamp, ramp
from assets.portraits.render.noise import cloud, noise


@compiled
def iris_colour(u: float, v: float, eyes: Eyes, channel: int) -> float:
    """Colour of the iris at (u, v), in units of its radius."""
    r = sqrt(u * u + v * v)
    angle = atan2(v, u)
    fibres = 0.5 + 0.5 * noise(15.0 * angle, 2.2 * r, 0.0)
    fine = 0.5 + 0.5 * noise(38.0 * angle, 3.0 * r, 5.0)
    value = eyes.iris[channel] * (0.55 + 0.65 * fibres + 0.35 * fine)
    pupil = eyes.pupil_radius / eyes.iris_radius
    ring = exp(-(((r - pupil - 0.16) / 0.10) ** 2))
    value += ring * eyes.iris[channel] * (0.3 + 0.9 * fibres)
    glow = ramp(-0.9, 0.9, 0.55 * u - 0.85 * v)  # light focused by the cornea lands opposite the key lamp
    value *= 0.45 + 1.0 * glow
    rim = ramp(0.74, 0.98, r)
    value = value * (1.0 - rim) + eyes.iris_rim[channel] * rim
    return value * ramp(pupil - 0.05, pupil + 0.06, r)


@compiled
def eye_colour(x: float, y: float, eyes: Eyes, channel: int) -> float:
    """Reflectance of the eyeball at (x, y) of the picture plane."""
    side = abs(x)
    centre_y = 0.06
    px, py = (side - eyes.x) / eyes.iris_radius, (y - centre_y) / eyes.iris_radius
    if x < 0.0:
        px = -px
    r = sqrt(px * px + py * py)
    u = lid_coordinate(side, eyes)
    white = (0.44, 0.415, 0.40)[channel]
    corner = ramp(0.45, 1.0, abs(u))
    white *= pow((1.0, 0.88, 0.86)[channel], corner)
    vein = ramp(0.35, 0.8, 1.0 - abs(cloud(2.5 * x, 6.0 * y, 3.0, 3)) * 3.0) * ramp(0.3, 0.9, abs(u))
    white *= 1.0 - vein * (0.02, 0.10, 0.10)[channel]
    flesh = ramp(-0.80, -0.93, u)
    white = white * (1.0 - flesh) + (0.50, 0.22, 0.19)[channel] * flesh
    iris = ramp(1.06, 0.94, r)
    halo = exp(-(((r - 1.03) / 0.09) ** 2)) * 0.30
    value = white * (1.0 - halo)
    if iris > 0.0:
        value = value * (1.0 - iris) + iris_colour(px, py, eyes, channel) * iris
    return value


@compiled
def lid_shadow(x: float, y: float, eyes: Eyes) -> float:
    """How much light the lids leave on the eyeball: darkest under the upper lid."""
    side = abs(x)
    u = clamp(lid_coordinate(side, eyes), -1.0, 1.0)
    above, below = upper_lid(u, eyes) - y, y - lower_lid(u, eyes)
    upper = 1.0 - 0.62 * exp(-max(above, 0.0) / 0.20)
    lower = 1.0 - 0.25 * exp(-max(below, 0.0) / 0.12)
    inside = 1.0 - 0.35 * exp(-max(-eye_opening(side, y, eyes), 0.0) / 0.10)
    return upper * lower * inside


@compiled
def wet_line(x: float, y: float, eyes: Eyes) -> float:
    """The bright film of tears along the lower lid."""
    side = abs(x)
    u = clamp(lid_coordinate(side, eyes), -1.0, 1.0)
    below = y - lower_lid(u, eyes)
    broken = 0.5 + 0.5 * noise(9.0 * x, 0.0, 4.0)
    return exp(-(((below - 0.05) / 0.025) ** 2)) * broken * ramp(1.0, 0.7, abs(u))
