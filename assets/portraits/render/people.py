"""The three presenters. None of them exists: every number here was chosen by eye."""

from assets.portraits.render.clothes import BLAZER, Clothes
from assets.portraits.render.facts import Brows, Eyes, Face, Lips, Nose, Skin, Skull
from assets.portraits.render.hair import coils
from assets.portraits.render.picture import Presenter
from assets.portraits.render.studio import Studio, lamp

ADA_FACE = Face(
    skull=Skull(
        cranium_half_width=7.4, cranium_top=10.6, temple_half_width=6.5, cheekbone_x=4.5, cheekbone_size=1.05,
        cheek_fullness=2.1, jaw_half_width=5.5, jaw_y=-6.2, chin_y=-10.9, chin_half_width=1.2, chin_z=2.2,
        brow_ridge=0.75, neck_radius=4.15, asymmetry=0.05,
    ),
    nose=Nose(
        root_z=1.35, bridge_z=2.6, bridge_radius=0.62, tip_y=-3.55, tip_z=4.2, tip_radius=0.92, wing_x=1.22,
        wing_radius=0.72, nostril=0.36,
    ),
    eyes=Eyes(
        x=3.15, half_width=1.62, above=0.70, below=0.42, above_skew=-0.12, below_skew=0.15, tilt=0.10, ball_radius=1.75,
        ball_z=-0.35, iris_radius=0.66, pupil_radius=0.26, crease=0.42, crease_depth=0.16, hood=0.0, socket=1.35,
        bag=0.05, iris=(0.16, 0.065, 0.022), iris_rim=(0.02, 0.010, 0.006),
    ),
    lips=Lips(y=-6.75, half_width=2.55, upper=0.80, lower=1.05, bow=0.16, corner_lift=0.28, fullness=0.42, z=2.0),
    skin=Skin(
        base=(0.24, 0.115, 0.065), blush=(1.18, 0.80, 0.74), lip=(0.26, 0.065, 0.055), shadow=(0.72, 0.62, 0.62),
        freckles=0.1, wrinkles=0.1, pores=0.5, stubble=0.0, shine=0.5,
    ),
    brows=Brows(
        inner_x=1.35, inner_y=1.75, peak_x=4.1, peak_y=2.35, outer_x=5.35, outer_y=1.75, thickness=0.5, hairs=420,
        colour=(0.012, 0.008, 0.006),
    ),
)  # fmt: skip

STUDIO = Studio(
    key=lamp(-0.55, 0.55, 0.75, (1.75, 1.62, 1.45), 3.0),
    fill=lamp(0.85, 0.10, 0.60, (0.34, 0.36, 0.42), 2.0),
    rim_left=lamp(-0.85, 0.35, -0.45, (0.9, 0.95, 1.1), 5.0),
    rim_right=lamp(0.85, 0.40, -0.40, (1.5, 1.35, 1.15), 5.0),
    above=(0.36, 0.37, 0.40),
    front=(0.16, 0.155, 0.15),
    below=(0.17, 0.14, 0.12),
    backdrop=(0.52, 0.40, 0.30),
    backdrop_edge=(0.26, 0.17, 0.12),
    exposure=0.72,
)
ADA = Presenter(
    ADA_FACE,
    Clothes(BLAZER, outer=(0.022, 0.060, 0.075), inner=(0.72, 0.66, 0.56), trim=(0.022, 0.060, 0.075)),
    STUDIO,
    hair=lambda face, random: coils(face, (0.010, 0.0065, 0.005), (0.035, 0.018, 0.010), random),
    lash_length=0.62,
)

PEOPLE = {"ada": ADA}
