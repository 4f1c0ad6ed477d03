"""The three presenters. None of them exists: every number here was chosen by eye."""

from functools import partial

from assets.portraits.render.clothes import BLAZER, CARDIGAN, SWEATER, Clothes
from assets.portraits.render.facts import Brows, Eyes, Face, Lips, Nose, Skin, Skull
from assets.portraits.render.hair import beard, bob, coils, swept_back
from assets.portraits.render.picture import Presenter
from assets.portraits.render.studio import Studio, lamp

ADA = Presenter(
    face=Face(
        skull=Skull(
            cranium_half_width=7.3, cranium_top=10.6, temple_half_width=6.25, cheekbone_x=4.5, cheekbone_size=1.05,
            cheek_fullness=2.05, jaw_half_width=4.75, jaw_y=-6.4, chin_y=-10.7, chin_half_width=0.7, chin_z=2.2,
            brow_ridge=0.70, taper=0.15, neck_radius=3.8, ear_x=7.35, asymmetry=0.06,
        ),
        nose=Nose(
            root_z=1.30, bridge_radius=0.60, tip_y=-3.50, tip_z=4.1, tip_radius=0.84, wing_x=1.22,
            wing_radius=0.70, nostril=0.34,
        ),
        eyes=Eyes(
            x=3.15, half_width=1.58, above=0.61, below=0.41, above_skew=-0.10, below_skew=0.15, tilt=0.15,
            ball_z=-0.35, ball_radius=1.75, iris_radius=0.72, pupil_radius=0.29, crease=0.42,
            crease_depth=0.15, hood=0.0, socket=1.35,
            bag=0.04, iris=(0.10, 0.042, 0.016), iris_rim=(0.02, 0.010, 0.006),
        ),
        lips=Lips(y=-6.75, half_width=2.6, upper=0.84, lower=1.06, bow=0.16, corner_lift=0.42, fullness=0.42),
        skin=Skin(
            base=(0.235, 0.120, 0.074), blush=(1.16, 0.78, 0.72), lip=(0.21, 0.060, 0.052), shadow=(0.72, 0.62, 0.62),
            freckles=0.15, wrinkles=0.1, pores=0.5, shine=0.5, scalp=(0.25, 0.22, 0.22),
        ),
        brows=Brows(
            inner_x=1.45, inner_y=1.85, peak_x=4.2, peak_y=2.48, outer_x=5.35, outer_y=1.85, thickness=0.46, hairs=600,
            colour=(0.020, 0.012, 0.009),
        ),
        earring=0.0,
    ),
    clothes=Clothes(BLAZER, outer=(0.022, 0.060, 0.075), inner=(0.72, 0.66, 0.56), trim=(0.022, 0.060, 0.075)),
    studio=Studio(
        key=lamp(-0.55, 0.55, 0.75, (2.1, 1.93, 1.72), 3.0),
        fill=lamp(0.85, 0.10, 0.60, (0.42, 0.43, 0.48), 2.0),
        rim_left=lamp(-0.85, 0.35, -0.45, (1.5, 1.55, 1.7), 2.5),
        rim_right=lamp(0.85, 0.40, -0.40, (3.0, 2.6, 2.2), 2.5),
        above=(0.36, 0.37, 0.40), front=(0.10, 0.10, 0.10), below=(0.24, 0.19, 0.16),
        backdrop=(0.80, 0.60, 0.42), backdrop_edge=(0.50, 0.30, 0.19), exposure=0.78,
    ),
    hair=(partial(coils, root=(0.008, 0.0055, 0.0045), tip=(0.026, 0.013, 0.008)),),
    lash_length=0.50,
)  # fmt: skip

BRUNO = Presenter(
    face=Face(
        skull=Skull(
            cranium_half_width=7.7, cranium_top=10.7, temple_half_width=6.7, cheekbone_x=4.7, cheekbone_size=1.05,
            cheek_fullness=2.0, jaw_half_width=5.7, jaw_y=-7.0, chin_y=-11.6, chin_half_width=1.5, chin_z=2.4,
            brow_ridge=0.95, taper=0.03, neck_radius=4.7, ear_x=7.35, asymmetry=0.09,
        ),
        nose=Nose(
            root_z=1.55, bridge_radius=0.72, tip_y=-4.05, tip_z=4.45, tip_radius=0.95, wing_x=1.35,
            wing_radius=0.80, nostril=0.38,
        ),
        eyes=Eyes(
            x=3.15, half_width=1.50, above=0.49, below=0.36, above_skew=-0.06, below_skew=0.15, tilt=0.0,
            ball_z=-0.45, ball_radius=1.75, iris_radius=0.66, pupil_radius=0.25, crease=0.30,
            crease_depth=0.15, hood=0.0, socket=1.55,
            bag=0.11, iris=(0.075, 0.105, 0.115), iris_rim=(0.012, 0.022, 0.032),
        ),
        lips=Lips(y=-7.25, half_width=2.6, upper=0.50, lower=0.75, bow=0.10, corner_lift=0.38, fullness=0.30),
        skin=Skin(
            base=(0.55, 0.335, 0.235), blush=(1.06, 0.66, 0.60), lip=(0.40, 0.165, 0.140), shadow=(0.84, 0.72, 0.72),
            freckles=0.35, wrinkles=0.8, pores=1.0, shine=0.5, scalp=(0.72, 0.76, 0.80),
        ),
        brows=Brows(
            inner_x=1.30, inner_y=1.66, peak_x=4.0, peak_y=2.12, outer_x=5.40, outer_y=1.35, thickness=0.80, hairs=650,
            colour=(0.13, 0.115, 0.10),
        ),
        earring=0.0,
    ),
    clothes=Clothes(CARDIGAN, outer=(0.16, 0.035, 0.035), inner=(0.52, 0.60, 0.70), trim=(0.14, 0.030, 0.030)),
    studio=Studio(
        key=lamp(-0.55, 0.50, 0.75, (1.75, 1.64, 1.50), 3.0),
        fill=lamp(0.85, 0.10, 0.60, (0.30, 0.33, 0.38), 2.0),
        rim_left=lamp(-0.85, 0.35, -0.45, (1.4, 1.6, 1.9), 2.5),
        rim_right=lamp(0.85, 0.40, -0.40, (1.9, 1.7, 1.5), 2.5),
        above=(0.26, 0.28, 0.30), front=(0.08, 0.08, 0.08), below=(0.12, 0.10, 0.09),
        backdrop=(0.075, 0.15, 0.17), backdrop_edge=(0.020, 0.050, 0.065), exposure=0.74,
    ),
    hair=(
        partial(swept_back, root=(0.22, 0.205, 0.19), tip=(0.46, 0.44, 0.41)),
        partial(beard, root=(0.24, 0.215, 0.19), tip=(0.55, 0.52, 0.48)),
    ),
    lash_length=0.34,
)  # fmt: skip

MEI = Presenter(
    face=Face(
        skull=Skull(
            cranium_half_width=7.35, cranium_top=10.5, temple_half_width=6.15, cheekbone_x=4.4, cheekbone_size=1.08,
            cheek_fullness=2.0, jaw_half_width=4.8, jaw_y=-6.2, chin_y=-10.6, chin_half_width=0.8, chin_z=1.9,
            brow_ridge=0.62, taper=0.21, neck_radius=3.6, ear_x=6.4, asymmetry=0.05,
        ),
        nose=Nose(
            root_z=1.00, bridge_radius=0.58, tip_y=-3.40, tip_z=3.65, tip_radius=0.80, wing_x=1.18,
            wing_radius=0.66, nostril=0.31,
        ),
        eyes=Eyes(
            x=3.2, half_width=1.54, above=0.56, below=0.37, above_skew=-0.02, below_skew=0.12, tilt=0.17,
            ball_z=-0.25, ball_radius=1.75, iris_radius=0.74, pupil_radius=0.30, crease=0.24,
            crease_depth=0.10, hood=0.10, socket=0.95,
            bag=0.07, iris=(0.055, 0.026, 0.012), iris_rim=(0.012, 0.007, 0.005),
        ),
        lips=Lips(y=-6.55, half_width=2.35, upper=0.66, lower=0.88, bow=0.16, corner_lift=0.40, fullness=0.38),
        skin=Skin(
            base=(0.58, 0.350, 0.248), blush=(1.06, 0.72, 0.68), lip=(0.46, 0.150, 0.140), shadow=(0.86, 0.74, 0.72),
            freckles=0.25, wrinkles=0.0, pores=0.4, shine=0.45, scalp=(0.12, 0.13, 0.16),
        ),
        brows=Brows(
            inner_x=1.50, inner_y=1.76, peak_x=4.0, peak_y=2.14, outer_x=5.05, outer_y=1.62, thickness=0.52, hairs=750,
            colour=(0.022, 0.015, 0.011),
        ),
        earring=0.0,
    ),
    clothes=Clothes(SWEATER, outer=(0.62, 0.22, 0.12), inner=(0.7, 0.7, 0.7), trim=(0.62, 0.22, 0.12)),
    studio=Studio(
        key=lamp(-0.50, 0.55, 0.80, (1.75, 1.66, 1.55), 2.6),
        fill=lamp(0.85, 0.10, 0.60, (0.36, 0.37, 0.42), 2.0),
        rim_left=lamp(-0.85, 0.35, -0.45, (1.8, 1.9, 2.1), 2.5),
        rim_right=lamp(0.85, 0.40, -0.40, (1.9, 1.8, 1.7), 2.5),
        above=(0.30, 0.32, 0.36), front=(0.09, 0.09, 0.09), below=(0.15, 0.13, 0.12),
        backdrop=(0.55, 0.62, 0.72), backdrop_edge=(0.27, 0.34, 0.46), exposure=0.72,
    ),
    hair=(partial(bob, root=(0.008, 0.006, 0.0055), tip=(0.030, 0.018, 0.012)),),
    lash_length=0.42,
)  # fmt: skip

PEOPLE = {"ada": ADA, "bruno": BRUNO, "mei": MEI}
