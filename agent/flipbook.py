"""What is seen, without sound, as an animated WebP: a moving picture for a web page."""

from pathlib import Path

import cv2
from PIL import Image

from agent.recorder import Frame
from dialogue.errors import InputError
from dialogue.speech import Samples

FRAME_RATE_HZ = 12
LONGEST_S = 30
SIDE_PX = 400
QUALITY = 70


class Flipbook:
    """Takes frames as a `Recorder` does and writes them on `close`; after LONGEST_S it keeps no more."""

    frame_rate_hz = FRAME_RATE_HZ

    def __init__(self, path: Path, sample_rate_hz: int) -> None:
        """Begin. Raises InputError when the file cannot be written."""
        self.sample_rate_hz = sample_rate_hz
        self._path = path
        self._pictures: list[Image.Image] = []
        try:
            path.touch()
        except OSError as error:
            raise InputError(f"cannot write {path}: {error.strerror}. Name a file in a folder that exists") from error

    def add(self, frame: Frame, sound: Samples, time_s: float) -> None:
        """Take a frame; the sound is left out."""
        if len(self._pictures) < LONGEST_S * FRAME_RATE_HZ:
            scale = SIDE_PX / max(frame.shape[:2])
            small = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else frame
            self._pictures.append(Image.fromarray(small.copy()))

    def close(self) -> None:
        """Write the file."""
        if self._pictures:
            first, *rest = self._pictures
            first.save(
                self._path,
                save_all=True,
                append_images=rest,
                duration=1000 // FRAME_RATE_HZ,
                loop=0,
                quality=QUALITY,
                method=4,
            )
