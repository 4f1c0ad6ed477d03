"""Whether somebody stands before the kiosk: faces in a camera's pictures, which are looked at and thrown away.

Nothing is recognised, stored or sent: the only thing that leaves this file is "somebody is there".
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import cv2
import mediapipe
import numpy as np
import numpy.typing as npt
from pydantic import Field

from dialogue.errors import DeviceError
from dialogue.section import Section

Picture = npt.NDArray[np.uint8]
"""RGB, shape [height, width, 3]."""


class PresenceSettings(Section):
    """Section `presence`: noticing visitors by camera."""

    camera: str = Field("", description="number or device of a camera, such as 0 or /dev/video0; empty: no camera")
    looks_per_s: float = Field(3.0, ge=0.5, le=15, description="pictures looked at in a second")
    nearest_share: float = Field(
        0.12, gt=0, lt=1, description="a face is near when it is at least so wide, as a part of the picture's width"
    )
    arrives_s: float = Field(0.8, ge=0, le=30, description="somebody near for so long is a visitor, not a passer-by")
    leaves_s: float = Field(8.0, ge=1, le=600, description="nobody near for so long: the visitor has left")
    certainty: float = Field(0.6, gt=0, lt=1, description="how sure the detector must be")


@dataclass(frozen=True, slots=True)
class Attendance:
    """Whether a visitor is there, and since when the pictures say otherwise."""

    present: bool = False
    differs_s: float | None = None


def looked(attendance: Attendance, somebody: bool, settings: PresenceSettings, now_s: float) -> Attendance:
    """Take in one look: the visitor comes and goes only after the pictures agree for a while. Pure."""
    if somebody == attendance.present:
        return replace(attendance, differs_s=None)
    since_s = now_s if attendance.differs_s is None else attendance.differs_s
    needed_s = settings.arrives_s if somebody else settings.leaves_s
    if now_s - since_s >= needed_s:
        return Attendance(somebody)
    return replace(attendance, differs_s=since_s)


class FaceFinder:
    """Finds faces within two metres or so (MediaPipe's short-range detector, 2 ms a picture). Not thread-safe."""

    def __init__(self, settings: PresenceSettings) -> None:
        """Load the detector, some 0.1 s."""
        self._nearest_share = settings.nearest_share
        self._detector: Any = mediapipe.solutions.face_detection.FaceDetection(
            model_selection=0, min_detection_confidence=settings.certainty
        )

    def somebody_near(self, picture: Picture) -> bool:
        """Tell whether a face in an RGB picture is near enough to be a visitor's."""
        found = self._detector.process(picture).detections or ()
        return any(face.location_data.relative_bounding_box.width >= self._nearest_share for face in found)

    def close(self) -> None:
        """Let go of the detector."""
        self._detector.close()


class Camera:
    """A camera, or a video file in place of one."""

    def __init__(self, source: str) -> None:
        """Open it; blocks up to some seconds. Raises DeviceError."""
        self._capture = cv2.VideoCapture(int(source) if source.isdigit() else source)
        if not self._capture.isOpened():
            self._capture.release()
            raise DeviceError(f"the camera '{source}' cannot be opened: plug it in, or leave presence.camera empty")
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def pictures(self) -> Iterator[Picture]:
        """Give RGB pictures as they come (blocks); ends when the camera goes away."""
        while True:
            there, picture = self._capture.read()
            if not there:
                return
            yield np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)

    def close(self) -> None:
        """Let go of the camera."""
        self._capture.release()
