from avatar.controls import EMOTIONS, Controls
from avatar.latents import EMOTIONS as LATENT_EMOTIONS


def test_the_emotions_that_can_be_set_are_those_the_latents_know() -> None:
    assert set(EMOTIONS) == set(LATENT_EMOTIONS)


def test_controls_are_kept_within_what_a_face_can_do() -> None:
    wild = Controls(gaze_theta=9, gaze_phi=-9, log_distance=-9, strength=7, pose_scale=-1, liveliness=2).clamped()
    assert -0.7 < wild.gaze_phi < 0 < wild.gaze_theta < 0.7
    assert (wild.log_distance, wild.strength, wild.pose_scale, wild.liveliness) == (-0.7, 1.0, 0.0, 1.0)


def test_sensible_controls_are_left_alone() -> None:
    controls = Controls(gaze_theta=0.2, emotion="sad", strength=0.4, pose_scale=0.8, liveliness=0.3)
    assert controls.clamped() == controls
