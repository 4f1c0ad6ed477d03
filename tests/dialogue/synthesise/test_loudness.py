import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogue.speech import Samples
from dialogue.synthesise.flite import FliteSettings, FliteVoice
from dialogue.synthesise.loudness import Evener
from tests.dialogue.synthesise.listening import samples_of, spoken

RATE_HZ = 16_000


def babble(seconds: float, level: float, seed: int = 0) -> Samples:
    """Noise with pauses, the loudness of speech."""
    rng = np.random.default_rng(seed)
    samples = rng.normal(0, level, round(seconds * RATE_HZ)).astype(np.float32)
    samples[RATE_HZ // 2 : RATE_HZ // 2 + 3000] = 0
    return samples.clip(-1, 1)


def evened(evener: Evener, samples: Samples, cuts: list[int]) -> Samples:
    edges = [0, *sorted(min(cut, len(samples)) for cut in cuts), len(samples)]
    pieces = [evener.push(samples[start:end]) for start, end in itertools.pairwise(edges)]
    return np.concatenate([*pieces, evener.flush()])


def level_dbfs(samples: Samples) -> float:
    frames = samples[: len(samples) // 320 * 320].reshape(-1, 320)
    power = np.mean(frames**2, axis=1)
    return float(10 * np.log10(power[power > 10**-4.5].mean()))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 32_000), max_size=8), st.floats(0.002, 0.5))
def test_chunked_equals_whole(cuts: list[int], level: float) -> None:
    samples = babble(2.0, level)
    whole = evened(Evener(RATE_HZ, -20), samples, [])
    assert len(whole) == len(samples)
    np.testing.assert_array_equal(evened(Evener(RATE_HZ, -20), samples, cuts), whole)


@pytest.mark.parametrize("level", [0.02, 0.1, 0.4])
def test_quiet_and_loud_voices_come_out_alike(level: float) -> None:
    assert level_dbfs(evened(Evener(RATE_HZ, -20), babble(3, level), [])) == pytest.approx(-20, abs=1)


def test_both_flite_voices_come_out_alike_from_the_first_word() -> None:
    levels = []
    for name in ("rms", "slt"):
        voice = FliteVoice(FliteSettings.model_validate({"voice": name}))
        samples = samples_of(spoken(voice, "Welcome to our office. How can I help you today?"))
        even = evened(Evener(RATE_HZ, -20), samples, [])
        levels += [level_dbfs(even), level_dbfs(even[:RATE_HZ])]
    assert np.ptp(levels) < 4  # they differ by 6 dB as they are


def test_silence_stays_silence() -> None:
    assert not evened(Evener(RATE_HZ, -20), np.zeros(20_000, np.float32), [700]).any()


def test_nothing_is_lost_of_a_piece_shorter_than_the_first_measurement() -> None:
    assert len(evened(Evener(RATE_HZ, -20), babble(0.1, 0.1), [100, 700])) == 1600


def test_full_scale_is_never_exceeded() -> None:
    evener = Evener(RATE_HZ, -9)
    evened(evener, babble(1, 0.01), [])
    assert np.abs(evened(evener, babble(1, 0.5), [])).max() <= 1


def test_a_pause_does_not_raise_the_gain() -> None:
    evener = Evener(RATE_HZ, -20)
    evened(evener, babble(2, 0.1), [])
    hiss = babble(3, 0.001)
    np.testing.assert_allclose(evened(evener, hiss, []), hiss, rtol=0.2, atol=1e-4)
