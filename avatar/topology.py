"""Which landmark is where: the index lists of the 478-point face that geometry and drawing share.

"Right" is the face's own right, on the left of the picture. Rings run as the picture is read: the right eye and the
mouth from the left of the picture, upper edge first.
"""

OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
"""The outline of the face, clockwise as seen from the top of the forehead."""

EYE_RIGHT = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
EYE_LEFT = (362, 398, 384, 385, 386, 387, 388, 466, 263, 249, 390, 373, 374, 380, 381, 382)
"""Lid edges: outer or inner corner, upper lid, the other corner, lower lid back; always from left to right first."""

IRIS_RIGHT = (468, 469, 470, 471, 472)
IRIS_LEFT = (473, 474, 475, 476, 477)
"""Centre of the iris, then four points on its edge."""

LIPS_INNER_UPPER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LIPS_INNER_LOWER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
LIPS_OUTER_UPPER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
LIPS_OUTER_LOWER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
MOUTH = LIPS_INNER_UPPER + LIPS_INNER_LOWER[-2:0:-1]
LIPS = LIPS_OUTER_UPPER + LIPS_OUTER_LOWER[-2:0:-1]
"""Rings of the inner edge of the lips (the hole of the mesh) and of their outer edge."""

STABLE = (6, 168, 197, 195, 5, 4, 33, 133, 263, 362, 8, 9, 151, 10, 127, 356, 234, 454, 21, 251, 162, 389, 54, 284)
"""Landmarks that dynamics hardly move: forehead, temples, nose, eye corners."""

CREASE_RIGHT = (247, 30, 29, 27, 28, 56, 190)
CREASE_LEFT = (414, 286, 258, 257, 259, 260, 467)
"""The row above the upper lid, where its crease is; from left to right."""

BROW_RIGHT = (70, 63, 105, 66, 107)
BROW_LEFT = (336, 296, 334, 293, 300)

FOREHEAD, CHIN, NOSE_TIP = 10, 152, 1
CHEEK_RIGHT, CHEEK_LEFT = 234, 454
OUTER_CORNER_RIGHT, OUTER_CORNER_LEFT = 33, 263
