"""Draw the lessons' pictures: python assets/lessons/pictures/make.py. Flat shapes, four times oversampled."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

HERE = Path(__file__).parent
WIDTH, HEIGHT, OVERSAMPLED = 640, 480, 4
Colour = tuple[int, int, int]
SKY, GROUND, DARK, RED, BLUE, CREAM, WHITE, GREEN, YELLOW, GREY, BROWN = (
    (245, 228, 205), (200, 200, 190), (70, 60, 55), (70, 70, 200), (180, 120, 60), (225, 240, 250), (255, 255, 255),
    (110, 160, 90), (90, 200, 245), (160, 155, 150), (80, 110, 150),
)  # fmt: skip


class Sheet:
    """A sheet to draw on, in pixels of the finished picture; colours are blue, green, red."""

    def __init__(self, background: Colour) -> None:
        self.image: npt.NDArray[np.uint8] = np.full(
            (HEIGHT * OVERSAMPLED, WIDTH * OVERSAMPLED, 3), background, np.uint8
        )

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        cv2.rectangle(self.image, _at(left, top), _at(right, bottom), colour, -1, cv2.LINE_AA)

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        cv2.circle(self.image, _at(x, y), round(radius * OVERSAMPLED), colour, -1, cv2.LINE_AA)

    def shape(self, colour: Colour, *corners: tuple[float, float]) -> None:
        cv2.fillPoly(self.image, [np.array([_at(*corner) for corner in corners], np.int32)], colour, cv2.LINE_AA)

    def line(self, colour: Colour, width: float, *points: tuple[float, float]) -> None:
        path = np.array([_at(*point) for point in points], np.int32)
        cv2.polylines(self.image, [path], False, colour, round(width * OVERSAMPLED), cv2.LINE_AA)

    def words(self, text: str, x: float, y: float, size: float, colour: Colour) -> None:
        scale, thickness = size * OVERSAMPLED / 30, max(1, round(size * OVERSAMPLED / 9))
        (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, scale, thickness)
        corner = (round(x * OVERSAMPLED - width / 2), round(y * OVERSAMPLED + height / 2))
        cv2.putText(self.image, text, corner, cv2.FONT_HERSHEY_DUPLEX, scale, colour, thickness, cv2.LINE_AA)

    def save(self, name: str) -> None:
        small = cv2.resize(self.image, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(HERE / name), small, [cv2.IMWRITE_PNG_COMPRESSION, 9])


def _at(x: float, y: float) -> tuple[int, int]:
    return round(x * OVERSAMPLED), round(y * OVERSAMPLED)


def dots(rows: int, columns: int) -> None:
    sheet = Sheet(CREAM)
    gap = min(WIDTH / (columns + 0.6), HEIGHT / (rows + 0.6))
    colours = (RED, BLUE, GREEN, (60, 150, 230))
    for row in range(rows):
        y = HEIGHT / 2 + (row - (rows - 1) / 2) * gap
        for column in range(columns):
            x = WIDTH / 2 + (column - (columns - 1) / 2) * gap
            sheet.disc(x, y, 0.34 * gap, colours[row % len(colours)])
    sheet.save(f"dots-{rows}x{columns}.png")


def station() -> None:
    sheet = Sheet(SKY)
    sheet.box(0, 380, 640, 480, GROUND)
    sheet.box(0, 372, 640, 384, DARK)
    sheet.shape(BLUE, (40, 350), (40, 210), (470, 210), (560, 285), (590, 350))
    sheet.shape(CREAM, (440, 225), (470, 225), (530, 280), (440, 280))
    for left in range(70, 420, 90):
        sheet.box(left, 228, left + 62, 285, CREAM)
    sheet.box(40, 300, 573, 312, YELLOW)
    for x in range(110, 560, 110):
        sheet.disc(x, 356, 20, DARK)
        sheet.disc(x, 356, 9, GREY)
    sheet.box(250, 40, 560, 130, DARK)
    sheet.words("London  10:15", 405, 68, 24, YELLOW)
    sheet.words("Platform 4", 405, 105, 24, YELLOW)
    sheet.line(DARK, 6, (300, 0), (300, 40))
    sheet.line(DARK, 6, (510, 0), (510, 40))
    sheet.save("station.png")


def hotel() -> None:
    sheet = Sheet((95, 70, 55))
    sheet.disc(540, 90, 38, (200, 235, 250))
    sheet.box(0, 410, 640, 480, (70, 85, 80))
    sheet.box(130, 90, 510, 420, (190, 205, 225))
    sheet.box(120, 78, 520, 98, BROWN)
    sheet.box(230, 112, 410, 152, RED)
    sheet.words("HOTEL", 320, 132, 28, WHITE)
    for row in range(2):
        for column in range(4):
            left, top = 162 + column * 85, 175 + row * 75
            sheet.box(left, top, left + 55, top + 50, YELLOW if (row + column) % 3 else DARK)
            sheet.line(BROWN, 3, (left + 27, top), (left + 27, top + 50))
    sheet.box(275, 330, 365, 420, BROWN)
    sheet.box(285, 342, 316, 420, YELLOW)
    sheet.box(324, 342, 355, 420, YELLOW)
    sheet.shape(RED, (255, 330), (275, 305), (365, 305), (385, 330))
    sheet.save("hotel.png")


def restaurant() -> None:
    sheet = Sheet((215, 228, 240))
    sheet.box(0, 300, 640, 480, BROWN)
    cv2.ellipse(sheet.image, _at(320, 345), (230 * OVERSAMPLED, 95 * OVERSAMPLED), 0, 0, 360, WHITE, -1, cv2.LINE_AA)
    cv2.ellipse(sheet.image, _at(320, 330), (120 * OVERSAMPLED, 42 * OVERSAMPLED), 0, 0, 360, GREY, -1, cv2.LINE_AA)
    cv2.ellipse(sheet.image, _at(320, 326), (112 * OVERSAMPLED, 36 * OVERSAMPLED), 0, 0, 360, CREAM, -1, cv2.LINE_AA)
    cv2.ellipse(sheet.image, _at(320, 326), (84 * OVERSAMPLED, 24 * OVERSAMPLED), 0, 0, 360, (60, 130, 235), -1, 16)
    for x in (290, 330, 352):
        sheet.disc(x, 322 + (x % 9), 6, GREEN)
    for x in (270, 320, 370):
        wave = [(x + 9 * np.sin(step / 3), 265 - 6 * step) for step in range(16)]
        sheet.line(GREY, 4, *wave)
    sheet.line(DARK, 9, (520, 300), (500, 395))
    sheet.disc(522, 292, 17, DARK)
    sheet.line(DARK, 9, (120, 300), (140, 395))
    for offset in (-12, 0, 12):
        sheet.line(DARK, 5, (120 + offset, 262), (120 + offset / 2, 305))
    sheet.box(572, 215, 626, 322, (240, 225, 200))
    sheet.box(576, 250, 622, 318, (235, 195, 150))
    sheet.save("restaurant.png")


def street() -> None:
    sheet = Sheet((205, 225, 215))
    road = (190, 190, 195)
    sheet.box(270, 0, 370, 480, road)
    sheet.box(0, 190, 320, 280, road)
    for top in range(300, 480, 50):
        sheet.box(316, top, 324, top + 26, WHITE)
    for name, left, top, colour in (
        ("BANK", 60, 300, YELLOW), ("CHURCH", 40, 40, CREAM), ("HOTEL", 420, 330, (200, 200, 230)),
        ("SHOPS", 420, 90, (210, 225, 200)),
    ):  # fmt: skip
        sheet.box(left, top, left + 180, top + 110, GREY)
        sheet.box(left + 6, top + 6, left + 174, top + 104, colour)
        sheet.words(name, left + 90, top + 55, 26, DARK)
    sheet.disc(320, 440, 16, RED)
    sheet.words("?", 320, 440, 22, WHITE)
    sheet.save("street.png")


if __name__ == "__main__":
    for rows, columns in ((3, 4), (4, 3), (4, 6)):
        dots(rows, columns)
    station()
    hotel()
    restaurant()
    street()
