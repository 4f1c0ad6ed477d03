import math

import numpy as np
import pytest

from agent.benches.face import walk
from avatar.landmarks import find_faces
from avatar.latents import HeadPose, Motion, compose
from avatar.portrait import head_rotation
from avatar.render import Renderer
from tests.avatar.faces import astronaut, lip_gap, space

SIZE_PX = 512


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(astronaut(), space(), SIZE_PX)


def tracked(renderer: Renderer, motion: Motion) -> np.ndarray:
    return find_faces(renderer.render(motion), 1)[0].landmarks


def psnr(a: np.ndarray, b: np.ndarray, where: np.ndarray) -> float:
    error = ((a.astype(float) - b.astype(float)) ** 2)[where].mean()
    return 10 * math.log10(255**2 / error)


def test_its_own_motion_gives_back_the_photograph() -> None:
    portrait = astronaut()
    frame = Renderer(portrait, space(), portrait.size_px).render(portrait.own_motion)
    assert psnr(frame, portrait.picture, portrait.alpha > 250) > 45


@pytest.mark.parametrize("sealed", [{}, {"lip_press": 0.6}, {"lip_pucker": 1.0}, {"jaw_open": 0.3, "lip_close": 1.0}])
def test_closed_lips_meet_even_where_the_photograph_shows_teeth(renderer: Renderer, sealed: dict[str, float]) -> None:
    landmarks = tracked(renderer, compose(HeadPose(), space().controls(**sealed)))
    assert lip_gap(landmarks) < 0.035


def test_an_open_jaw_opens_the_mouth_and_shows_its_dark_inside(renderer: Renderer) -> None:
    shut = tracked(renderer, compose(HeadPose(), space().controls()))
    frame = renderer.render(compose(HeadPose(), space().controls(jaw_open=0.7))).copy()
    landmarks = find_faces(frame, 1)[0].landmarks
    assert lip_gap(landmarks) > lip_gap(shut) + 0.12
    x, y = ((landmarks[13, :2] + landmarks[14, :2]) / 2).astype(int)
    assert frame[y, x].mean() < 90


def test_a_blink_shuts_both_eyes(renderer: Renderer) -> None:
    landmarks = tracked(renderer, compose(HeadPose(), space().controls(lid_close_left=1, lid_close_right=1)))
    eyes = np.linalg.norm(landmarks[33] - landmarks[263])
    for upper, lower in ((159, 145), (386, 374)):
        assert np.linalg.norm(landmarks[upper] - landmarks[lower]) / eyes < 0.045


def test_gaze_moves_the_irises_and_not_the_eye_corners(renderer: Renderer) -> None:
    left = tracked(renderer, compose(HeadPose(), space().gaze(-0.3, 0)))
    right = tracked(renderer, compose(HeadPose(), space().gaze(0.3, 0)))
    assert (right[[468, 473], 0] - left[[468, 473], 0] > 4).all()
    assert np.abs(right[[33, 133, 362, 263], :2] - left[[33, 133, 362, 263], :2]).max() < 5


@pytest.mark.parametrize("angles", [(0.2, 0, 0), (-0.2, 0, 0), (0, 0.15, 0), (0, -0.15, 0), (0, 0, 0.2)])
def test_the_head_turns_as_asked(renderer: Renderer, angles: tuple[float, float, float]) -> None:
    rest, _ = head_rotation(tracked(renderer, compose(HeadPose(), space().controls())), space())
    turned, _ = head_rotation(tracked(renderer, compose(HeadPose(*angles), space().controls())), space())
    asked = HeadPose(*angles).rotation() @ rest
    error = math.acos(np.clip((np.trace(turned.T @ asked) - 1) / 2, -1, 1))
    assert math.degrees(error) < 4.5


def test_a_head_twice_as_far_is_half_as_large(renderer: Renderer) -> None:
    def eyes(motion: Motion) -> float:
        landmarks = tracked(renderer, motion)
        return float(np.linalg.norm(landmarks[33] - landmarks[263]))

    near = eyes(compose(HeadPose(), space().controls()))
    far = eyes(compose(HeadPose(log_distance=math.log(2)), space().controls()))
    assert far / near == pytest.approx(0.5, abs=0.06)


def test_the_background_stays_while_the_head_moves(renderer: Renderer) -> None:
    rest = renderer.render(compose(HeadPose(), space().controls())).copy()
    moved = renderer.render(compose(HeadPose(yaw=0.2, roll=0.1), space().controls()))
    assert np.array_equal(rest[:30, :60], moved[:30, :60])


def test_a_breath_raises_the_shoulders_only(renderer: Renderer) -> None:
    motion = compose(HeadPose(), space().controls())
    rest = renderer.render(motion).copy()
    breathed = renderer.render(motion, breath=1.0)
    eyes = astronaut().landmarks[[33, 263], 1].astype(int)
    assert np.array_equal(rest[eyes.min() - 20 : eyes.max() + 20], breathed[eyes.min() - 20 : eyes.max() + 20])
    assert np.abs(rest[-60:].astype(int) - breathed[-60:]).mean() > 1


def test_a_frame_depends_on_its_motion_only(renderer: Renderer) -> None:
    motions = walk(space(), 20)
    alone = renderer.render(motions[12]).copy()
    for motion in motions[:12]:
        renderer.render(motion)
    assert np.abs(renderer.render(motions[12]).astype(int) - alone).max() <= 2


def test_wild_latents_still_give_a_picture(renderer: Renderer) -> None:
    random = np.random.default_rng(0)
    for _ in range(10):
        motion = random.normal(0, 3, 38).astype(np.float32)
        motion[:6] *= 0.3
        assert renderer.render(motion).std() > 5


def test_any_size_shows_the_same_face() -> None:
    small = Renderer(astronaut(), space(), 256).render(astronaut().own_motion)
    assert psnr(small, np.asarray(_halved(astronaut().picture)), np.ones((256, 256), bool)) > 33


def _halved(picture: np.ndarray) -> np.ndarray:
    return picture.reshape(256, 2, 256, 2, 3).mean((1, 3))
