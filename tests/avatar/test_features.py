import numpy as np
import pytest

from avatar.features import (
    FEATURE_RATE_HZ,
    SAMPLE_RATE_HZ,
    SOUND_FLOOR,
    SOUND_SIZE,
    SoundFeatures,
    phone_features,
    sound_features,
)
from dialogue.speech import PHONES, SILENCE, Phone


def murmur(seconds: float, level: float = 0.1) -> np.ndarray:
    rng = np.random.default_rng(3)
    time_s = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    voice = np.sin(2 * np.pi * 140 * time_s) * (1 + np.sin(2 * np.pi * 4 * time_s))
    return (level * (voice + 0.1 * rng.normal(size=len(time_s)))).astype(np.float32)


@pytest.mark.parametrize("chunk_samples", [1, 159, 160, 1000, 7777])
def test_features_of_chunks_are_the_features_of_the_whole(chunk_samples: int) -> None:
    sound = murmur(0.6)
    whole = SoundFeatures().push(sound)
    stream = SoundFeatures()
    pieces = [stream.push(sound[i : i + chunk_samples]) for i in range(0, len(sound), chunk_samples)]
    assert np.allclose(np.concatenate(pieces), whole, atol=1e-5)


def test_a_quiet_voice_and_a_loud_one_look_alike_once_their_level_is_known() -> None:
    quiet, loud = (sound_features(murmur(3.0, level), 300)[250:] for level in (0.06, 0.3))
    assert np.abs(quiet - loud).mean() < 0.1


def test_digital_silence_is_the_floor() -> None:
    rows = sound_features(np.zeros(SAMPLE_RATE_HZ, np.float32), 90)
    assert np.all(rows == np.float32(SOUND_FLOOR))


def test_a_click_appears_in_the_row_at_its_time() -> None:
    sound = np.zeros(SAMPLE_RATE_HZ, np.float32)
    sound[SAMPLE_RATE_HZ // 2] = 1.0
    loudness = sound_features(sound, 100)[:, SOUND_SIZE - 1]
    loud = np.flatnonzero(loudness > SOUND_FLOOR + 0.1)
    assert abs(loud.mean() - 50) <= 0.5


def test_each_row_of_phones_says_what_share_of_it_each_phone_fills() -> None:
    rows = phone_features([Phone("aa", 0.1, 0.2), Phone("m", 0.2, 0.25)], 0, 40)
    assert np.allclose(rows.sum(axis=1), 1)
    assert rows[15, PHONES.index("aa")] == 1
    assert rows[22, PHONES.index("m")] == 1
    assert rows[35, PHONES.index(SILENCE)] == 1
    assert rows[20, PHONES.index("aa")] == pytest.approx(0.5, abs=1e-3)


def test_phones_of_a_part_are_the_part_of_the_phones() -> None:
    phones = [Phone("aa", 0.113, 0.2), Phone("m", 0.2, 0.257)]
    assert np.allclose(phone_features(phones, 12, 10), phone_features(phones, 0, 40)[12:22], atol=1e-5)


def test_rows_before_the_first_sample_are_silence() -> None:
    rows = phone_features([Phone("aa", 0.0, 1.0)], -20, 10)
    assert np.all(rows[:, PHONES.index(SILENCE)] == 1)
    assert FEATURE_RATE_HZ == 100
