from pathlib import Path

import numpy as np
import pytest

from avatar.phones import PhoneDecoder
from avatar.training.labels import Aligner, fill_gaps, load_phones, load_words, save_phones, spellings
from avatar.training.tracks import Track, is_tracked, load_track, rejection, track_file, videos_in
from dialogue.errors import InputError
from dialogue.speech import Phone, Samples, SpeechChunk, Word
from dialogue.synthesise.flite import FliteSettings, FliteVoice

GRID = Path(__file__).resolve().parents[4] / "shared" / "data" / "grid_s1"
UNKNOWN = float("nan")


def track(frames: int = 50, lost: int = 0, eyes_px: float = 60.0, jump_px: float = 0.0) -> Track:
    landmarks = np.zeros((frames, 478, 3), np.float32)
    landmarks[:, 263, 0] = eyes_px
    landmarks[frames // 2 :, :, 0] += jump_px
    landmarks[:lost] = np.nan
    return Track(landmarks, np.arange(frames) / 25, np.zeros(16_000, np.float32), np.zeros((0, 0), np.float32))


def spoken(text: str) -> tuple[Samples, list[Phone]]:
    chunks: list[SpeechChunk] = []

    def emit(chunk: SpeechChunk) -> bool:
        chunks.append(chunk)
        return True

    FliteVoice(FliteSettings()).speak(text, emit)
    return np.concatenate([c.samples for c in chunks]), [phone for c in chunks for phone in c.phones]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (track(frames=10), "only 10 frames"),
        (track(lost=10), "no face in 20%"),
        (track(eyes_px=12), "too small"),
        (track(jump_px=90), "jumps"),
    ],
)
def test_a_bad_clip_is_rejected_with_the_reason(bad: Track, reason: str) -> None:
    assert reason in (rejection(bad) or "")


def test_a_good_clip_is_kept() -> None:
    assert rejection(track()) is None


def test_a_track_survives_saving(tmp_path: Path) -> None:
    whole = track()
    whole.save(tmp_path / "clip.npz")
    again = load_track(tmp_path / "clip.npz")
    assert np.array_equal(again.landmarks, whole.landmarks)
    assert np.allclose(again.samples, whole.samples, atol=1e-4)


def test_a_file_that_is_no_video_is_remembered_as_rejected(tmp_path: Path) -> None:
    video = tmp_path / "clip.mp4"
    video.write_bytes(b"not a video")
    assert "cannot be read" in (track_file(video, tmp_path, None) or "")
    assert is_tracked(video, tmp_path)


def test_a_folder_without_videos_says_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="give a folder of talking-face videos"):
        videos_in(tmp_path)


@pytest.mark.skipif(not GRID.exists(), reason="needs the GRID clips in ../shared/data")
def test_a_real_clip_is_tracked_on_the_clock_of_its_sound(tmp_path: Path) -> None:
    assert track_file(GRID / "bbaf2n.mkv", tmp_path, None) is None
    found = load_track(tmp_path / "bbaf2n.npz")
    assert found.landmarks.shape == (75, 478, 3)
    assert np.diff(found.times_s) == pytest.approx(0.04, abs=0.002)
    assert len(found.samples) == pytest.approx(3.0 * 16_000, rel=0.02)


def test_aligned_phones_lie_where_the_voice_spoke_them() -> None:
    samples, true = spoken("my mother bought a big map")
    words = [Word(text, UNKNOWN, UNKNOWN) for text in "my mother bought a big map".split()]
    found = [phone for phone in Aligner().align(samples, words) if phone.symbol in ("m", "b")]
    expected = [phone for phone in true if phone.symbol in ("m", "b")]
    assert [phone.symbol for phone in found] == [phone.symbol for phone in expected]
    errors = [abs(f.start_s - e.start_s) for f, e in zip(found, expected, strict=True)]
    assert np.median(errors) < 0.03


def test_words_that_are_not_there_get_their_phones_spread_over_their_times() -> None:
    samples = np.zeros(16_000, np.float32)
    phones = Aligner().align(samples, [Word("map", 0.2, 0.5)])
    assert [phone.symbol for phone in phones] == ["m", "ae", "p"]
    assert phones[0].start_s == pytest.approx(0.2)
    assert phones[-1].end_s == pytest.approx(0.5)


def test_phones_are_decoded_without_knowing_the_words() -> None:
    samples, true = spoken("she sells six shoes, he says, so she should see")
    found = PhoneDecoder().decode(samples)
    hisses = [phone for phone in true if phone.symbol in ("s", "sh", "z")]
    middles = [(phone.start_s + phone.end_s) / 2 for phone in hisses]
    heard = [next(p.symbol for p in found if p.start_s <= middle < p.end_s) for middle in middles]
    assert np.mean([symbol in ("s", "sh", "z", "zh", "ch", "th", "f") for symbol in heard]) > 0.6


@pytest.mark.parametrize(
    ("word", "labials"),
    [("بِاسْمِ", ["b", "m"]), ("فلاديمير", ["f", "m"]), ("قَالَ", []), ("مُتَحِدَة", ["m"])],
)
def test_an_arabic_word_keeps_its_labials(word: str, labials: list[str]) -> None:
    for spelling in spellings(word):
        assert [symbol for symbol in spelling if symbol in ("p", "b", "m", "f", "v")] == labials


def test_gaps_between_aligned_phones_are_filled_with_decoded_ones() -> None:
    aligned = [Phone("m", 0.2, 0.3)]
    decoded = [Phone("pau", 0.0, 0.2), Phone("n", 0.2, 0.28), Phone("aa", 0.3, 0.5)]
    assert [phone.symbol for phone in fill_gaps(aligned, decoded)] == ["pau", "m", "aa"]


def test_labels_survive_saving(tmp_path: Path) -> None:
    phones = {"clip": [Phone("m", 0.2, 0.3)]}
    save_phones(phones, tmp_path / "phones" / "corpus.json")
    assert load_phones(tmp_path / "phones" / "corpus.json") == phones


def test_words_without_times_are_read_as_unknown(tmp_path: Path) -> None:
    (tmp_path / "words.csv").write_text("clip,start_s,end_s,word\na,0.1,0.2,one\na,,,two\n")
    one, two = load_words(tmp_path / "words.csv")["a"]
    assert one == Word("one", 0.1, 0.2)
    assert np.isnan(two.start_s)
