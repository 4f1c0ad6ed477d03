from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from avatar.channels import channel
from avatar.idle import Activity, Blinks, Cue, Gaze, Idle, breath

RATE_HZ = 25
Array = npt.NDArray[np.floating[Any]]


def life(
    activity: Activity, seconds: float, seed: int = 1, pause_every_s: float = 1e9, liveliness: float = 1.0
) -> Array:
    idle = Idle(seed)
    ticks = range(int(seconds * RATE_HZ))
    pauses = {int(i * pause_every_s * RATE_HZ) for i in range(1, int(seconds / pause_every_s) + 1)}
    return np.array([idle.step(t / RATE_HZ, Cue(activity, liveliness, phrase_end=t in pauses)) for t in ticks])


def blinks(rows: Array) -> Array:
    """When blinks begin, seconds."""
    shut = rows[:, channel("lid_close_left")] > 0.5
    return np.flatnonzero(shut[1:] & ~shut[:-1]) / RATE_HZ


def gaze(rows: Array) -> Array:
    """Where the eyes look in the world, degrees [n, 2]."""
    in_head = rows[:, [channel("gaze_x"), channel("gaze_y")]]
    return np.degrees(in_head + rows[:, [channel("yaw"), channel("pitch")]])


def test_the_same_seed_lives_the_same_life_and_another_does_not() -> None:
    first, again, other = (life(Activity.IDLE, 20, seed) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("activity", Activity)
def test_blinks_come_as_often_as_people_blink(activity: Activity) -> None:
    assert 10 <= len(blinks(life(activity, 600))) / 10 <= 35


def test_intervals_between_blinks_vary_and_some_blinks_are_double() -> None:
    intervals = np.diff(blinks(life(Activity.IDLE, 1200)))
    assert 0.4 < np.log(intervals).std() < 1.2
    assert 0.02 < (intervals < 0.6).mean() < 0.3


def test_a_blink_shuts_the_eye_within_three_rows_and_opens_it_slower() -> None:
    from random import Random

    state, random = Blinks(next_s=0.0), Random(2)
    lids = np.array([state.step(t / 200, 1e9, random, 0.0) for t in range(120)])
    shut = np.flatnonzero(lids > 0.95)
    assert 0.05 < shut[0] / 200 <= 0.12
    assert lids[-1] == 0.0
    opened = np.flatnonzero(lids[shut[-1] :] < 0.05)[0] / 200
    assert opened > shut[0] / 200


def test_a_listener_looks_at_the_viewer_and_a_thinker_away() -> None:
    looks = {a: np.mean(np.linalg.norm(gaze(life(a, 120))[50:], axis=1) < 5) for a in Activity}
    assert looks[Activity.LISTENING] > 0.85
    assert looks[Activity.SPEAKING] > 0.7
    assert looks[Activity.THINKING] < 0.15


def test_a_thinker_looks_back_once_speech_begins() -> None:
    idle = Idle(1)
    for t in range(75):
        idle.step(t / RATE_HZ, Cue(Activity.THINKING))
    rows = np.array([idle.step(t / RATE_HZ, Cue(Activity.SPEAKING)) for t in range(75, 85)])
    assert np.linalg.norm(gaze(rows)[5:], axis=1).max() < 5


@pytest.mark.parametrize("degrees", [2.0, 10.0, 20.0])
def test_saccades_follow_the_main_sequence(degrees: float) -> None:
    state = Gaze(target=(degrees, 0.0), began_s=0.0)
    times_s = np.arange(0, 0.15, 0.001)
    angle = np.array([state.at(time_s)[0] for time_s in times_s])
    moving = np.flatnonzero((angle > 0.01 * degrees) & (angle < 0.99 * degrees))
    assert (moving[-1] - moving[0]) / 1000 == pytest.approx(0.021 + 0.0022 * degrees, rel=0.35)
    fastest = np.diff(angle).max() * 1000
    assert 60 * np.sqrt(degrees) < fastest < 260 * np.sqrt(degrees)


def test_eyes_turn_against_the_head() -> None:
    rows = life(Activity.LISTENING, 60)
    fixed = np.abs(np.diff(gaze(rows), axis=0)).max(axis=1) < 1e-6
    head = np.abs(np.diff(np.degrees(rows[:, channel("yaw")])))
    assert fixed.mean() > 0.8
    assert head[fixed].max() > 0.1


def test_a_listener_nods_at_the_users_pauses_but_not_at_every_breath() -> None:
    still = life(Activity.LISTENING, 120)[:, channel("pitch")]
    nodding = life(Activity.LISTENING, 120, pause_every_s=5.0)[:, channel("pitch")]
    hectic = life(Activity.LISTENING, 120, pause_every_s=0.4)[:, channel("pitch")]
    travel = [np.degrees(np.abs(np.diff(pitch)).sum()) for pitch in (still, nodding, hectic)]
    assert travel[1] > travel[0] + 50
    assert travel[2] < 3 * travel[1]


def test_stressed_syllables_move_the_head() -> None:
    def spoken(accent: float) -> Array:
        idle = Idle(6)
        cues = [Cue(Activity.SPEAKING, accent=accent if t % 12 == 0 else 0.0) for t in range(500)]
        return np.array([idle.step(t / RATE_HZ, cue) for t, cue in enumerate(cues)])

    calm, stressed = (np.abs(np.diff(spoken(accent)[:, channel("pitch")])).mean() for accent in (0.0, 0.9))
    assert stressed > 1.5 * calm


def test_liveliness_scales_everything_down_to_nothing() -> None:
    sizes = [np.ptp(life(Activity.IDLE, 60, liveliness=x)[:, :6], axis=0).max() for x in (1.0, 0.5, 0.0)]
    assert sizes[0] > 1.5 * sizes[1] > 0
    assert sizes[2] == 0.0
    assert len(blinks(life(Activity.IDLE, 60, liveliness=0.0))) == 0


def test_the_mouth_is_nobodys_business_here() -> None:
    rows = life(Activity.LISTENING, 30, pause_every_s=3.0)
    mouth = [channel(name) for name in ("jaw_open", "lip_close", "lip_pucker", "smile", "lip_press")]
    assert not rows[:, mouth].any()


def test_breath_comes_12_to_16_times_a_minute_without_a_jerk() -> None:
    chest = np.array([breath(t / RATE_HZ) for t in range(RATE_HZ * 600)])
    peaks = np.flatnonzero((chest[1:-1] > chest[:-2]) & (chest[1:-1] >= chest[2:]))
    assert 12 <= len(peaks) / 10 <= 16
    assert np.abs(np.diff(chest)).max() < 0.1
    assert chest.min() < 0.05 < 0.95 < chest.max()
