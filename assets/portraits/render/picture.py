"""One presenter to one picture: trace, shade, scatter, grow hair over it, develop."""

from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from assets.portraits.render.brows import eyebrows, lashes
from assets.portraits.render.camera import CAMERA
from assets.portraits.render.clothes import Clothes
from assets.portraits.render.facts import Face
from assets.portraits.render.film import developed
from assets.portraits.render.march import NOTHING, SKIN, look_at
from assets.portraits.render.shade import shaded_solids
from assets.portraits.render.skin import scattered
from assets.portraits.render.strands import Strands, light_strands, paint
from assets.portraits.render.studio import Studio, backdrop
from assets.portraits.render.volume import Volume, volume_of

LASH_COLOUR = (0.012, 0.008, 0.006)
HAIR_OPACITY = 0.12


class Growth(Protocol):
    """A way to wear hair."""

    def __call__(self, face: Face, *, random: np.random.Generator) -> Strands:
        """Grow it on a face."""


class Presenter(NamedTuple):
    """Somebody to talk to."""

    face: Face
    clothes: Clothes
    studio: Studio
    hair: tuple[Growth, ...]
    lash_length: float


def _volume(growths: list[Strands]) -> Volume:
    points, lengths = [], []
    for hair in growths:
        points.append(hair.points[:, 1:].reshape(-1, 3))
        lengths.append(np.linalg.norm(np.diff(hair.points, axis=1), axis=-1).reshape(-1))
    return volume_of(np.concatenate(points), np.concatenate(lengths))


def portrait(presenter: Presenter, size: int, samples: int = 3) -> npt.NDArray[np.uint8]:
    """Render a picture [size, size, 3], RGB, from samples x samples samples a pixel."""
    face, clothes, studio, grow, lash_length = presenter
    random = np.random.default_rng(1)
    growths = [growth(face, random=random) for growth in grow]
    volume = _volume(growths)
    seen = look_at(size * samples, CAMERA, face, clothes.cut)
    solids = shaded_solids(CAMERA, seen, face, clothes, studio, volume, samples)
    light = scattered(solids.light, seen.material == SKIN, size * samples / CAMERA.extent)
    picture = solids.colour * light + solids.gloss
    behind = backdrop(size * samples, studio)
    picture = np.where((seen.material == NOTHING)[..., None], behind, picture)
    fine = (eyebrows(face, random), lashes(face, lash_length, LASH_COLOUR, random))
    layers = [(strands, 0.0) for strands in fine] + [(strands, HAIR_OPACITY) for strands in growths]
    for strands, thickness in layers:
        lit = np.zeros_like(strands.points)
        light_strands(strands, CAMERA, face, clothes.cut, studio, volume, thickness, lit)
        paint(strands, lit, CAMERA, seen, picture)
    return developed(picture * studio.exposure, size)
