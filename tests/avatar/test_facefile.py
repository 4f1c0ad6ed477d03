import subprocess
import sys

import numpy as np
import pytest

from avatar.facefile import read_face, write_face
from avatar.portrait import Portrait
from dialogue.errors import FaceFileError
from tests.avatar.faces import astronaut


def test_a_saved_portrait_is_the_same_portrait(tmp_path) -> None:
    path = tmp_path / "a.face"
    astronaut().save(path)
    loaded = Portrait.load(path)
    assert np.array_equal(loaded.picture, astronaut().picture)
    assert np.array_equal(loaded.landmarks, astronaut().landmarks)
    assert loaded.records == astronaut().records


def test_one_flipped_byte_is_damage(tmp_path) -> None:
    path = tmp_path / "a.face"
    astronaut().save(path)
    contents = bytearray(path.read_bytes())
    contents[len(contents) // 2] ^= 1
    path.write_bytes(contents)
    with pytest.raises(FaceFileError, match="damaged"):
        Portrait.load(path)


@pytest.mark.parametrize("contents", [b"", b"hello", b"\x10\x00\x00\x00\x00\x00\x00\x00{}"])
def test_what_is_no_face_file_is_refused(tmp_path, contents: bytes) -> None:
    path = tmp_path / "a.face"
    path.write_bytes(contents)
    with pytest.raises(FaceFileError):
        Portrait.load(path)


def test_a_changed_record_is_damage(tmp_path) -> None:
    path = tmp_path / "a.face"
    write_face(path, {"x": np.zeros(3)}, {"consent": "Ada"})
    path.write_bytes(path.read_bytes().replace(b"Ada", b"Bob"))
    with pytest.raises(FaceFileError, match="checksum"):
        read_face(path)


def test_a_failed_write_leaves_nothing_behind(tmp_path) -> None:
    with pytest.raises(FaceFileError, match="--out"):
        write_face(tmp_path / "nowhere" / "a.face", {"x": np.zeros(3)}, {})
    assert not list(tmp_path.iterdir())


def test_loading_and_drawing_needs_no_mediapipe(tmp_path) -> None:
    path = tmp_path / "a.face"
    astronaut().save(path)
    program = (
        "import sys; from pathlib import Path\n"
        "from avatar.portrait import Portrait; from avatar.render import Renderer\n"
        f"face = Portrait.load(Path({str(path)!r})); Renderer(face).render(face.own_motion)\n"
        "print([name for name in ('mediapipe', 'pymatting', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
