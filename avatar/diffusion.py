"""Denoising diffusion: cosine schedule, noising, guidance and the few-step DDIM sampler. No network in here.

Ho et al. 2020, Nichol and Dhariwal 2021 (schedule), Song et al. 2021 (DDIM), Ho and Salimans 2022 (guidance).
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

Denoise = Callable[[Floats, float], Floats]
"""Gives clean motion [W, motion] from noisy motion [W, motion] at a noise level."""

_HIGHEST_LEVEL = 0.98


def signal(level: Any) -> Any:
    """Give the share of signal in noisy motion at a level from 0, clean, to 1; noise has sqrt(1 - signal ** 2)."""
    return np.cos(0.5 * np.pi * level)


def noise(level: Any) -> Any:
    """Give the share of noise at a level."""
    return np.sin(0.5 * np.pi * level)


def levels(steps: int) -> Floats:
    """Spread noise levels from the highest to 0: [steps + 1]."""
    return (np.linspace(1, 0, steps + 1) * _HIGHEST_LEVEL).astype(np.float32)


def sample(denoise: Denoise, noise_start: Floats, steps: int) -> Floats:
    """Turn noise [W, motion] into motion by DDIM; the same noise gives the same motion."""
    schedule = levels(steps)
    x = noise_start
    for now, following in pairwise(schedule):
        clean = denoise(x, float(now))
        direction = (x - signal(now) * clean) / noise(now)
        x = (signal(following) * clean + noise(following) * direction).astype(np.float32)
    return x


def guided(conditional: Floats, dropped: Sequence[tuple[float, Floats]]) -> Floats:
    """Push a prediction away from those made without one condition each: (1 + sum w) x - sum w x_without."""
    pushed: Floats = conditional.copy()
    for weight, without in dropped:
        pushed += weight * (conditional - without)
    return pushed
