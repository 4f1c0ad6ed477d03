"""Draw a portrait in motion: latents in, one RGB frame out, on one CPU thread.

Back to front: the background; the body (hair, ears, neck, shoulders) on a coarse smooth grid; the face mesh; eyes and
the inside of the mouth, seen between the edges of lids and lips. A layer's triangles become texture coordinates
(`avatar/raster.py`), `cv2.remap` fetches premultiplied colours, and one pass lays them over what is there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt

from avatar import topology
from avatar.eyes import LID_SHADOW, Eye, Lid, draw_eye, draw_lash_line, eye_from, shut_lid
from avatar.latents import HeadPose, LatentSpace, Motion, dynamics_of, neutral_motion
from avatar.matting import fill
from avatar.mouth import Mouth, draw_mouth, mouth_for
from avatar.portrait import Portrait
from avatar.raster import lay_over, rasterise, soften_folds, soften_silhouette, trace_edge
from avatar.rig import GRID_CELLS, BodyRig, Camera, FaceRig, body_rig, camera_of, face_rig, scaled_landmarks

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

COARSE = 4
"""The body's texture coordinates are computed once every so many pixels and interpolated: they are smooth."""
BANDS = 8
"""The body is drawn in so many horizontal bands, each only as wide as the body there."""
TORSO_SHARE = 0.22
"""How much of the head's pose the torso takes."""
FACE_RIM, FEATHER = 0.02, 0.03
"""How far around its oval the face layer is whole, and over what width it then fades, in face widths."""
SURELY_FACE = 0.08
"""How far inside its oval the face is opaque whatever the cut-out says, in face widths."""
FOLD_JUMP = 0.03
"""Neighbouring pixels from places in the photograph further apart than this (eye distances) lie across a fold."""
TEETH_DEPTH = 0.07
"""How far the teeth lie behind the lips, in eye distances."""
LASH_LINE, LIP_LINE = 0.008, 0.012
"""Half the thickness of the line where lids or lips meet, in eye distances."""
SHUT_AT = 0.75
"""How far a lid closes until the skin it unfolds shows in full."""
TONGUE_REST = 0.012
"""How far the tongue lies below the line of the closed lips, in mouth units."""
PHOTO_REACH = 0.05
"""Change of the lips, in eye distances, over which the photograph's own mouth gives way to the drawn one."""


@dataclass(frozen=True, slots=True)
class _Textures:
    face: Bytes
    body: Bytes
    background: Bytes
    photo: Floats


@dataclass(slots=True)
class _Blink:
    """One eye's place in the face texture, open and shut, and how far it is mixed now."""

    window: tuple[slice, slice]
    open: Bytes
    shut_colour: Bytes
    mixed: float = 0.0

    @classmethod
    def of(cls, texture: Bytes, lid: Lid) -> Self:
        """Prepare both states of a lid's window of the premultiplied face texture."""
        height, width = lid.weight.shape
        window = (slice(lid.top, lid.top + height), slice(lid.left, lid.left + width))
        open_ = texture[window].copy()
        weight = lid.weight[..., None]
        alpha = open_[..., 3:] / np.float32(255)
        shut = open_.astype(np.float32)
        shut[..., :3] = shut[..., :3] * (1 - weight) + lid.colour * alpha * weight
        return cls(window, open_, _bytes(shut))

    def shut(self, texture: Bytes, amount: float) -> None:
        """Mix the window of the texture: 0 as photographed, 1 shut."""
        t = min(max(amount / SHUT_AT, 0.0), 1.0)
        share = t * t * (3 - 2 * t)
        if abs(share - self.mixed) > 0.004:
            texture[self.window] = cv2.addWeighted(self.open, 1 - share, self.shut_colour, share, 0)
            self.mixed = share


class Renderer:
    """Draws one portrait at one size. Not thread-safe: every frame is drawn into the same buffers."""

    def __init__(self, portrait: Portrait, space: LatentSpace | None = None, size_px: int = 512) -> None:
        """Prepare meshes, textures and buffers; blocks for about 100 ms."""
        self.size_px = size_px
        self._space = space or LatentSpace.load()
        landmarks = scaled_landmarks(portrait, size_px)
        self._camera: Camera = camera_of(portrait, landmarks, size_px)
        self._face: FaceRig = face_rig(portrait, self._space, landmarks, self._camera)
        self._body: BodyRig = body_rig(portrait, landmarks, self._camera, size_px)
        self._textures = _textures(portrait, landmarks, size_px)
        self._body_solid = _solid(self._textures.body, self._body.texture_points)
        photo = self._textures.photo
        self._eyes: tuple[Eye, Eye] = (
            eye_from(photo, landmarks, topology.EYE_RIGHT, topology.IRIS_RIGHT),
            eye_from(photo, landmarks, topology.EYE_LEFT, topology.IRIS_LEFT),
        )
        lids = (
            shut_lid(photo, landmarks, topology.EYE_RIGHT, topology.CREASE_RIGHT),
            shut_lid(photo, landmarks, topology.EYE_LEFT, topology.CREASE_LEFT),
        )
        self._lids = tuple(_Blink.of(self._textures.face, lid) for lid in lids)
        self._lash_colours = tuple(_darkest(photo, landmarks, eye.ring) for eye in self._eyes)
        self._lip_colour = 0.55 * _darkest(photo, landmarks, topology.LIPS)
        self._mouth: Mouth = mouth_for(_light(photo, landmarks), self._face.mouth_unit_px)
        self._rotation = portrait.rotation
        tilt = np.linalg.inv(portrait.rotation[:2, :2])
        self._flatten = np.asarray(tilt / self._face.mouth_unit_px, np.float32)
        self._unit_px = portrait.eye_distance_px * size_px / portrait.size_px
        self._own_lips_open = bool(self._face.lips.rest_px.max() > 0)
        self._neutral = self._face.vertices(dynamics_of(neutral_motion()))
        self._lip_line = self._camera.project(self._neutral[[13, 14]]).mean(0)
        self._lip_line[2] -= TEETH_DEPTH * self._face.mouth_unit_px
        self._landmarks = landmarks
        self._frame = np.empty((size_px, size_px, 3), np.uint8)
        self._layer = np.empty((size_px, size_px, 4), np.uint8)
        self._map_x, self._map_y, self._depth = (np.empty(size_px * size_px, np.float32) for _ in range(3))

    def render(self, motion: Motion, breath: float = 0.0) -> Bytes:
        """Draw one motion row [LATENT_SIZE] and return the frame [size, size, 3] RGB, valid until the next call.

        breath in [0, 1] raises the shoulders. Takes about 4 ms at 512 pixels.
        """
        for _ in self.stages(motion, breath):
            pass
        return self._frame

    def stages(self, motion: Motion, breath: float = 0.0) -> Iterator[str]:
        """Draw one frame, naming each stage when it is done; `render` goes through them all."""
        pose, z = self._camera.limited(HeadPose.of(motion)), dynamics_of(motion)
        vertices = self._face.vertices(z)
        placed = self._camera.project(self._camera.place(vertices, pose))
        openings = tuple(self._opening(eye, placed) for eye in self._eyes)
        for blink, opening in zip(self._lids, openings, strict=True):
            blink.shut(self._textures.face, 1 - opening)
        yield "vertices"
        np.copyto(self._frame, self._textures.background)
        self._draw_body(pose, breath)
        yield "background and body"
        self._draw_face(placed)
        yield "face"
        self._draw_eyes(pose, z, placed, openings)
        yield "eyes"
        self._draw_mouth(pose, z, vertices, placed)
        yield "mouth"

    def _draw_body(self, pose: HeadPose, breath: float) -> None:
        camera, body = self._camera, self._body
        head = camera.place(body.rest, pose)
        torso = camera.place(body.rest, pose, TORSO_SHARE)
        torso[:, 1] -= np.float32(breath * 0.012 * self.size_px)
        points = camera.project(torso + body.head[:, None] * (head - torso))
        cells = self.size_px // COARSE + 2
        points[:, :2] = (points[:, :2] + 0.5) / COARSE + 0.5
        map_x, map_y, depth = (buffer[: cells * cells].reshape(cells, cells) for buffer in self._buffers())
        rasterise(points, body.texture_points, body.triangles, map_x, map_y, depth, 0, 0)
        wide = (cells * COARSE, cells * COARSE)
        inner = slice(COARSE, COARSE + self.size_px)
        fine_x, fine_y = (
            cv2.resize(coarse, wide, interpolation=cv2.INTER_LINEAR)[inner, inner] for coarse in (map_x, map_y)
        )
        for top, bottom, left, right in self._body_windows(points):
            window = (slice(top, bottom), slice(left, right))
            layer = self._layer_of(bottom - top, right - left)
            cv2.remap(
                self._textures.body,
                fine_x[window],
                fine_y[window],
                cv2.INTER_LINEAR,
                dst=layer,
                borderMode=cv2.BORDER_REFLECT_101,
            )
            lay_over(layer, self._frame[window], self._frame[window])

    def _body_windows(self, points: Floats) -> Iterator[tuple[int, int, int, int]]:
        """Yield bands of the frame (top, bottom, left, right) outside which the body is transparent."""
        solid = points[self._body_solid, :2] * COARSE - 2.5
        reach = 1.5 * self.size_px / GRID_CELLS
        for band in range(BANDS):
            top, bottom = (self.size_px * edge // BANDS for edge in (band, band + 1))
            inside = solid[(solid[:, 1] > top - reach) & (solid[:, 1] < bottom + reach), 0]
            if len(inside):
                left = max(int(inside.min() - reach), 0)
                right = min(int(inside.max() + reach), self.size_px)
                if left < right:
                    yield top, bottom, left, right

    def _layer_of(self, height: int, width: int) -> Bytes:
        """Return a window of the layer buffer, contiguous."""
        return self._layer.reshape(-1)[: width * height * 4].reshape(height, width, 4)

    def _buffers(self) -> tuple[Floats, Floats, Floats]:
        return self._map_x, self._map_y, self._depth

    def _draw_face(self, placed: Floats) -> None:
        low = np.maximum(np.floor(placed[:, :2].min(0)).astype(int) - 1, 0)
        high = np.minimum(np.ceil(placed[:, :2].max(0)).astype(int) + 2, self.size_px)
        width, height = (int(v) for v in high - low)
        if width <= 0 or height <= 0:
            return
        left, top = (int(v) for v in low)
        map_x, map_y, depth = (b[: width * height].reshape(height, width) for b in self._buffers())
        face = self._face
        rasterise(placed, face.texture_points, face.triangles, map_x, map_y, depth, left, top)
        layer = self._layer_of(height, width)
        cv2.remap(self._textures.face, map_x, map_y, cv2.INTER_LINEAR, dst=layer, borderMode=cv2.BORDER_CONSTANT)
        soften_folds(layer, map_x, FOLD_JUMP * self._unit_px)
        soften_silhouette(layer, map_x)
        window = self._frame[top : top + height, left : left + width]
        lay_over(layer, window, window)

    def _plane(self, origin: Floats, pose: HeadPose) -> Floats:
        """Return the affine map [2, 3] from frame pixels to picture pixels for a plane through `origin` (picture)."""
        reach = np.float32(0.1 * self.size_px)
        corners = origin + np.array([[0, 0, 0], [reach, 0, 0], [0, reach, 0]], np.float32)
        seen = self._camera.project(self._camera.place(self._camera.unproject(corners), pose))
        source, target = (np.ascontiguousarray(points[:, :2]) for points in (seen, corners))
        return np.asarray(cv2.getAffineTransform(source, target), np.float32)

    def _draw_eyes(self, pose: HeadPose, z: Floats, placed: Floats, openings: tuple[float, ...]) -> None:
        shifts = self._face.iris_shift(z)
        for eye, shift, opening, lash in zip(self._eyes, shifts, openings, self._lash_colours, strict=True):
            ring = placed[list(eye.ring), :2]
            left, top, right, bottom = self._window(ring)
            if right <= left or bottom <= top:
                continue
            origin = np.array([*eye.centre, eye.depth_px], np.float32)
            to_patch = self._plane(origin, pose)
            to_patch[:, 2] -= (eye.left, eye.top)
            upper, lower = ring[:9], np.concatenate([ring[8:], ring[:1]])[::-1]
            lids = _edges(upper, lower, left, right)
            shadow = LID_SHADOW * float(np.clip(1 - opening, 0, 1))
            iris_at = np.array([eye.centre[0] - eye.left, eye.centre[1] - eye.top], np.float32) + shift[:2]
            draw_eye(
                self._frame,
                eye.white,
                eye.iris,
                to_patch,
                iris_at,
                lids,
                left,
                top,
                bottom,
                shadow,
                0.9 * eye.radius_px,
            )
            meeting = float(np.clip((0.35 - opening) / 0.3, 0, 1))
            if meeting > 0:
                draw_lash_line(self._frame, lids, left, lash, 0.75 * meeting, LASH_LINE * self._unit_px)

    def _opening(self, eye: Eye, placed: Floats) -> float:
        """Return how far an eye is open, against the photograph."""
        upper, lower = eye.ring[4], eye.ring[12]
        rest = np.linalg.norm(self._landmarks[upper, :2] - self._landmarks[lower, :2])
        return float(np.linalg.norm(placed[upper, :2] - placed[lower, :2]) / max(float(rest), 1.0))

    def _window(self, points: Floats) -> tuple[int, int, int, int]:
        low = np.maximum(np.floor(points.min(0)).astype(int) - 2, 0)
        high = np.minimum(np.ceil(points.max(0)).astype(int) + 3, self.size_px)
        return int(low[0]), int(low[1]), int(high[0]), int(high[1])

    def _draw_mouth(self, pose: HeadPose, z: Floats, vertices: Floats, placed: Floats) -> None:
        upper = placed[list(topology.LIPS_INNER_UPPER), :2]
        lower = placed[list(topology.LIPS_INNER_LOWER), :2]
        left, top, right, bottom = self._window(np.concatenate([upper, lower]))
        if right <= left or bottom <= top:
            return
        unit = self._face.mouth_unit_px
        lips = _edges(upper, lower, left, right)
        middle = self._lip_line
        to_photo = self._plane(middle, pose)
        to_mouth = self._flatten @ to_photo
        to_mouth[:, 2] -= self._flatten @ middle[:2]
        jaw = self._jaw(vertices)
        moved = vertices[[0, 17, 13, 14]] - self._face.rest[[0, 17, 13, 14]]
        share = float(np.exp(-((np.abs(moved).max() / (PHOTO_REACH * unit)) ** 2)))
        raised, out = self._space.tongue_position(z)
        height = TONGUE_REST + 0.85 * jaw[1] - 0.10 * raised - 0.03 * out
        tip = np.array([0.85 * jaw[0], height, float(out > 0.3)], np.float32)
        draw_mouth(
            self._frame, self._mouth.upper, self._mouth.lower, self._mouth.tongue, self._mouth.cavity,
            self._textures.photo, to_mouth, to_photo, jaw, tip, lips, left, top, bottom,
            self._mouth.scale, unit, share,
        )  # fmt: skip
        meeting = 1 - float((lips[1] - lips[0]).max()) / (0.03 * unit)
        if self._own_lips_open and meeting > 0:
            draw_lash_line(self._frame, lips, left, self._lip_colour, 0.8 * meeting, LIP_LINE * unit)

    def _jaw(self, vertices: Floats) -> Floats:
        """Return how far the jaw has moved along the face's x and y, in mouth units."""
        moved = (vertices[[152, 175, 199]] - self._neutral[[152, 175, 199]]).mean(0) @ self._rotation
        return np.asarray(moved[:2] / self._face.mouth_unit_px, np.float32)


def _edges(upper: Floats, lower: Floats, left: int, right: int) -> Floats:
    """Return y of two edges, smooth through their points, and their fading's reach, [3, columns]."""
    edges = np.empty((3, right - left), np.float32)
    reach = np.empty(right - left, np.float32)
    trace_edge(np.ascontiguousarray(upper), left, edges[0], edges[2])
    trace_edge(np.ascontiguousarray(lower), left, edges[1], reach)
    np.maximum(edges[2], reach, out=edges[2])
    return edges


def _textures(portrait: Portrait, landmarks: Floats, size_px: int) -> _Textures:
    """Build the premultiplied layers at the frame's size.

    Behind the face the body continues with what surrounds it, so that a turning head uncovers hair, neck or nothing.
    """
    photo, foreground, background = (
        _resized(image, size_px) for image in (portrait.picture, portrait.foreground, portrait.background)
    )
    alpha = _resized(portrait.alpha, size_px)[..., None] / 255
    oval = landmarks[list(topology.OVAL), :2]
    width = float(np.linalg.norm(landmarks[topology.CHEEK_RIGHT] - landmarks[topology.CHEEK_LEFT]))
    inside = _polygon(oval, size_px)
    away = cv2.distanceTransform((inside < 0.5).astype(np.uint8), cv2.DIST_L2, 5)[..., None] / width
    soft = _fade((FACE_RIM + FEATHER - away) / FEATHER)
    within = cv2.distanceTransform((inside > 0.5).astype(np.uint8), cv2.DIST_L2, 5)[..., None] / width
    certain = _fade((within - SURELY_FACE) / 0.02)
    face_alpha = soft * np.maximum(alpha, certain)
    face = np.concatenate([(photo * certain + foreground * (1 - certain)) * face_alpha, 255 * face_alpha], 2)
    body = np.concatenate([foreground * alpha, 255 * alpha], 2)
    beyond = np.asarray(away[..., 0] > FACE_RIM + 0.5 * FEATHER, np.float32)
    hidden = _fade((FACE_RIM - away) * width / 2)
    body = fill(body, beyond) * hidden + body * (1 - hidden)
    return _Textures(_bytes(face), _bytes(body), _bytes(background), np.ascontiguousarray(photo))


def _solid(body: Bytes, points: Floats) -> npt.NDArray[np.bool_]:
    """Return which vertices of the body's grid have anything opaque within a cell of them."""
    size = body.shape[0]
    reach = round(size / GRID_CELLS) * 2 + 1
    near = cv2.dilate(body[..., 3], np.ones((reach, reach), np.uint8)) > 0
    x, y = np.clip(np.round(points).astype(int), 0, size - 1).T
    return np.asarray(near[y, x])


def _resized(image: Bytes, size_px: int) -> Floats:
    method = cv2.INTER_AREA if size_px < image.shape[0] else cv2.INTER_CUBIC
    scaled = cv2.resize(image.astype(np.float32), (size_px, size_px), interpolation=method)
    return np.asarray(np.clip(scaled, 0, 255), np.float32)


def _polygon(points: Floats, size_px: int) -> Floats:
    """Return the anti-aliased inside of a polygon [n, 2] as weights [size, size]."""
    mask = np.zeros((size_px, size_px), np.uint8)
    cv2.fillPoly(mask, [np.round(points * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return mask.astype(np.float32) / 255


def _fade(t: Floats) -> Floats:
    """Rise smoothly from 0 at t = 0 to 1 at t = 1."""
    clipped = np.clip(t, 0, 1)
    return np.asarray(clipped * clipped * (3 - 2 * clipped), np.float32)


def _darkest(photo: Floats, landmarks: Floats, ring: tuple[int, ...]) -> Floats:
    """Return the colour of the darkest twentieth around a ring: lashes, or the line between lips."""
    points = landmarks[list(ring), :2]
    low, high = np.floor(points.min(0)).astype(int), np.ceil(points.max(0)).astype(int)
    colours = photo[max(low[1], 0) : high[1] + 1, max(low[0], 0) : high[0] + 1].reshape(-1, 3)
    brightness = colours.sum(1)
    return np.asarray(colours[brightness <= np.percentile(brightness, 5)].mean(0), np.float32)


def _light(photo: Floats, landmarks: Floats) -> Floats:
    """Estimate the colour a white thing in the mouth would have in this light, from the skin beside it."""
    points = np.round(landmarks[[205, 425, 50, 280, 4], :2]).astype(int)
    radius = max(2, int(0.03 * photo.shape[0]))
    limit = photo.shape[0]
    patches = [
        photo[max(y - radius, 0) : min(y + radius, limit), max(x - radius, 0) : min(x + radius, limit)].reshape(-1, 3)
        for x, y in points
    ]
    skin = np.percentile(np.concatenate(patches), 60, axis=0)
    brightness = float(skin @ [0.3, 0.59, 0.11])
    level = np.clip(90 + 0.72 * brightness, 100, 250)
    tint = 0.75 + 0.25 * skin / max(float(skin.mean()), 1.0)
    return np.asarray(_teeth_light(photo, landmarks, level * tint), np.float32)


def _teeth_light(photo: Floats, landmarks: Floats, guess: Floats) -> Floats:
    """Where the photograph shows teeth, let drawn ones match their brightest part; otherwise keep the guess."""
    mask = cv2.erode(_polygon(landmarks[list(topology.MOUTH), :2], photo.shape[0]), np.ones((3, 3))) > 0.9
    if mask.sum() < 30:
        return guess
    inside = photo[mask]
    brightness = inside.mean(1)
    bright = inside[brightness >= np.percentile(brightness, 70)].mean(0)
    grey = 1 - (bright.max() - bright.min()) / max(float(bright.max()), 1.0)
    if grey < 0.6 or bright.mean() < 0.55 * guess.mean():
        return guess
    return np.asarray(np.clip(bright / [0.92, 0.89, 0.81], 0.6 * guess, 255), np.float32)


def _bytes(values: Floats) -> Bytes:
    return np.ascontiguousarray(np.round(np.clip(values, 0, 255)), np.uint8)
