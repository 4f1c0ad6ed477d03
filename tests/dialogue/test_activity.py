from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dialogue.activity import VoiceActivity, VoiceActivitySettings, hear

SETTINGS = VoiceActivitySettings(on_probability=0.5, off_probability=0.3, onset_ms=64, hangover_ms=96)
FRAME_MS = 32


def heard(probabilities: list[float]) -> list[VoiceActivity]:
    activity, states = VoiceActivity(), []
    for index, probability in enumerate(probabilities):
        activity = hear(activity, probability, index * FRAME_MS, (index + 1) * FRAME_MS, SETTINGS)
        states.append(activity)
    return states


def test_one_likely_frame_is_a_click_and_two_are_speech_from_the_first_on() -> None:
    assert not heard([0, 0.9, 0, 0])[-1].speaking
    states = heard([0, 0.9, 0.9])
    assert not states[1].speaking
    assert (states[2].speaking, states[2].onset_ms, states[2].voiced_ms) == (True, 32, 64)


def test_speech_lasts_through_doubtful_frames_and_short_gaps() -> None:
    states = heard([0.9, 0.9, 0.4, 0.0, 0.0, 0.9])
    assert all(state.speaking for state in states[1:])


def test_speech_ends_after_the_hangover_and_is_dated_back_to_its_end() -> None:
    states = heard([0.9, 0.9, 0.9, 0.0, 0.0, 0.0])
    assert [state.speaking for state in states] == [False, True, True, True, True, False]
    assert states[-1].offset_ms == 3 * FRAME_MS


def test_between_the_thresholds_nothing_changes() -> None:
    assert not any(state.speaking for state in heard([0.4] * 20))
    assert all(state.speaking for state in heard([0.9, 0.9] + [0.4] * 20)[1:])


@given(st.lists(st.floats(0, 1), max_size=80))
def test_speech_never_flickers_faster_than_onset_and_hangover(probabilities: list[float]) -> None:
    states = [VoiceActivity(), *heard(probabilities)]
    changes = [i for i in range(1, len(states)) if states[i].speaking != states[i - 1].speaking]
    for first, second in pairwise(changes):
        least_ms = SETTINGS.hangover_ms if states[first].speaking else SETTINGS.onset_ms
        assert (second - first) * FRAME_MS >= least_ms
    for state in states:
        assert state.onset_ms <= state.offset_ms or not state.speaking
