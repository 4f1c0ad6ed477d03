from pathlib import Path

import av
import numpy as np
import pytest

from agent.recorder import Recorder, RecorderDisplay
from dialogue.errors import InputError

RATE_HZ = 24_000


def record(path: Path, *, close: bool, seconds: int = 3) -> Recorder:
    """A flash and a beep at 1.0 s."""
    recorder = Recorder(path, (128, 96), RATE_HZ, keep_every_frame=True)
    sound = np.zeros(seconds * RATE_HZ, np.float32)
    sound[RATE_HZ : RATE_HZ + 2400] = 0.5 * np.sin(np.arange(2400) * 2 * np.pi * 1000 / RATE_HZ)
    display = RecorderDisplay(recorder, lambda start, stop: sound[start:stop])
    for position in range(0, len(sound), RATE_HZ // 25):
        value = 230 if RATE_HZ <= position < RATE_HZ + 2400 else 20
        if display.wants_frame(position):
            display.show(np.full((96, 128, 3), value, np.uint8), position)
    if close:
        display.close()
    return recorder


def onsets(path: Path) -> tuple[float, float, int]:
    """Times of the flash and of the beep, and the number of frames."""
    with av.open(str(path)) as file:
        frames = [(float(f.pts * f.time_base), f.to_ndarray(format="gray").mean()) for f in file.decode(video=0)]
    with av.open(str(path)) as file:
        sound = [(float(f.pts * f.time_base), np.abs(f.to_ndarray()[0])) for f in file.decode(audio=0)]
    flash = next(time for time, level in frames if level > 120)
    beep = next(time + np.argmax(x > 0.1) / RATE_HZ for time, x in sound if x.max() > 0.1)
    return flash, beep, len(frames)


def test_flash_and_beep_of_the_same_moment_stay_together(tmp_path: Path) -> None:
    record(tmp_path / "a.mp4", close=True)
    flash, beep, count = onsets(tmp_path / "a.mp4")
    assert abs(flash - 1.0) < 0.05  # both streams begin one AAC block late
    assert abs(beep - flash) < 0.03
    assert count == 75


def test_a_recording_that_was_never_closed_plays_up_to_its_last_second(tmp_path: Path) -> None:
    recorder = record(tmp_path / "whole.mp4", close=False, seconds=4)
    while not recorder._shots.empty():
        pass
    copy = tmp_path / "killed.mp4"
    copy.write_bytes((tmp_path / "whole.mp4").read_bytes())
    recorder.close()
    _, _, count = onsets(copy)
    assert count >= 50


def test_an_unwritable_path_is_explained(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="folder that exists"):
        Recorder(tmp_path / "missing" / "a.mp4", (64, 64), RATE_HZ)
