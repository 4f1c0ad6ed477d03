"""Find faces and people in a picture. The only importer of mediapipe outside training."""

import contextlib
import functools
import math
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

SMALLEST_SQUARE_PX = 160
Picture = npt.NDArray[np.uint8]
"""RGB, [height, width, 3]."""


@dataclass(frozen=True, slots=True)
class TrackedFace:
    """One face: landmarks [478, 3] in pixels of the picture, pixel centres at integers, z towards the viewer."""

    landmarks: npt.NDArray[np.float32]

    @property
    def size_px(self) -> float:
        """Distance from the forehead's top to the chin."""
        return float(np.linalg.norm(self.landmarks[10, :2] - self.landmarks[152, :2]))


def find_faces(picture: Picture, at_most: int = 4) -> list[TrackedFace]:
    """Return the faces in a picture, largest first; blocks for 10 to 200 ms, the first time for a second.

    A picture in which none is found is searched again in overlapping squares: the detector misses faces smaller than a
    fifth of the picture.
    """
    faces = _faces_in(picture, at_most)
    if not faces:
        for left, top, side in _squares(*picture.shape[:2]):
            shift = np.array([left, top, 0], np.float32)
            for face in _faces_in(picture[top : top + side, left : left + side], at_most):
                faces = _with(faces, TrackedFace(face.landmarks + shift))
    return sorted(faces, key=lambda face: -face.size_px)[:at_most]


def _squares(height: int, width: int) -> Iterator[tuple[int, int, int]]:
    """Yield left, top and side of overlapping squares over a picture, large ones first."""
    shortest = min(height, width)
    for side in (shortest, shortest // 2):
        if side < SMALLEST_SQUARE_PX:
            return
        rows, columns = (math.ceil(2 * length / side) - 1 for length in (height, width))
        for row in range(rows):
            for column in range(columns):
                top = (height - side) * row // max(rows - 1, 1)
                yield (width - side) * column // max(columns - 1, 1), top, side


def _with(faces: list[TrackedFace], face: TrackedFace) -> list[TrackedFace]:
    """Add a face unless it is there already, found in another square."""
    nose = face.landmarks[1, :2]
    known = any(np.linalg.norm(other.landmarks[1, :2] - nose) < 0.5 * other.size_px for other in faces)
    return faces if known else [*faces, face]


def _faces_in(picture: Picture, at_most: int) -> list[TrackedFace]:
    height, width = picture.shape[:2]
    with quiet():
        found = _face_mesh(at_most).process(np.ascontiguousarray(picture)).multi_face_landmarks or []
    scale = np.array([width, height, -width], np.float32)
    centre = np.array([0.5, 0.5, 0], np.float32)
    return [
        TrackedFace(np.array([(p.x, p.y, p.z) for p in face.landmark], np.float32) * scale - centre) for face in found
    ]


def person_mask(picture: Picture) -> npt.NDArray[np.float32]:
    """Return the probability [height, width] that each pixel belongs to a person."""
    with quiet():
        result = _segmenter().process(np.ascontiguousarray(picture))
    mask: npt.NDArray[np.float32] = result.segmentation_mask
    return mask


@functools.cache
def face_triangles() -> npt.NDArray[np.int32]:
    """Return the triangles [n, 3] of the 468-landmark face mesh, eyes and mouth left open."""
    from mediapipe.python.solutions.face_mesh_connections import FACEMESH_TESSELATION

    from avatar.topology import EYE_LEFT, EYE_RIGHT, MOUTH

    neighbours: dict[int, set[int]] = {}
    for start, end in FACEMESH_TESSELATION:
        neighbours.setdefault(start, set()).add(end)
        neighbours.setdefault(end, set()).add(start)
    holes = [set(EYE_RIGHT), set(EYE_LEFT), set(MOUTH)]
    triangles = {
        tuple(sorted((a, b, c)))
        for a, around in neighbours.items()
        for b, c in combinations(around, 2)
        if c in neighbours[b]
    }
    return np.array(sorted(t for t in triangles if not any(set(t) <= hole for hole in holes)), np.int32)


@functools.cache
def _face_mesh(at_most: int) -> Any:
    return _solutions().face_mesh.FaceMesh(
        static_image_mode=True, refine_landmarks=True, max_num_faces=at_most, min_detection_confidence=0.4
    )


@functools.cache
def _segmenter() -> Any:
    return _solutions().selfie_segmentation.SelfieSegmentation(model_selection=0)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep what mediapipe's native code writes to the error stream, which no setting of its own stops, off it."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _solutions() -> Any:
    import mediapipe as mp

    return mp.solutions
