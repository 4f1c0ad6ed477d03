from pathlib import Path
from typing import Any

import cv2
import mediapipe
import numpy as np
import numpy.typing as npt
import pytest

from assets.portraits.render.people import PEOPLE
from assets.portraits.render.picture import portrait

FOLDER = Path(__file__).parents[2] / "assets" / "portraits"
Picture = npt.NDArray[np.uint8]


def shipped(name: str) -> Picture:
    return np.asarray(cv2.imread(str(FOLDER / f"{name}.png"))[..., ::-1], np.uint8)


def faces_in(picture: Picture) -> list[npt.NDArray[Any]]:
    """Landmarks [478, 3] of every face, in picture widths."""
    with mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=True, max_num_faces=4) as mesh:
        found = mesh.process(np.ascontiguousarray(picture)).multi_face_landmarks or []
    return [np.array([(point.x, point.y, point.z) for point in face.landmark]) for face in found]


@pytest.mark.parametrize("name", PEOPLE)
def test_every_shipped_presenter_shows_one_face_that_looks_at_the_viewer_with_closed_lips(name: str) -> None:
    picture = shipped(name)
    assert picture.shape == (1024, 1024, 3)
    faces = faces_in(picture)
    assert len(faces) == 1
    face = faces[0]
    eye_distance = np.linalg.norm(face[33, :2] - face[263, :2])
    nose_from_middle = abs(face[1, 0] - 0.5 * (face[33, 0] + face[263, 0])) / eye_distance
    assert nose_from_middle < 0.04, "the head is turned"
    for pupil, inner, outer in ((468, 133, 33), (473, 362, 263)):
        gaze = (face[pupil, 0] - face[outer, 0]) / (face[inner, 0] - face[outer, 0])
        assert 0.38 < gaze < 0.62, "the eyes look aside"
    assert np.linalg.norm(face[13, :2] - face[14, :2]) / eye_distance < 0.02, "the mouth is open"
    for upper, lower in ((159, 145), (386, 374)):
        assert face[lower, 1] - face[upper, 1] > 0.06 * eye_distance, "an eye is nearly shut"
    height = face[152, 1] - face[10, 1]
    assert 0.25 < height < 0.5
    assert abs(face[:, 0].mean() - 0.5) < 0.03


@pytest.mark.parametrize("name", PEOPLE)
def test_a_person_is_cut_out_of_every_shipped_presenter(name: str) -> None:
    with mediapipe.solutions.selfie_segmentation.SelfieSegmentation(model_selection=0) as segment:
        mask = segment.process(shipped(name)).segmentation_mask
    assert mask[512:, 448:576].min() > 0.5
    assert mask[:512, :64].max() < 0.5
    assert mask[:512, -64:].max() < 0.5


def test_the_scripts_draw_the_shipped_picture() -> None:
    size = 112
    drawn = portrait(PEOPLE["ada"], size).astype(np.float64)
    expected = cv2.resize(shipped("ada"), (size, size), interpolation=cv2.INTER_AREA).astype(np.float64)
    assert np.abs(drawn - expected).mean() < 3.0
    assert np.corrcoef(drawn.ravel(), expected.ravel())[0, 1] > 0.99
