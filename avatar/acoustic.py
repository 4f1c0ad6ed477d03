"""Mouth shapes, stresses and pauses from sound alone: what any audio without phone times is lip-synced by."""

from typing import Any

import numpy as np
import numpy.typing as npt

from avatar.features import FEATURE_RATE_HZ, MEL_BANDS, SAMPLE_RATE_HZ, SOUND_SIZE
from avatar.visemes import MOUTH, Weights

Rows = npt.NDArray[np.float32]

_LOUDNESS = SOUND_SIZE - 1
_SILENT = -1.0
"""Loudness (in the units of avatar.features) under which nobody speaks."""
_PEAK_REACH = 8
_PAUSE_ROWS = 18
REACH_S = 0.19
"""How far after a moment the sound is looked at."""


def _band(low_hz: float, high_hz: float) -> slice:
    """Find the mel bands between two frequencies."""
    hz = np.array([60.0, 7600.0, low_hz, high_hz])
    lowest, highest, low, high = 2595 * np.log10(1 + hz / 700)
    place = (np.array([low, high]) - lowest) / (highest - lowest) * (MEL_BANDS + 1) - 1
    return slice(max(0, round(place[0])), round(place[1]) + 1)


_MURMUR, _OPEN, _BACK, _FRONT = _band(100, 350), _band(600, 1100), _band(500, 1100), _band(1800, 2900)
_HISS = _band(4200, SAMPLE_RATE_HZ / 2 - 400)


def loudness(sound: Rows, times_s: Weights) -> Weights:
    """Give the loudness at `times_s` [n], 0 (silent) to 1 (as loud as this voice gets)."""
    return _ramp(_at(_smoothed(sound[:, _LOUDNESS]), times_s), _SILENT, 0.7)


def mouth_shapes(sound: Rows, times_s: Weights) -> Weights:
    """Estimate the mouth at `times_s` [n] from `avatar.features` rows: weights [n, mouth] in the order of MOUTH.

    Loudness opens, the balance of low and high resonances rounds or spreads, hiss nearly shuts the teeth, and short
    dips between loud neighbours (stops) and low murmur (m, n) bring the lips together.
    """
    bands = sound[:, :MEL_BANDS]
    level = {name: bands[:, part].mean(axis=1) for name, part in _BANDS.items()}
    loud = _ramp(_smoothed(sound[:, _LOUDNESS], 3), _SILENT, 0.6)
    hiss = _ramp(level["hiss"] - np.maximum(level["open"], level["front"]), 0.1, 0.9) * (loud > 0.1)
    spread = _ramp(level["front"] - level["back"], -0.3, 0.6)
    round_ = _ramp(level["back"] - level["front"], 0.2, 1.0)
    murmur = _ramp(level["murmur"] - np.maximum(level["open"], level["front"]), 0.5, 1.1)
    height = _ramp(level["open"] - level["murmur"], -0.7, 0.5)
    voiced = loud * (1.0 - hiss)
    shape = np.zeros((len(sound), len(MOUTH)))
    columns = {
        "jaw_open": voiced * (0.22 + 0.58 * height) + 0.06 * hiss,
        "lip_pucker": 0.6 * round_ * voiced * (1.0 - 0.5 * height),
        "lip_funnel": 0.35 * round_ * voiced,
        "lip_stretch": 0.5 * spread * voiced + 0.3 * hiss,
        "lower_lip_drop": 0.15 * voiced + 0.3 * hiss,
        "upper_lip_raise": 0.08 * voiced + 0.1 * hiss,
        "tongue_raise": 0.4 * spread * voiced + 0.5 * hiss,
        "lip_press": np.maximum(_stops(loud), murmur * (loud > 0.15)) * (1.0 - hiss),
    }
    for name, values in columns.items():
        shape[:, MOUTH.index(name)] = _smoothed(values)
    shape[:, : MOUTH.index("tongue_raise")] *= 1.0 - shape[:, [MOUTH.index("lip_press")]]
    return np.stack([_at(column, times_s) for column in shape.T], axis=1)


def accents(sound: Rows, times_s: Weights, row_s: float) -> Weights:
    """Tell how strongly a syllable is stressed that peaks within `row_s` after each moment, 0..1; 0 for none."""
    smooth = _smoothed(sound[:, _LOUDNESS], 5)
    strengths = np.zeros(len(times_s))
    for i, time_s in enumerate(times_s):
        first = round(time_s * FEATURE_RATE_HZ)
        for peak in range(max(first, 0), min(first + round(row_s * FEATURE_RATE_HZ), len(smooth))):
            around = smooth[max(0, peak - _PEAK_REACH) : peak + _PEAK_REACH + 1]
            if smooth[peak] >= around.max() and smooth[peak] > _SILENT + 0.4:
                past = smooth[max(0, peak - 80) : peak + 1].mean()
                strengths[i] = max(strengths[i], float(_ramp(smooth[peak] - past, 0.1, 0.9)))
    return strengths


def pauses(sound: Rows, times_s: Weights, row_s: float) -> npt.NDArray[np.bool_]:
    """Tell whether the voice falls silent within `row_s` after each moment, for at least 0.15 s."""
    silent = sound[:, _LOUDNESS] < _SILENT
    begins = np.zeros(len(times_s), np.bool_)
    for i, time_s in enumerate(times_s):
        first = round(time_s * FEATURE_RATE_HZ)
        for onset in range(max(first, 1), min(first + round(row_s * FEATURE_RATE_HZ), len(silent))):
            begins[i] |= not silent[onset - 1] and bool(silent[onset : onset + _PAUSE_ROWS - 3].all())
    return begins


def _stops(loud: Weights) -> Weights:
    """Find short dips: how much louder it is 60 ms before and after than now."""
    padded = np.pad(loud, 6, mode="edge")
    neighbours = np.minimum(
        np.lib.stride_tricks.sliding_window_view(padded[:-6], 7).max(axis=1),
        np.lib.stride_tricks.sliding_window_view(padded[6:], 7).max(axis=1),
    )
    return _ramp(neighbours - loud, 0.25, 0.55)


def _smoothed(values: npt.NDArray[np.floating[Any]], reach: int = 4) -> Weights:
    window = np.hanning(2 * reach + 3)[1:-1]
    padded = np.pad(values.astype(np.float64), reach, mode="edge")
    return np.convolve(padded, window / window.sum(), "valid")


def _at(values: Weights, times_s: Weights) -> Weights:
    return np.interp(times_s * FEATURE_RATE_HZ, np.arange(len(values)), values)


def _ramp(values: npt.NDArray[np.floating[Any]], low: float, high: float) -> Weights:
    clipped: Weights = np.clip((np.asarray(values, np.float64) - low) / (high - low), 0.0, 1.0)
    return clipped


_BANDS = {"murmur": _MURMUR, "open": _OPEN, "back": _BACK, "front": _FRONT, "hiss": _HISS}
