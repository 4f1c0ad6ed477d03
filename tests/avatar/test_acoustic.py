from typing import Any

import numpy as np
import numpy.typing as npt

from avatar import acoustic
from avatar.features import FEATURE_RATE_HZ, sound_features
from avatar.visemes import MOUTH

RATE_HZ = 16_000
ROW_S = 0.04
Array = npt.NDArray[np.floating[Any]]


def voice(loudness: Array, resonance_hz: float) -> Array:
    """A buzz at 120 Hz through one resonance, as loud as asked [n]."""
    times_s = np.arange(len(loudness)) / RATE_HZ
    harmonics = np.arange(1, 50) * 120.0
    strengths = 1.0 / (1.0 + ((harmonics - resonance_hz) / 200.0) ** 2) + 0.3 / np.arange(1, 50)
    buzz: Array = strengths @ np.sin(2 * np.pi * np.outer(harmonics, times_s))
    return 0.2 * loudness * buzz / np.abs(buzz).max()


def syllables(times_s: tuple[float, ...], strengths: tuple[float, ...], seconds: float) -> Array:
    clock = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    bursts: Array = np.exp(-(((clock - np.array(times_s)[:, None]) / 0.07) ** 2))
    return np.array(strengths) @ bursts


def rows_of(samples: Array) -> tuple[Array, Array]:
    sound = sound_features(samples.astype(np.float32), len(samples) * FEATURE_RATE_HZ // RATE_HZ)
    return sound, np.arange(0, len(samples) / RATE_HZ - 0.3, ROW_S)


def test_a_stressed_syllable_is_found_once_where_it_peaks() -> None:
    sound, times_s = rows_of(voice(syllables((0.6, 1.4), (1.0, 1.0), 2.4), 700))
    strengths = acoustic.accents(sound, times_s, ROW_S)
    peaks = times_s[strengths > 0.3]
    assert len(peaks) == 2
    assert np.abs(peaks - [0.6, 1.4]).max() < 0.08


def test_the_end_of_a_phrase_is_where_the_voice_falls_silent() -> None:
    sound, times_s = rows_of(voice((np.arange(32_000) < 16_000).astype(np.float32), 700))
    pauses = times_s[acoustic.pauses(sound, times_s, ROW_S)]
    assert len(pauses) == 1
    assert abs(pauses[0] - 1.0) < 0.08


def test_a_bright_voice_spreads_the_mouth_and_a_dark_one_rounds_it() -> None:
    steady = np.ones(RATE_HZ, np.float32)
    bright, dark = (acoustic.mouth_shapes(*rows_of(voice(steady, hz)))[5:].mean(axis=0) for hz in (2300, 600))
    stretch, pucker = MOUTH.index("lip_stretch"), MOUTH.index("lip_pucker")
    assert bright[stretch] - bright[pucker] > dark[stretch] - dark[pucker] + 0.2


def test_loudness_is_told_from_0_to_1() -> None:
    sound, times_s = rows_of(voice(syllables((1.0,), (1.0,), 2.0), 700))
    loud = acoustic.loudness(sound, times_s)
    assert loud.max() > 0.8
    assert loud[:5].max() == 0.0
