"""From linear light to a picture: glow, tone curve, sRGB, and just enough grain that gradients do not band."""

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]


def tone(light: Array) -> Array:
    """Compress linear light to [0, 1] with a filmic shoulder (Narkowicz 2015), then sRGB."""

    grey = light @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    light = np.maximum(grey[..., None] + 1.12 * (light - grey[..., None]), 0.0)
    shown = np.clip(light * (2.51 * light + 0.03) / (light * (2.43 * light + 0.59) + 0.14), 0.0, 1.0)
    return np.where(shown < 0.0031308, 12.92 * shown, 1.055 * np.power(shown, 1 / 2.4) - 0.055).astype(np.float32)


def developed(light: Array, size: int) -> npt.NDArray[np.uint8]:
    """Shrink samples [S, S, 3] of linear light to a picture [size, size, 3], RGB."""
    light = cv2.resize(np.minimum(light, 4.0), (size, size), interpolation=cv2.INTER_AREA)
    glow = cv2.GaussianBlur(np.maximum(light - 0.8, 0.0), (0, 0), size / 90.0)
    picture = tone(light + 0.10 * glow)
    grain = np.random.default_rng(7).triangular(-1.0, 0.0, 1.0, picture.shape).astype(np.float32)
    return np.clip(255.0 * picture + 0.5 + 0.6 * grain, 0, 255).astype(np.uint8)
