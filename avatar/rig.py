"""How the vertices of a portrait follow a motion: its face mesh, its body mesh, and lips and lids that really meet.

All positions are pixels of the frame. The photograph is a perspective view from `CAMERA_EYES` eye distances away; it is
unprojected so that the own motion of the portrait gives back every vertex exactly.
"""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from avatar import topology
from avatar.latents import (
    DYNAMICS_SIZE,
    LOWER_LID_LEFT,
    LOWER_LID_RIGHT,
    LOWER_LIP,
    UPPER_LID_LEFT,
    UPPER_LID_RIGHT,
    UPPER_LIP,
    HeadPose,
    LatentSpace,
    gap,
    pose_of_rotation,
)
from avatar.portrait import Portrait
from avatar.raster import compiled

Floats = npt.NDArray[np.float32]
Triangles = npt.NDArray[np.int32]
Indices = npt.NDArray[np.intp]

CAMERA_EYES = 10.0
"""Distance of the camera in eye distances: 0.9 m."""
NECK = np.array([0.0, 1.15, -0.75])
"""Where the head turns, in the canonical frame: the top of the neck."""
MARGINS = (1.05, 1.12)
"""Rings around the face's oval that carry its soft edge."""
FACE_VERTICES = 468
LIP_REACH, LOWER_LID_REACH, LID_TO_BROW = 0.10, 0.06, 0.24
"""How far a corrected lip or lid takes the skin along, in eye distances."""
LID_TO_RIM = 0.13
"""The same above the upper lid where glasses stand before it."""
GLASSES_GRIP = 0.85
"""How much glasses hold the skin behind them, which would bend their rims."""
LIP_UPPER_SHARE, LID_UPPER_SHARE = 0.4, 0.92
WIDEST_LIDS = 1.6
FREE_TURN, MOST_HIDDEN_TURN, LEAST_HIDDEN_TURN = (math.radians(angle) for angle in (20, 15, 4))
"""Heads turned less than the first in the photograph may turn anywhere; others back towards the viewer by no more than
the second, less the further they are turned, and always by the third."""


@dataclass(frozen=True, slots=True)
class Closure:
    """One pair of lips or lids: which openings the latents ask for, and how the skin obeys.

    upper, lower: landmarks [p]; asked_rest [p], asked_basis [K, p]: the opening in the canonical face as a function
    of z; rest_px [p]: the opening in the photograph; asked_own [p]: what the photograph's own z asks for; spread
    [n, p]: how far each vertex goes down the face for a pixel more of opening.
    """

    upper: Indices
    lower: Indices
    asked_rest: Floats
    asked_basis: Floats
    asked_own: Floats
    rest_px: Floats
    spread: Floats


@dataclass(frozen=True, slots=True)
class FaceRig:
    """The face mesh of one portrait at one size.

    rest [n, 3]: vertices in space at the portrait's own motion; basis [K, n, 3] pixels; own [K]; down [3]: the
    direction from brow to chin; texture_points [n, 2]: where each vertex lies in the photograph.
    """

    rest: Floats
    basis: Floats
    own: Floats
    down: Floats
    triangles: Triangles
    texture_points: Floats
    lips: Closure
    lids: Closure
    lid_floor: Floats
    mouth_unit_px: float
    iris_basis: Floats

    def vertices(self, z: Floats) -> Floats:
        """Return the vertices [n, 3] in space, before head pose, of dynamics z [K]."""
        moved = _displaced(self.rest, self.basis, z - self.own)
        for closure, wanted in ((self.lips, self._lip_gap(z)), (self.lids, self._lid_gap(z))):
            _close(moved, closure.upper, closure.lower, closure.spread, wanted, self.down)
        return moved

    def iris_shift(self, z: Floats) -> Floats:
        """Return how far the irises (right, left) have moved from the photograph, [2, 3] pixels in space."""
        return ((z - self.own) @ self.iris_basis).reshape(2, 3)

    def _lip_gap(self, z: Floats) -> Floats:
        lips = self.lips
        asked = np.maximum(z @ lips.asked_basis, 0)
        own = np.maximum(lips.asked_own, 0)
        unexplained = lips.rest_px - self.mouth_unit_px * own
        trust = np.clip(asked / np.maximum(own, 1e-3), 0, 1)
        wanted: Floats = np.maximum(self.mouth_unit_px * asked + unexplained * trust, 0)
        return wanted

    def _lid_gap(self, z: Floats) -> Floats:
        lids = self.lids
        opening = (lids.asked_rest + z @ lids.asked_basis - self.lid_floor) / (lids.asked_own - self.lid_floor)
        wanted: Floats = lids.rest_px * np.clip(opening, 0, WIDEST_LIDS)
        return wanted


@dataclass(frozen=True, slots=True)
class BodyRig:
    """The mesh of everything but the face: hair, ears, neck, shoulders. `head` [n]: 1 goes with the head, 0 with the
    torso."""

    rest: Floats
    head: Floats
    triangles: Triangles
    texture_points: Floats


@dataclass(frozen=True, slots=True)
class Camera:
    """The view of the photograph: distance and centre in pixels; the head turns about `pivot` in space; own_yaw: how
    far it is turned in the photograph."""

    distance_px: float
    centre_px: float
    pivot: Floats
    face_width_px: float
    own_yaw: float

    def limited(self, pose: HeadPose) -> HeadPose:
        """Bend a pose back softly before it shows what the photograph hides: the far side of a turned head."""
        hidden = -self.own_yaw
        if abs(hidden) < FREE_TURN or pose.yaw * hidden <= 0:
            return pose
        limit = max(MOST_HIDDEN_TURN - 0.8 * (abs(hidden) - FREE_TURN), LEAST_HIDDEN_TURN)
        beyond = abs(pose.yaw) / limit - 0.5
        if beyond <= 0:
            return pose
        yaw = math.copysign(limit * (0.5 + 0.5 * math.tanh(2 * beyond)), pose.yaw)
        return replace(pose, yaw=yaw)

    def unproject(self, points: Floats) -> Floats:
        """Move picture points [n, 3] (z in pixels) to where they are in space."""
        nearness = (self.distance_px - points[:, 2:3]) / self.distance_px
        flat = (points[:, :2] - self.centre_px) * nearness
        return np.asarray(np.concatenate([flat, points[:, 2:3]], 1), np.float32)

    def project(self, points: Floats) -> Floats:
        """Move points in space [n, 3] to the picture, keeping z."""
        return _projected(points, self.distance_px, self.centre_px)

    def plane(self, origin: Floats, pose: HeadPose) -> Floats:
        """Return the affine map [2, 3] from pixels of the frame to those of the photograph for a plane of the head.

        The plane faces the camera in the photograph and goes through `origin` [3], a point of the picture.
        """
        reach = 0.1 * self.distance_px
        corners = origin + np.array([[0, 0, 0], [reach, 0, 0], [0, reach, 0]], np.float32)
        seen = self.project(self.place(self.unproject(corners), pose))
        source, target = (np.ascontiguousarray(points[:, :2], np.float32) for points in (seen, corners))
        return np.asarray(cv2.getAffineTransform(source, target), np.float32)

    def place(self, points: Floats, pose: HeadPose, share: float = 1.0) -> Floats:
        """Turn and move points in space with the head; `share` scales the whole pose for what follows it less."""
        less = HeadPose(*(share * value for value in (pose.yaw, pose.pitch, pose.roll, pose.x, pose.y)))
        depth = self.distance_px - float(self.pivot[2])
        shift = np.array(
            [
                less.x * self.face_width_px,
                less.y * self.face_width_px,
                -depth * np.expm1(pose.log_distance * min(1.0, 2 * share)),
            ]
        )
        rotation = less.rotation().astype(np.float32)
        return _turned(points, rotation, self.pivot, (self.pivot + shift).astype(np.float32))


@compiled
def _displaced(rest: Floats, basis: Floats, change: Floats) -> Floats:
    """Return rest [n, 3] moved by basis [K, n, 3] times change [K]. Plain loops: BLAS would start threads for this."""
    moved = rest.copy()
    for k in range(basis.shape[0]):
        amount = change[k]
        if amount != 0.0:
            for v in range(moved.shape[0]):
                for axis in range(3):
                    moved[v, axis] += amount * basis[k, v, axis]
    return moved


@compiled
def _close(moved: Floats, upper: Indices, lower: Indices, spread: Floats, wanted: Floats, down: Floats) -> None:
    """Open or close pairs [p] of vertices to the wanted gaps [p], taking the skin along."""
    missing = np.empty_like(wanted)
    for p in range(wanted.shape[0]):
        gap_now = np.float32(0.0)
        for axis in range(3):
            gap_now += (moved[lower[p], axis] - moved[upper[p], axis]) * down[axis]
        missing[p] = wanted[p] - gap_now
    for v in range(moved.shape[0]):
        along = np.float32(0.0)
        for p in range(wanted.shape[0]):
            along += spread[v, p] * missing[p]
        for axis in range(3):
            moved[v, axis] += along * down[axis]


@compiled
def _turned(points: Floats, rotation: Floats, pivot: Floats, target: Floats) -> Floats:
    """Return points [n, 3] turned about the pivot, which moves to the target."""
    turned = np.empty_like(points)
    for v in range(points.shape[0]):
        x, y, z = points[v, 0] - pivot[0], points[v, 1] - pivot[1], points[v, 2] - pivot[2]
        for axis in range(3):
            turned[v, axis] = rotation[axis, 0] * x + rotation[axis, 1] * y + rotation[axis, 2] * z + target[axis]
    return turned


@compiled
def _projected(points: Floats, distance: float, centre: float) -> Floats:
    """Return the perspective picture of points [n, 3], z kept."""
    seen = np.empty_like(points)
    for v in range(points.shape[0]):
        nearness = distance / (distance - points[v, 2])
        seen[v, 0] = points[v, 0] * nearness + centre
        seen[v, 1] = points[v, 1] * nearness + centre
        seen[v, 2] = points[v, 2]
    return seen


def camera_of(portrait: Portrait, landmarks: Floats, size_px: int) -> Camera:
    """Return the camera of a portrait whose landmarks were scaled to a frame of `size_px`."""
    unit = float(np.linalg.norm(landmarks[33] - landmarks[263]))
    middle = (landmarks[33] + landmarks[263]) / 2
    unplaced = Camera(CAMERA_EYES * unit, (size_px - 1) / 2, np.zeros(3, np.float32), 0.0, 0.0)
    neck = middle + portrait.rotation @ NECK.astype(np.float32) * unit
    width = float(np.linalg.norm(landmarks[topology.CHEEK_RIGHT] - landmarks[topology.CHEEK_LEFT]))
    own_yaw = pose_of_rotation(portrait.rotation).yaw
    return Camera(unplaced.distance_px, unplaced.centre_px, unplaced.unproject(neck[None])[0], width, own_yaw)


def scaled_landmarks(portrait: Portrait, size_px: int) -> Floats:
    """Return the portrait's landmarks in a frame of another size."""
    zoom = size_px / portrait.size_px
    landmarks = portrait.landmarks * np.float32(zoom)
    landmarks[:, :2] += np.float32(0.5 * zoom - 0.5)
    return landmarks


def face_rig(portrait: Portrait, space: LatentSpace, landmarks: Floats, camera: Camera) -> FaceRig:
    """Build the face mesh: landmarks, a soft margin around them, and the skin's answer to every latent."""
    unit = float(np.linalg.norm(landmarks[33] - landmarks[263]))
    whole = np.concatenate([portrait.triangles, _stitches()])
    picture_points, owner, triangles = _with_margin(landmarks, whole)
    mouth_unit = unit * _mouth_ratio(landmarks, portrait.rotation, space)
    rotated = np.einsum("kvi,ji->kvj", space.basis, portrait.rotation)
    scale = _regional_scale(space.neutral, unit, mouth_unit)
    field = rotated * scale[None, :, None]
    if portrait.wears_glasses:
        field *= (1 - GLASSES_GRIP * _behind_glasses(space.neutral))[None, :, None]
    reach = LID_TO_RIM if portrait.wears_glasses else LID_TO_BROW
    down = portrait.rotation[:, 1].copy()
    rest = camera.unproject(picture_points)
    own = portrait.own_dynamics
    shape = space.neutral[owner]
    lips = _closure(space, UPPER_LIP, LOWER_LIP, rest, own, down, _lip_spread(shape))
    right = _lid_spread(shape, UPPER_LID_RIGHT, LOWER_LID_RIGHT, reach)
    left = _lid_spread(shape, UPPER_LID_LEFT, LOWER_LID_LEFT, reach)
    uppers, lowers = UPPER_LID_RIGHT + UPPER_LID_LEFT, LOWER_LID_RIGHT + LOWER_LID_LEFT
    lids = _closure(space, uppers, lowers, rest, own, down, np.concatenate([right, left], 1))
    shut = space.control("lid_close_left") + space.control("lid_close_right")
    irises = field[:, [*topology.IRIS_RIGHT, *topology.IRIS_LEFT]].reshape(DYNAMICS_SIZE, 2, 5, 3).mean(2)
    return FaceRig(
        rest=rest,
        basis=np.ascontiguousarray(field[:, owner], np.float32),
        own=own,
        down=down,
        triangles=triangles,
        texture_points=np.ascontiguousarray(picture_points[:, :2]),
        lips=lips,
        lids=lids,
        lid_floor=lids.asked_rest + shut @ lids.asked_basis,
        mouth_unit_px=mouth_unit,
        iris_basis=np.ascontiguousarray(irises.reshape(DYNAMICS_SIZE, 6), np.float32),
    )


def _behind_glasses(neutral: Floats) -> Floats:
    """Return for each landmark how far it lies behind the rims of glasses; lids and irises move freely."""
    window = np.exp(-(((neutral[:, 1] - 0.02) / 0.36) ** 4))
    free = [*topology.EYE_RIGHT, *topology.EYE_LEFT, *topology.IRIS_RIGHT, *topology.IRIS_LEFT]
    window[free] = 0
    return np.asarray(window, np.float32)


def _with_margin(landmarks: Floats, triangles: Triangles) -> tuple[Floats, npt.NDArray[np.intp], Triangles]:
    """Add rings around the oval; returns vertices, the landmark each moves like, and all triangles."""
    oval = np.array(topology.OVAL)
    centre = landmarks[oval, :2].mean(0)
    width = np.linalg.norm(landmarks[topology.CHEEK_RIGHT] - landmarks[topology.CHEEK_LEFT])
    points, owner, strips, inner = [landmarks[:FACE_VERTICES]], [np.arange(FACE_VERTICES)], [triangles], oval
    for margin in MARGINS:
        ring = landmarks[oval].copy()
        ring[:, :2] = centre + (ring[:, :2] - centre) * margin
        ring[:, 2] -= width * (margin - 1) * 0.9
        outer = FACE_VERTICES + len(oval) * (len(points) - 1) + np.arange(len(oval))
        following = np.roll(np.arange(len(oval)), -1)
        strips.append(np.stack([inner, outer, outer[following]], 1).astype(np.int32))
        strips.append(np.stack([inner, outer[following], inner[following]], 1).astype(np.int32))
        points.append(ring)
        owner.append(oval)
        inner = outer
    return np.concatenate(points), np.concatenate(owner), np.concatenate(strips)


def _stitches() -> Triangles:
    """Return triangles that close the mesh's eyes and mouth; what shows there is drawn over them."""
    eyes = [(ring[:9], (ring[0], *ring[:8:-1], ring[8])) for ring in (topology.EYE_RIGHT, topology.EYE_LEFT)]
    strips = []
    for upper, lower in [*eyes, (topology.LIPS_INNER_UPPER, topology.LIPS_INNER_LOWER)]:
        for a, b, c, d in zip(upper[:-1], upper[1:], lower[:-1], lower[1:], strict=True):
            strips += [(a, b, c), (b, d, c)]
    return np.array([strip for strip in strips if len(set(strip)) == 3], np.int32)


def _mouth_ratio(landmarks: Floats, rotation: Floats, space: LatentSpace) -> float:
    """Return how wide this mouth is against the canonical one, both in eye distances; smiles count half."""
    face = landmarks @ rotation / np.linalg.norm(landmarks[33] - landmarks[263])
    ratio = np.linalg.norm(face[61] - face[291]) / np.linalg.norm(space.neutral[61] - space.neutral[291])
    return float(np.clip(ratio, 0.6, 1.15))


def _regional_scale(neutral: Floats, unit: float, mouth_unit: float) -> Floats:
    """Return pixels per canonical unit for each landmark: the mouth's own scale around it, the eyes' elsewhere."""
    offset = (neutral - neutral[[13, 14]].mean(0))[:, :2] / [0.6, 0.45]
    mouth = np.exp(-(offset**2).sum(1))
    return np.asarray(unit + (mouth_unit - unit) * mouth, np.float32)


def _closure(
    space: LatentSpace,
    uppers: tuple[int, ...],
    lowers: tuple[int, ...],
    rest: Floats,
    own: Floats,
    down: Floats,
    spread: Floats,
) -> Closure:
    upper, lower = np.array(uppers), np.array(lowers)
    basis = np.asarray(gap(space.basis, uppers, lowers), np.float32)
    asked_rest = np.asarray(gap(space.neutral, uppers, lowers), np.float32)
    lips = uppers is UPPER_LIP
    asked_own = own @ basis if lips else asked_rest + own @ basis
    opening = ((rest[lower] - rest[upper]) @ down).astype(np.float32)
    return Closure(upper, lower, asked_rest, basis, asked_own, np.maximum(opening, 0), spread)


def _across(x: Floats, knots: Floats) -> Floats:
    """Return linear interpolation weights [n, p] of positions between sorted knots, fading out beyond the ends."""
    padded = np.concatenate([[2 * knots[0] - knots[1]], knots, [2 * knots[-1] - knots[-2]]])
    eye = np.eye(len(padded))
    return np.stack([np.interp(x, padded, eye[i]) for i in range(1, len(padded) - 1)], 1).astype(np.float32)


def _lip_spread(shape: Floats) -> Floats:
    """Return the spread of lip corrections over vertices with canonical positions `shape` [n, 3]."""
    upper, lower = np.array(UPPER_LIP), np.array(LOWER_LIP)
    across = _across(shape[:, 0], shape[upper, 0])
    line = np.interp(shape[:, 0], shape[upper, 0], (shape[upper, 1] + shape[lower, 1]) / 2)
    below = shape[:, 1] - line
    decay = np.exp(-((below / LIP_REACH) ** 2))
    side = np.where(below < 0, -LIP_UPPER_SHARE, 1 - LIP_UPPER_SHARE)
    spread = (across * (decay * side)[:, None]).astype(np.float32)
    return _exact(spread, upper, lower, LIP_UPPER_SHARE)


def _lid_spread(shape: Floats, uppers: tuple[int, ...], lowers: tuple[int, ...], reach: float) -> Floats:
    """Return the spread of one eye's lid corrections: the upper lid takes the skin above it along as far as `reach`."""
    upper, lower = np.array(uppers), np.array(lowers)
    order = np.argsort(shape[upper, 0])
    across = np.zeros((len(shape), len(upper)), np.float32)
    across[:, order] = _across(shape[:, 0], shape[upper[order], 0])
    upper_line = np.interp(shape[:, 0], shape[upper[order], 0], shape[upper[order], 1])
    lower_line = np.interp(shape[:, 0], shape[lower[order], 0], shape[lower[order], 1])
    above = np.clip((upper_line - shape[:, 1]) / reach, 0, 1)
    below = np.maximum(shape[:, 1] - lower_line, 0) / LOWER_LID_REACH
    middle = (upper_line + lower_line) / 2
    weight = np.where(
        shape[:, 1] < middle, -LID_UPPER_SHARE * (1 - above) ** 1.5, (1 - LID_UPPER_SHARE) * np.exp(-(below**2))
    )
    spread = across * weight[:, None].astype(np.float32)
    return _exact(spread, upper, lower, LID_UPPER_SHARE)


def _exact(spread: Floats, upper: npt.NDArray[np.intp], lower: npt.NDArray[np.intp], upper_share: float) -> Floats:
    """Make the landmarks of each pair obey exactly that pair's correction."""
    eye = np.eye(len(upper), dtype=np.float32)
    spread[upper] = -upper_share * eye
    spread[lower] = (1 - upper_share) * eye
    return spread


GRID_CELLS = 36
BEYOND_FRAME = 0.12


def body_rig(portrait: Portrait, landmarks: Floats, camera: Camera, size_px: int) -> BodyRig:
    """Build the grid that carries hair, ears, neck and shoulders, with depth behind the face and head weights."""
    ticks = np.linspace(-BEYOND_FRAME, 1 + BEYOND_FRAME, GRID_CELLS + 1) * size_px - 0.5
    x, y = (axis.ravel().astype(np.float32) for axis in np.meshgrid(ticks, ticks))
    width = camera.face_width_px
    oval = landmarks[list(topology.OVAL)]
    distance = np.linalg.norm(oval[None, :, :2] - np.stack([x, y], 1)[:, None], axis=2)
    near = 1 / (distance**2 + (0.05 * width) ** 2)
    z = (near * oval[None, :, 2]).sum(1) / near.sum(1)
    outside = _outside(oval[:, :2], x, y)
    z = z - 0.26 * width * (1 - np.exp(-outside / (0.40 * width)))
    picture_points = np.stack([x, y, z], 1).astype(np.float32)
    return BodyRig(
        camera.unproject(picture_points),
        _head_weight(landmarks, x, y, width),
        _grid_triangles(GRID_CELLS + 1),
        np.ascontiguousarray(picture_points[:, :2]),
    )


def _outside(oval: Floats, x: Floats, y: Floats) -> Floats:
    """Return how far outside a polygon each point lies, 0 inside."""
    ring = oval.astype(np.float32)
    signed = [cv2.pointPolygonTest(ring, (float(px), float(py)), True) for px, py in zip(x, y, strict=True)]
    return np.maximum(-np.array(signed, np.float32), 0)


def _head_weight(landmarks: Floats, x: Floats, y: Floats, width: float) -> Floats:
    """Return 1 on head and hair, fading down the neck and out to the shoulders to 0."""
    chin, mouth = landmarks[topology.CHIN], landmarks[[13, 14]].mean(0)
    sideways = np.abs(x - chin[0]) / width
    lateral = _smooth((sideways - 0.35) / 0.5)
    start = (chin[1] - 0.12 * width) * (1 - lateral) + mouth[1] * lateral
    reach = width * (0.62 + 0.25 * lateral)
    return (1 - _smooth((y - start) / reach)).astype(np.float32)


def _smooth(t: Floats) -> Floats:
    clipped = np.clip(t, 0, 1)
    rise: Floats = clipped * clipped * (3 - 2 * clipped)
    return rise


def _grid_triangles(count: int) -> Triangles:
    """Return the triangles of a square grid of `count` x `count` vertices."""
    index = np.arange(count * count).reshape(count, count)
    a, b, c, d = (part.ravel() for part in (index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]))
    return np.asarray(np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)]), np.int32)
