"""Where a voice's pitch went at its end: falling gives the turn away, level or rising keeps it. Pure."""

import numpy as np
import numpy.typing as npt

from dialogue.endpoint import Contour
from dialogue.speech import Samples

LOOK_BACK_S = 0.5
"""Of sound, ending with the last voiced moment."""
_WINDOW_S, _HOP_S = 0.04, 0.01
_LOWEST_HZ, _HIGHEST_HZ = 70.0, 400.0
_VOICED = 0.55
"""Normalised autocorrelation from which a window counts as voiced."""
_VOICED_WINDOWS_AT_LEAST = 8
_SLOPE_SEMITONES_PER_S = 12.0
"""Steeper is falling or rising; read speech drifts down by some 2 to 6."""

Values = npt.NDArray[np.float64]


def final_contour(speech: Samples, sample_rate_hz: int) -> Contour:
    """Tell where the pitch went over the last voiced stretch of `speech`, which ends where the speaker paused.

    A robust line through the pitch of 40 ms windows, found by autocorrelation with octave jumps taken out. About 1 ms.
    """
    times_s, semitones = _pitch(speech[-round(2 * LOOK_BACK_S * sample_rate_hz) :], sample_rate_hz)
    if len(times_s) == 0:
        return Contour.UNKNOWN
    recent = times_s > times_s[-1] - LOOK_BACK_S / 2
    times_s, semitones = times_s[recent], semitones[recent]
    near = np.abs(semitones - np.median(semitones)) < 7.0
    if near.sum() < _VOICED_WINDOWS_AT_LEAST:
        return Contour.UNKNOWN
    slope = _middle_slope(times_s[near], semitones[near])
    if slope <= -_SLOPE_SEMITONES_PER_S:
        return Contour.FALLING
    return Contour.RISING if slope >= _SLOPE_SEMITONES_PER_S else Contour.LEVEL


def _pitch(speech: Samples, rate_hz: int) -> tuple[Values, Values]:
    """Give times and pitch (semitones above 1 Hz) of the voiced windows."""
    window, hop = round(_WINDOW_S * rate_hz), round(_HOP_S * rate_hz)
    if len(speech) < window:
        return np.zeros(0), np.zeros(0)
    frames = np.lib.stride_tricks.sliding_window_view(speech.astype(np.float64), window)[::hop]
    frames = frames - frames.mean(axis=1, keepdims=True)
    shortest, longest = int(rate_hz / _HIGHEST_HZ), int(rate_hz / _LOWEST_HZ)
    spectrum = np.fft.rfft(frames, 2 * window)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)[:, : longest + 1]
    energy = correlation[:, :1] + 1e-9
    # Longer lags see less of the window: undo that, or high pitch always wins.
    normal = correlation / energy / (1.0 - np.arange(longest + 1) / window)
    best = normal[:, shortest:].argmax(axis=1) + shortest
    strength = normal[np.arange(len(best)), best]
    loud = energy[:, 0] > 0.03 * energy[:, 0].max()
    voiced = (strength > _VOICED) & loud
    times_s = np.arange(len(best)) * _HOP_S
    return times_s[voiced], 12.0 * np.log2(rate_hz / best[voiced])


def _middle_slope(times_s: Values, values: Values) -> float:
    """Give the median of the slopes between all pairs (Theil and Sen)."""
    first, second = np.triu_indices(len(times_s), 1)
    return float(np.median((values[second] - values[first]) / (times_s[second] - times_s[first])))
