import contextlib
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogue.audio import AudioFrame, Blocks, Resampler, RingBuffer, read_sound, resample
from dialogue.errors import InputError
from dialogue.speech import Samples

pieces = st.lists(st.integers(0, 700), min_size=1, max_size=30)


def tone(hz: float, seconds: float, rate_hz: int) -> Samples:
    sine: Samples = (0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz)).astype(np.float32)
    return sine


def strongest_hz(samples: Samples, rate_hz: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * rate_hz / len(samples)


def write_sound(path: Path, channels: list[Samples], rate_hz: int, codec: str) -> Path:
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, rate=rate_hz)
        stream.layout = "mono" if len(channels) == 1 else "stereo"
        frame = av.AudioFrame.from_ndarray(np.stack(channels), format="fltp", layout=stream.layout.name)
        frame.sample_rate = rate_hz
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return path


def cut(samples: Samples, lengths: list[int]) -> list[Samples]:
    return np.split(samples, np.cumsum(lengths)[:-1])


def test_a_frame_knows_its_duration_and_where_it_ends() -> None:
    frame = AudioFrame(np.zeros(160, np.float32), 16_000, position=320)
    assert frame.seconds == 0.01
    assert frame.end == 480


@pytest.mark.parametrize("samples", [np.zeros((2, 160), np.float32), np.zeros(160), np.zeros(160, np.int16)])
def test_a_frame_of_anything_but_mono_float32_is_refused(samples: Samples) -> None:
    with pytest.raises(InputError, match="mono float32"):
        AudioFrame(samples, 16_000)


@given(st.integers(1, 300), pieces)
def test_a_ring_buffer_holds_the_newest_samples_however_they_came(capacity: int, lengths: list[int]) -> None:
    stream = np.arange(sum(lengths), dtype=np.float32)
    buffer = RingBuffer(capacity)
    for piece in cut(stream, lengths):
        buffer.append(piece)
    assert buffer.end == len(stream)
    np.testing.assert_array_equal(buffer.last(capacity), stream[max(0, len(stream) - capacity) :])
    np.testing.assert_array_equal(buffer.between(buffer.start, buffer.end - 1), stream[buffer.start : -1])
    assert len(buffer.between(buffer.end, buffer.end + 5)) == 0


@given(st.integers(1, 300), pieces)
def test_blocks_are_of_one_length_and_lose_nothing(block: int, lengths: list[int]) -> None:
    stream = np.arange(sum(lengths), dtype=np.float32)
    blocks = Blocks(block)
    got = [part for piece in cut(stream, lengths) for part in blocks.push(piece)]
    assert {len(part) for part in got} <= {block}
    np.testing.assert_array_equal(np.concatenate([*got, stream[:0]]), stream[: len(stream) // block * block])


@settings(max_examples=25)
@given(st.sampled_from([(48_000, 16_000), (44_100, 16_000), (16_000, 48_000), (22_050, 16_000)]), pieces)
def test_resampling_in_pieces_equals_resampling_whole(rates: tuple[int, int], lengths: list[int]) -> None:
    stream = np.random.default_rng(1).normal(0, 0.1, sum(lengths)).astype(np.float32)
    resampler = Resampler(*rates)
    got = [resampler.push(piece) for piece in cut(stream, lengths)]
    np.testing.assert_allclose(np.concatenate([*got, resampler.flush()]), resample(stream, *rates), atol=1e-6)


def test_resampling_keeps_a_tone_and_removes_what_the_new_rate_cannot_hold() -> None:
    kept = resample(tone(1000, 1, 48_000), 48_000, 16_000)
    assert strongest_hz(kept, 16_000) == pytest.approx(1000, abs=2)
    assert np.abs(resample(tone(11_000, 1, 48_000), 48_000, 16_000)[1000:-1000]).max() < 1e-3


@pytest.mark.parametrize(
    ("name", "codec", "rate_hz"),
    [
        ("a.wav", "pcm_s16le", 44_100),
        ("a.flac", "flac", 48_000),
        ("a.mp3", "libmp3lame", 22_050),
        ("a.ogg", "libopus", 48_000),
        ("a.m4a", "aac", 44_100),
        ("a.webm", "libopus", 48_000),
    ],
)
def test_sound_of_any_container_and_rate_becomes_16_khz_mono(
    tmp_path: Path, name: str, codec: str, rate_hz: int
) -> None:
    channels = [tone(440, 1.5, rate_hz), np.zeros(round(1.5 * rate_hz), np.float32)]
    sound = read_sound(write_sound(tmp_path / name, channels, rate_hz, codec))
    assert sound.sample_rate_hz == 16_000
    assert sound.seconds == pytest.approx(1.5, abs=0.08)
    middle = sound.samples[8000:16_000]
    assert strongest_hz(middle, 16_000) == pytest.approx(440, abs=3)
    assert np.abs(middle).max() == pytest.approx(0.25, abs=0.02)


def test_a_file_that_is_not_sound_is_refused_with_advice(tmp_path: Path) -> None:
    (tmp_path / "notes.wav").write_text("dear diary " * 500)
    with pytest.raises(InputError, match=r"notes\.wav as sound .* try a WAV"):
        read_sound(tmp_path / "notes.wav")


@pytest.mark.parametrize("name", ["nowhere.wav", "."])
def test_a_path_that_cannot_be_opened_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot read"):
        read_sound(tmp_path / name)


def test_a_playlist_cannot_make_us_read_another_file(tmp_path: Path) -> None:
    write_sound(tmp_path / "secret.wav", [tone(440, 1, 16_000)], 16_000, "pcm_s16le")
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXTINF:1,\nsecret.wav\n#EXT-X-ENDLIST\n")
    (tmp_path / "list.txt").write_text(f"ffconcat version 1.0\nfile '{tmp_path}/secret.wav'\n")
    for name in ("list.m3u8", "list.txt"):
        with pytest.raises(InputError):
            read_sound(tmp_path / name)


def test_an_empty_recording_is_refused(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "empty.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
    with pytest.raises(InputError, match="holds no sound"):
        read_sound(tmp_path / "empty.wav")


def test_samples_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    broken = tone(440, 1, 16_000)
    broken[100] = np.nan
    with pytest.raises(InputError, match="not numbers"):
        read_sound(write_sound(tmp_path / "a.wav", [broken], 16_000, "pcm_f32le"))


def test_samples_beyond_full_scale_are_clipped(tmp_path: Path) -> None:
    loud = write_sound(tmp_path / "a.wav", [4 * tone(440, 1, 16_000)], 16_000, "pcm_f32le")
    assert np.abs(read_sound(loud).samples).max() == 1.0


def test_a_recording_of_absurd_length_is_refused_before_it_is_all_decoded(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.wav", [np.zeros(160_000, np.float32)], 16_000, "pcm_s16le")
    with pytest.raises(InputError, match="longer than 5 s"):
        read_sound(path, longest_s=5)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=2000), st.sampled_from([b"", b"RIFF\x24\x08\0\0WAVEfmt ", b"fLaC", b"OggS", b"ID3"]))
def test_garbage_is_sound_or_an_input_error_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, garbage: bytes, magic: bytes
) -> None:
    path = tmp_path_factory.mktemp("garbage") / "a"
    path.write_bytes(magic + garbage)
    with contextlib.suppress(InputError):
        assert len(read_sound(path).samples) > 0
