"""A long lens in front of the presenter: perspective, square picture."""

from typing import NamedTuple


class Camera(NamedTuple):
    """Looks along -z from (0, y, distance); at z = 0 the picture is `extent` wide, its middle at height y."""

    y: float = -5.2
    distance: float = 110.0
    extent: float = 45.0


CAMERA = Camera()
