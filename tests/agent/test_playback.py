import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.playback import Playback

RATE_HZ = 24_000


def ramp(count: int) -> np.ndarray:
    return np.linspace(0.1, 0.9, count, dtype=np.float32)


@given(st.lists(st.integers(1, 700), min_size=1, max_size=8), st.lists(st.integers(1, 900), min_size=1, max_size=12))
def test_what_is_put_comes_out_once_in_order_and_then_silence(puts: list[int], takes: list[int]) -> None:
    playback = Playback(RATE_HZ)
    sound = ramp(sum(puts))
    for piece in np.split(sound, np.cumsum(puts)[:-1]):
        playback.put(piece)
    out = np.concatenate([playback.take(count) for count in takes])
    expected = np.zeros(len(out), np.float32)
    expected[: min(len(sound), len(out))] = sound[: len(out)]
    np.testing.assert_array_equal(out, expected)


def test_positions_count_silence_too() -> None:
    playback = Playback(RATE_HZ)
    playback.take(1000)
    assert playback.put(ramp(500)) == 1000
    assert playback.put(ramp(500)) == 1500
    assert playback.end() == 2000


def test_stop_ends_the_sound_at_the_position_it_tells_without_a_click() -> None:
    playback = Playback(RATE_HZ)
    playback.put(np.full(24_000, 0.8, np.float32))
    playback.take(2400)
    end = playback.stop()
    rest = playback.take(2400)
    assert end - 2400 <= 0.005 * RATE_HZ
    assert rest[end - 2400 :].max() == 0
    assert np.abs(np.diff(np.concatenate([[0.8], rest]))).max() < 0.02
    assert playback.queued() == 0


def test_sound_put_after_stop_is_not_dropped() -> None:
    playback = Playback(RATE_HZ)
    playback.put(ramp(24_000))
    playback.take(240)
    playback.stop()
    position = playback.put(ramp(480))
    out = playback.take(480)
    assert position == 240
    np.testing.assert_array_equal(out, ramp(480))


def test_pause_loses_nothing_and_resume_goes_on_where_it_was_cut() -> None:
    playback = Playback(RATE_HZ)
    sound = ramp(4800)
    playback.put(sound)
    before = playback.take(2400)
    assert playback.pause() == 2400
    assert playback.take(5000).max() == 0
    assert playback.resume() == 7400
    after = playback.take(2400)
    np.testing.assert_array_equal(before, sound[:2400])
    np.testing.assert_array_equal(after[200:], sound[2600:])


def test_stop_while_paused_drops_what_was_held() -> None:
    playback = Playback(RATE_HZ)
    playback.put(ramp(4800))
    playback.take(100)
    playback.pause()
    assert playback.stop() == 100
    assert playback.take(4800).max() == 0


@pytest.mark.parametrize(("start", "stop"), [(0, 480), (100, 300), (-50, 200), (400, 900)])
def test_played_gives_what_went_out_and_silence_elsewhere(start: int, stop: int) -> None:
    playback = Playback(RATE_HZ)
    playback.put(ramp(480))
    playback.take(480)
    timeline = np.concatenate([np.zeros(100, np.float32), ramp(480), np.zeros(1000, np.float32)])
    np.testing.assert_array_equal(playback.played(start, stop), timeline[100 + start : 100 + stop])
