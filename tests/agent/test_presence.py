from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from agent.presence import Attendance, Camera, FaceFinder, Picture, PresenceSettings, looked
from dialogue.errors import DeviceError

SETTINGS = PresenceSettings(arrives_s=0.8, leaves_s=5)
PORTRAIT = Path(__file__).parents[2] / "assets" / "portraits" / "ada.png"


def scene(face_px: int) -> Picture:
    """A grey room, with somebody in it whose portrait is so many pixels wide."""
    room = np.full((480, 640, 3), 120, np.uint8)
    if face_px:
        face = cv2.resize(cv2.imread(str(PORTRAIT)), (face_px, face_px), interpolation=cv2.INTER_AREA)
        room[480 - face_px :, 320 - face_px // 2 : 320 - face_px // 2 + face_px] = face
    return room


@pytest.fixture
def finder() -> Iterator[FaceFinder]:
    finder = FaceFinder(SETTINGS)
    yield finder
    finder.close()


def test_a_visitor_is_noticed_in_a_video_and_a_passer_by_far_away_is_not(tmp_path: Path, finder: FaceFinder) -> None:
    path = str(tmp_path / "lobby.avi")
    video = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), 10, (640, 480))
    for face_px in (0, 0, 90, 90, 440, 440, 440, 0, 0):
        video.write(scene(face_px))
    video.release()
    camera = Camera(path)
    assert [finder.somebody_near(picture) for picture in camera.pictures()] == [
        False, False, False, False, True, True, True, False, False,
    ]  # fmt: skip
    camera.close()


def test_somebody_who_only_walks_past_is_not_greeted() -> None:
    attendance = Attendance()
    for now_s, somebody in ((0.0, True), (0.3, True), (0.6, False), (0.9, True), (1.2, True)):
        attendance = looked(attendance, somebody, SETTINGS, now_s)
        assert not attendance.present
    assert looked(attendance, True, SETTINGS, 1.8).present


def test_a_visitor_who_looks_away_for_a_moment_has_not_left() -> None:
    attendance = Attendance(present=True)
    for now_s in (0.0, 2.0, 4.0):
        attendance = looked(attendance, False, SETTINGS, now_s)
        assert attendance.present
    attendance = looked(attendance, True, SETTINGS, 4.5)
    attendance = looked(attendance, False, SETTINGS, 5.0)
    assert looked(attendance, False, SETTINGS, 9.9).present
    assert not looked(attendance, False, SETTINGS, 10.0).present


def test_a_missing_camera_is_explained() -> None:
    with pytest.raises(DeviceError, match=r"presence\.camera"):
        Camera("/dev/video99")
