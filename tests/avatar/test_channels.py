import numpy as np
import pytest

from avatar.channels import CHANNELS, ChannelMap, channel
from avatar.latents import CONTROLS, LOWER_LIP, POSE_SIZE, UPPER_LIP, LatentSpace, gap

SPACE = LatentSpace.load()
MAP = ChannelMap(SPACE)


def test_channels_are_the_pose_and_every_control_of_the_latent_space() -> None:
    assert CHANNELS[POSE_SIZE:] == tuple(CONTROLS)
    row = np.zeros(len(CHANNELS))
    row[channel("yaw")], row[channel("smile")] = 0.1, 0.5
    motion = MAP.motion(row)
    assert motion[0] == pytest.approx(0.1)
    assert np.allclose(motion[POSE_SIZE:], 0.5 * SPACE.control("smile"), atol=1e-6)


def test_the_lip_gap_read_off_a_row_is_that_of_its_landmarks() -> None:
    motion = 0.4 * MAP.direction("jaw_open") + 0.3 * MAP.direction("lip_funnel")
    landmarks = SPACE.displacement(motion[POSE_SIZE:])
    assert MAP.lip_gap(motion) == pytest.approx(gap(landmarks, UPPER_LIP[3:6], LOWER_LIP[3:6]).mean(), abs=1e-4)


def test_lips_come_nearer_by_as_much_as_asked() -> None:
    open_mouth = 0.3 * MAP.direction("jaw_open")
    wide = MAP.lip_gap(open_mouth)
    assert MAP.lip_gap(MAP.close_lips(open_mouth, float(wide))) == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize("angles", [(0.2, 0.0), (0.0, -0.15), (-0.1, 0.1)])
def test_gaze_is_read_back_off_a_row_whatever_the_mouth_does(angles: tuple[float, float]) -> None:
    motion = angles[0] * MAP.direction("gaze_x") + angles[1] * MAP.direction("gaze_y")
    assert np.allclose(MAP.gaze(motion), angles, atol=1e-3)
    assert np.allclose(MAP.gaze(motion + 0.5 * MAP.direction("jaw_open")), angles, atol=0.02)
