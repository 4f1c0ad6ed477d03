"""What a portrait's own pixels say about its light: the colour of white in the mouth, of lashes, of plain skin."""

import cv2
import numpy as np
import numpy.typing as npt

from avatar import topology
from avatar.layers import polygon

Floats = npt.NDArray[np.float32]


def darkest(photo: Floats, landmarks: Floats, ring: tuple[int, ...]) -> Floats:
    """Return the colour of the darkest twentieth around a ring: lashes, or the line between lips."""
    points = landmarks[list(ring), :2]
    low, high = np.floor(points.min(0)).astype(int), np.ceil(points.max(0)).astype(int)
    colours = photo[max(low[1], 0) : high[1] + 1, max(low[0], 0) : high[0] + 1].reshape(-1, 3)
    brightness = colours.sum(1)
    return np.asarray(colours[brightness <= np.percentile(brightness, 5)].mean(0), np.float32)


def white_in_mouth(photo: Floats, landmarks: Floats) -> Floats:
    """Estimate the colour a white thing in the mouth would have in this light, from the skin beside it."""
    points = np.round(landmarks[[205, 425, 50, 280, 4], :2]).astype(int)
    radius = max(2, int(0.03 * photo.shape[0]))
    limit = photo.shape[0]
    patches = [
        photo[max(y - radius, 0) : min(y + radius, limit), max(x - radius, 0) : min(x + radius, limit)].reshape(-1, 3)
        for x, y in points
    ]
    skin = np.percentile(np.concatenate(patches), 60, axis=0)
    brightness = float(skin @ [0.3, 0.59, 0.11])
    level = np.clip(90 + 0.72 * brightness, 100, 250)
    tint = 0.75 + 0.25 * skin / max(float(skin.mean()), 1.0)
    return np.asarray(_teeth_light(photo, landmarks, level * tint), np.float32)


def _teeth_light(photo: Floats, landmarks: Floats, guess: Floats) -> Floats:
    """Where the photograph shows teeth, let drawn ones match their brightest part; otherwise keep the guess."""
    mask = cv2.erode(polygon(landmarks[list(topology.MOUTH), :2], photo.shape[0]), np.ones((3, 3))) > 0.9
    if mask.sum() < 30:
        return guess
    inside = photo[mask]
    brightness = inside.mean(1)
    bright = inside[brightness >= np.percentile(brightness, 70)].mean(0)
    grey = 1 - (bright.max() - bright.min()) / max(float(bright.max()), 1.0)
    if grey < 0.6 or bright.mean() < 0.55 * guess.mean():
        return guess
    return np.asarray(np.clip(bright / [0.92, 0.89, 0.81], 0.6 * guess, 255), np.float32)


def bare_skin(picture: Floats, landmarks: Floats) -> Floats:
    """Return the colour of plain skin between eyes and brows, under the eyes and on the cheeks."""
    places = (222, 223, 224, 442, 443, 444, 118, 119, 120, 347, 348, 349, 101, 330)
    x, y = np.clip(np.round(landmarks[list(places), :2]).astype(int), 1, picture.shape[0] - 2).T
    colours = np.stack([picture[y + j, x + i] for i in (-1, 0, 1) for j in (-1, 0, 1)]).mean(0)
    brightness = colours.sum(1)
    return np.asarray(np.median(colours[brightness >= np.median(brightness)], axis=0), np.float32)
