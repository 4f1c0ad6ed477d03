import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pygame
import pytest

from agent.overlay import Overlay, OverlayPainter, OverlaySettings
from agent.virtual_devices import REQUIRED, virtual_display
from agent.window import Closed, KeyPressed, Window, WindowSettings, fit

pytestmark = pytest.mark.devices
CHECKS = np.indices((64, 64)).sum(0) // 16 % 2


def checkered() -> np.ndarray:
    return np.ascontiguousarray(np.repeat((CHECKS * 200 + 30).astype(np.uint8)[..., None], 3, axis=2))


@pytest.fixture(scope="module")
def display() -> Iterator[None]:
    """A real X server without a screen."""
    if not any(os.access(Path(folder) / "Xvfb", os.X_OK) for folder in os.environ["PATH"].split(os.pathsep)):
        pytest.skip(f"Xvfb is not installed; './visavis test' installs it with the rest of {REQUIRED}")
    with virtual_display("800x600x24") as name, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DISPLAY", name)
        patch.delenv("SDL_VIDEODRIVER", raising=False)
        yield


def shown(settings: WindowSettings, overlay: Overlay, overlay_settings: OverlaySettings | None = None) -> np.ndarray:
    """What the window shows, [height, width, 3]."""
    window = Window(settings, OverlayPainter(overlay_settings or OverlaySettings()))
    try:
        window.show(checkered(), overlay)
        surface = pygame.display.get_surface()
        assert surface is not None
        return pygame.surfarray.array3d(surface).swapaxes(0, 1).copy()
    finally:
        window.close()


PLAIN = OverlaySettings(captions=False, show_state=False, hide_artificial_person_mark=True)


def test_letterboxing_keeps_the_whole_picture_between_black_bars(display: None) -> None:
    screen = shown(WindowSettings(width=640, height=320), Overlay(), PLAIN)
    assert screen.shape == (320, 640, 3)
    assert screen[:, :150].max() == 0
    assert screen[:, 490:].max() == 0
    assert screen[:, 160:480].min() > 0


def test_filling_leaves_no_bars_and_cuts_evenly(display: None) -> None:
    screen = shown(WindowSettings(width=640, height=320, fit="fill"), Overlay(), PLAIN)
    assert screen.min() > 0
    whole = fit(checkered(), (640, 640), "fill")
    assert np.abs(screen.astype(int) - whole[160:480].astype(int)).max() <= 2


def test_captions_are_white_on_black_and_the_mark_says_what_this_is(display: None) -> None:
    settings = WindowSettings(width=600, height=600)
    words = Overlay(agent_caption="The lift is behind the stairs, on your left.")
    screen = shown(settings, words)
    without = shown(settings, Overlay(), PLAIN)
    changed = np.abs(screen.astype(int) - without.astype(int)).max(axis=2) > 40
    assert changed[540:].mean() > 0.1
    assert changed[:60, 500:].mean() > 0.05
    band = screen[560:590].reshape(-1, 3)
    assert (band.min(axis=1) > 240).sum() > 50
    assert (band.max(axis=1) < 10).sum() > 500


def test_keys_and_closing_are_handed_on(display: None) -> None:
    window = Window(WindowSettings(), OverlayPainter(OverlaySettings()))
    try:
        window.events()
        pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_SPACE, unicode=" "))
        pygame.event.post(pygame.event.Event(pygame.KEYUP, key=pygame.K_SPACE))
        pygame.event.post(pygame.event.Event(pygame.QUIT))
        happened = [event for event in window.events() if isinstance(event, KeyPressed | Closed)]
        assert happened[-3:] == [KeyPressed("space", True, " "), KeyPressed("space", False), Closed()]
    finally:
        window.close()
