"""What describes a presenter. Centimetres, origin between the pupils, x to the viewer's right, y up, z to the viewer.

Named tuples because compiled code reads them; colours are linear-light RGB reflectances in [0, 1].
"""

from typing import NamedTuple

Colour = tuple[float, float, float]


class Skull(NamedTuple):
    """The large forms of the head."""

    cranium_half_width: float
    cranium_top: float  # y of the crown
    temple_half_width: float
    cheekbone_x: float
    cheekbone_size: float
    cheek_fullness: float  # radius of the soft cheek
    jaw_half_width: float
    jaw_y: float
    chin_y: float  # lowest point
    chin_half_width: float
    chin_z: float
    brow_ridge: float  # radius of the ridge above the eyes
    taper: float  # how much narrower the face is at the chin than at the cheekbones
    neck_radius: float
    ear_x: float  # how far the ears stand out
    asymmetry: float  # sideways drift of the midline: nobody is symmetric


class Nose(NamedTuple):
    """Bridge, tip and wings."""

    root_z: float
    bridge_radius: float
    tip_y: float
    tip_z: float
    tip_radius: float
    wing_x: float
    wing_radius: float
    nostril: float


class Eyes(NamedTuple):
    """Lids, eyeball and iris of one eye; the other is its mirror image."""

    x: float  # of the pupil
    half_width: float  # of the opening
    above: float  # opening above the line through the corners
    below: float
    above_skew: float  # negative: highest towards the nose
    below_skew: float
    tilt: float  # rise of the outer corner over one half width
    ball_radius: float
    ball_z: float
    iris_radius: float
    pupil_radius: float
    crease: float  # distance of the fold above the upper lid
    crease_depth: float
    hood: float  # how far the skin above hangs over the inner corner (epicanthic fold)
    socket: float  # depth of the orbit
    bag: float  # fullness under the eye
    iris: Colour
    iris_rim: Colour


class Lips(NamedTuple):
    """The mouth, closed."""

    y: float
    half_width: float
    upper: float  # height of the red of the upper lip
    lower: float
    bow: float  # depth of the notch in the upper border
    corner_lift: float  # a hint of a smile
    fullness: float  # how far the lips stand out


class Skin(NamedTuple):
    """Reflectance and wear."""

    base: Colour
    blush: Colour  # multiplies the base where blood shows
    lip: Colour
    shadow: Colour  # multiplies the base on lids and under the eyes
    freckles: float
    wrinkles: float
    pores: float
    shine: float
    scalp: Colour  # multiplies the base where hair roots are dense


class Brows(NamedTuple):
    """Rows of short hairs."""

    inner_x: float
    inner_y: float
    peak_x: float
    peak_y: float
    outer_x: float
    outer_y: float
    thickness: float
    hairs: int
    colour: Colour


class Face(NamedTuple):
    """Everything the head's surface depends on."""

    skull: Skull
    nose: Nose
    eyes: Eyes
    lips: Lips
    skin: Skin
    brows: Brows
    earring: float  # radius of a gold bead at each earlobe, 0 for none
