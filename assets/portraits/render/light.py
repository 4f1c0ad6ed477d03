"""Light on solid surfaces: lamps with soft shadows, the room's light where it is not shut out, and gloss."""

from math import sqrt

from assets.portraits.render.compiled import compiled
from assets.portraits.render.facts import Face
from assets.portraits.render.fields import clamp
from assets.portraits.render.march import solid_distance
from assets.portraits.render.studio import Lamp


@compiled
def shadow(x: float, y: float, z: float, lamp: Lamp, face: Face, cut: int, jitter: float) -> float:
    """Fraction of a soft lamp that a point sees past the solid shapes."""
    seen, t = 1.0, 0.06 + 0.10 * jitter
    for _ in range(60):
        d = solid_distance(x + lamp.x * t, y + lamp.y * t, z + lamp.z * t, face, cut)
        seen = min(seen, 0.5 + 0.5 * lamp.sharpness * d / t)
        if seen < 0.0:
            break
        t += clamp(0.7 * d, 0.06, 0.9) * (0.7 + 0.6 * jitter)
        if t > 16.0:
            break
    seen = max(seen, 0.0)
    return seen * seen * (3.0 - 2.0 * seen)


@compiled
def openness(
    x: float, y: float, z: float, nx: float, ny: float, nz: float, face: Face, cut: int, jitter: float
) -> float:
    """Fraction of the room that a point sees: 1 in the open, towards 0 in creases."""
    shut, weight = 0.0, 1.0
    for step in range(6):
        h = 0.06 * 2.1 ** (step + jitter - 0.5)
        d = solid_distance(x + nx * h, y + ny * h, z + nz * h, face, cut)
        shut += weight * max(h - d, 0.0) / h
        weight *= 0.80
    return clamp(1.0 - 0.42 * shut, 0.0, 1.0)


@compiled
def gloss(
    nx: float, ny: float, nz: float, lx: float, ly: float, lz: float,
    vx: float, vy: float, vz: float, roughness: float, reflectance: float,
) -> float:  # fmt: skip
    """Mirror-like part of the light from l seen from v, per unit of irradiance on a facing surface (GGX)."""
    n_l = nx * lx + ny * ly + nz * lz
    n_v = max(nx * vx + ny * vy + nz * vz, 0.05)
    if n_l <= 0.0:
        return 0.0
    hx, hy, hz = lx + vx, ly + vy, lz + vz
    scale = 1.0 / max(sqrt(hx * hx + hy * hy + hz * hz), 1e-6)
    n_h = max((nx * hx + ny * hy + nz * hz) * scale, 0.0)
    v_h = max((vx * hx + vy * hy + vz * hz) * scale, 0.0)
    a2 = roughness**4
    spread = a2 / (n_h * n_h * (a2 - 1.0) + 1.0) ** 2
    k = 0.5 * roughness * roughness
    masked = 1.0 / ((n_l * (1.0 - k) + k) * (n_v * (1.0 - k) + k))
    fresnel = reflectance + (1.0 - reflectance) * (1.0 - v_h) ** 5
    return 0.25 * spread * masked * fresnel * n_l
