"""Draw a portrait in motion: latents in, one RGB frame out, on one CPU thread.

Back to front: the background; the body (hair, ears, neck, shoulders) on a coarse smooth grid; the face mesh; eyes and
the inside of the mouth, seen between the edges of lids and lips. A layer's triangles become texture coordinates
(`avatar/raster.py`), `cv2.remap` fetches premultiplied colours, and one pass lays them over what is there.
"""

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from avatar import topology
from avatar.eyes import EyeLayer
from avatar.latents import HeadPose, LatentSpace, Motion, dynamics_of
from avatar.layers import build_layers, solid_vertices
from avatar.mouth import MouthLayer
from avatar.portrait import Portrait
from avatar.raster import lay_over, rasterise, soften_folds, soften_silhouette, window_of
from avatar.rig import GRID_CELLS, BodyRig, Camera, FaceRig, body_rig, camera_of, face_rig, scaled_landmarks

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

COARSE = 4
"""The body's texture coordinates are computed once every so many pixels and interpolated: they are smooth."""
BANDS = 8
"""The body is drawn in so many horizontal bands, each only as wide as the body there."""
TORSO_SHARE = 0.22
"""How much of the head's pose the torso takes."""
FOLD_JUMP = 0.03
"""Neighbouring pixels from places in the photograph further apart than this (eye distances) lie across a fold."""


class Renderer:
    """Draws one portrait at one size. Not thread-safe: every frame is drawn into the same buffers."""

    def __init__(self, portrait: Portrait, space: LatentSpace | None = None, size_px: int = 512) -> None:
        """Prepare meshes, layers and buffers; blocks for about 100 ms."""
        self.size_px = size_px
        self._space = space or LatentSpace.load()
        landmarks = scaled_landmarks(portrait, size_px)
        self._camera: Camera = camera_of(portrait, landmarks, size_px)
        self._face: FaceRig = face_rig(portrait, self._space, landmarks, self._camera)
        self._body: BodyRig = body_rig(portrait, landmarks, self._camera, size_px)
        self._layers = build_layers(portrait, landmarks, size_px)
        self._body_solid = solid_vertices(self._layers.body, self._body.texture_points)
        self._eyes = (
            EyeLayer(self._layers, landmarks, topology.EYE_RIGHT, topology.IRIS_RIGHT, topology.CREASE_RIGHT),
            EyeLayer(self._layers, landmarks, topology.EYE_LEFT, topology.IRIS_LEFT, topology.CREASE_LEFT),
        )
        self._mouth = MouthLayer(self._layers, landmarks, self._face, self._camera, portrait.rotation)
        self._fold_px = FOLD_JUMP * portrait.eye_distance_px * size_px / portrait.size_px
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
        for eye in self._eyes:
            eye.open(placed)
        yield "vertices"
        np.copyto(self._frame, self._layers.background)
        self._draw_body(pose, breath)
        yield "background and body"
        self._draw_face(placed)
        yield "face"
        for eye, shift in zip(self._eyes, self._face.iris_shift(z), strict=True):
            eye.draw(self._frame, placed, self._camera.plane(eye.origin, pose), shift[:2])
        yield "eyes"
        teeth = self._camera.plane(self._mouth.origin, pose)
        self._mouth.draw(self._frame, vertices, placed, teeth, self._space.tongue_position(z))
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
                self._layers.body,
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
        window = window_of(placed[:, :2], self._frame.shape)
        if window is None:
            return
        left, top, right, bottom = window
        width, height = right - left, bottom - top
        map_x, map_y, depth = (b[: width * height].reshape(height, width) for b in self._buffers())
        face = self._face
        rasterise(placed, face.texture_points, face.triangles, map_x, map_y, depth, left, top)
        layer = self._layer_of(height, width)
        cv2.remap(self._layers.face, map_x, map_y, cv2.INTER_LINEAR, dst=layer, borderMode=cv2.BORDER_CONSTANT)
        soften_folds(layer, map_x, self._fold_px)
        soften_silhouette(layer, map_x)
        under = self._frame[top:bottom, left:right]
        lay_over(layer, under, under)
