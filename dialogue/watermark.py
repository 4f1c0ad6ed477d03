"""An inaudible mark in the voice that says it is synthetic: additive spread spectrum under the speech itself.

Keyed noise between 1 and 3.5 kHz, repeating every PERIOD samples, is added some 37 dB below the voice's own loudness of
the moment, so that it is masked by what carries it and silence stays silent. Reading whitens, folds the sound onto one
period and correlates (Kirovski & Malvar 2003 for the principle). Whoever knows the key can remove it.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import signal

from dialogue.audio import resample
from dialogue.errors import InputError
from dialogue.speech import Samples

RATE_HZ = 24_000
PERIOD = 16_384
BAND_HZ = (1000.0, 3500.0)
KEY = 0x564F494345
STRENGTH = 0.018
"""Of the voice's momentary loudness."""
FOLLOW_S = 0.012
THRESHOLD = 6.5
"""Peak over the spread of all other shifts; chance gives 4 to 5.4."""
DRIFTS_PPM = tuple(range(-400, 401, 50))
"""Differences between the clocks that played and recorded that reading tries."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading found: `score` in standard deviations of chance."""

    score: float
    drift_ppm: int = 0

    @property
    def is_marked(self) -> bool:
        """Whether the sound carries the mark."""
        return self.score >= THRESHOLD


@cache
def pattern() -> npt.NDArray[np.float64]:
    """Give one period of the noise, unit power, shape [PERIOD]."""
    random = np.random.default_rng(KEY)
    frequencies = np.fft.rfftfreq(PERIOD, 1 / RATE_HZ)
    inside = (frequencies >= BAND_HZ[0]) & (frequencies <= BAND_HZ[1])
    spectrum = inside * np.exp(2j * np.pi * random.random(len(frequencies)))
    noise = np.fft.irfft(spectrum, PERIOD)
    scaled: npt.NDArray[np.float64] = noise / noise.std()
    return scaled


class VoiceWatermark:
    """Marks a voice as it streams by; what comes in chunks comes out as the whole would."""

    def __init__(self) -> None:
        self._position = 0
        pole = np.exp(-1 / (FOLLOW_S * RATE_HZ))
        self._follower = ([1 - pole], [1, -pole])
        self._state = np.zeros(1)

    def mark(self, samples: Samples) -> Samples:
        """Give the next samples (RATE_HZ) with the mark, equally many."""
        if not len(samples):
            return samples
        loudness, self._state = signal.lfilter(*self._follower, np.abs(samples), zi=self._state)
        places = np.arange(self._position, self._position + len(samples)) % PERIOD
        self._position += len(samples)
        marked: Samples = (samples + STRENGTH * loudness * pattern()[places]).astype(np.float32)
        return marked


def read(samples: Samples, sample_rate_hz: int) -> Reading:
    """Look for the mark in a few seconds of sound or more.

    Raises InputError for sound too short to tell.
    """
    if len(samples) < 2 * sample_rate_hz:
        raise InputError("less than two seconds of sound: too short to tell")
    sound = resample(samples, sample_rate_hz, RATE_HZ) if sample_rate_hz != RATE_HZ else samples
    white = _whitened(sound)
    return max((Reading(_score(white, drift), drift) for drift in DRIFTS_PPM), key=lambda reading: reading.score)


def _whitened(sound: Samples) -> npt.NDArray[np.float64]:
    """Keep the band and even out its loudness, so that every moment counts alike; silence counts for nothing."""
    sections = signal.butter(4, BAND_HZ, "bandpass", fs=RATE_HZ, output="sos")
    band = signal.sosfiltfilt(sections, sound.astype(np.float64))
    window = np.hanning(round(0.01 * RATE_HZ))
    loudness = np.sqrt(signal.fftconvolve(band**2, window / window.sum(), "same").clip(0))
    floor = max(1e-5, 0.05 * float(np.percentile(loudness, 95)))
    white: npt.NDArray[np.float64] = np.clip(band / (loudness + floor), -2.5, 2.5)
    return white


def _score(white: npt.NDArray[np.float64], drift_ppm: int) -> float:
    places = np.floor(np.arange(len(white)) * (1 + drift_ppm * 1e-6)).astype(np.int64) % PERIOD
    seen = np.fft.rfft(np.bincount(places, white, PERIOD))
    correlation = np.fft.irfft(seen / (np.abs(seen) + 1e-9) * np.conj(np.fft.rfft(pattern())), PERIOD)
    return float(correlation.max() / (correlation.std() + 1e-12))
