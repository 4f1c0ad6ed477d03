import numpy as np
import pytest

from dialogue.audio import Blocks
from dialogue.speech import Samples
from dialogue.vad import SileroVad, VoiceActivityDetector, WebRtcVad
from tests.dialogue.recordings import needs_recordings, recording, spoken, transcripts

SENTENCE = "please take a seat and wait for a moment"


def probabilities(detector: VoiceActivityDetector, sound: Samples) -> Samples:
    frames = Blocks(detector.frame_samples).push(sound)
    return np.array([detector.probability(frame) for frame in frames], np.float32)


def hum(seconds: float) -> Samples:
    """Mains hum with its harmonics and a fan."""
    t = np.arange(round(seconds * 16_000)) / 16_000
    tones = sum(np.sin(2 * np.pi * 100 * k * t) / k for k in range(1, 8))
    noise = np.random.default_rng(2).normal(0, 0.3, len(t))
    sound: Samples = (0.05 * (tones + noise)).astype(np.float32)
    return sound


@pytest.mark.parametrize("detector", [SileroVad(), WebRtcVad(2)], ids=["silero", "webrtc"])
def test_speech_is_told_from_silence(detector: VoiceActivityDetector) -> None:
    detector.reset()
    silence = np.random.default_rng(3).normal(0, 1e-4, 32_000).astype(np.float32)
    assert probabilities(detector, silence).max() < 0.5
    assert (probabilities(detector, spoken(SENTENCE)) > 0.5).mean() > 0.5


def test_silero_does_not_take_hum_for_speech() -> None:
    assert probabilities(SileroVad(), hum(3)).max() < 0.5


def test_silero_hears_speech_in_hum() -> None:
    speech = spoken(SENTENCE)
    assert (probabilities(SileroVad(), speech + hum(60)[: len(speech)]) > 0.5).mean() > 0.4


def test_silero_notices_the_onset_of_speech_within_150_ms() -> None:
    detector = SileroVad()
    onset = 16_000
    sound = np.concatenate([np.zeros(onset, np.float32), spoken("what time is it")[6400 + 320 :]])
    heard = np.argmax(probabilities(detector, sound) > 0.5) * detector.frame_samples
    assert 0 <= heard + detector.frame_samples - onset <= 2400


def test_after_a_reset_silero_answers_as_if_new() -> None:
    detector = SileroVad()
    first = probabilities(detector, spoken(SENTENCE))
    detector.reset()
    np.testing.assert_array_equal(probabilities(detector, spoken(SENTENCE)), first)


@needs_recordings
def test_silero_hears_people() -> None:
    for name in transcripts():
        heard = probabilities(SileroVad(), recording(f"speech/{name}"))
        assert (heard > 0.5).mean() > 0.5, name
