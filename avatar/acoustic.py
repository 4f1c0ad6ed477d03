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
_LEAD_S = 0.04
"""By so much the mouth leads the sound."""
_PEAK_REACH = 8
_PAUSE_ROWS = 18


def _band(low_hz: float, high_hz: float) -> slice:
    """Find the mel bands between two frequencies."""
    hz = np.array([60.0, 7600.0, low_hz, high_hz])
    lowest, highest, low, high = 2595 * np.log10(1 + hz / 700)
    place = (np.array([low, high]) - lowest) / (highest - lowest) * (MEL_BANDS + 1) - 1
    return slice(max(0, round(place[0])), round(place[1]) + 1)


def loudness(sound: Rows, times_s: Weights) -> Weights:
    """Give the loudness at `times_s` [n], 0 (silent) to 1 (as loud as this voice gets)."""
    return _ramp(_at(_smoothed(sound[:, _LOUDNESS]), times_s), _SILENT, 0.7)


def mouth_shapes(sound: Rows, times_s: Weights) -> Weights:
    """Estimate the mouth at `times_s` [n] from `avatar.features` rows: weights [n, mouth] in the order of MOUTH.

    A mouth is open where the voice's higher resonances are strong and the lowest murmur is weak, wide where the second
    resonance is high and hiss is low, and so a little before it is heard: linear in a few bands, as filmed speakers do.
    Hiss shows teeth; short dips between loud neighbours (stops) bring the lips together.
    """
    level = {name: _smoothed(sound[:, part].mean(axis=1)) for name, part in _BANDS.items()}
    opening, width = (sum(weight * level[name] for name, weight in terms.items()) for terms in (_OPENING, _WIDTH))
    voice = _smoothed(_ramp(sound[:, _LOUDNESS], _SILENT - 0.4, _SILENT + 0.3))
    met = _stops(_ramp(sound[:, _LOUDNESS], _SILENT, 0.6))
    gap = np.clip(0.055 + 0.022 * (opening + 1.1), 0.0, 0.17) * voice * (1.0 - met)
    spread = 0.18 * (width + 0.5) * voice * (1.0 - met)
    hiss = _ramp(level["hiss"] - np.maximum(level["open"], level["front"]), 0.1, 0.9) * voice
    shape = np.zeros((len(sound), len(MOUTH)))
    columns = {
        "jaw_open": gap / _GAP_OF_JAW,
        "lip_pucker": np.clip(-spread, 0.0, 0.9),
        "lip_stretch": np.clip(spread, 0.0, 0.7),
        "lower_lip_drop": 0.25 * hiss,
        "upper_lip_raise": 0.08 * hiss,
        "tongue_raise": 0.3 * voice + 0.4 * hiss,
        "lip_press": 0.3 * met,
    }
    for name, values in columns.items():
        shape[:, MOUTH.index(name)] = values
    return np.stack([_at(column, times_s + _LEAD_S) for column in shape.T], axis=1)


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


_BANDS = {
    "murmur": _band(100, 350),
    "back": _band(500, 1100),
    "open": _band(600, 1100),
    "front": _band(1800, 2900),
    "hiss": _band(4200, SAMPLE_RATE_HZ / 2 - 400),
    "loud": slice(_LOUDNESS, None),
}
_OPENING = {"loud": -0.8, "murmur": -0.6, "open": 0.9, "front": 1.8, "hiss": 0.4}
_WIDTH = {"loud": -0.1, "murmur": -0.6, "open": 0.1, "back": -0.9, "front": 1.9, "hiss": -0.6}
"""Regressed from filmed speakers, in percent of the eye distance per unit of each band; both are about -1.1 in the
middle of speech, where a mouth is 5 % open and a little narrower than at rest."""
_GAP_OF_JAW = 0.36
"""Lip gap, in eye distances, of a jaw fully open."""
