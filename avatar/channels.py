"""Channels: the face as named numbers, and the one place where they become latents.

Hand-made motion (idle.py, gestures.py, visemes.py) thinks in channels; the renderer and the learned generator in
latents. The map between them is linear, so mixing channels and mixing latents are the same thing.
"""

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from avatar.latents import CONTROLS, LATENT_SIZE, LOWER_LIP, POSE_SIZE, UPPER_LIP, LatentSpace, Motion, gap

Channels = npt.NDArray[np.float64]
"""Face as named numbers in the last axis, [..., len(CHANNELS)]: angles in radians, everything else 0..1."""

POSE = ("yaw", "pitch", "roll", "x", "y", "log_distance")
"""As `avatar.latents.HeadPose`."""
IRISES = (468, 473)
CHANNELS: Final = (*POSE, *CONTROLS)


@cache
def channel(name: str) -> int:
    """Find a channel's place in the last axis of Channels."""
    return CHANNELS.index(name)


class ChannelMap:
    """Channels to motion rows, and what must be known of the lips, for one latent space."""

    def __init__(self, space: LatentSpace) -> None:
        matrix = np.zeros((len(CHANNELS), LATENT_SIZE), np.float32)
        matrix[:POSE_SIZE, :POSE_SIZE] = np.eye(POSE_SIZE)
        matrix[POSE_SIZE:, POSE_SIZE:] = np.stack([space.control(name) for name in CONTROLS])
        self._matrix = matrix
        self._gap = _lip_gap(space)
        self._irises = _iris_places(space)
        self._gaze = self._irises @ np.linalg.pinv(matrix[[channel("gaze_x"), channel("gaze_y")]] @ self._irises)
        closing = matrix[channel("lip_close")]
        self._closing = (closing / -(closing @ self._gap)).astype(np.float32)

    def motion(self, channels: Channels) -> Motion:
        """Give the motion rows [..., LATENT_SIZE] of channels [..., channels]."""
        rows: Motion = channels.astype(np.float32) @ self._matrix
        return rows

    def direction(self, name: str) -> Motion:
        """Give what one unit of a channel adds to a row [LATENT_SIZE]."""
        row: Motion = self._matrix[channel(name)]
        return row

    def gaze(self, motion: Motion) -> Motion:
        """Read where the eyes look in the head off rows [..., LATENT_SIZE]: theta and phi, radians [..., 2]."""
        angles: Motion = motion @ self._gaze
        return angles

    def lip_gap(self, motion: Motion) -> npt.NDArray[np.float32]:
        """Measure how far rows part the lips [...], in eye distances beyond neutral; negative presses them."""
        opening: npt.NDArray[np.float32] = motion @ self._gap
        return opening

    def close_lips(self, motion: Motion, by: npt.NDArray[np.float32] | float) -> Motion:
        """Give rows with the lips nearer by this many eye distances."""
        closed: Motion = motion + np.asarray(by, np.float32)[..., None] * self._closing
        return closed


def _iris_places(space: LatentSpace) -> Motion:
    """Find what each latent adds to the places of both irises [LATENT_SIZE, 4]."""
    unit = np.eye(LATENT_SIZE - POSE_SIZE, dtype=np.float32)
    places = space.displacement(unit)[:, list(IRISES), :2].reshape(len(unit), -1)
    padded: Motion = np.concatenate([np.zeros((POSE_SIZE, places.shape[1])), places]).astype(np.float32)
    return padded


def _lip_gap(space: LatentSpace) -> npt.NDArray[np.float32]:
    """Find what each latent adds to the mean gap of the middle of the lips [LATENT_SIZE]."""
    unit = np.eye(LATENT_SIZE - POSE_SIZE, dtype=np.float32)
    openings = gap(space.displacement(unit), UPPER_LIP[3:6], LOWER_LIP[3:6]).mean(axis=-1)
    functional: npt.NDArray[np.float32] = np.concatenate([np.zeros(POSE_SIZE), openings]).astype(np.float32)
    return functional
