"""Portraits that several tests draw: baked once a run."""

import functools
from pathlib import Path

import numpy as np
import numpy.typing as npt
from skimage import data

from avatar.latents import LatentSpace
from avatar.portrait import Portrait, bake

SHARED_PORTRAITS = Path(__file__).resolve().parents[3] / "shared" / "data" / "portraits"


@functools.cache
def space() -> LatentSpace:
    return LatentSpace.load()


@functools.cache
def astronaut() -> Portrait:
    """A photograph with an open smile."""
    return bake(data.astronaut(), space())


def lip_gap(landmarks: npt.NDArray[np.float32]) -> float:
    """Inner lip gap over eye distance."""
    eyes = np.linalg.norm(landmarks[33] - landmarks[263])
    return float(np.linalg.norm(landmarks[13] - landmarks[14]) / eyes)
