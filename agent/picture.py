"""The picture loop: the frame of the sample being heard, on every display, at the rate this machine can hold."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from agent.overlay import Overlay
from agent.pace import after_frame, start_pace
from agent.recorder import Frame

SMOOTHING = 0.1


class Display(Protocol):
    """Somewhere a frame is seen."""

    def wants_frame(self, position: int) -> bool:
        """Tell whether it wants a frame for the sample at `position` at all."""
        ...

    def show(self, frame: Frame, position: int) -> None:
        """Show a frame; copies what it keeps, because the frame's buffer is used again."""
        ...


class Clock(Protocol):
    """The part of a loudspeaker that tells the time."""

    sample_rate_hz: int

    def heard(self) -> int:
        """Tell the position of the sample being heard."""
        ...


@dataclass(frozen=True, slots=True)
class FrameShown:
    """One frame as it came onto the screen."""

    position: int
    """Of the sample the frame was made for."""
    shown_at: int
    """Of the sample being heard when the frame was on the screen."""
    rate_hz: int
    late: bool
    """More than a frame's time after it was due."""


class PictureLoop:
    """Draws and shows frames until its task is cancelled."""

    def __init__(
        self,
        clock: Clock,
        draw: Callable[[float], Frame],
        displays: Sequence[Display],
        wanted_hz: int,
        on_frame: Callable[[FrameShown], None],
    ) -> None:
        self._clock, self._draw_at = clock, draw
        self._displays, self._wanted_hz, self._on_frame = displays, wanted_hz, on_frame
        self._delay_samples = 0.0

    async def run(self) -> None:
        """Show frames for ever. Drawing happens on a thread of its own; showing on this one, as SDL demands."""
        loop = asyncio.get_running_loop()
        pace = start_pace(self._wanted_hz, loop.time())
        with ThreadPoolExecutor(1, "renderer") as thread:
            while True:
                started_s = loop.time()
                asked_at = self._clock.heard()
                # Made for the moment it will be on the screen, not for the moment it was begun.
                position = asked_at + round(self._delay_samples)
                frame = await loop.run_in_executor(thread, self._draw, position)
                for display in self._displays:
                    if display.wants_frame(position):
                        display.show(frame, position)
                shown_at = self._clock.heard()
                self._delay_samples += SMOOTHING * (shown_at - asked_at - self._delay_samples)
                late = started_s - pace.due_s > 1 / pace.rate_hz
                self._on_frame(FrameShown(position, shown_at, pace.rate_hz, late))
                pace = after_frame(pace, loop.time())
                await asyncio.sleep(max(0.0, pace.due_s - loop.time()))

    def _draw(self, position: int) -> Frame:
        return self._draw_at(position / self._clock.sample_rate_hz)


class WindowDisplay:
    """A window as a display: asks for the overlay of the moment with every frame."""

    def __init__(self, show: Callable[[Frame, Overlay], None], overlay: Callable[[], Overlay]) -> None:
        self._show, self._overlay = show, overlay

    def wants_frame(self, position: int) -> bool:
        """A window wants every frame."""
        return True

    def show(self, frame: Frame, position: int) -> None:
        """Show it with what is to be written over it now."""
        self._show(frame, self._overlay())
