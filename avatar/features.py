"""What the motion model hears: log-mel bands, loudness and phones at 100 Hz, streaming, 32.5 ms behind the sound."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from dialogue.speech import PHONES, SILENCE, Phone, Samples

SAMPLE_RATE_HZ = 16_000
FEATURE_RATE_HZ = 100
HOP_SAMPLES = SAMPLE_RATE_HZ // FEATURE_RATE_HZ
MEL_BANDS = 40
SOUND_SIZE = MEL_BANDS + 1
"""Mel bands, then loudness."""
FEATURE_SIZE = SOUND_SIZE + len(PHONES)

_WINDOW_SAMPLES = 400
_FFT = 512
_LOWEST_HZ, _HIGHEST_HZ = 60.0, 7600.0
_TILT = np.append(np.linspace(3.0, 7.5, MEL_BANDS), 2.0).astype(np.float32)
"""Speech falls by about this much, in nepers of power, from the lowest band to the highest; loudness comes last."""
_FLOOR = -6.0
_SCALE = 1 / 2.5
SOUND_FLOOR = _FLOOR * _SCALE
"""Mel bands and loudness of digital silence, in the units of the features."""
_FIRST_LEVEL = np.log(10 ** (-2.6))
_LOWEST_LEVEL = np.log(10 ** (-4.5))
_LEVEL_FALL_PER_FRAME = 0.004
"""The running level falls 1.7 dB a second and rises with the sound at once."""

Floats = npt.NDArray[np.float32]


def _mel_filters() -> Floats:
    low_mel, high_mel = (2595 * np.log10(1 + hz / 700) for hz in (_LOWEST_HZ, _HIGHEST_HZ))
    edges_mel = np.linspace(low_mel, high_mel, MEL_BANDS + 2)
    edges_hz = 700 * (10 ** (edges_mel / 2595) - 1)
    bins_hz = np.arange(_FFT // 2 + 1) * SAMPLE_RATE_HZ / _FFT
    low, middle, high = edges_hz[:-2, None], edges_hz[1:-1, None], edges_hz[2:, None]
    rising = (bins_hz - low) / (middle - low)
    falling = (high - bins_hz) / (high - middle)
    triangles = np.maximum(0, np.minimum(rising, falling))
    filters: Floats = (triangles / triangles.sum(axis=1, keepdims=True)).astype(np.float32)
    return filters


_FILTERS = _mel_filters()
_WINDOW = np.hanning(_WINDOW_SAMPLES + 1)[:-1].astype(np.float32)
_POWER_SCALE = float(1 / (_WINDOW**2).sum())


class SoundFeatures:
    """Turns 16 kHz speech into features of shape [n, SOUND_SIZE] at 100 Hz; row i is centred at i * 10 ms.

    Levels count from a running level of the voice, so that a quiet microphone and a loud file look alike. Pushing in
    pieces gives the same rows as pushing at once.
    """

    def __init__(self) -> None:
        self._level = _FIRST_LEVEL
        self._pending = np.zeros(_WINDOW_SAMPLES // 2, np.float32)

    def push(self, samples: Samples) -> Floats:
        """Take the next samples and give the rows whose window is complete; a row ends 12.5 ms after its centre."""
        heard = np.concatenate([self._pending, samples])
        count = max(0, (len(heard) - _WINDOW_SAMPLES) // HOP_SAMPLES + 1)
        self._pending = heard[count * HOP_SAMPLES :]
        if count == 0:
            return np.zeros((0, SOUND_SIZE), np.float32)
        return self._rows(np.lib.stride_tricks.sliding_window_view(heard, _WINDOW_SAMPLES)[::HOP_SAMPLES][:count])

    def _rows(self, windows: Floats) -> Floats:
        power = np.abs(np.fft.rfft(windows * _WINDOW, _FFT)).astype(np.float32) ** 2 * _POWER_SCALE  # [n, 257]
        bands = np.log(power @ _FILTERS.T + 1e-10)  # [n, 40]
        loudness = np.log((windows**2).mean(axis=1) + 1e-10)  # [n]
        levels = self._levels(loudness)[:, None]
        rows = np.concatenate([bands, loudness[:, None]], axis=1) - levels + _TILT  # [n, 41]
        scaled: Floats = (np.maximum(rows, _FLOOR) * _SCALE).astype(np.float32)
        return scaled

    def _levels(self, loudness: Floats) -> Floats:
        levels = np.empty_like(loudness)
        for i, now in enumerate(loudness):
            self._level = max(self._level - _LEVEL_FALL_PER_FRAME, float(now), _LOWEST_LEVEL)
            levels[i] = self._level
        return levels


def sound_features(samples: Samples, count: int) -> Floats:
    """Give the first `count` rows of a whole recording at 16 kHz, as if silence followed it."""
    padding = np.zeros(max(0, (count + 2) * HOP_SAMPLES + _WINDOW_SAMPLES - len(samples)), np.float32)
    return SoundFeatures().push(np.concatenate([samples.astype(np.float32), padding]))[:count]


def phone_features(phones: Sequence[Phone], first: int, count: int) -> Floats:
    """Spread phones over feature rows `first`..`first + count`: [count, len(PHONES)], each row the share of its
    10 ms that each phone fills; what no phone fills is silence."""
    rows = np.zeros((count, len(PHONES)), np.float32)
    starts = (np.arange(first, first + count) - 0.5) / FEATURE_RATE_HZ
    for phone in phones:
        low = int(np.clip((phone.start_s - starts[0]) * FEATURE_RATE_HZ, 0, count)) if count else 0
        high = int(np.clip((phone.end_s - starts[0]) * FEATURE_RATE_HZ + 1, 0, count)) if count else 0
        begins = starts[low:high]
        overlap = np.minimum(begins + 1 / FEATURE_RATE_HZ, phone.end_s) - np.maximum(begins, phone.start_s)
        rows[low:high, _PHONE_INDEX[phone.symbol]] += np.maximum(overlap, 0) * FEATURE_RATE_HZ
    rows[:, _PHONE_INDEX[SILENCE]] += np.maximum(0, 1 - rows.sum(axis=1))
    return rows


_PHONE_INDEX = {symbol: i for i, symbol in enumerate(PHONES)}
