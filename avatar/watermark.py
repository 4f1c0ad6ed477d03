"""An invisible mark in the picture that says an artificial face made it: additive spread spectrum in luma.

A keyed pattern of +-1 cells, tiled over the frame, is added at about one grey level, a little more where the picture is
busy. Reading high-passes frames, averages them, folds them onto one tile at each candidate scale and correlates with
the pattern (Cox, Kilian, Leighton & Shamoon 1997 for the principle; tiling for cropping after Kutter 1998). Whoever
knows the key can remove it: it is there for honest checking, not against an attacker.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Frame = npt.NDArray[np.uint8]
"""RGB picture, shape [height, width, 3]."""
Plane = npt.NDArray[np.float32]

KEY = 0x5649534156
CELL_PX = 6
"""Side of one cell: coarse enough to pass an H.264 quantiser, fine enough not to be seen at one grey level."""
TILE_CELLS = 32
TILE_PX = CELL_PX * TILE_CELLS
STRENGTH = 1.2
"""Grey levels."""
SCALES = tuple(float(s) for s in np.geomspace(0.5, 2.0, 57))
"""Sizes of the picture relative to the one that was marked that reading tries; neighbours differ by 2.5 %."""
FINE_STEPS = 7
THRESHOLD = 6.5
"""Peak over the spread of all other shifts and scales; see docs/watermark.md for the false positives it gives."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading found: `score` in standard deviations of chance, and the scale of the picture it was found at."""

    score: float
    scale: float

    @property
    def is_marked(self) -> bool:
        """Whether the picture carries the mark."""
        return self.score >= THRESHOLD


def pattern() -> Plane:
    """Give one tile of the pattern, +-1, shape [TILE_PX, TILE_PX], without its mean."""
    random = np.random.default_rng(KEY)
    cells = random.permutation(np.repeat([-1.0, 1.0], TILE_CELLS**2 // 2)).reshape(TILE_CELLS, TILE_CELLS)
    tile = np.kron(cells, np.ones((CELL_PX, CELL_PX)))
    wrapped = cv2.GaussianBlur(np.tile(tile, (3, 3)), (0, 0), CELL_PX / 4)
    middle: Plane = wrapped[TILE_PX : 2 * TILE_PX, TILE_PX : 2 * TILE_PX].astype(np.float32)
    return middle


class Watermark:
    """Marks frames of one size in place; 0.1 ms for 512x512."""

    def __init__(self, height: int, width: int) -> None:
        tile = pattern() * STRENGTH
        repeats = (-(-height // TILE_PX), -(-width // TILE_PX))
        plane = np.tile(tile, repeats)[:height, :width]
        # Dithered to whole levels once: the mean amplitude is kept, a frame costs two saturating additions.
        random = np.random.default_rng(KEY)
        levels = np.floor(plane + random.random(plane.shape))
        self._up = cv2.merge([np.clip(levels, 0, 255).astype(np.uint8)] * 3)
        self._down = cv2.merge([np.clip(-levels, 0, 255).astype(np.uint8)] * 3)

    def mark(self, frame: Frame) -> None:
        """Add the mark to a frame in place."""
        cv2.add(frame, self._up, dst=frame)
        cv2.subtract(frame, self._down, dst=frame)


def read(frames: Iterable[Frame]) -> Reading:
    """Look for the mark in frames of one film (all of one size) or in a single picture."""
    residual = _residual(frames)
    if residual is None:
        return Reading(0.0, 1.0)
    spectrum = np.conj(np.fft.rfft2(pattern()))
    coarse = [_score(residual, scale, spectrum) for scale in SCALES]
    best = SCALES[int(np.argmax(coarse))]
    step = (SCALES[1] / SCALES[0] - 1) / FINE_STEPS
    candidates = [best * (1 + step * k) for k in range(-FINE_STEPS, FINE_STEPS + 1)]
    scores = [_score(residual, scale, spectrum) for scale in candidates]
    top = int(np.argmax(scores))
    return Reading(scores[top], candidates[top])


def _residual(frames: Iterable[Frame]) -> Plane | None:
    """Average what is fine and faint of the frames: the mark stays, a moving face does not."""
    total: Plane | None = None
    for frame in frames:
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
        fine = np.clip(grey - cv2.GaussianBlur(grey, (0, 0), CELL_PX * 1.2), -4, 4)
        total = fine if total is None else total + fine
    return None if total is None or min(total.shape) < TILE_PX // 2 else total


def _score(residual: Plane, scale: float, spectrum: npt.NDArray[np.complex128]) -> float:
    height, width = (max(1, round(side / scale)) for side in residual.shape)
    if min(height, width) < TILE_PX // 2 or max(height, width) > 4096:
        return 0.0
    resized = cv2.resize(residual, (width, height), interpolation=cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR)
    seen = np.fft.rfft2(_folded(resized))
    # Phase only: hair and cloth put their energy into few frequencies and would drown the pattern's.
    correlation = np.fft.irfft2(seen / (np.abs(seen) + 1e-9) * spectrum, (TILE_PX, TILE_PX))
    return float((correlation.max() - correlation.mean()) / (correlation.std() + 1e-9))


def _folded(plane: Plane) -> Plane:
    """Add up all tiles of a plane of any size."""
    height, width = (-(-side // TILE_PX) * TILE_PX for side in plane.shape)
    padded = np.zeros((height, width), np.float32)
    padded[: plane.shape[0], : plane.shape[1]] = plane
    folded: Plane = padded.reshape(height // TILE_PX, TILE_PX, width // TILE_PX, TILE_PX).sum(axis=(0, 2))
    return folded
