import numpy as np
import pytest

from dialogue.endpoint import Contour
from dialogue.prosody import final_contour
from dialogue.speech import Samples

RATE_HZ = 16_000


def hummed(start_hz: float, end_hz: float, seconds: float = 0.6) -> Samples:
    """A voice-like glide: a pitch with harmonics."""
    pitch = np.geomspace(start_hz, end_hz, round(seconds * RATE_HZ))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE_HZ
    sound = sum(np.sin(phase * n) / n for n in range(1, 6))
    return np.asarray(0.1 * sound, np.float32)


@pytest.mark.parametrize("middle_hz", [100, 150, 220])
def test_glides_are_told_apart_at_the_pitch_of_any_voice(middle_hz: float) -> None:
    assert final_contour(hummed(middle_hz * 1.4, middle_hz * 0.7), RATE_HZ) is Contour.FALLING
    assert final_contour(hummed(middle_hz, middle_hz * 1.02), RATE_HZ) is Contour.LEVEL
    assert final_contour(hummed(middle_hz * 0.8, middle_hz * 1.4), RATE_HZ) is Contour.RISING


def test_only_the_end_counts() -> None:
    speech = np.concatenate([hummed(120, 200, 1.0), hummed(200, 110, 0.5)])
    assert final_contour(speech, RATE_HZ) is Contour.FALLING


def test_noise_silence_and_too_little_have_no_contour() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, RATE_HZ).astype(np.float32)
    assert final_contour(noise, RATE_HZ) is Contour.UNKNOWN
    assert final_contour(np.zeros(RATE_HZ, np.float32), RATE_HZ) is Contour.UNKNOWN
    assert final_contour(hummed(120, 100, 0.03), RATE_HZ) is Contour.UNKNOWN
