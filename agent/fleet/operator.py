"""An operator's end of the line: what every kiosk last said, and commands with the answers to them."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from agent.fleet.broker import Arrival, Line, connected
from agent.fleet.kiosk import ONLINE
from agent.fleet.messages import (
    EVERYBODY,
    Answer,
    Command,
    Health,
    Ledger,
    Presence,
    State,
    encoded,
    read_report,
)
from agent.fleet.settings import FleetSettings
from dialogue.errors import InputError

LARGEST_PACKET_BYTES = 65_536
MOST_WAITING = 100_000
"""A fleet of thousands says everything it ever retained at once when an operator comes."""


@dataclass(slots=True)
class Kiosk:
    """What is known of one kiosk."""

    name: str
    online: bool = False
    state: State | None = None
    presence: Presence | None = None
    health: Health | None = None
    ledger: Ledger | None = None
    unreadable: int = 0
    """Messages that made no sense."""


@dataclass(slots=True)
class Fleet:
    """What is known of all kiosks; `note` takes in what comes over the line. Pure."""

    prefix: str
    kiosks: dict[str, Kiosk] = field(default_factory=dict)
    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    """By kiosk and identifier of the command."""
    awaited: set[str] = field(default_factory=set)
    """Identifiers of our own commands; answers to those of others are passed over."""

    def note(self, topic: str, payload: bytes) -> None:
        """Take in one message; what cannot be read is counted against its kiosk."""
        name, _, what = topic.removeprefix(f"{self.prefix}/").partition("/")
        if not what or what == "command" or name == EVERYBODY:
            return
        kiosk = self.kiosks.setdefault(name, Kiosk(name))
        try:
            self._take(kiosk, what, payload)
        except InputError:
            kiosk.unreadable += 1

    def _take(self, kiosk: Kiosk, what: str, payload: bytes) -> None:
        match what:
            case "availability":
                kiosk.online = payload == ONLINE
            case State.topic:
                kiosk.state = read_report(payload, State)
            case Presence.topic:
                kiosk.presence = read_report(payload, Presence)
            case Health.topic:
                kiosk.health = read_report(payload, Health)
            case Ledger.topic:
                kiosk.ledger = read_report(payload, Ledger)
            case Answer.topic:
                answer = read_report(payload, Answer)
                if answer.id in self.awaited:
                    self.answers[kiosk.name, answer.id] = answer

    @property
    def online(self) -> list[str]:
        """Names of the kiosks that can be told something now, sorted."""
        return sorted(name for name, kiosk in self.kiosks.items() if kiosk.online)


class FleetView:
    """A live view of a fleet, and a way to command it; made by `watching`."""

    def __init__(self, line: Line, prefix: str) -> None:
        self.fleet = Fleet(prefix)
        self._line = line
        self._news = asyncio.Condition()

    async def follow(self) -> None:
        """Take in what comes, for ever. Raises EngineError when the line breaks."""
        async for arrival in self._line.arrivals():
            await self._note(arrival)

    async def _note(self, arrival: Arrival) -> None:
        async with self._news:
            self.fleet.note(arrival.topic, arrival.payload)
            self._news.notify_all()

    async def told(self, kiosks: list[str], kind: type[Command], timeout_s: float, **keys: Any) -> Mapping[str, Answer]:
        """Send a command to kiosks and give the answers that came in time, by kiosk.

        Keys are those of the command; raises InputError when they are wrong, EngineError when the line is down.
        """
        identifier = uuid.uuid4().hex
        payload = encoded(order(kind, identifier, keys))
        self.fleet.awaited.add(identifier)
        for kiosk in kiosks:
            # The answer says whether it came; waiting for the broker's word as well would only add to it.
            await self._line.publish(f"{self.fleet.prefix}/{kiosk}/command", payload, retained=False, surely=False)
        try:
            async with asyncio.timeout(timeout_s), self._news:
                await self._news.wait_for(lambda: all((kiosk, identifier) in self.fleet.answers for kiosk in kiosks))
        except TimeoutError:
            pass  # silence is an answer too
        self.fleet.awaited.discard(identifier)
        answers = ((kiosk, self.fleet.answers.pop((kiosk, identifier), None)) for kiosk in kiosks)
        return {kiosk: answer for kiosk, answer in answers if answer}


def order(kind: type[Command], identifier: str, keys: Mapping[str, Any]) -> Command:
    """Make a command. Raises InputError saying what is wrong with its keys."""
    try:
        return kind(id=identifier, **keys)
    except ValueError as error:  # pydantic's ValidationError is one
        raise InputError(f"that is no proper '{kind.model_fields['command'].default}' command: {error}") from error


@asynccontextmanager
async def watching(settings: FleetSettings) -> AsyncIterator[FleetView]:
    """Hold a view of the fleet open. Raises EngineError when the broker cannot be had."""
    identifier = f"visavis-operator-{uuid.uuid4().hex[:8]}"
    async with connected(settings, identifier, largest_bytes=LARGEST_PACKET_BYTES, most_waiting=MOST_WAITING) as line:
        topics = ("availability", *(kind.topic for kind in (State, Presence, Health, Ledger, Answer)))
        await line.subscribe(*(f"{settings.prefix}/+/{topic}" for topic in topics))
        yield FleetView(line, settings.prefix)
