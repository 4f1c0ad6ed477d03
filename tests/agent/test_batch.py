from pathlib import Path

import av
import numpy as np
import pytest

from agent.batch import film_speech, frame_count
from agent.build import build_visage
from agent.config import PORTRAITS
from agent.provenance import ProvenanceSettings
from avatar.controls import Controls
from dialogue.audio import SPEECH_RATE_HZ, AudioFrame, read_sound
from dialogue.speech import SpeechChunk
from dialogue.synthesise.flite import FliteSettings, FliteVoice

UNSIGNED = ProvenanceSettings(sign=False)


@pytest.fixture(scope="module")
def sound() -> AudioFrame:
    chunks: list[SpeechChunk] = []

    def emit(chunk: SpeechChunk) -> bool:
        chunks.append(chunk)
        return True

    FliteVoice(FliteSettings()).speak("Hello, Ada.", emit)
    return AudioFrame(np.concatenate([chunk.samples for chunk in chunks]), SPEECH_RATE_HZ)


def film(path: Path, sound: AudioFrame, controls: Controls, seed: int = 0) -> np.ndarray:
    visage = build_visage(PORTRAITS / "ada.face", seed, controls)
    visage.mover.begin(seed, None, controls)
    assert list(film_speech(visage, sound, path, 256, UNSIGNED)) == list(range(frame_count(sound)))
    with av.open(str(path)) as file:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)])


def test_a_film_is_as_long_as_its_sound_and_carries_it(tmp_path: Path, sound: AudioFrame) -> None:
    frames = film(tmp_path / "film.mp4", sound, Controls())
    assert len(frames) == frame_count(sound)
    heard = read_sound(tmp_path / "film.mp4").samples
    assert abs(len(heard) - len(sound.samples)) < 2048
    match = np.correlate(np.pad(heard, 4096), sound.samples, "valid").max()
    assert match > 0.8 * np.linalg.norm(heard) * np.linalg.norm(sound.samples)


def test_the_mouth_moves_more_than_the_background(tmp_path: Path, sound: AudioFrame) -> None:
    frames = film(tmp_path / "film.mp4", sound, Controls(pose_scale=0.0)).astype(np.float32)
    change = np.abs(np.diff(frames, axis=0)).mean(axis=(0, 3))
    assert change[130:190, 90:166].max() > 3 * change[:40, :40].max()


def test_distance_makes_the_face_smaller(tmp_path: Path, sound: AudioFrame) -> None:
    near, far = (
        film(tmp_path / f"{name}.mp4", sound, Controls(log_distance=distance))[-1].astype(np.float32)
        for name, distance in (("near", 0.0), ("far", 0.4))
    )
    background = near[:20].mean(axis=(0, 1))
    covered = [(np.abs(picture - background).sum(axis=2) > 60)[:160].mean() for picture in (near, far)]
    assert covered[1] < covered[0]
