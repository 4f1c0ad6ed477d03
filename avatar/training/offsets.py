"""How late the picture of a clip is: its lip opening against the opening that its sound lets expect.

Public clips have their sound off by up to a quarter of a second, which ruins both training and scoring. The
expectation is a ridge regression on corpora whose offset is known, so it holds for any talker and language.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from avatar.training.dataset import FEATURES_PER_FRAME, Clip
from avatar.training.faces import opening

Floats = npt.NDArray[np.float32]

_REACH_ROWS = 16
_LAGS_FRAMES = np.arange(-10, 10.01, 0.25)
_FRAME_S = 0.04
_APART_FRAMES = 3.0


@dataclass(frozen=True, slots=True)
class Offset:
    """`late_s`: how much later the picture is than its sound; `r`: correlation there; `confidence`: how much higher
    that is than at any lag 120 ms or more away; below 0.05 the offset is a guess."""

    late_s: float
    r: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Expectation:
    """Lip opening as a linear function of the sound around a frame."""

    weights: Floats

    def opening(self, clip: Clip) -> Floats:
        """Predict [n], up to scale and mean."""
        predicted: Floats = _surroundings(clip) @ self.weights
        return predicted


def fit_expectation(clips: Sequence[Clip]) -> Expectation:
    """Fit on clips whose sound and picture already belong together."""
    sound = np.concatenate([_surroundings(clip) for clip in clips])
    gaps = np.concatenate([_standard(opening(clip.shape)) for clip in clips])
    gram = sound.T @ sound + 0.01 * len(sound) * np.eye(sound.shape[1], dtype=np.float32)
    return Expectation(np.linalg.solve(gram, sound.T @ gaps).astype(np.float32))


def find_offset(clips: Sequence[Clip], expectation: Expectation) -> Offset:
    """Find the offset shared by some clips, read with none corrected; a few seconds of speech are needed."""
    pairs = [(expectation.opening(clip), opening(clip.shape)) for clip in clips if len(clip.pose) > 24]
    r = np.array([np.mean([_correlation(*pair, lag) for pair in pairs]) for lag in _LAGS_FRAMES])
    best = int(r.argmax())
    rivals = r[np.abs(_LAGS_FRAMES - _LAGS_FRAMES[best]) >= _APART_FRAMES]
    return Offset(float(_LAGS_FRAMES[best] * _FRAME_S), float(r[best]), float(r[best] - rivals.max()))


def _correlation(expected: Floats, seen: Floats, lag_frames: float) -> float:
    """Correlate what is expected at a frame with what is seen `lag_frames` later."""
    frames = np.arange(12, len(seen) - 12)
    return float(np.corrcoef(expected[frames], np.interp(frames + lag_frames, np.arange(len(seen)), seen))[0, 1])


def _surroundings(clip: Clip) -> Floats:
    """Stack the features around each frame, every other row, and a constant: [n, ...]."""
    padded = np.pad(clip.features, ((_REACH_ROWS, _REACH_ROWS), (0, 0)), mode="edge")
    rows = FEATURES_PER_FRAME * np.arange(len(clip.pose))[:, None] + np.arange(0, 2 * _REACH_ROWS + 1, 2)
    return np.concatenate([padded[rows].reshape(len(rows), -1), np.ones((len(rows), 1), np.float32)], axis=1)


def _standard(values: Floats) -> Floats:
    scaled: Floats = (values - values.mean()) / (values.std() + 1e-6)
    return scaled
