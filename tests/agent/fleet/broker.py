"""A real broker for the fleet's tests, and waiting for what it brings."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from agent.fleet.kiosk import KioskLink, Obey
from agent.fleet.messages import Command, Figure
from agent.fleet.mosquitto import PrivateMosquitto
from agent.fleet.operator import FleetView, watching
from agent.fleet.settings import FleetSettings
from dialogue.errors import EngineUnavailable

PASSWORDS = {"operator": "look-after", "lobby": "welcome", "annex": "also-welcome"}


def broker_in(folder: Path, *, tls: bool) -> Iterator[PrivateMosquitto]:
    try:
        broker = PrivateMosquitto(folder, PASSWORDS, tls=tls)
    except EngineUnavailable as error:
        pytest.skip(str(error))
    broker.start()
    yield broker
    broker.kill()


def settings_for(broker: PrivateMosquitto, user: str, **more: Any) -> FleetSettings:
    password = broker.folder / f"password-{user}"
    password.write_text(PASSWORDS.get(user, "wrong"))
    password.chmod(0o600)
    tls = broker.ca_file.exists()
    defaults: dict[str, Any] = {
        "host": "localhost", "port": broker.port, "username": user, "password_file": password, "kiosk": user,
        "tls": tls, "ca_file": broker.ca_file if tls else None, "longest_wait_s": 1.0,
    }  # fmt: skip
    return FleetSettings(**(defaults | more))


async def nothing(_: Command) -> Mapping[str, Figure]:
    return {}


@asynccontextmanager
async def running(broker: PrivateMosquitto, user: str, obey: Obey = nothing, **more: Any) -> AsyncIterator[KioskLink]:
    link = KioskLink(settings_for(broker, user, **more), obey, version="1.2.3", profiles=("receptionist", "tutor"))
    task = asyncio.create_task(link.run())
    try:
        yield link
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def operating(broker: PrivateMosquitto) -> AsyncIterator[FleetView]:
    async with watching(settings_for(broker, "operator")) as view:
        task = asyncio.create_task(view.follow())
        try:
            yield view
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def until(true: Callable[[], object], timeout_s: float = 20) -> None:
    async with asyncio.timeout(timeout_s):
        while not true():  # noqa: ASYNC110 - most of what is waited for has no event
            await asyncio.sleep(0.02)
