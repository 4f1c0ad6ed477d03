from pathlib import Path

import numpy as np
from PIL import Image

from agent.flipbook import FRAME_RATE_HZ, SIDE_PX, Flipbook
from agent.recorder import RecorderDisplay


def test_a_flipbook_keeps_the_motion_at_its_own_rate(tmp_path: Path) -> None:
    book = Flipbook(tmp_path / "face.webp", 24_000)
    display = RecorderDisplay(book, lambda start, stop: np.zeros(stop - start, np.float32))
    for position in range(0, 48_000, 480):
        if display.wants_frame(position):
            display.show(np.full((512, 512, 3), position // 480 * 2, np.uint8), position)
    display.close()
    with Image.open(tmp_path / "face.webp") as image:
        assert getattr(image, "n_frames", 1) == 2 * FRAME_RATE_HZ
        assert image.size == (SIDE_PX, SIDE_PX)
        image.seek(2 * FRAME_RATE_HZ - 1)
        assert np.asarray(image.convert("RGB")).mean() > 150
