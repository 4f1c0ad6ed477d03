"""Words and signs over the picture: captions, what the agent is doing, the mark of an artificial person."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pygame
from pydantic import Field

from dialogue.section import Section

Frame = npt.NDArray[np.uint8]
"""RGB picture, shape [height, width, 3]."""

DISCLOSURE = "AI"
STATE_COLOURS = {
    "idle": (140, 150, 160),
    "listening": (70, 190, 120),
    "thinking": (235, 180, 60),
    "speaking": (90, 150, 240),
}


class OverlaySettings(Section):
    """Captions and signs."""

    captions: bool = Field(True, description="show what is said, by both")
    caption_size: float = Field(
        0.045, ge=0.02, le=0.15, description="height of a line as a part of the picture's height"
    )
    high_contrast: bool = Field(True, description="white on black behind captions (WCAG AAA) instead of a soft shade")
    show_state: bool = Field(True, description="a small dot: listening, thinking, speaking")
    hide_artificial_person_mark: bool = Field(
        False, description="hides the sign that says this is an artificial person; the law may require it; is logged"
    )


@dataclass(frozen=True, slots=True)
class Overlay:
    """What to write over one frame."""

    state: str = "idle"
    user_caption: str = ""
    agent_caption: str = ""
    notice: str = ""
    """A sentence about trouble or help, shown at the top until it is empty again."""


class OverlayPainter:
    """Draws overlays on pygame surfaces of any size; text is rendered once and kept."""

    def __init__(self, settings: OverlaySettings) -> None:
        pygame.font.init()
        self.settings = settings
        """May be changed at any time; holds from the next frame on."""
        self._text = lru_cache(maxsize=64)(self._render)

    def paint(self, surface: pygame.Surface, overlay: Overlay) -> None:
        """Draw over the whole surface."""
        if not self.settings.hide_artificial_person_mark:
            self._mark(surface)
        if self.settings.show_state:
            self._dot(surface, overlay.state)
        if overlay.notice:
            self._lines(surface, overlay.notice, top=True)
        if self.settings.captions:
            self._lines(surface, overlay.agent_caption or overlay.user_caption, italic=not overlay.agent_caption)

    def painted(self, frame: Frame, overlay: Overlay) -> Frame:
        """Give a copy of a frame with the overlay on it."""
        copy = frame.copy()
        # The surface shares the copy's memory, so what is painted on it is painted into the copy.
        self.paint(pygame.image.frombuffer(copy.data, (copy.shape[1], copy.shape[0]), "RGB"), overlay)
        return copy

    def _mark(self, surface: pygame.Surface) -> None:
        label = self._text(DISCLOSURE, self._line_px(surface) * 3 // 4, False, (255, 255, 255))
        margin = surface.get_height() // 40
        box = label.get_rect(topright=(surface.get_width() - margin, margin)).inflate(margin, margin // 2)
        self._shade(surface, box, 110)
        surface.blit(label, label.get_rect(center=box.center))

    def _dot(self, surface: pygame.Surface, state: str) -> None:
        radius = max(4, surface.get_height() // 70)
        centre = (radius * 3, radius * 3)
        pygame.draw.circle(surface, (20, 20, 20), centre, radius + 2)
        pygame.draw.circle(surface, STATE_COLOURS.get(state, STATE_COLOURS["idle"]), centre, radius)

    def _lines(self, surface: pygame.Surface, text: str, *, top: bool = False, italic: bool = False) -> None:
        if not text:
            return
        height = self._line_px(surface)
        colour = (255, 236, 160) if italic else (255, 255, 255)
        labels = [self._text(line, height, italic, colour) for line in self._wrap(text, height, surface.get_width())]
        step = round(height * 1.35)
        y = height // 2 + surface.get_height() // 12 if top else surface.get_height() - step * len(labels) - height // 2
        for label in labels:
            box = label.get_rect(midtop=(surface.get_width() // 2, y))
            self._shade(surface, box.inflate(height, height // 3), 255 if self.settings.high_contrast else 120)
            surface.blit(label, box)
            y += step

    def _wrap(self, text: str, height: int, width: int) -> list[str]:
        """Break into lines that fit; the last two, because what is being said is at the end."""
        lines = [""]
        for word in text.split():
            longer = f"{lines[-1]} {word}".strip()
            if lines[-1] and _font(height, False).size(longer)[0] > width * 0.92:
                lines.append(word)
            else:
                lines[-1] = longer
        return lines[-2:]

    def _line_px(self, surface: pygame.Surface) -> int:
        return max(10, round(surface.get_height() * self.settings.caption_size))

    @staticmethod
    def _render(text: str, height: int, italic: bool, colour: tuple[int, int, int]) -> pygame.Surface:
        return _font(height, italic).render(text, True, colour)

    @staticmethod
    def _shade(surface: pygame.Surface, box: pygame.Rect, opacity: int) -> None:
        shade = pygame.Surface(box.size, pygame.SRCALPHA)
        pygame.draw.rect(shade, (0, 0, 0, opacity), shade.get_rect(), border_radius=box.height // 4)
        surface.blit(shade, box)


@lru_cache(maxsize=16)
def _font(height: int, italic: bool) -> pygame.font.Font:
    font = pygame.font.Font(None, height)
    font.set_italic(italic)
    return font
