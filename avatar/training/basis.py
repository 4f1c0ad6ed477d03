"""The latent space, learned: a lip-weighted linear basis over the pose-free faces of many talkers.

Talkers rarely smile, frown, look aside or close one eye while they read, so the hand-made control fields are fitted
along with the people: what a control does is representable, and stays a named direction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file

from avatar.latents import CONTROLS, DYNAMICS_SIZE, FORMAT_VERSION, LANDMARK_COUNT, LatentSpace
from avatar.training.dataset import Clip
from avatar.training.faces import opening, width

Floats = npt.NDArray[np.float32]

LEARNED = DYNAMICS_SIZE - 2
LIPS = np.array(
    (
        "0 11 12 13 14 15 16 17 37 38 39 40 41 42 61 62 72 73 74 76 77 78 80 81 82 84 85 86 87 88 89 90 91 95 "
        "96 146 178 179 180 181 183 184 185 191 267 268 269 270 271 272 291 292 302 303 304 306 307 308 310 "
        "311 312 314 315 316 317 318 319 320 321 324 325 375 402 403 404 405 407 408 409 415 "
    ).split(),
    np.int64,
)
LIDS = np.array([159, 145, 158, 153, 160, 144, 157, 154, 161, 163, 386, 374, 385, 380, 387, 373, 384, 381, 388, 390])
IRISES = np.arange(468, 478)
BROWS = np.array([70, 63, 105, 66, 107, 46, 53, 52, 65, 55, 300, 293, 334, 296, 336, 276, 283, 282, 295, 285])


def point_weights() -> Floats:
    """Give each landmark's importance [478]: lips, lids and irises count most, depth's noise least elsewhere."""
    weights = np.ones(478, np.float32)
    weights[BROWS] = 2.0
    weights[LIDS] = 3.0
    weights[IRISES] = 3.0
    weights[LIPS] = 4.0
    return weights


def learned_space(space: LatentSpace, clips: Sequence[Clip]) -> LatentSpace:
    """Replace a latent space's components by ones learned from clips; neutral face and control fields stay.

    Components are principal directions, under `point_weights`, of the clips (each corpus by its share, mirror images
    included) together with the control fields at equal size. Each is scaled to the clips' deviation along it, or to a
    third of its overall size where people hardly ever move that way. The last two move the tongue.
    """
    weights = np.repeat(point_weights(), 3)
    people = _mirrored(sum(share * _covariance(part) for share, part in _by_corpus(clips)), mirror_of(space.neutral))
    people = people * weights * weights[:, None]
    moved = np.stack([field.ravel() for field in space.fields.values() if field.any()]).astype(np.float64) * weights
    moved *= np.sqrt(np.trace(people) / len(moved)) / np.linalg.norm(moved, axis=1, keepdims=True)
    covariance = people + moved.T @ moved
    directions = np.linalg.eigh(covariance)[1][:, ::-1][:, :LEARNED].T  # [LEARNED, 1434], orthonormal when weighted
    variance, overall = (np.einsum("ki,ij,kj->k", directions, c, directions) for c in (people, covariance))
    deviation = np.sqrt(np.maximum(variance, overall / 9))
    basis = np.zeros((DYNAMICS_SIZE, LANDMARK_COUNT, 3), np.float32)
    basis[:LEARNED] = (directions * deviation[:, None] / weights).reshape(LEARNED, LANDMARK_COUNT, 3)
    tongue = np.zeros((DYNAMICS_SIZE, 2), np.float32)
    tongue[LEARNED:] = np.eye(2)
    return LatentSpace(space.neutral, basis, tongue, space.fields)


def encode(space: LatentSpace, offset: Floats) -> Floats:
    """Give the codes [n, DYNAMICS_SIZE] of talkers' displacements [n, 478, 3], important places most exactly."""
    return space.encode(offset, point_weights() ** 2)


def save_space(space: LatentSpace, path: Path) -> None:
    """Write what `LatentSpace.load` reads."""
    tensors = {
        "neutral": space.neutral,
        "basis": space.basis,
        "tongue": space.tongue,
        "fields": np.stack([space.fields[name] for name in CONTROLS]),
    }
    save_file(tensors, str(path), metadata={"version": FORMAT_VERSION, "controls": " ".join(CONTROLS)})


def mirror_of(neutral: Floats) -> npt.NDArray[np.intp]:
    """Find each landmark's partner on the other side of a symmetric face [478, 3]."""
    flipped = neutral * np.array([-1, 1, 1], np.float32)
    partner: npt.NDArray[np.intp] = np.linalg.norm(neutral[:, None] - flipped[None], axis=-1).argmin(1)
    return partner


def _mirrored(covariance: Any, mirror: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    """Average a covariance [1434, 1434] of displacements with that of their mirror images."""
    order = (3 * mirror[:, None] + np.arange(3)).ravel()
    sign = np.tile([-1.0, 1.0, 1.0], LANDMARK_COUNT)
    averaged: npt.NDArray[np.float64] = (covariance + covariance[np.ix_(order, order)] * sign * sign[:, None]) / 2
    return averaged


def _by_corpus(clips: Sequence[Clip]) -> list[tuple[float, list[Clip]]]:
    names = sorted({clip.corpus.name for clip in clips})
    parts = [[clip for clip in clips if clip.corpus.name == name] for name in names]
    shares = np.array([part[0].corpus.share for part in parts])
    return list(zip((shares / shares.sum()).tolist(), parts, strict=True))


def _covariance(clips: Sequence[Clip]) -> npt.NDArray[np.float64]:
    total, count = np.zeros((3 * LANDMARK_COUNT, 3 * LANDMARK_COUNT)), 0
    for start in range(0, len(clips), 200):
        rows = np.concatenate([clip.offset for clip in clips[start : start + 200]])
        moved = rows.reshape(len(rows), -1)
        total += moved.T @ moved
        count += len(rows)
    return total / count


@dataclass(frozen=True, slots=True)
class Fidelity:
    """How well a basis holds faces it was not fitted to: lip error in % of the eye distance, correlations of lip
    opening and width with the truth."""

    lip_error_percent: float
    opening_r: float
    width_r: float


def fidelity(space: LatentSpace, clips: Sequence[Clip]) -> Fidelity:
    """Encode and decode clips and compare."""
    truth = np.concatenate([clip.shape for clip in clips])
    offset = np.concatenate([clip.offset for clip in clips])
    held = truth - offset + space.displacement(encode(space, offset))
    error = np.sqrt(((held - truth)[:, LIPS] ** 2).sum(-1).mean())
    within = np.concatenate([np.full(len(clip.pose), i) for i, clip in enumerate(clips)])
    return Fidelity(
        float(100 * error),
        _correlation(opening(held), opening(truth), within),
        _correlation(width(held), width(truth), within),
    )


def _correlation(x: Floats, y: Floats, group: npt.NDArray[np.int64]) -> float:
    """Correlate after taking each group's mean away, so that differences between people do not flatter."""
    counts = np.bincount(group)
    x = x - (np.bincount(group, x) / counts)[group]
    y = y - (np.bincount(group, y) / counts)[group]
    return float(np.corrcoef(x, y)[0, 1])
