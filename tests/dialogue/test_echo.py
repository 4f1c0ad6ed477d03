from collections.abc import Callable

import numpy as np
import pytest

from dialogue.audio import Blocks
from dialogue.echo import EchoCanceller, EchoSettings, KalmanEchoCanceller, WebRtcEchoCanceller, is_echo
from dialogue.errors import InputError
from dialogue.speech import Samples
from dialogue.vad import SileroVad
from tests.dialogue.recordings import spoken

AGENT = "You can reach the laboratory by taking the lift to the fourth floor and turning left at the atrium."
USER = "what time is it"
RATE_HZ = 16_000


def agents_voice(seconds: float) -> Samples:
    said = spoken(AGENT)
    voice: Samples = np.resize(said, round(seconds * RATE_HZ))
    return voice


def room(delay_ms: float = 40, level: float = 0.4) -> Samples:
    """An impulse response: a direct path after a delay, then 150 ms of decaying reverberation."""
    tail = np.arange(2400)
    reverberation = np.random.default_rng(5).normal(0, 0.1, len(tail)) * 10 ** (-3 * tail / len(tail))
    reverberation[0] = 1
    direct = np.zeros(round(delay_ms * RATE_HZ / 1000))
    response: Samples = np.concatenate([direct, level * reverberation]).astype(np.float32)
    return response


def echo_of(far: Samples, response: Samples) -> Samples:
    length = len(far) + len(response)
    echo = np.fft.irfft(np.fft.rfft(far, length) * np.fft.rfft(response, length), length)[: len(far)]
    heard: Samples = (echo + np.random.default_rng(6).normal(0, 2e-4, len(far))).astype(np.float32)
    return heard


def loudness_db(samples: Samples) -> float:
    return 10 * float(np.log10(np.mean(np.square(samples)) + 1e-12))


def speech_frames(sound: Samples) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    detector = SileroVad()
    return np.array([detector.probability(frame) > 0.5 for frame in Blocks(512).push(sound)])


@pytest.fixture(params=[lambda: KalmanEchoCanceller(EchoSettings()), WebRtcEchoCanceller], ids=["kalman", "webrtc"])
def canceller(request: pytest.FixtureRequest) -> EchoCanceller:
    make: Callable[[], EchoCanceller] = request.param
    return make()


def test_the_agents_voice_is_taken_out(canceller: EchoCanceller) -> None:
    far = agents_voice(8)
    near = echo_of(far, room())
    clean = canceller.cancel(near, far)
    second_half = slice(4 * RATE_HZ, None)
    assert loudness_db(near[second_half]) - loudness_db(clean[second_half]) > 20


@pytest.mark.parametrize("delay_ms", [0, 120, 250])
def test_any_delay_up_to_a_quarter_of_a_second_is_found(delay_ms: float) -> None:
    far = agents_voice(8)
    clean = KalmanEchoCanceller(EchoSettings()).cancel(near := echo_of(far, room(delay_ms)), far)
    second_half = slice(4 * RATE_HZ, None)
    assert loudness_db(near[second_half]) - loudness_db(clean[second_half]) > 20


@pytest.mark.parametrize("gain", [0.2, 1.0, 4.0], ids=["quiet", "usual", "loud"])
def test_the_agent_does_not_hear_itself_speak(gain: float) -> None:
    far = agents_voice(12)
    near = echo_of(far, room(level=0.4 * gain))
    assert speech_frames(near).mean() > 0.5
    assert not speech_frames(KalmanEchoCanceller(EchoSettings()).cancel(near, far)).any()


def test_the_user_is_heard_within_a_fifth_of_a_second_while_the_agent_speaks() -> None:
    far = agents_voice(9)
    onset = 6 * RATE_HZ
    user = spoken(USER)[6400 + 320 :]
    near = echo_of(far, room())
    near[onset : onset + len(user)] += 0.7 * user  # 2 dB above the echo
    heard = speech_frames(KalmanEchoCanceller(EchoSettings()).cancel(near, far))
    first = int(np.argmax(heard)) * 512
    assert heard.any()
    assert 0 <= first + 512 - onset <= 0.2 * RATE_HZ


def test_the_users_voice_passes_unchanged_while_the_agent_is_silent(canceller: EchoCanceller) -> None:
    near = spoken(USER)[: len(spoken(USER)) // 160 * 160]
    clean = canceller.cancel(near, np.zeros_like(near))
    assert abs(loudness_db(clean) - loudness_db(near)) < 1
    assert (speech_frames(clean) == speech_frames(near)).mean() > 0.9


def test_with_headphones_the_user_is_heard_although_the_agent_speaks() -> None:
    far = agents_voice(9)
    near = np.random.default_rng(7).normal(0, 2e-4, len(far)).astype(np.float32)
    user = spoken(USER)
    near[6 * RATE_HZ : 6 * RATE_HZ + len(user)] += user
    assert speech_frames(KalmanEchoCanceller(EchoSettings()).cancel(near, far))[6 * RATE_HZ // 512 :].any()


def test_blocks_of_any_length_give_the_same_sound() -> None:
    far = agents_voice(3)
    near = echo_of(far, room())
    whole = KalmanEchoCanceller(EchoSettings()).cancel(near, far)
    in_blocks = KalmanEchoCanceller(EchoSettings())
    pieces = [in_blocks.cancel(near[i : i + 480], far[i : i + 480]) for i in range(0, len(near), 480)]
    np.testing.assert_array_equal(np.concatenate(pieces), whole)


def test_after_a_reset_the_room_is_forgotten() -> None:
    far = agents_voice(3)
    near = echo_of(far, room())
    canceller = KalmanEchoCanceller(EchoSettings())
    first = canceller.cancel(near, far)
    canceller.reset()
    np.testing.assert_array_equal(canceller.cancel(near, far), first)


@pytest.mark.parametrize(("near_samples", "far_samples"), [(160, 320), (100, 100)])
def test_blocks_that_do_not_fit_are_refused(canceller: EchoCanceller, near_samples: int, far_samples: int) -> None:
    with pytest.raises(InputError, match="blocks of 160"):
        canceller.cancel(np.zeros(near_samples, np.float32), np.zeros(far_samples, np.float32))


@pytest.mark.parametrize(
    "transcript",
    ["taking the lift to the fourth floor", "taking a lift to the fourth floor", "left", "the atrium"],
)
def test_the_agents_own_words_are_an_echo(transcript: str) -> None:
    assert is_echo(transcript, AGENT)


@pytest.mark.parametrize(
    "transcript",
    ["stop", "wait", "no i want to go to the library", "is there a lift", "the floor you said left where", ""],
)
def test_a_users_words_are_no_echo(transcript: str) -> None:
    assert not is_echo(transcript, AGENT)


def test_nothing_is_an_echo_of_silence() -> None:
    assert not is_echo("hello", "")
