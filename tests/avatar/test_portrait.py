import numpy as np
import pytest
from PIL import Image
from skimage import data

from avatar.portrait import bake, choose_face, framing, head_rotation, read_image
from dialogue.errors import PortraitError
from tests.avatar.faces import astronaut, space


def face_of_height(height_px: float) -> np.ndarray:
    landmarks = space().neutral.copy()
    return landmarks * np.float32(height_px / np.linalg.norm(landmarks[10, :2] - landmarks[152, :2]))


def test_a_picture_without_a_face_is_refused_with_the_reason() -> None:
    with pytest.raises(PortraitError, match="no face"):
        bake(np.full((300, 300, 3), 128, np.uint8), space())


def test_a_small_face_is_refused_with_its_size() -> None:
    with pytest.raises(PortraitError, match="60 pixels high"):
        choose_face([face_of_height(60)])


def test_two_faces_of_like_size_are_a_choice_for_the_user() -> None:
    with pytest.raises(PortraitError, match="2 faces"):
        choose_face([face_of_height(200), face_of_height(190)])


def test_of_several_faces_the_largest_is_taken() -> None:
    largest = face_of_height(300)
    assert choose_face([largest, face_of_height(120)]) is largest


def test_a_profile_is_refused() -> None:
    from avatar.latents import HeadPose

    turned = (space().neutral @ HeadPose(yaw=1.1).rotation().T * 200).astype(np.float32)
    with pytest.raises(PortraitError, match="from the side"):
        head_rotation(turned, space())


@pytest.mark.parametrize("contents", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n broken"])
def test_a_file_that_is_no_image_is_refused(tmp_path, contents: bytes) -> None:
    path = tmp_path / "me.jpg"
    path.write_bytes(contents)
    with pytest.raises(PortraitError, match="not an image"):
        read_image(path)


def test_a_missing_image_is_named(tmp_path) -> None:
    with pytest.raises(PortraitError, match=r"nobody\.png"):
        read_image(tmp_path / "nobody.png")


def test_a_picture_taken_sideways_is_turned_upright(tmp_path) -> None:
    upright = Image.fromarray(data.astronaut())
    sideways = upright.transpose(Image.Transpose.ROTATE_90)
    exif = sideways.getexif()
    exif[0x0112] = 6  # turn clockwise to view
    path = tmp_path / "phone.png"
    sideways.save(path, exif=exif)
    assert np.array_equal(read_image(path), np.asarray(upright))


def test_the_frame_shows_head_and_shoulders_and_stays_inside_the_image() -> None:
    image = data.astronaut()
    landmarks = astronaut().landmarks * np.float32(0.3)
    landmarks[:, :2] += (60, 5)
    cut = framing(image.shape, landmarks)
    picture, moved = cut.cut(image), cut.move(landmarks)
    assert picture.shape[0] == picture.shape[1] >= 512
    height = np.linalg.norm(moved[10, :2] - moved[152, :2]) / picture.shape[0]
    assert 0.35 < height < 0.6
    assert (moved[:, :2] >= 0).all()


def test_a_picture_lying_on_its_side_without_exif_is_turned_upright() -> None:
    lying = np.ascontiguousarray(np.rot90(data.astronaut()))
    baked = bake(lying, space())
    assert np.array_equal(baked.picture, astronaut().picture)


def test_two_small_faces_in_a_wide_picture_are_found_and_refused() -> None:
    pair = np.ascontiguousarray(np.hstack([data.astronaut()] * 2))
    with pytest.raises(PortraitError, match="2 faces"):
        bake(pair, space())


def test_a_smile_in_the_photograph_is_read_as_its_own_expression() -> None:
    from avatar.latents import gap

    own = space().neutral + space().displacement(astronaut().own_dynamics)
    assert gap(own, (13,), (14,))[0] > 0.05
    assert own[61, 0] < space().neutral[61, 0] - 0.02


def test_a_bare_face_wears_no_glasses() -> None:
    assert not astronaut().wears_glasses


def test_the_head_is_cut_out_and_the_sky_is_not() -> None:
    alpha = astronaut().alpha
    nose = astronaut().landmarks[1, :2].astype(int)
    assert alpha[nose[1], nose[0]] == 255
    assert alpha[:20, :20].max() < 10
