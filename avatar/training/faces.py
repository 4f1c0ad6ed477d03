"""Tracked landmarks -> head pose and pose-free faces, by Procrustes alignment on points that speech does not move.

The canonical frame: x to the viewer's right, y down, z away from the viewer; unit = distance of the outer eye
corners; origin midway between them. Angles are as in `avatar.latents.HeadPose`, the head turned by yaw, then pitch,
then roll.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from avatar.training.tracks import EYE_OUTER

Floats = npt.NDArray[np.float32]

STABLE = np.array(
    [168, 6, 197, 195, 5, 8, 33, 133, 263, 362, 130, 359, 127, 356, 234, 454, 93, 323, 162, 389, 21, 251, 54, 284]
)
"""Nose bridge, eye corners, temples and cheekbones."""
CHEEKBONES = (234, 454)
LIPS_INNER_MIDDLE = (13, 14)
LIP_CORNERS = (61, 291)


@dataclass(frozen=True, slots=True)
class Face:
    """A clip's motion, frame by frame: `pose` [n, 6] as in `avatar.latents`, position and distance counted from the
    clip's median; `shape` [n, 478, 3] pose-free, in the canonical frame."""

    pose: Floats
    shape: Floats


def rotation(yaw: Floats, pitch: Floats, roll: Floats) -> Floats:
    """Turn by yaw, then pitch, then roll: matrices [n, 3, 3] for column vectors."""
    one, none = np.ones_like(yaw), np.zeros_like(yaw)

    def stack(*rows: tuple[Floats, Floats, Floats]) -> Floats:
        return np.stack([np.stack(row, -1) for row in rows], -2)

    turn_yaw = stack((np.cos(yaw), none, -np.sin(yaw)), (none, one, none), (np.sin(yaw), none, np.cos(yaw)))
    turn_pitch = stack((one, none, none), (none, np.cos(pitch), np.sin(pitch)), (none, -np.sin(pitch), np.cos(pitch)))
    turn_roll = stack((np.cos(roll), -np.sin(roll), none), (np.sin(roll), np.cos(roll), none), (none, none, one))
    turned: Floats = turn_roll @ turn_pitch @ turn_yaw
    return turned


def angles(matrices: Floats) -> Floats:
    """Yaw, pitch and roll [n, 3] of rotation matrices [n, 3, 3]; undoes `rotation`."""
    yaw = np.arctan2(matrices[:, 2, 0], matrices[:, 2, 2])
    pitch = np.arcsin(np.clip(-matrices[:, 2, 1], -1, 1))
    roll = np.arctan2(-matrices[:, 0, 1], matrices[:, 1, 1])
    return np.stack([yaw, pitch, roll], -1).astype(np.float32)


def upright(landmarks: Floats, reference: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Align landmarks [n, 478, 3] with a reference face [478, 3] (Kabsch on the stable points).

    Gives pose-free shapes [n, 478, 3] at the reference's scale, and the rotations [n, 3, 3], scales [n] and
    positions [n, 3] that turn the reference into what was tracked.
    """
    target = reference[STABLE] - reference[STABLE].mean(0)
    middle = landmarks[:, STABLE].mean(1)  # [n, 3]
    points = landmarks - middle[:, None]
    u, _, vt = np.linalg.svd(np.einsum("npi,pj->nij", points[:, STABLE], target))
    flip = np.sign(np.linalg.det(u @ vt))
    u[:, :, 2] *= flip[:, None]
    turned = u @ vt  # tracked = scale * turned @ reference
    back = np.einsum("npi,nij->npj", points, turned)
    scale = (points[:, STABLE] ** 2).sum((1, 2)) / np.einsum("npi,pi->n", back[:, STABLE], target)
    shape = back / scale[:, None, None] + reference[STABLE].mean(0)
    return shape.astype(np.float32), turned.astype(np.float32), scale.astype(np.float32), middle.astype(np.float32)


def canonical(shape: Floats) -> Floats:
    """Move and scale faces [..., 478, 3] into the canonical frame, leaving their turn as it is."""
    corners = shape[..., EYE_OUTER, :]
    unit = np.linalg.norm(corners[..., 0, :] - corners[..., 1, :], axis=-1)[..., None, None]
    framed: Floats = (shape - corners.mean(-2, keepdims=True)) / unit
    return framed


def mean_face(shapes: Floats, rounds: int = 4) -> Floats:
    """Average faces [n, 478, 3] of any size and turn into one of the canonical frame (generalised Procrustes)."""
    mean = canonical(shapes[0])
    for _ in range(rounds):
        mean = canonical(_symmetric(upright(shapes, mean)[0].mean(0)))
    return mean


def _symmetric(face: Floats) -> Floats:
    """Turn a face so that its left and right halves lie at equal depth and height: straight ahead by definition."""
    across = face[CHEEKBONES[1]] - face[CHEEKBONES[0]] + face[EYE_OUTER[1]] - face[EYE_OUTER[0]]
    right = across / np.linalg.norm(across)
    down = np.array([0, 1, 0], np.float32) - right[1] * right
    down /= np.linalg.norm(down)
    turned: Floats = face @ np.stack([right, down, np.cross(right, down)], -1)
    return turned


def track_face(landmarks: Floats, reference: Floats) -> Face:
    """Split a clip's landmarks [n, 478, 3] (pixels, no NaN) into pose and pose-free shape."""
    shape, turned, scale, middle = upright(landmarks, reference)
    width_px = np.linalg.norm(landmarks[:, CHEEKBONES[0]] - landmarks[:, CHEEKBONES[1]], axis=-1)
    offset = (middle[:, :2] - np.median(middle[:, :2], axis=0)) / np.median(width_px)
    nearness = np.log(scale / np.median(scale))
    pose = np.concatenate([angles(turned), offset, -nearness[:, None]], axis=1)
    return Face(pose.astype(np.float32), shape)


def opening(shape: Floats) -> Floats:
    """Gap between the inner lips over the eye distance, [...]; 0 when they meet."""
    upper, lower = (shape[..., i, :] for i in LIPS_INNER_MIDDLE)
    gap: Floats = np.linalg.norm(lower - upper, axis=-1)
    return gap


def width(shape: Floats) -> Floats:
    """Distance of the lip corners over the eye distance, [...]."""
    left, right = (shape[..., i, :] for i in LIP_CORNERS)
    distance: Floats = np.linalg.norm(right - left, axis=-1)
    return distance
