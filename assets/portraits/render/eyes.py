"""The opening between the lids, and what lies in it."""

from math import sqrt

from assets.portraits.render.compiled import compiled
from assets.portraits.render.facts import Eyes
from assets.portraits.render.fields import bell, clamp

INNER_DROP = 0.09  # how far the inner corner dips towards the nose


@compiled
def upper_lid(u: float, eyes: Eyes) -> float:
    """Height of the upper lid's edge at u in [-1, 1], inner to outer corner."""
    arch = 1.0 - u * u
    corner = INNER_DROP * bell(u + 1.0, 0.55) + eyes.hood * bell(u + 0.95, 0.5)
    return eyes.tilt * u + eyes.above * arch * (1.0 + eyes.above_skew * u) - corner


@compiled
def lower_lid(u: float, eyes: Eyes) -> float:
    """Height of the lower lid's edge at u in [-1, 1], inner to outer corner."""
    return eyes.tilt * u - eyes.below * (1.0 - u * u) * (1.0 + eyes.below_skew * u) - INNER_DROP * bell(u + 1.0, 0.55)


@compiled
def lid_coordinate(x: float, eyes: Eyes) -> float:
    """Map |x| to u: -1 at the inner corner, 1 at the outer."""
    return (x - eyes.x) / eyes.half_width


@compiled
def eye_opening(x: float, y: float, eyes: Eyes) -> float:
    """Signed distance in the picture plane to the opening; negative between the lids. x is not negative."""
    u = lid_coordinate(x, eyes)
    v = clamp(u, -1.6, 1.6)
    step = 0.02
    upper, lower = upper_lid(v, eyes), lower_lid(v, eyes)
    upper_slope = (upper_lid(v + step, eyes) - upper) / (step * eyes.half_width)
    lower_slope = (lower_lid(v + step, eyes) - lower) / (step * eyes.half_width)
    above = (y - upper) / sqrt(1.0 + upper_slope * upper_slope)
    below = (lower - y) / sqrt(1.0 + lower_slope * lower_slope)
    return max(above, below)
