import numpy as np
import pytest
from safetensors.numpy import save_file

from avatar import latents
from avatar.latents import CONTROLS, EMOTIONS, HeadPose, LatentSpace, compose, gap, pose_of_rotation
from dialogue.errors import EngineError
from tests.avatar.faces import space


def opening(z: np.ndarray, upper: int, lower: int) -> float:
    face = space().neutral + space().displacement(z)
    return float(gap(face, (upper,), (lower,))[0])


def test_every_control_comes_back_from_its_own_displacement() -> None:
    for name in CONTROLS:
        z = space().control(name)
        again = space().encode(space().displacement(z), tongue=space().tongue_position(z))
        moved = space().displacement(z)
        assert np.abs(space().displacement(again) - moved).max() < 0.05 * max(np.abs(moved).max(), 0.02), name


def test_controls_move_what_they_are_named_after() -> None:
    rest = opening(space().controls(), 13, 14)
    assert opening(space().controls(jaw_open=1), 13, 14) > rest + 0.25
    assert opening(space().controls(lip_close=1), 13, 14) < rest - 0.08
    assert opening(space().controls(lid_close_left=1), 386, 374) < 0.25 * opening(space().controls(), 386, 374)
    assert opening(space().controls(lid_close_left=1), 159, 145) > 0.8 * opening(space().controls(), 159, 145)
    corners = space().displacement(space().control("smile"))[[61, 291]]
    assert corners[0, 0] < -0.02
    assert corners[1, 0] > 0.02


def test_the_left_eye_is_the_faces_own_left() -> None:
    moved = np.abs(space().displacement(space().control("lid_close_left"))).sum(-1)
    assert space().neutral[moved.argmax(), 0] > 0


def test_gaze_moves_both_irises_to_the_viewers_right_and_up() -> None:
    irises = space().displacement(space().gaze(0.2, 0.1))[[468, 473]]
    assert (irises[:, 0] > 0.01).all()
    assert (irises[:, 1] < -0.003).all()


def test_emotion_at_strength_zero_is_neutral_and_grows_with_strength() -> None:
    for name in EMOTIONS:
        assert not space().emotion(name, 0).any()
        assert np.allclose(space().emotion(name, 1), 2 * space().emotion(name, 0.5), atol=1e-6)


def test_a_pose_comes_back_from_its_rotation() -> None:
    pose = HeadPose(yaw=0.3, pitch=-0.2, roll=0.1)
    back = pose_of_rotation(pose.rotation())
    assert (back.yaw, back.pitch, back.roll) == pytest.approx((0.3, -0.2, 0.1))


def test_positive_angles_turn_the_nose_right_and_up_and_the_crown_clockwise() -> None:
    nose, crown = np.array([0, 0, 1.0]), np.array([0, -1.0, 0])
    assert (HeadPose(yaw=0.2).rotation() @ nose)[0] > 0
    assert (HeadPose(pitch=0.2).rotation() @ nose)[1] < 0
    assert (HeadPose(roll=0.2).rotation() @ crown)[0] > 0


def test_a_motion_row_gives_back_its_pose_and_dynamics() -> None:
    pose, z = HeadPose(0.1, 0.2, 0.3, 0.4, 0.5, 0.6), space().control("smile")
    row = compose(pose, z)
    back = HeadPose.of(row)
    assert (back.yaw, back.y, back.log_distance) == pytest.approx((0.1, 0.5, 0.6))
    assert np.array_equal(latents.dynamics_of(row), z)


def test_a_latent_space_of_another_version_is_refused(tmp_path) -> None:
    path = tmp_path / "old.safetensors"
    save_file({"basis": np.zeros((1, 2, 3), np.float32)}, str(path), {"version": "0"})
    with pytest.raises(EngineError, match="another version"):
        LatentSpace.load(path)


def test_a_missing_latent_space_is_named(tmp_path) -> None:
    with pytest.raises(EngineError, match=r"none\.safetensors"):
        LatentSpace.load(tmp_path / "none.safetensors")
