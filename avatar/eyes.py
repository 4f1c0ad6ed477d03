"""Eyes: an iris that moves under the lids, over a white that stays, both taken from the photograph."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from avatar.matting import fill
from avatar.raster import compiled, covered

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

MARGIN_IRISES = 1.2
"""How far the eye's patch reaches beyond the lids, in iris radii."""
LID_SHADOW = 0.35
SOLID, FADED = 1.10, 1.24
"""The moving iris is solid to the first and gone at the second, in its radii: a rim of white goes with it."""
DARKEST_LID = 0.84
"""How dark a shut lid may be against the plain skin around the eye; its nearest surroundings suggest the shading."""
SHADOW_HUE = np.array([0.75, 1.0, 1.1], np.float32)
"""Skin is redder in shadow: exponents of red, green, blue."""


@dataclass(frozen=True, slots=True)
class Eye:
    """One eye in the photograph's pixels.

    white [h, w, 3]: the eye without its iris; iris [n, n, 4]: premultiplied, its centre in the middle; left, top: where
    `white` lies; centre [2] and radius of the iris; depth_px: z of its plane; ring: the lid edge's landmarks.
    """

    white: Floats
    iris: Floats
    left: int
    top: int
    centre: tuple[float, float]
    radius_px: float
    depth_px: float
    ring: tuple[int, ...]


def eye_from(picture: Floats, landmarks: Floats, ring: tuple[int, ...], iris: tuple[int, ...]) -> Eye:
    """Take one eye out of a picture [h, w, 3] in [0, 255] whose landmarks are in its pixels."""
    centre = landmarks[iris[0], :2]
    tracked = float(np.linalg.norm(landmarks[list(iris[1:]), :2] - centre, axis=1).mean())
    lids = landmarks[list(ring), :2]
    margin = MARGIN_IRISES * tracked + 2
    left, top = (int(v) for v in np.maximum(np.floor(lids.min(0) - margin), 0))
    right, bottom = (int(v) for v in np.ceil(lids.max(0) + margin))
    patch = np.ascontiguousarray(picture[top:bottom, left:right], np.float32)
    local = centre - [left, top]
    opening = np.zeros(patch.shape[:2], np.uint8)
    cv2.fillPoly(opening, [np.round((lids - [left, top]) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    open_weight = opening.astype(np.float32) / 255
    radius = _rim(patch, open_weight, local, tracked)
    return Eye(
        white=_white(patch, open_weight, local, radius),
        iris=_iris(patch, open_weight, local, radius),
        left=left,
        top=top,
        centre=(float(centre[0]), float(centre[1])),
        radius_px=radius,
        depth_px=float(landmarks[list(ring), 2].mean()),
        ring=ring,
    )


def _white(patch: Floats, open_weight: Floats, centre: Floats, radius: float) -> Floats:
    """Paint over the iris with the white around it; where none shows, a light grey in the eye's own light."""
    beyond = np.clip(_distance(patch, centre) - SOLID * radius, 0, 1)
    seen = beyond * cv2.erode(open_weight, np.ones((3, 3)))
    if seen.sum() < 0.15 * radius**2:
        bright = np.percentile(patch[open_weight > 0.5], 90) if (open_weight > 0.5).any() else 200.0
        plain = np.full_like(patch, max(bright, 150.0))
        return np.asarray(plain + (patch - plain) * (beyond * open_weight)[..., None], np.float32)
    filled = fill(patch, np.asarray(seen, np.float32))
    known = (beyond * open_weight)[..., None]
    white: Floats = patch * known + cv2.GaussianBlur(filled, (0, 0), 0.12 * radius + 0.5) * (1 - known)
    return white.astype(np.float32)


def _distance(patch: Floats, centre: Floats) -> Floats:
    """Return how far each pixel lies from the iris's centre."""
    y, x = np.mgrid[: patch.shape[0], : patch.shape[1]].astype(np.float32)
    return np.asarray(np.hypot(x - centre[0], y - centre[1]), np.float32)


def _rim(patch: Floats, open_weight: Floats, centre: Floats, tracked: float) -> float:
    """Return the iris's radius: where the picture gets brighter outwards most, near what was tracked.

    Drawn eyes have larger irises than the tracker, which knows people, allows.
    """
    radii = np.arange(0.75, 1.6, 0.05) * tracked
    far, brightness = _distance(patch, centre), patch.mean(2)
    weight = cv2.erode(open_weight, np.ones((3, 3))) + 1e-6
    rings = [np.exp(-(((far - radius) / (0.05 * tracked + 0.4)) ** 2)) * weight for radius in radii]
    means = np.array([(ring * brightness).sum() / ring.sum() for ring in rings])
    trust = np.array([ring.sum() for ring in rings]) / radii
    steps = (
        (means[2:] - means[:-2])
        * np.exp(-(((radii[1:-1] / tracked - 1) / 0.35) ** 2))
        * (trust[2:] > 0.15 * trust.max())
    )
    return float(radii[1 + int(steps.argmax())]) if steps.max() > 4 else tracked


def _iris(patch: Floats, open_weight: Floats, centre: Floats, radius: float) -> Floats:
    """Return the whole iris: as seen where the lids leave it, turned half around or by rings where they do not."""
    half = int(np.ceil(radius * FADED)) + 1
    y, x = np.mgrid[-half : half + 1, -half : half + 1].astype(np.float32)
    far = np.hypot(x, y)
    border = {"interpolation": cv2.INTER_LINEAR, "borderMode": cv2.BORDER_REPLICATE}
    seen_at = (x + np.float32(centre[0]), y + np.float32(centre[1]))
    colour = cv2.remap(patch, *seen_at, **border)
    weight = cv2.remap(open_weight, *seen_at, **border)
    clear = cv2.remap(cv2.erode(open_weight, np.ones((3, 3))), *seen_at, **border)
    rings = _rings(colour, clear, far)
    turned, turned_weight = colour[::-1, ::-1], clear[::-1, ::-1]
    hidden = rings * (1 - turned_weight[..., None]) + turned * turned_weight[..., None]
    whole = colour * weight[..., None] + hidden * (1 - weight[..., None])
    alpha = np.clip((radius * FADED - far) / ((FADED - SOLID) * radius), 0, 1)[..., None]
    return np.asarray(np.concatenate([whole * alpha, alpha], 2), np.float32)


def _rings(colour: Floats, weight: Floats, far: Floats) -> Floats:
    """Average the visible colour at each distance from the centre."""
    index = np.round(far).astype(int)
    total = np.bincount(index.ravel(), weight.ravel() + 1e-4)
    means = [np.bincount(index.ravel(), ((weight + 1e-4) * colour[..., c]).ravel()) / total for c in range(3)]
    rings: Floats = np.stack(means, 1)[index].astype(np.float32)
    return rings


@dataclass(frozen=True, slots=True)
class Lid:
    """What the skin above one eye looks like when it is shut: colours [h, w, 3] and weights [h, w], at (left, top)."""

    colour: Floats
    weight: Floats
    left: int
    top: int


def shut_lid(picture: Floats, landmarks: Floats, ring: tuple[int, ...], crease: tuple[int, ...]) -> Lid:
    """Paint the lid that a blink unfolds: skin from around, without the open eye's lashes and shadow, a lash line."""
    unit = float(np.linalg.norm(landmarks[33] - landmarks[263]))
    margin = 0.14 * unit
    points = landmarks[[*ring, *crease], :2]
    left, top = (int(v) for v in np.maximum(np.floor(points.min(0) - margin), 0))
    right, bottom = (int(v) for v in np.ceil(points.max(0) + margin))
    patch = np.ascontiguousarray(picture[top:bottom, left:right], np.float32)
    across, down = _face_axes(landmarks, patch.shape[:2], left, top)
    upper, lower, fold = (
        _edge_at(across, landmarks, edge) for edge in (ring[:9], (ring[0], *ring[:8:-1], ring[8]), crease)
    )
    above, depth = upper - down, np.maximum(upper - fold, 0.02 * unit)
    ends = _ends(across, landmarks, ring, beyond=0.16)
    lashes_reach = _ends(across, landmarks, ring, beyond=0.4)
    band = _rise((1.5 * depth - above) / (0.5 * depth)) * _rise((above + 0.01 * unit) / (0.01 * unit)) * ends
    hidden = np.maximum(
        band / np.maximum(ends, 1e-3) * lashes_reach,
        _rise((above + (lower - upper) + 0.05 * unit) / (0.02 * unit)) * (above < 0) * lashes_reach,
    )
    skin = fill(patch, np.asarray(1 - np.clip(hidden * 1.5, 0, 1), np.float32))
    skin = cv2.GaussianBlur(skin, (0, 0), 0.012 * unit + 0.4)
    bare = _bare_skin(picture, landmarks)
    shading = np.clip(skin.mean(2, keepdims=True) / max(float(bare.mean()), 1.0), DARKEST_LID, 1.05)
    skin = bare * shading**SHADOW_HUE
    lashes = np.exp(-((above / (0.020 * unit)) ** 2)) * 0.55
    crease_line = np.exp(-(((above - depth) / (0.014 * unit)) ** 2)) * 0.10
    colour = skin * (1 - np.maximum(lashes, crease_line))[..., None] ** SHADOW_HUE
    return Lid(np.asarray(colour, np.float32), np.asarray(band, np.float32), left, top)


def _face_axes(landmarks: Floats, shape: tuple[int, ...], left: int, top: int) -> tuple[Floats, Floats]:
    """Return each pixel's coordinates along the line of the eyes and down the face."""
    along = landmarks[263, :2] - landmarks[33, :2]
    along = along / np.linalg.norm(along)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    x, y = x + left, y + top
    return x * along[0] + y * along[1], y * along[0] - x * along[1]


def _edge_at(across: Floats, landmarks: Floats, edge: tuple[int, ...]) -> Floats:
    """Return how far down the face an edge lies at each pixel's place across it."""
    along, down = _along_down(landmarks, edge)
    return np.asarray(np.interp(across, along, down), np.float32)


def _along_down(landmarks: Floats, points: tuple[int, ...]) -> tuple[Floats, Floats]:
    axis = landmarks[263, :2] - landmarks[33, :2]
    axis = axis / np.linalg.norm(axis)
    place = landmarks[list(points), :2]
    return place @ axis, place @ np.array([-axis[1], axis[0]], np.float32)


def _bare_skin(picture: Floats, landmarks: Floats) -> Floats:
    """Return the colour of plain skin between eyes and brows, under the eyes and on the cheeks."""
    places = (222, 223, 224, 442, 443, 444, 118, 119, 120, 347, 348, 349, 101, 330)
    x, y = np.clip(np.round(landmarks[list(places), :2]).astype(int), 1, picture.shape[0] - 2).T
    colours = np.stack([picture[y + j, x + i] for i in (-1, 0, 1) for j in (-1, 0, 1)]).mean(0)
    brightness = colours.sum(1)
    return np.asarray(np.median(colours[brightness >= np.median(brightness)], axis=0), np.float32)


def _ends(across: Floats, landmarks: Floats, ring: tuple[int, ...], beyond: float = 0.0) -> Floats:
    """Return 1 along the eye, fading to 0 at its corners or a part of its width `beyond` them."""
    along, _ = _along_down(landmarks, ring)
    width = float(along.max() - along.min())
    start, stop = float(along.min()) - beyond * width, float(along.max()) + beyond * width
    fade = 0.26 * width
    return np.asarray(_rise((across - start) / fade) * _rise((stop - across) / fade), np.float32)


def _rise(t: Floats) -> Floats:
    clipped = np.clip(t, 0, 1)
    return np.asarray(clipped * clipped * (3 - 2 * clipped), np.float32)


@compiled
def draw_lash_line(frame: Bytes, lids: Floats, left: int, colour: Floats, strength: float, half_px: float) -> None:
    """Draw the line where two shut lids (or lips) meet, [3, w] as traced, into frame [h, w, 3]."""
    columns = lids.shape[1]
    reach = int(3 * half_px) + 1
    for column in range(columns):
        x = left + column
        middle = 0.5 * (lids[0, column] + lids[1, column])
        end = min(min(column, columns - 1 - column) / (0.12 * columns), 1.0)
        for y in range(max(int(middle) - reach, 0), min(int(middle) + reach + 2, frame.shape[0])):
            away = (y - middle) / half_px
            share = strength * end * math.exp(-away * away)
            for c in range(3):
                frame[y, x, c] = np.uint8(frame[y, x, c] * (1 - share) + colour[c] * share + 0.5)


@compiled
def draw_eye(
    frame: Bytes,
    white: Floats,
    iris: Floats,
    to_patch: Floats,
    iris_at: Floats,
    lids: Floats,
    left: int,
    top: int,
    bottom: int,
    shadow: float,
    shadow_px: float,
) -> None:
    """Draw one eye into frame [h, w, 3] between its lids, columns from `left`, rows top to bottom.

    to_patch [2, 3]: frame pixels to pixels of `white`; iris_at [2]: centre of the iris in those; lids [3, w]: y of the
    upper and the lower lid's edge and the reach of their fading in every column; shadow in [0, 1]: how dark the lid's
    shadow is, fading over shadow_px.
    """
    half = (iris.shape[0] - 1) * 0.5
    for y in range(top, bottom):
        for column in range(lids.shape[1]):
            cover = covered(y, lids[0, column], lids[1, column], lids[2, column])
            if cover <= 0.0:
                continue
            x = left + column
            px = to_patch[0, 0] * x + to_patch[0, 1] * y + to_patch[0, 2]
            py = to_patch[1, 0] * x + to_patch[1, 1] * y + to_patch[1, 2]
            qx = min(max(px, 0.0), white.shape[1] - 1.001)
            qy = min(max(py, 0.0), white.shape[0] - 1.001)
            ix, iy = int(qx), int(qy)
            fx, fy = qx - ix, qy - iy
            ox, oy = px - iris_at[0] + half, py - iris_at[1] + half
            on_iris = 0.0 <= ox < iris.shape[1] - 1.001 and 0.0 <= oy < iris.shape[0] - 1.001
            jx, jy = int(max(ox, 0.0)), int(max(oy, 0.0))
            gx, gy = ox - jx, oy - jy
            near = 1.0 - min(max((y - lids[0, column]) / shadow_px, 0.0), 1.0)
            light = 1.0 - shadow * near
            alpha = 0.0
            if on_iris:
                alpha = (iris[jy, jx, 3] * (1 - gx) + iris[jy, jx + 1, 3] * gx) * (1 - gy) + (
                    iris[jy + 1, jx, 3] * (1 - gx) + iris[jy + 1, jx + 1, 3] * gx
                ) * gy
            for c in range(3):
                value = (white[iy, ix, c] * (1 - fx) + white[iy, ix + 1, c] * fx) * (1 - fy) + (
                    white[iy + 1, ix, c] * (1 - fx) + white[iy + 1, ix + 1, c] * fx
                ) * fy
                if on_iris:
                    value = (
                        value * (1 - alpha)
                        + (iris[jy, jx, c] * (1 - gx) + iris[jy, jx + 1, c] * gx) * (1 - gy)
                        + (iris[jy + 1, jx, c] * (1 - gx) + iris[jy + 1, jx + 1, c] * gx) * gy
                    )
                value = frame[y, x, c] * (1 - cover) + value * light * cover
                frame[y, x, c] = np.uint8(min(max(value + 0.5, 0.0), 255.0))
