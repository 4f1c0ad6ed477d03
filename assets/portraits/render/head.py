"""The head, neck and ears as one signed distance field; eyeballs are a second one."""

from math import cos, exp, sin, sqrt

from assets.portraits.render.body import torso_distance
from assets.portraits.render.compiled import compiled
from assets.portraits.render.eyes import eye_opening, lid_coordinate, lower_lid, upper_lid
from assets.portraits.render.facts import Eyes, Face, Nose, Skull
from assets.portraits.render.fields import ball, bell, blend, carve, clamp, ellipsoid, limb, ramp
from assets.portraits.render.mouth import lip_relief

LID_THICKNESS = 0.16


@compiled
def skull_distance(x: float, y: float, z: float, skull: Skull) -> float:
    """Distance to the large forms: cranium, face, cheeks, jaw, chin. x is not negative."""
    x *= 1.0 + skull.taper * ramp(-1.0, -11.0, y)
    height = 0.5 * (skull.cranium_top + 4.2)
    d = ellipsoid(x, y - (skull.cranium_top - height), z + 6.0, skull.cranium_half_width, height, 9.0)
    face = ellipsoid(x, y + 2.6, z + 4.6, skull.temple_half_width, 8.6, 6.9)
    d = blend(d, face, 2.4)
    d = blend(d, limb(x, y, z, 0.6, 1.9, 1.75, skull.brow_ridge, 4.3, 1.9, 0.15, skull.brow_ridge * 0.9), 1.6)
    cheekbone = ellipsoid(x - skull.cheekbone_x, y + 2.3, z + 1.3, 1.8, 1.6, 2.3)
    d = blend(d, cheekbone - (skull.cheekbone_size - 1.0), 2.8)
    d = blend(d, ball(x - 3.4, y + 4.4, z + 0.55, skull.cheek_fullness), 2.6)
    d = blend(d, ball(x - 3.3, y + 6.9, z + 1.75, 1.9), 3.0)
    jaw = limb(
        x, y, z,
        skull.jaw_half_width - 1.3, skull.jaw_y, -5.0, 1.5,
        skull.chin_half_width, skull.chin_y + 1.75, skull.chin_z - 2.2, 1.35,
    )  # fmt: skip
    d = blend(d, jaw, 3.0)
    chin = ellipsoid(x, y - skull.chin_y - 1.75, z - skull.chin_z + 1.8, skull.chin_half_width + 0.7, 1.75, 1.8)
    d = blend(d, chin, 2.2)
    muzzle = ellipsoid(x, y + 6.3, z + 1.1, 3.5, 2.7, 3.35)
    return blend(d, muzzle, 1.8)


@compiled
def nose_distance(x: float, y: float, z: float, nose: Nose) -> float:
    """Distance to the nose before its nostrils are cut. x is not negative."""
    bridge = limb(
        x, y, z, 0.0, 0.9, nose.root_z, nose.bridge_radius,
        0.0, nose.tip_y + 0.7, nose.tip_z - nose.tip_radius - 0.1, nose.bridge_radius * 1.25,
    )  # fmt: skip
    tip = ellipsoid(
        x, y - nose.tip_y, z - nose.tip_z + nose.tip_radius, nose.tip_radius * 1.08, nose.tip_radius, nose.tip_radius
    )
    d = blend(bridge, tip, 0.9)
    side = limb(x, y, z, 0.2, -1.0, nose.root_z - 0.9, 0.8, 0.8, nose.tip_y + 0.5, nose.tip_z - 2.6, 1.0)
    d = blend(d, side, 0.9)
    wing = ellipsoid(
        x - nose.wing_x, y - nose.tip_y + 0.22, z - nose.tip_z + 1.70,
        nose.wing_radius * 0.88, nose.wing_radius * 0.92, nose.wing_radius * 1.25,
    )  # fmt: skip
    d = blend(d, wing, 0.5)
    septum = limb(
        x, y, z, 0.0, nose.tip_y - 0.45, nose.tip_z - 0.9, 0.34, 0.0, nose.tip_y - 0.85, nose.tip_z - 2.4, 0.40
    )
    return blend(d, septum, 0.35)


@compiled
def _nostril(x: float, y: float, z: float, nose: Nose) -> float:
    px, py, pz = x - nose.wing_x * 0.60, y - nose.tip_y + 0.24 + 0.92 * nose.wing_radius, z - nose.tip_z + 1.40
    turned = 0.86 * px - 0.5 * pz
    pz = 0.5 * px + 0.86 * pz
    return ellipsoid(turned, py, pz, nose.nostril * 0.90, nose.nostril * 0.90, nose.nostril * 1.9)


@compiled
def _ear(x: float, y: float, z: float, out: float) -> float:
    px, py, pz = x - out, y + 1.2, z + 7.6
    lean = py * 0.14
    px -= lean
    turn = 0.62
    u, w = cos(turn) * px + sin(turn) * pz, -sin(turn) * px + cos(turn) * pz
    width = 1.75 - 0.16 * clamp(-py, 0.0, 3.0)
    outline = sqrt((w / width) ** 2 + (py / 3.15) ** 2)
    plate = ellipsoid(u, py, w, 0.55, 3.2, width + 0.15)
    rim = sqrt((1.9 * (outline - 0.88)) ** 2 + ((u - 0.35) * 1.0) ** 2) - 0.30
    d = blend(plate, rim, 0.35)
    bowl = ellipsoid(u - 0.75, py + 0.45, w - 0.35, 0.62, 1.25, 0.85)
    groove = sqrt((2.2 * (outline - 0.62)) ** 2 + (u - 0.72) ** 2) - 0.24
    d = carve(d, bowl, 0.3)
    return carve(d, groove, 0.25) * 0.8


@compiled
def _neck(x: float, y: float, z: float, skull: Skull) -> float:
    r = skull.neck_radius
    d = limb(x, y, z, 0.0, -7.0, -6.2, r, 0.0, -19.0, -8.0, r + 0.3)
    cord = limb(x, y, z, r + 0.2, -7.5, -7.6, 0.7, 1.1, -18.4, -4.2, 0.65)
    d = blend(d, cord, 1.6)
    d = blend(d, limb(x, y, z, 0.0, -10.5, -3.6, 0.9, 0.0, -17.5, -4.8, 0.8), 1.8)
    collarbone = limb(x, y, z, 1.3, -19.1, -4.2, 0.45, 5.0, -18.9, -6.3, 0.4)
    if y > -9.0:
        return d
    return blend(blend(d, torso_distance(x, y, z) + 0.6, 2.2), collarbone, 1.3)


@compiled
def _lids(x: float, y: float, z: float, d: float, eyes: Eyes) -> float:
    """Set the orbit, the lids with their fold and the opening into the face d."""
    px, pz = x - eyes.x, z - eyes.ball_z
    d = carve(d, ellipsoid(px * 0.92 + 0.15, y - 0.15, z - 2.75, 2.1, 1.25, eyes.socket), 1.3)
    lid = ball(px, y, pz, eyes.ball_radius + LID_THICKNESS)
    d = blend(d, lid, 0.55)
    u = lid_coordinate(x, eyes)
    if z > eyes.ball_z and abs(u) < 2.0:
        v = clamp(u, -1.15, 1.25)
        above_edge = y - upper_lid(clamp(u, -1.0, 1.0), eyes) - eyes.tilt * (v - clamp(u, -1.0, 1.0))
        fade = ramp(1.45, 0.75, abs(u - 0.05))
        fold = above_edge - eyes.crease * (0.55 + 0.45 * (1.0 - v * v))
        d += eyes.crease_depth * exp(-((fold / 0.09) ** 2)) * fade
        d -= 0.75 * eyes.crease_depth * bell(fold - 0.30, 0.45) * fade
        under = lower_lid(clamp(u, -1.0, 1.0), eyes) - y
        d -= eyes.bag * bell(under - 0.30, 0.34) * fade
        d += 0.35 * eyes.bag * bell(under - 0.85, 0.4) * fade
    opening = max(eye_opening(x, y, eyes), eyes.ball_z + 0.3 - z)
    return carve(d, opening, 0.07)


@compiled
def _wrinkles(x: float, y: float, face: Face) -> float:
    """Depth of the lines that years of expressions leave: forehead, between the brows, beside the eyes."""
    depth = 0.0
    for line in range(3):
        height = 3.5 + 1.0 * line + 0.10 * cos(0.9 * x + 2.0 * line) - 0.02 * x * x
        depth += 0.050 * bell(y - height, 0.16) * ramp(4.2 - 0.4 * line, 2.0, x)
    depth += 0.030 * bell(x - 0.55 - 0.06 * (y - 1.4), 0.14) * bell(y - 1.3, 0.9)
    dx, dy = x - face.eyes.x - face.eyes.half_width + 0.1, y + 0.05
    away = sqrt(dx * dx + dy * dy)
    if dx > 0.05:
        spoke = abs(dy / dx * 1.5)
        ray = bell(spoke - 0.15, 0.16) + bell(spoke - 0.65, 0.18) + bell(spoke - 1.2, 0.2)
        depth += 0.035 * ray * ramp(0.25, 0.5, away) * ramp(1.5, 0.8, away)
    return depth


@compiled
def _relief(x: float, y: float, face: Face) -> float:
    """Folds and grooves too fine for solid shapes: how far the surface stands out. x is not negative."""
    lips, nose, skin = face.lips, face.nose, face.skin
    relief = lip_relief(x, y, lips)
    top, foot = nose.tip_y - 0.95, lips.y + lips.upper + 0.05
    along = ramp(top, top - 0.25, y) * ramp(foot - 0.15, foot + 0.1, y)
    relief += along * (0.045 * bell(x - 0.5, 0.42) - 0.075 * bell(x, 0.45))
    t = clamp((nose.tip_y + 0.1 - y) / (nose.tip_y - lips.y), 0.0, 1.35)
    fold = x - (nose.wing_x + 0.55 + 1.15 * t + 0.25 * t * t)
    fade = ramp(0.0, 0.35, t) * ramp(1.35, 0.75, t)
    relief -= (0.035 + 0.08 * skin.wrinkles) * bell(fold, 0.45 + 0.15 * (1.0 - skin.wrinkles)) * fade
    relief += (0.04 + 0.10 * skin.wrinkles) * bell(fold - 0.5, 0.8) * fade
    if skin.wrinkles > 0.3:
        relief -= skin.wrinkles * _wrinkles(x, y, face)
    below = lips.y - lips.lower
    relief -= 0.16 * bell(y - below + 0.55, 0.6) * bell(x, 1.9)
    return relief


@compiled
def head_distance(x: float, y: float, z: float, face: Face) -> float:
    """Distance to the skin: head, ears, neck and chest."""
    x += face.skull.asymmetry * exp(-((y + 5.0) ** 2) / 40.0)
    x = sqrt(x * x + 0.01)
    d = skull_distance(x, y, z, face.skull)
    d = blend(d, _neck(x, y, z, face.skull), 1.4)
    if x > 4.5 and -6.0 < y < 4.0:
        d = blend(d, _ear(x, y, z, face.skull.ear_x), 0.7)
    if z > -3.0 and -14.0 < y < 8.0:
        if d > 3.0:
            return d - 2.4  # the nose may be that much nearer
        d = blend(d, nose_distance(x, y, z, face.nose), 0.75)
        if d > 1.3:
            return d - 0.9  # lids and lips stand out less than that
        d = carve(d, _nostril(x, y, z, face.nose), 0.16)
        d = _lids(x, y, z, d, face.eyes)
        d -= _relief(x, y, face) * ramp(-3.0, -1.0, z)
    return d


@compiled
def earring_distance(x: float, y: float, z: float, radius: float) -> float:
    """Distance to the nearer bead at an earlobe."""
    if radius <= 0.0:
        return 1e3
    return ball(abs(x) - 7.15, y + 4.15, z + 6.0, radius)


@compiled
def eyeball_distance(x: float, y: float, z: float, eyes: Eyes) -> float:
    """Distance to the nearer eyeball with the flesh in its inner corner."""
    x = abs(x)
    d = ball(x - eyes.x, y, z - eyes.ball_z, eyes.ball_radius)
    inner = eyes.x - eyes.half_width
    flesh = ball(x - inner - 0.16, y + eyes.tilt + 0.02, z - eyes.ball_z - eyes.ball_radius * 0.62, 0.27)
    return blend(d, flesh, 0.12)
