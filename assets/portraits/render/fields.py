"""Signed distance fields: the shapes a head is modelled from, in centimetres, negative inside."""

from math import sqrt

from assets.portraits.render.compiled import compiled


@compiled
def clamp(value: float, low: float, high: float) -> float:
    """Limit a value to [low, high]."""
    return min(max(value, low), high)


@compiled
def ramp(edge0: float, edge1: float, value: float) -> float:
    """Rise smoothly from 0 at edge0 to 1 at edge1."""
    t = clamp((value - edge0) / (edge1 - edge0), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


@compiled
def bell(distance: float, width: float) -> float:
    """Fall from 1 at distance 0 to 0 beyond the width; smooth, and exactly 0 outside."""
    t = distance / width
    if t * t >= 1.0:
        return 0.0
    t = 1.0 - t * t
    return t * t


@compiled
def blend(a: float, b: float, k: float) -> float:
    """Unite two shapes with a fillet about k wide."""
    h = max(k - abs(a - b), 0.0) / k
    return min(a, b) - h * h * k * 0.25


@compiled
def carve(a: float, b: float, k: float) -> float:
    """Take shape b out of shape a with an edge rounded over about k."""
    return -blend(-a, b, k)


@compiled
def ball(x: float, y: float, z: float, radius: float) -> float:
    """Distance to a sphere around the origin."""
    return sqrt(x * x + y * y + z * z) - radius


@compiled
def ellipsoid(x: float, y: float, z: float, rx: float, ry: float, rz: float) -> float:
    """Approximate distance to an ellipsoid around the origin."""
    u, v, w = x / rx, y / ry, z / rz
    k0 = sqrt(u * u + v * v + w * w)
    u, v, w = u / rx, v / ry, w / rz
    k1 = sqrt(u * u + v * v + w * w)
    return k0 * (k0 - 1.0) / max(k1, 1e-6)


@compiled
def limb(
    x: float, y: float, z: float,
    ax: float, ay: float, az: float, ar: float,
    bx: float, by: float, bz: float, br: float,
) -> float:  # fmt: skip
    """Distance to a capsule from a to b whose radius goes from ar to br."""
    px, py, pz = x - ax, y - ay, z - az
    dx, dy, dz = bx - ax, by - ay, bz - az
    h = clamp((px * dx + py * dy + pz * dz) / (dx * dx + dy * dy + dz * dz), 0.0, 1.0)
    px, py, pz = px - dx * h, py - dy * h, pz - dz * h
    return sqrt(px * px + py * py + pz * pz) - (ar + (br - ar) * h)
