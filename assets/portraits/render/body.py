"""Shoulders and chest, which the clothes hang on and the neck grows out of."""

from math import sqrt

from assets.portraits.render.compiled import compiled
from assets.portraits.render.fields import blend, ellipsoid, limb


@compiled
def torso_distance(x: float, y: float, z: float) -> float:
    """Distance to the clothed shoulders and chest without their layers."""
    x = sqrt(x * x + 0.01)
    d = ellipsoid(x, y + 31.5, z + 8.2, 17.0, 13.4, 8.8)
    shoulder = limb(x, y, z, 3.0, -15.0, -9.4, 2.6, 14.6, -20.9, -9.4, 3.2)
    d = blend(d, shoulder, 4.0)
    return blend(d, limb(x, y, z, 15.6, -21.8, -9.2, 3.6, 18.5, -36.0, -9.0, 4.2), 2.0)
