from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from avatar.animator import HANDOVER_S, Animator
from avatar.controls import EMOTIONS, Controls
from avatar.gestures import GESTURES, LOOKS
from avatar.idle import Activity
from avatar.latents import LATENT_SIZE, LOWER_LIP, POSE_SIZE, UPPER_LIP, HeadPose, LatentSpace, Motion, gap

SPACE = LatentSpace.load()
Array = npt.NDArray[np.floating[Any]]
LIPS = [*UPPER_LIP, *LOWER_LIP]
AWAY = Controls(gaze_theta=0.3, gaze_phi=-0.1)


def reply(seconds: float = 2.0, opening: float = 0.3) -> Motion:
    """A mouth that opens and shuts twice a second under a turned head."""
    times_s = np.arange(round(seconds * 25)) / 25
    rows = np.zeros((len(times_s), LATENT_SIZE), np.float32)
    rows[:, POSE_SIZE:] = np.outer(opening * np.sin(2 * np.pi * times_s) ** 2, SPACE.control("jaw_open"))
    rows[:, 0] = 0.08
    return rows


def shown(animator: Animator, start_s: float, end_s: float, rate_hz: float = 50.0) -> Motion:
    times_s = np.arange(start_s, end_s, 1 / rate_hz)
    return np.array([animator.motion_at(float(time_s)) for time_s in times_s])


def lip_gap(rows: Motion) -> Array:
    opening: Array = 100 * gap(SPACE.displacement(rows[:, POSE_SIZE:]), UPPER_LIP[3:6], LOWER_LIP[3:6]).mean(axis=1)
    return opening


def placed(rows: Motion) -> Array:
    """Landmarks with the head's rotation, in percent of the eye distance."""
    shapes = SPACE.neutral + SPACE.displacement(rows[:, POSE_SIZE:])
    turned: list[Array] = [s @ HeadPose.of(row).rotation().T for s, row in zip(shapes, rows, strict=True)]
    return np.stack(turned) * 100.0


def fastest(rows: Motion, rate_hz: float = 50.0) -> float:
    """The farthest any landmark moves in 40 ms."""
    return float(np.linalg.norm(np.diff(placed(rows), axis=0), axis=-1).max() * rate_hz / 25)


def still() -> Animator:
    return Animator(SPACE, 1, Controls(liveliness=0.0))


def world_gaze(row: Motion) -> Array:
    """Where the eyes look, head included, radians."""
    directions = np.stack([SPACE.control("gaze_x"), SPACE.control("gaze_y")])
    irises = [
        SPACE.displacement(z)[..., [468, 473], :2].reshape(*z.shape[:-1], 4) for z in (row[POSE_SIZE:], directions)
    ]
    in_head: Array = irises[0] @ np.linalg.pinv(irises[1])
    return in_head + row[:2]


def test_a_reply_is_seen_when_its_samples_are_heard() -> None:
    animator = still()
    animator.speak(1.0)
    animator.append(reply())
    rows = shown(animator, 0.0, 3.0)
    times_s = np.arange(len(rows)) / 50
    expected = 0.3 * 36 * np.sin(2 * np.pi * (times_s - 1.0)) ** 2
    assert np.abs(lip_gap(rows)[times_s < 1.0]).max() < 0.1
    assert np.abs(lip_gap(rows) - expected)[(times_s > 1.25) & (times_s < 2.9)].max() < 1.0


def test_rows_may_come_while_they_are_heard() -> None:
    whole, parts, rows = still(), still(), reply()
    for animator in (whole, parts):
        animator.speak(0.5)
    whole.append(rows)
    seen = []
    for tick in range(100):
        # Known two rows before they are heard, as with a voice whose motion is made just in time.
        if tick % 10 == 0:
            parts.append(rows[tick // 2 : tick // 2 + 5])
        seen.append(parts.motion_at(0.42 + tick / 50))
    assert np.allclose(seen, [whole.motion_at(0.42 + tick / 50) for tick in range(100)], atol=1e-5)


def test_a_closed_mouth_stays_closed_between_rows() -> None:
    rows = reply()
    rows[20:23, POSE_SIZE:] = SPACE.control("lip_close") * 0.07
    animator = still()
    animator.speak(1.0)
    animator.append(rows)
    opening = lip_gap(shown(animator, 0.0, 3.0, 240.0))
    closed = slice(int(240 * (1.0 + 20 / 25)) + 1, int(240 * (1.0 + 22 / 25)))
    assert opening[closed].max() < -0.5


@pytest.mark.parametrize("cut_s", [1.1, 1.25, 1.4, 1.77])
@pytest.mark.parametrize("rate_hz", [25.0, 60.0])
def test_an_interrupted_mouth_is_at_rest_within_the_handover_and_nothing_pops(cut_s: float, rate_hz: float) -> None:
    animator = still()
    animator.speak(1.0)
    animator.append(reply())
    shown(animator, 0.0, cut_s, rate_hz)
    animator.interrupt(cut_s)
    animator.turn_to(Activity.LISTENING)
    rows = shown(animator, cut_s, cut_s + 1.5, rate_hz)
    rest = rows[round((HANDOVER_S + 1 / rate_hz) * rate_hz) + 1 :]
    assert np.abs(lip_gap(rest)).max() < 0.3
    assert fastest(rows, rate_hz) < 2.5


def test_rows_that_come_after_an_interruption_are_not_shown() -> None:
    animator = still()
    animator.speak(1.0)
    animator.append(reply()[:20])
    shown(animator, 0.0, 1.5)
    animator.interrupt(1.5)
    animator.append(reply())
    animator.place(0.5, 1.6)
    assert np.abs(lip_gap(shown(animator, 1.8, 3.0))).max() < 0.3


def test_a_paused_reply_rests_and_goes_on_from_where_it_is_placed() -> None:
    animator, whole = still(), still()
    for each in (animator, whole):
        each.speak(1.0)
        each.append(reply())
    shown(animator, 0.0, 1.3)
    animator.pause(1.3)
    resting = shown(animator, 1.3, 2.0)
    animator.place(0.2, 2.0)
    resumed = shown(animator, 2.0, 3.8)
    uncut = shown(whole, 0.0, 3.0)
    assert np.abs(lip_gap(resting)[15:]).max() < 0.3
    assert np.allclose(lip_gap(resumed)[15:80], lip_gap(uncut)[75:140], atol=0.1)
    assert fastest(resting) < 2.5


def test_a_voice_that_comes_late_leaves_the_mouth_at_rest_in_between() -> None:
    animator = still()
    animator.speak(1.0)
    animator.append(reply(0.4))
    rows = shown(animator, 0.0, 2.5)
    assert np.abs(lip_gap(rows)[85:]).max() < 0.3
    animator.place(0.4, 2.5)
    animator.append(reply(1.0))
    assert lip_gap(shown(animator, 2.5, 3.5)).max() > 8.0


def test_a_second_reply_does_not_cut_the_first_before_it_is_heard() -> None:
    animator = still()
    animator.speak(1.0)
    animator.append(reply(2.0))
    shown(animator, 0.0, 2.0)
    animator.speak(3.0)
    animator.append(reply(1.0))
    assert lip_gap(shown(animator, 2.0, 2.9)).max() > 8.0


@pytest.mark.parametrize("activity", list(Activity)[:3])
def test_lips_are_still_when_nobody_speaks(activity: Activity) -> None:
    animator = Animator(SPACE, 4)
    animator.turn_to(activity)
    lips = SPACE.displacement(shown(animator, 0.0, 30.0, 25.0)[:, POSE_SIZE:])[:, LIPS]
    assert 100 * np.linalg.norm(lips - lips[0], axis=-1).max() < 0.3


def test_liveliness_goes_down_to_still() -> None:
    rows = shown(still(), 0.0, 20.0, 25.0)
    assert fastest(rows, 25.0) < 0.05


def test_liveliness_is_taken_away_without_a_jump() -> None:
    animator = Animator(SPACE, 3)
    animator.speak(1.0)
    animator.append(reply(4.0, opening=0.1))
    shown(animator, 0.0, 2.0)
    animator.set_controls(Controls(liveliness=0.0))
    assert fastest(shown(animator, 2.0, 3.0)) < 2.5


def test_a_reply_without_liveliness_moves_the_lips_only() -> None:
    animator = still()
    animator.speak(0.0)
    animator.append(reply())
    rows = shown(animator, 0.0, 1.9)
    assert lip_gap(rows).max() > 8.0
    assert np.abs(rows[:, :3]).max() < 0.005


def test_eyes_stay_on_what_they_look_at_while_the_head_is_held_or_turned() -> None:
    for pose_scale in (0.0, 1.0, 2.0):
        animator = Animator(SPACE, 1, Controls(pose_scale=pose_scale))
        animator.speak(0.0)
        rows = reply()
        rows[:, POSE_SIZE:] -= np.outer(rows[:, 0], SPACE.control("gaze_x"))
        animator.append(rows)
        row = shown(animator, 0.0, 1.5)[-1]
        assert row[0] == pytest.approx(0.08 * pose_scale, abs=0.005)
        assert np.abs(world_gaze(row)).max() < 0.01


@pytest.mark.parametrize(
    ("controls", "measure", "wanted"),
    [
        (Controls(gaze_theta=0.3, liveliness=0), lambda row: world_gaze(row)[0], 0.3),
        (Controls(gaze_phi=-0.2, liveliness=0), lambda row: world_gaze(row)[1], -0.2),
        (Controls(log_distance=0.2, liveliness=0), lambda row: row[5], 0.2),
        (Controls(emotion="happy", liveliness=0), lambda row: row[POSE_SIZE:] @ SPACE.emotion("happy"), None),
    ],
)
def test_a_control_acts_smoothly_within_400_ms(
    controls: Controls, measure: Callable[[Motion], float], wanted: float | None
) -> None:
    animator = still()
    shown(animator, 0.0, 1.0)
    animator.set_controls(controls)
    rows = shown(animator, 1.0, 2.5)
    values = np.array([measure(row) for row in rows])
    final = values[-1] if wanted is None else wanted
    assert abs(final) > 0.1
    assert np.abs(values[20:] / final - 1).max() < 0.08
    assert fastest(rows) < 2.5


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_pressed_lips_stay_pressed_under_every_emotion(emotion: str) -> None:
    rows = reply()
    rows[10:40, POSE_SIZE:] = SPACE.control("lip_close") * 0.07
    animator = Animator(SPACE, 1, Controls(emotion=emotion, liveliness=0.0))  # type: ignore[arg-type]
    animator.speak(1.0)
    animator.append(rows)
    assert lip_gap(shown(animator, 0.0, 2.4))[-30:].max() <= 0.5


@pytest.mark.parametrize("name", [*GESTURES, *LOOKS, "look at me"])
def test_every_gesture_moves_the_face_and_leaves_no_trace(name: str) -> None:
    animator, undirected = still(), still()
    assert animator.gesture(name, 1.0)
    moved = placed(shown(animator, 0.0, 6.0)) - placed(shown(undirected, 0.0, 6.0))
    assert np.abs(moved[:50]).max() < 0.01
    assert np.abs(moved[-10:]).max() < 0.05
    if name != "look at me":
        assert np.abs(moved).max() > 0.8


def test_a_direction_nobody_knows_is_refused() -> None:
    assert not still().gesture("juggle", 0.0)


def test_looking_at_the_viewer_ends_a_look_aside() -> None:
    animator = still()
    animator.gesture("look left", 1.0)
    assert world_gaze(shown(animator, 0.0, 1.6)[-1])[0] < -0.2
    animator.gesture("look at me", 1.6)
    assert abs(world_gaze(shown(animator, 1.6, 2.1)[-1])[0]) < 0.02


def test_turning_from_one_activity_to_another_never_jumps() -> None:
    animator = Animator(SPACE, 9)
    rows = []
    for second in range(60):
        animator.turn_to(list(Activity)[second % 4])
        rows.append(shown(animator, second, second + 1))
    movement = np.linalg.norm(np.diff(placed(np.concatenate(rows)), axis=0), axis=-1)
    eyes = [*range(468, 478), *range(33, 34), 159, 145, 386, 374, 160, 158, 161, 157, 385, 387, 384, 388, 153, 154]
    outside = np.setdiff1d(np.arange(478), eyes)
    steady = [i for i in outside if np.linalg.norm(SPACE.displacement(SPACE.control("lid_close_left"))[i]) < 1e-3]
    steady = [i for i in steady if np.linalg.norm(SPACE.displacement(SPACE.control("lid_close_right"))[i]) < 1e-3]
    assert movement[:, steady].max() * 2 < 2.5


def test_a_clock_that_wavers_or_jumps_does_not_upset_the_face() -> None:
    animator = Animator(SPACE, 2)
    times_s = [0.0, 0.02, 0.01, 0.05, 0.03, 0.2, 0.1, 0.12, 3600.0, 3600.02, 3599.9, 3600.1]
    assert np.isfinite([animator.motion_at(time_s) for time_s in times_s]).all()
    back = [animator.motion_at(3600.0 + step) for step in (0.14, 0.16, 0.12, 0.14, 0.16)]
    assert np.allclose(back[0], back[3])
    assert np.allclose(back[1], back[4])


def test_a_frame_takes_a_fraction_of_a_millisecond() -> None:
    from time import perf_counter

    animator = Animator(SPACE, 2)
    animator.speak(0.5)
    animator.append(reply())
    began_s = perf_counter()
    shown(animator, 0.0, 10.0, 60.0)
    assert (perf_counter() - began_s) / 600 < 0.002  # a gross guard: it is about 0.05 ms
