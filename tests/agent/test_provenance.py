import json
from pathlib import Path

import av
import numpy as np
import pytest

from agent.credentials import own_credentials
from agent.provenance import Origin, ProvenanceSettings, examine, sign
from agent.recorder import Recorder
from avatar.watermark import Watermark
from dialogue.errors import ConfigError, InputError
from dialogue.watermark import RATE_HZ, VoiceWatermark
from tests.dialogue.recordings import spoken

ORIGIN = Origin("ab" * 32, {"latents.safetensors": "cd" * 32})


def film(path: Path, *, marked: bool) -> Path:
    """Four seconds of a moving picture with speech."""
    from dialogue.audio import resample

    sound = resample(spoken("The opening hours are nine to five from Monday to Friday. Please ask."), 16_000, RATE_HZ)
    sound = np.resize(sound, 4 * RATE_HZ).astype(np.float32)
    rows, columns = np.mgrid[0:512, 0:512]
    recorder = Recorder(path, (512, 512), RATE_HZ, keep_every_frame=True)
    mark, voice = Watermark(512, 512), VoiceWatermark()
    for index in range(100):
        wave = 120 + 60 * np.sin((rows + index) / 23) + 40 * np.cos((columns - 2 * index) / 31)
        frame = np.repeat(wave.astype(np.uint8)[..., None], 3, axis=2)
        part = sound[index * 960 : (index + 1) * 960]
        if marked:
            mark.mark(frame)
            part = voice.mark(part)
        recorder.add(frame, part, index / 25)
    recorder.close()
    return path


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def said(path: Path) -> dict[str, bool | None]:
    return {each.name: each.says_visavis for each in examine(path)}


def test_a_recording_is_recognised_by_credentials_and_by_both_marks(tmp_path: Path) -> None:
    recording = film(tmp_path / "talk.mp4", marked=True)
    sign(recording, ORIGIN, ProvenanceSettings())
    assert said(recording) == {"content credentials": True, "mark in the picture": True, "mark in the voice": True}
    with av.open(str(recording)) as file:
        assert sum(1 for _ in file.decode(video=0)) == 100


def test_a_recording_without_marks_is_not_taken_for_ours(tmp_path: Path) -> None:
    assert not any(said(film(tmp_path / "other.mp4", marked=False)).values())


def test_the_marks_outlive_a_new_encoding_and_the_credentials_do_not(tmp_path: Path) -> None:
    recording = film(tmp_path / "talk.mp4", marked=True)
    sign(recording, ORIGIN, ProvenanceSettings())
    again = tmp_path / "again.mkv"
    with av.open(str(recording)) as source, av.open(str(again), "w") as target:
        video = target.add_stream("libx264", rate=25, options={"crf": "23"})
        video.width, video.height, video.pix_fmt = 384, 384, "yuv420p"
        audio = target.add_stream("libopus", rate=48_000, layout="mono")
        to_opus = av.AudioResampler("flt", "mono", 48_000)
        for frame in source.decode(video=0, audio=0):
            if isinstance(frame, av.VideoFrame):
                small = frame.reformat(384, 384, "yuv420p")
                small.pts = None
                target.mux(video.encode(small))
            else:
                for part in to_opus.resample(frame):
                    target.mux(audio.encode(part))
        for stream in (video, audio):
            target.mux(stream.encode(None))
    assert said(again) == {"content credentials": False, "mark in the picture": True, "mark in the voice": True}


def test_a_signed_recording_that_was_changed_is_found_out(tmp_path: Path) -> None:
    recording = film(tmp_path / "talk.mp4", marked=True)
    sign(recording, ORIGIN, ProvenanceSettings())
    content = bytearray(recording.read_bytes())
    content[len(content) // 2] ^= 0xFF
    recording.write_bytes(content)
    evidence = next(each for each in examine(recording) if each.name == "content credentials")
    assert evidence.says_visavis is False
    assert "changed" in evidence.found


def test_the_certificate_is_made_once_and_its_key_is_private(tmp_path: Path) -> None:
    first, second = own_credentials(tmp_path / "own"), own_credentials(tmp_path / "own")
    assert first == second
    assert (tmp_path / "own" / "private.key").stat().st_mode & 0o077 == 0


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    own_credentials(tmp_path / "own")
    (tmp_path / "own" / "private.key").chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        own_credentials(tmp_path / "own")


def test_what_is_no_recording_is_refused_with_a_sentence(tmp_path: Path) -> None:
    text = tmp_path / "a.mp4"
    text.write_text(json.dumps({"a": 1}), encoding="utf-8")
    with pytest.raises(InputError, match="no video, picture or sound"):
        list(examine(text))
