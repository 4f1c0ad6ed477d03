import numpy as np

from agent.ear import LEARNING_S, Ear
from dialogue.activity import VoiceActivitySettings
from dialogue.endpoint import Contour
from dialogue.speech import Samples
from tests.agent.tone_language import HEARING_RATE_HZ, ToneDetector


class Through:
    """Cancels nothing."""

    def cancel(self, near: Samples, far: Samples) -> Samples:
        return near


def tone(seconds: float, level: float = 0.2, hz: float = 150.0) -> Samples:
    time_s = np.arange(round(seconds * HEARING_RATE_HZ)) / HEARING_RATE_HZ
    sound: Samples = np.sin(2 * np.pi * hz * time_s).astype(np.float32) * np.float32(level)
    return sound


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * HEARING_RATE_HZ), np.float32)


def listening(near: Samples, far: Samples | None = None) -> Ear:
    ear = Ear(ToneDetector(), Through(), VoiceActivitySettings())
    for start in range(0, len(near) // 160 * 160, 160):
        ear.accept(near[start : start + 160], None if far is None else far[start : start + 160])
    return ear


def test_speech_is_dated_in_the_microphones_own_time() -> None:
    ear = listening(np.concatenate([silence(0.5), tone(0.4), silence(0.3)]))
    assert (ear.activity.onset_ms, ear.activity.offset_ms) == (500, 900)
    assert (ear.now_ms, ear.silent_ms) == (1200, 300)
    assert ear.voiced_ms == 400


def test_what_was_heard_before_it_was_noticed_is_kept() -> None:
    near = np.concatenate([silence(0.5), tone(0.4)])
    np.testing.assert_array_equal(listening(near).since(400), near[6400:])


def test_the_remainder_of_a_loud_echo_is_nobodys_speech_and_the_user_is() -> None:
    far = tone(1.0, 0.5)
    assert not listening(tone(1.0, 0.04), far).activity.speaking
    assert listening(tone(1.0, 0.2), far).activity.speaking
    assert listening(tone(1.0, 0.04), silence(1.0)).activity.speaking


def test_a_room_is_known_once_the_loudspeaker_was_heard_for_a_while() -> None:
    assert not listening(silence(5), silence(5)).knows_room
    assert not listening(silence(LEARNING_S - 0.1), tone(LEARNING_S - 0.1)).knows_room
    assert listening(silence(LEARNING_S + 0.1), tone(LEARNING_S + 0.1)).knows_room


def test_the_pitch_before_a_pause_is_heard() -> None:
    assert listening(np.concatenate([tone(0.6), silence(0.3)])).contour is Contour.LEVEL
