"""Eyes: an iris that moves under the lids, over a white that stays, both taken from the photograph."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from avatar.layers import Layers
from avatar.lids import Blink, shut_lid
from avatar.light import darkest
from avatar.matting import fill
from avatar.raster import compiled, covered, draw_seam, edges_between, window_of

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

MARGIN_IRISES = 1.2
"""How far the eye's patch reaches beyond the lids, in iris radii."""
LID_SHADOW = 0.35
"""How dark the shadow of a shut lid is on the eye."""
MEETING = 0.35
"""The opening, against the photograph, below which lashes begin to meet in a dark line."""
LASH_LINE = 0.008
"""Half the thickness of that line, in eye distances."""
SOLID, FADED = 1.10, 1.24
"""The moving iris is solid to the first and gone at the second, in its radii: a rim of white goes with it."""


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


class EyeLayer:
    """Draws one eye between its lids, and its lids shut."""

    def __init__(
        self, layers: Layers, landmarks: Floats, ring: tuple[int, ...], iris: tuple[int, ...], crease: tuple[int, ...]
    ) -> None:
        """Take an eye out of a portrait's layers at the landmarks' size."""
        self._eye = eye_from(layers.photo, landmarks, ring, iris)
        self._blink = Blink.of(layers.face, shut_lid(layers.photo, landmarks, ring, crease))
        self._face = layers.face
        self._lash = darkest(layers.photo, landmarks, ring)
        self._unit_px = float(np.linalg.norm(landmarks[33] - landmarks[263]))
        self._middle = (ring[4], ring[12])
        self._rest_px = max(float(np.linalg.norm(np.subtract(*landmarks[list(self._middle), :2]))), 1.0)
        self._opening = 1.0
        self.ring = ring
        self.origin = np.array([*self._eye.centre, self._eye.depth_px], np.float32)

    def open(self, placed: Floats) -> None:
        """See how far the lids of vertices placed in the frame are open, and show as much skin of the lid."""
        self._opening = float(np.linalg.norm(np.subtract(*placed[list(self._middle), :2]))) / self._rest_px
        self._blink.shut(self._face, 1 - self._opening)

    def draw(self, frame: Bytes, placed: Floats, to_picture: Floats, shift: Floats) -> None:
        """Draw into frame [h, w, 3].

        placed [n, 3]: the face's vertices in it; to_picture [2, 3]: its pixels to the photograph's, in the plane of the
        eye; shift [2]: how far the iris has moved, pixels.
        """
        eye, ring = self._eye, placed[list(self.ring), :2]
        window = window_of(ring, frame.shape)
        if window is None:
            return
        left, top, right, bottom = window
        lids = edges_between(ring[:9], np.concatenate([ring[8:], ring[:1]])[::-1], left, right)
        to_patch = to_picture - np.array([[0, 0, eye.left], [0, 0, eye.top]], np.float32)
        iris_at = np.array(eye.centre, np.float32) - np.array([eye.left, eye.top], np.float32) + shift
        shadow = LID_SHADOW * min(max(1 - self._opening, 0.0), 1.0)
        draw_eye(
            frame, eye.white, eye.iris, to_patch, iris_at, lids, left, top, bottom, shadow, 0.9 * eye.radius_px
        )  # fmt: skip
        meeting = min(max((MEETING - self._opening) / 0.3, 0.0), 1.0)
        if meeting > 0:
            draw_seam(frame, lids, left, self._lash, 0.75 * meeting, LASH_LINE * self._unit_px)


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
