"""Tracked landmarks -> head pose and pose-free faces, by Procrustes alignment on points that speech does not move.

Frame, axes and angles are those of `avatar.latents`; what was tracked in pixels has its z turned towards the viewer.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

STABLE = np.array(
    [168, 6, 197, 195, 5, 8, 33, 133, 263, 362, 130, 359, 127, 356, 234, 454, 93, 323, 162, 389, 21, 251, 54, 284]
)
"""Nose bridge, eye corners, temples and cheekbones."""
TRACKER_AXES = np.array([1, 1, -1], np.float32)
"""The tracker's z points away from the viewer, ours towards."""
CHEEKBONES = (234, 454)
LIPS_INNER_MIDDLE = (13, 14)
LIP_CORNERS = (61, 291)


@dataclass(frozen=True, slots=True)
class Face:
    """A clip's motion, frame by frame: `pose` [n, 6] as in `avatar.latents`, position and distance counted from the
    clip's median; `shape` [n, 478, 3] pose-free, in the canonical frame."""

    pose: Floats
    shape: Floats


def rotations(angles: Floats) -> Floats:
    """Turn yaw, pitch, roll [n, 3] into matrices [n, 3, 3], as `avatar.latents.HeadPose.rotation` does for one."""
    (cy, cp, cr), (sy, sp, sr) = np.cos(angles.T), np.sin(angles.T)
    none, one = np.zeros_like(cy), np.ones_like(cy)
    turn = np.array([[cy, none, sy], [none, one, none], [-sy, none, cy]])
    nod = np.array([[one, none, none], [none, cp, -sp], [none, sp, cp]])
    tilt = np.array([[cr, -sr, none], [sr, cr, none], [none, none, one]])
    turned: Floats = np.einsum("ijn,jkn,kln->nil", tilt, turn, nod)
    return turned


def head_angles(matrices: Floats) -> Floats:
    """Yaw, pitch and roll [n, 3] of head rotations [n, 3, 3]; undoes `rotations`."""
    yaw = np.arcsin(np.clip(-matrices[:, 2, 0], -1, 1))
    pitch = np.arctan2(matrices[:, 2, 1], matrices[:, 2, 2])
    roll = np.arctan2(matrices[:, 1, 0], matrices[:, 0, 0])
    angles: Floats = np.stack([yaw, pitch, roll], -1).astype(np.float32)
    return angles


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


def track_face(landmarks: Floats, reference: Floats) -> Face:
    """Split a clip's tracked landmarks [n, 478, 3] (pixels, no NaN) into pose and pose-free shape."""
    landmarks = landmarks * TRACKER_AXES
    shape, turned, scale, middle = upright(landmarks, reference)
    width_px = np.linalg.norm(landmarks[:, CHEEKBONES[0]] - landmarks[:, CHEEKBONES[1]], axis=-1)
    offset = (middle[:, :2] - np.median(middle[:, :2], axis=0)) / np.median(width_px)
    nearness = np.log(scale / np.median(scale))
    pose = np.concatenate([head_angles(turned), offset, -nearness[:, None]], axis=1)
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
