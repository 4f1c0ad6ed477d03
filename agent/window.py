"""The window: shows frames at any size and orientation, and hands on keys, touches and closing."""

from collections import deque
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import pygame
from pydantic import Field

from agent.overlay import Frame, Overlay, OverlayPainter
from dialogue.errors import DeviceError
from dialogue.section import Section


class WindowSettings(Section):
    """How the face is shown."""

    fullscreen: bool = Field(False, description="cover the whole display (F11 switches)")
    width: int = Field(640, ge=160, le=7680, description="pixels, when not fullscreen")
    height: int = Field(640, ge=160, le=4320, description="pixels, when not fullscreen")
    fit: Literal["letterbox", "fill"] = Field(
        "letterbox", description="show all of the picture, or cover all of the window"
    )
    frame_rate_hz: int = Field(50, ge=25, le=60, description="wanted; falls to 30 and 25 before the sound suffers")
    picture_px: int = Field(
        512, ge=256, le=1024, description="side of the drawn picture before it is scaled to the window"
    )


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A key went down or up; `name` as pygame names it ("space", "f11", "a")."""

    name: str
    is_down: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class Touched:
    """A click or touch, in parts of the window (0..1 from the top left)."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Closed:
    """The window was closed."""


WindowEvent = KeyPressed | Touched | Closed


class Window:
    """A pygame window; all calls from the thread that made it."""

    def __init__(self, settings: WindowSettings, painter: OverlayPainter, title: str = "Visavis") -> None:
        """Open it. Raises DeviceError where there is no display."""
        self._settings = settings
        self._painter = painter
        self._events: deque[WindowEvent] = deque(maxlen=256)
        try:
            pygame.display.init()
            self._fullscreen = settings.fullscreen
            self._open()
        except pygame.error as error:
            raise DeviceError(f"no display was found ({error}): start it on a desktop, or use --record FILE") from error
        pygame.display.set_caption(title)
        pygame.mouse.set_visible(not self._fullscreen)

    def show(self, frame: Frame, overlay: Overlay) -> None:
        """Scale a frame to the window, write the overlay over it and put it on the screen."""
        size = self._surface.get_size()
        picture = fit(frame, size, self._settings.fit)
        image = pygame.image.frombuffer(picture.data, (picture.shape[1], picture.shape[0]), "RGB")
        if picture.shape[:2] != (size[1], size[0]):
            self._surface.fill((0, 0, 0))
        self._surface.blit(image, image.get_rect(center=self._surface.get_rect().center))
        self._painter.paint(self._surface, overlay)
        pygame.display.flip()

    def events(self) -> list[WindowEvent]:
        """Give what happened since the last call."""
        for event in pygame.event.get():
            if translated := self._translate(event):
                self._events.append(translated)
        happened = list(self._events)
        self._events.clear()
        return happened

    def close(self) -> None:
        """Take the window off the screen."""
        pygame.display.quit()

    def _open(self) -> None:
        flags = pygame.FULLSCREEN if self._fullscreen else pygame.RESIZABLE
        size = (0, 0) if self._fullscreen else (self._settings.width, self._settings.height)
        self._surface = pygame.display.set_mode(size, flags)

    def _translate(self, event: pygame.event.Event) -> WindowEvent | None:
        if event.type == pygame.QUIT:
            return Closed()
        if event.type in (pygame.KEYDOWN, pygame.KEYUP):
            return self._key(event)
        if event.type == pygame.MOUSEBUTTONDOWN:
            width, height = self._surface.get_size()
            return Touched(event.pos[0] / width, event.pos[1] / height)
        return None

    def _key(self, event: pygame.event.Event) -> WindowEvent | None:
        name = pygame.key.name(event.key)
        is_down = event.type == pygame.KEYDOWN
        if name == "f11" and is_down:
            self._fullscreen = not self._fullscreen
            self._open()
            return None
        if name == "escape" and is_down:
            return Closed()
        return KeyPressed(name, is_down, getattr(event, "unicode", ""))


def fit(frame: Frame, size: tuple[int, int], how: Literal["letterbox", "fill"]) -> Frame:
    """Scale a frame to `size` (width, height): inside it, or covering it with what sticks out cut off evenly."""
    height, width = frame.shape[:2]
    scale = (min if how == "letterbox" else max)(size[0] / width, size[1] / height)
    if scale != 1:
        target = (max(1, round(width * scale)), max(1, round(height * scale)))
        frame = cv2.resize(frame, target, interpolation=cv2.INTER_AREA if scale < 0.8 else cv2.INTER_LINEAR)
    x, y = (max(0, frame.shape[1] - size[0]) // 2, max(0, frame.shape[0] - size[1]) // 2)
    return np.ascontiguousarray(frame[y : y + size[1], x : x + size[0]])
