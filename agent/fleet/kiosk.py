"""A kiosk's end of the line: reports go out, commands come in, and a broker that is away holds nothing up."""

import asyncio
import logging
import random
import re
import socket
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import NoReturn

from agent.fleet.broker import Line, Will, connected
from agent.fleet.discovery import TOPIC, discovery
from agent.fleet.gate import Gate, wait_s
from agent.fleet.messages import EVERYBODY, LARGEST_COMMAND_BYTES, Answer, Command, Event, Figure, Report, encoded
from agent.fleet.settings import FleetSettings
from dialogue.errors import EngineError, VisavisError

ONLINE, OFFLINE = b"online", b"offline"
LARGEST_PACKET_BYTES = LARGEST_COMMAND_BYTES + 1024
SETTLE_S = 0.2
"""Reports that change faster than this are sent once, with what they say last."""
OBEY_TIMEOUT_S = 10.0
COMMANDS_QUEUED = 20
GOODBYE_S = 1.0

Obey = Callable[[Command], Awaitable[Mapping[str, Figure]]]
"""Carries out a command and gives figures for the answer; raises VisavisError to refuse. Should return once the
command is accepted, not when it is done: the next one waits."""

_log = logging.getLogger(__name__)


class KioskLink:
    """Keeps a kiosk in touch with its fleet. `publish` is called from the event loop in which `run` runs."""

    def __init__(
        self, settings: FleetSettings, obey: Obey, *, version: str = "", profiles: tuple[str, ...] = ()
    ) -> None:
        self.kiosk = settings.kiosk or slug(socket.gethostname())
        self.is_connected = False
        self.connections = 0
        self.dropped = 0
        """Events and answers that were lost because the broker was away for too long."""
        self.sent_messages = 0
        self.sent_bytes = 0
        self._settings = settings
        self._obey = obey
        self._version, self._profiles = version, profiles
        self._base = f"{settings.prefix}/{self.kiosk}"
        self._gate = Gate(settings.commands_per_s)
        self._latest: dict[str, bytes] = {}
        self._unsent: dict[str, bytes] = {}
        self._once: deque[tuple[str, bytes]] = deque()
        self._something = asyncio.Event()
        self._orders: asyncio.Queue[Command] = asyncio.Queue(COMMANDS_QUEUED)
        self._chance = random.Random()

    def publish(self, report: Report) -> None:
        """Send a report when there is a line; never waits, never fails.

        Of retained reports the latest counts. Of the others the last `events_kept` are kept until they are sent.
        """
        if isinstance(report, Event) and report.person and not self._settings.names_published:
            report = report.model_copy(update={"person": ""})
        topic, payload = f"{self._base}/{report.topic}", encoded(report)
        if not report.retained:
            self._keep(topic, payload)
        elif self._latest.get(topic) == payload:
            return
        else:
            self._latest[topic] = self._unsent[topic] = payload
        self._something.set()

    async def run(self) -> None:
        """Connect, and connect again whenever the line breaks, until cancelled.

        Raises ConfigError for certificates or a password that cannot be read at the start.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._carry_out(), name="fleet commands")
            tasks.create_task(self._stay_connected(), name="fleet line")

    async def _stay_connected(self) -> None:
        attempt = 0
        while True:
            try:
                async with self._line() as line:
                    attempt = 0
                    await self._serve(line)
            except* EngineError as errors:
                _log.info("%s", _first(errors))
            finally:
                self.is_connected = False
            attempt += 1
            await asyncio.sleep(wait_s(attempt, self._settings.longest_wait_s, self._chance))

    def _line(self) -> AbstractAsyncContextManager[Line]:
        will = Will(f"{self._base}/availability", OFFLINE)
        return connected(self._settings, f"visavis-{self.kiosk}", largest_bytes=LARGEST_PACKET_BYTES, will=will)

    async def _serve(self, line: Line) -> None:
        """Send and receive until the line breaks; says goodbye when cancelled."""
        await line.subscribe(f"{self._base}/command", f"{self._settings.prefix}/{EVERYBODY}/command")
        await self._introduce(line)
        self.is_connected = True
        self.connections += 1
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._send(line), name="fleet reports")
                tasks.create_task(self._receive(line), name="fleet arrivals")
        except asyncio.CancelledError:
            await self._say_goodbye(line)
            raise

    async def _introduce(self, line: Line) -> None:
        await line.publish(f"{self._base}/availability", ONLINE, retained=True, surely=True)
        if self._settings.home_assistant:
            topic = TOPIC.format(kiosk=self.kiosk)
            payload = discovery(self._settings.prefix, self.kiosk, self._version, self._profiles)
            await line.publish(topic, payload, retained=True, surely=True)
        self._unsent = dict(self._latest)
        self._something.set()

    async def _send(self, line: Line) -> None:
        while True:
            await self._something.wait()
            self._something.clear()
            await asyncio.sleep(SETTLE_S)
            while self._unsent:
                topic = next(iter(self._unsent))
                await self._send_one(line, topic, self._unsent.pop(topic), retained=True)
            while self._once:
                await self._send_surely(line, self._once.popleft())

    async def _send_surely(self, line: Line, once: tuple[str, bytes]) -> None:
        try:
            await self._send_one(line, *once, retained=False)
        except BaseException:
            self._once.appendleft(once)  # for the next connection
            raise

    async def _send_one(self, line: Line, topic: str, payload: bytes, *, retained: bool) -> None:
        # What is retained is sent again at the next connection anyway.
        await line.publish(topic, payload, retained=retained, surely=not retained)
        self.sent_messages += 1
        self.sent_bytes += len(topic) + len(payload)

    async def _receive(self, line: Line) -> None:
        async for arrival in line.arrivals():
            judged = self._gate.admit(arrival.payload, retained=arrival.retained, now_s=time.monotonic())
            if isinstance(judged, Answer):
                self.publish(judged)
            elif judged is not None:
                self._queue(judged)

    def _queue(self, command: Command) -> None:
        try:
            self._orders.put_nowait(command)
        except asyncio.QueueFull:
            self._answer(Answer(id=command.id, ok=False, error="the kiosk is busy with earlier commands: try again"))

    async def _carry_out(self) -> NoReturn:
        while True:
            self._answer(await self._answer_to(await self._orders.get()))

    async def _answer_to(self, command: Command) -> Answer:
        try:
            async with asyncio.timeout(OBEY_TIMEOUT_S):
                return Answer(id=command.id, ok=True, figures=dict(await self._obey(command)))
        except VisavisError as error:
            return Answer(id=command.id, ok=False, error=str(error))
        except TimeoutError:
            return Answer(id=command.id, ok=False, error=f"the kiosk did not manage it in {OBEY_TIMEOUT_S:.0f} s")

    def _answer(self, answer: Answer) -> None:
        self._gate.answered(answer)
        self.publish(answer)

    def _keep(self, topic: str, payload: bytes) -> None:
        self._once.append((topic, payload))
        while len(self._once) > self._settings.events_kept:
            self._once.popleft()
            self.dropped += 1

    async def _say_goodbye(self, line: Line) -> None:
        # The broker does not give the last will of one who leaves properly.
        try:
            async with asyncio.timeout(GOODBYE_S):
                await line.publish(f"{self._base}/availability", OFFLINE, retained=True, surely=True)
        except (EngineError, TimeoutError):
            return


def slug(name: str) -> str:
    """Make a kiosk's name of any other: lower case letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "kiosk"


def _first(errors: BaseExceptionGroup[EngineError]) -> BaseException:
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
