"""The running program as its fleet sees it: tells what it does, and does what it is told."""

import asyncio
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import singledispatchmethod
from importlib.metadata import PackageNotFoundError, version

import psutil

from agent.fleet import messages
from agent.fleet.kiosk import KioskLink
from agent.fleet.messages import Figure
from agent.fleet.settings import FleetSettings
from agent.ledger import OverlapEntry, PictureEntry, TurnEntry
from agent.session import Session
from avatar.animator import Animator
from avatar.controls import Controls
from dialogue.errors import EngineError
from dialogue.synthesise.stream import VoiceStream

STATE_EVERY_S = 0.5
FIGURES_EVERY_S = 10.0
ANNOUNCEMENTS_QUEUED = 5
SILENT_DBFS = -70.0
TURNS_KEPT = 100


@dataclass(frozen=True, slots=True)
class Parts:
    """What of the program the fleet may touch."""

    session: Session
    animator: Animator
    voice: VoiceStream
    mute: Callable[[bool], None]
    restart: Callable[[str | None], None]
    """Starts the program anew, with another profile where one is named."""


class Kiosk:
    """Reports and obeys until `run` is cancelled."""

    def __init__(self, parts: Parts, settings: FleetSettings, profile: str, profiles: tuple[str, ...]) -> None:
        self._parts = parts
        self._profile = profile
        self._muted = False
        self._controls = Controls()
        self._loudness_dbfs = parts.voice.loudness_dbfs
        self._volume_percent = 100
        self._announcements: asyncio.Queue[str] = asyncio.Queue(ANNOUNCEMENTS_QUEUED)
        self._started_s = time.monotonic()
        self._process = psutil.Process()
        self._link = KioskLink(settings, self.obey, version=_version(), profiles=profiles)

    def tell_host(self, person: str) -> None:
        """Say that a visitor waits for somebody."""
        self._link.publish(messages.Event(kind="visitor", at_s=time.time(), person=person))

    async def run(self) -> None:
        """Keep the fleet informed."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._link.run(), name="fleet")
            group.create_task(self._announce(), name="fleet announcements")
            group.create_task(self._report_state(), name="fleet state")
            group.create_task(self._report_figures(), name="fleet figures")

    async def _announce(self) -> None:
        """Say what the fleet wants said, as soon as nobody is being talked to."""
        session = self._parts.session
        while True:
            text = await self._announcements.get()
            await session.wait_until_idle()
            session.prompt(text)

    async def _report_state(self) -> None:
        while True:
            state = messages.State(
                phase=self._parts.session.activity.value,
                profile=self._profile,
                muted=self._muted,
                volume_percent=self._volume_percent,
                emotion=self._controls.emotion,
            )
            self._link.publish(state)
            await asyncio.sleep(STATE_EVERY_S)

    async def _report_figures(self) -> None:
        while True:
            self._link.publish(self._health())
            self._link.publish(self._ledger())
            await asyncio.sleep(FIGURES_EVERY_S)

    def _health(self) -> messages.Health:
        pictures = [entry for entry in self._parts.session.ledger.entries if isinstance(entry, PictureEntry)][-1:]
        return messages.Health(
            version=_version(),
            uptime_s=round(time.monotonic() - self._started_s),
            frames_per_s=pictures[-1].rate_hz if pictures else 0.0,
            late_frames=sum(entry.late for entry in pictures),
            memory_mb=round(self._process.memory_info().rss / 2**20, 1),
            processor_percent=self._process.cpu_percent(),
        )

    def _ledger(self) -> messages.Ledger:
        recent = self._parts.session.ledger.entries
        waits_ms = [e.response_ms for e in recent if isinstance(e, TurnEntry) and e.response_ms is not None]
        stops_ms = [e.silent_ms - e.onset_ms for e in recent if isinstance(e, OverlapEntry)]
        return messages.Ledger(
            turns=len(waits_ms),
            answer_p50_ms=_quantile(waits_ms, 0.5),
            answer_p95_ms=_quantile(waits_ms, 0.95),
            stop_p95_ms=_quantile(stops_ms, 0.95),
        )

    async def obey(self, command: messages.Command) -> Mapping[str, Figure]:
        """Carry out an order and give figures for the answer. Raises EngineError where it cannot be."""
        self._obey(command)
        if isinstance(command, messages.Snapshot):
            return {**self._health().model_dump(exclude={"troubled"}), **self._ledger().model_dump()}
        return {}

    @singledispatchmethod
    def _obey(self, command: messages.Order) -> None:
        """Carry out one kind of order; a snapshot is nothing but its answer."""

    @_obey.register
    def _(self, command: messages.Say) -> None:
        try:
            self._announcements.put_nowait(command.text)
        except asyncio.QueueFull as error:
            raise EngineError("too much waits to be said already: stop it first, or try again later") from error

    @_obey.register
    def _(self, command: messages.Stop) -> None:
        self._parts.session.press()
        self._parts.session.release()

    @_obey.register
    def _(self, command: messages.Mute) -> None:
        self._muted = command.muted
        self._parts.mute(command.muted)

    @_obey.register
    def _(self, command: messages.Restart) -> None:
        self._parts.restart(None)

    @_obey.register
    def _(self, command: messages.UseProfile) -> None:
        self._parts.restart(command.name)

    @_obey.register
    def _(self, command: messages.Volume) -> None:
        self._volume_percent = command.percent
        gain_db = 20 * math.log10(command.percent / 100) if command.percent else SILENT_DBFS
        self._parts.voice.loudness_dbfs = max(SILENT_DBFS, self._loudness_dbfs + gain_db)

    @_obey.register
    def _(self, command: messages.Feel) -> None:
        self._set(replace(self._controls, emotion=command.emotion, strength=command.strength))

    @_obey.register
    def _(self, command: messages.Look) -> None:
        right, up = math.radians(command.right_degrees), math.radians(command.up_degrees)
        self._set(replace(self._controls, gaze_theta=right, gaze_phi=up))

    def _set(self, controls: Controls) -> None:
        self._controls = controls
        self._parts.animator.set_controls(controls)


def _quantile(values: list[int], share: float) -> float | None:
    ordered = sorted(values[-TURNS_KEPT:])
    return float(ordered[min(len(ordered) - 1, int(share * len(ordered)))]) if ordered else None


def _version() -> str:
    try:
        return version("visavis")
    except PackageNotFoundError:
        return "checkout"
