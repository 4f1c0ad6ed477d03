"""The face latent space: head pose and facial dynamics. The only file that knows its dimensions.

A `FaceMotion` is one row of `LATENT_SIZE` float32: six of head pose, then the dynamics code z. z is a linear code over
pose-free displacement of the 478 landmarks from the neutral face, so z = 0 is neutral and 1 is one standard deviation
(VASA-1 section 3.1 keeps the same split; its z is decoded by a network).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FRAME_RATE_HZ = 25
POSE_SIZE = 6

Motion = npt.NDArray[np.float32]
"""Face motion packed in the last axis, [..., LATENT_SIZE]: yaw, pitch, roll, x, y, log distance, z..."""


@dataclass(frozen=True, slots=True)
class HeadPose:
    """Where the head is. Angles in radians: yaw positive to the viewer's right, pitch positive up, roll positive
    clockwise as seen; x (right) and y (down) in face widths; log_distance is ln(distance / the portrait's own)."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    x: float = 0.0
    y: float = 0.0
    log_distance: float = 0.0
