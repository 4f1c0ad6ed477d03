"""Cut a person out of a picture: alpha by closed-form matting, clean foreground colours, the background behind.

Levin, Lischinski, Weiss: A closed-form solution to natural image matting, CVPR 2006; Germer et al.: Fast multi-level
foreground estimation, ICPR 2020 (both through pymatting).
"""

import contextlib
import io
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from dialogue.errors import PortraitError

Floats = npt.NDArray[np.float32]

MATTING_PX = 720
"""Larger pictures are matted at this size: the linear system grows with the area, to over a gigabyte."""
SURE_PERSON, SURE_BACKGROUND = 0.85, 0.06
"""Segmentation probabilities beyond which the trimap is decided."""


@dataclass(frozen=True, slots=True)
class Cutout:
    """A person cut out: alpha [h, w], foreground and background [h, w, 3], all in [0, 1]."""

    alpha: Floats
    foreground: Floats
    background: Floats


def cut_out(picture: Floats, probability: Floats, face: npt.NDArray[np.bool_]) -> Cutout:
    """Separate a person from the background of a picture [h, w, 3] in [0, 1].

    `probability` [h, w] is a rough segmentation; `face` [h, w] marks what is certainly foreground. Blocks for half a
    second at 512x512. Raises PortraitError when the picture defeats it.
    """
    from pymatting import estimate_alpha_cf, estimate_foreground_ml

    size = (picture.shape[1], picture.shape[0])
    zoom = min(1.0, MATTING_PX / max(size))
    small = (round(size[0] * zoom), round(size[1] * zoom))
    trimap = cv2.resize(_trimap(probability, face), small, interpolation=cv2.INTER_NEAREST)
    exact = cv2.resize(picture, small, interpolation=cv2.INTER_AREA).astype(np.float64)
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # pymatting prints advice about its preconditioner
            alpha = estimate_alpha_cf(exact, trimap)
    except ValueError as exc:
        raise PortraitError("the person cannot be cut out of this picture: use one with a plainer background") from exc
    alpha = cv2.resize(alpha.astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    alpha = np.clip((alpha - 0.06) / 0.88, 0, 1)
    foreground = estimate_foreground_ml(picture, alpha).astype(np.float32)
    return _exact(picture, alpha, foreground, _background(picture, alpha))


def _exact(picture: Floats, alpha: Floats, foreground: Floats, background: Floats) -> Cutout:
    """Let foreground over background give the picture itself: thin parts correct the background, thick ones themselves.

    Where alpha is nearly nothing the background takes the difference, above that the foreground, which moves.
    """
    a = alpha[..., None]
    missing = picture - a * foreground - (1 - a) * background
    to_background = np.clip((0.05 - a) / 0.03, 0, 1)
    background = np.clip(background + to_background * missing / np.maximum(1 - a, 0.5), 0, 1)
    exact = np.clip((picture - (1 - a) * background) / np.maximum(a, 1e-3), 0, 1)
    trust = np.clip((a - 0.25) / 0.35, 0, 1)  # what is nearly transparent would only amplify grain
    foreground = np.clip(exact * trust + foreground * (1 - trust), 0, 1)
    return Cutout(alpha, np.asarray(foreground, np.float32), np.asarray(background, np.float32))


def _trimap(probability: Floats, face: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Return 1 where surely person, 0 where surely not, 0.5 between; widths follow the size of the picture."""
    unit = probability.shape[0] / 512
    person = cv2.erode((probability > SURE_PERSON).astype(np.uint8), _disc(7 * unit))
    outside = cv2.erode((probability < SURE_BACKGROUND).astype(np.uint8), _disc(3 * unit))
    trimap = np.full(probability.shape, 0.5)
    trimap[outside > 0] = 0
    trimap[(person > 0) | face] = 1
    if not (trimap == 0).any():
        trimap[:2] = 0
    return trimap


def _disc(radius_px: float) -> npt.NDArray[np.uint8]:
    size = 2 * round(radius_px) + 1
    disc: npt.NDArray[np.uint8] = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return disc


def _background(picture: Floats, alpha: Floats) -> Floats:
    """Fill in what the person hides: near the edge the background mirrored in it, deeper its smooth average."""
    unit = alpha.shape[0] / 512
    hidden = cv2.dilate((alpha > 0.02).astype(np.uint8), _disc(5 * unit))
    if hidden.min() == 1:
        return np.full_like(picture, 0.35)
    smooth = cv2.GaussianBlur(fill(picture, 1 - hidden.astype(np.float32)), (0, 0), 3 * unit)
    depth, label = cv2.distanceTransformWithLabels(hidden, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    mirrored = cv2.remap(picture, *_mirrored_places(hidden, label), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    is_background = cv2.remap(1 - hidden, *_mirrored_places(hidden, label), cv2.INTER_NEAREST)
    textured = np.clip((60 * unit - depth) / (40 * unit), 0, 1) * is_background
    textured = cv2.GaussianBlur(np.asarray(textured, np.float32), (0, 0), 4 * unit)[..., None]
    filled = cv2.GaussianBlur(mirrored, (0, 0), 0.6 * unit) * textured + smooth * (1 - textured)
    return np.asarray(np.where(hidden[..., None] > 0, filled, picture), np.float32)


def _mirrored_places(hidden: npt.NDArray[np.uint8], label: npt.NDArray[np.int32]) -> tuple[Floats, Floats]:
    """Return for each pixel its mirror image in the nearest pixel of the seen background."""
    y, x = np.indices(hidden.shape)
    edges = np.zeros((int(label.max()) + 1, 2), np.int64)
    seen = hidden == 0
    edges[label[seen]] = np.stack([x[seen], y[seen]], 1)
    nearest = edges[label]
    return (2 * nearest[..., 0] - x).astype(np.float32), (2 * nearest[..., 1] - y).astype(np.float32)


def fill(picture: Floats, weight: Floats) -> Floats:
    """Fill the pixels of weight 0 from those around them by pushing averages up a pyramid and pulling them down."""
    height, width = weight.shape
    if min(height, width) <= 2:
        total = float(weight.sum())
        mean = (picture * weight[..., None]).sum((0, 1)) / max(total, 1e-6)
        return np.where(weight[..., None] > 0.01, picture, mean).astype(np.float32)
    half = ((width + 1) // 2, (height + 1) // 2)
    small_weight = cv2.resize(weight, half, interpolation=cv2.INTER_AREA)
    small = cv2.resize(picture * weight[..., None], half, interpolation=cv2.INTER_AREA)
    small = small / np.maximum(small_weight, 1e-4)[..., None]
    coarse = fill(small.astype(np.float32), np.minimum(small_weight * 4, 1))
    coarse = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    filled: Floats = picture * weight[..., None] + coarse * (1 - weight[..., None])
    return filled
