"""A fleet of simulated kiosks on one broker: messages a second, bytes a kiosk an hour, coming back after an outage.

Every kiosk is a real `KioskLink` on a real Mosquitto on this machine's loopback; all run in this one process, so the
figures are those of one core of Python at the kiosks' end, not the broker's limit.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import numpy as np
import psutil

from agent.fleet.kiosk import KioskLink
from agent.fleet.messages import Command, Event, Figure, Health, Ledger, Presence, Snapshot, State, encoded
from agent.fleet.mosquitto import PrivateMosquitto
from agent.fleet.operator import FleetView, watching
from agent.fleet.settings import FleetSettings
from agent.report import Report, Row

KIOSKS, SHORT_KIOSKS = 500, 50
LOAD_S, SHORT_LOAD_S = 20.0, 5.0
PATIENCE_S = 180.0
VISITORS_AN_HOUR, TURNS_A_VISITOR = 10, 6
HEALTH_EVERY_S, LEDGER_EVERY_S = 60, 300


def run(short: bool = False) -> Report:
    """Measure; some two minutes, short: half a minute."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_run(Path(folder), SHORT_KIOSKS if short else KIOSKS, SHORT_LOAD_S if short else LOAD_S))


async def _run(folder: Path, count: int, load_s: float) -> Report:
    names = [f"kiosk-{number:03d}" for number in range(count)]
    broker = PrivateMosquitto(folder, dict.fromkeys([*names, "operator"], "secret"), tls=False)
    (folder / "password").write_text("secret")
    (folder / "password").chmod(0o600)
    broker.start()
    try:
        async with _fleet(broker, names) as links:
            connect_s = await _time_until(lambda: all(link.is_connected for link in links))
            async with _operator(broker) as view:
                load = await _load(links, view, broker, load_s)
                commands = await _command_all(view, names)
            outage = await _outage(broker, links)
            hour = _bytes_an_hour(links[0].kiosk)
    finally:
        broker.kill()
    rows = (
        _row("from nobody to all connected", connect_s, "s"),
        *load,
        commands,
        *outage,
        *hour,
    )
    notes = (
        f"load: {load_s:.0f} s, a kiosk sends its state at most 5 times a second",
        f"busy hour: payload and topic, {VISITORS_AN_HOUR} visitors of {TURNS_A_VISITOR} turns,"
        f" health every {HEALTH_EVERY_S} s, ledger every {LEDGER_EVERY_S} s",
    )
    return Report(f"Fleet of {count} kiosks on one Mosquitto", rows, notes)


async def _obey(_: Command) -> Mapping[str, Figure]:
    return {"turns": 1}


@asynccontextmanager
async def _fleet(broker: PrivateMosquitto, names: list[str]) -> AsyncIterator[list[KioskLink]]:
    links = [KioskLink(_settings(broker, name), _obey, version="bench") for name in names]
    tasks = [asyncio.create_task(link.run()) for link in links]
    try:
        yield links
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def _operator(broker: PrivateMosquitto) -> AsyncIterator[FleetView]:
    async with watching(_settings(broker, "operator")) as view:
        task = asyncio.create_task(view.follow())
        try:
            yield view
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def _settings(broker: PrivateMosquitto, name: str) -> FleetSettings:
    return FleetSettings(
        host="127.0.0.1", port=broker.port, tls=False, kiosk=name, username=name, keepalive_s=60,
        password_file=broker.folder / "password", commands_per_s=50,
    )  # fmt: skip


def _row(name: str, figure: float, unit: str, bar: str = "") -> Row:
    return Row(name, {"figure": figure, "unit": unit}, bar)


async def _load(links: list[KioskLink], view: FleetView, broker: PrivateMosquitto, load_s: float) -> tuple[Row, ...]:
    """Let every kiosk change its state as fast as it may send, and see what arrives."""
    process, before = psutil.Process(broker.pid), sum(link.sent_messages for link in links)
    processor_s, began_s, round_ = _processor_s(process), time.perf_counter(), 0
    while time.perf_counter() - began_s < load_s:
        round_ += 1
        for link in links:
            link.publish(State(phase="idle" if round_ % 2 else "speaking", volume_percent=round_ % 101))
        await asyncio.sleep(0.1)
    took_s = time.perf_counter() - began_s
    sent = sum(link.sent_messages for link in links) - before
    last = State(phase="idle", profile="last")
    for link in links:
        link.publish(last)
    caught_up_s = await _time_until(
        lambda: sum(kiosk.state == last for kiosk in view.fleet.kiosks.values()) == len(links)
    )
    return (
        _row("states published at full speed", sent / took_s, "messages/s"),
        _row("then until the operator saw every kiosk's last state", caught_up_s, "s"),
        _row("broker's processor time meanwhile", 100 * (_processor_s(process) - processor_s) / took_s, "% of a core"),
        _row("broker's memory", process.memory_info().rss / 1e6, "MB"),
    )


async def _command_all(view: FleetView, names: list[str]) -> Row:
    began_s = time.perf_counter()
    answers = await view.told(names, Snapshot, PATIENCE_S)
    took_s = time.perf_counter() - began_s
    return _row(f"all commanded, {len(answers)} answered", took_s, "s")


async def _outage(broker: PrivateMosquitto, links: list[KioskLink]) -> tuple[Row, ...]:
    """Kill the broker for a while, and see when everybody is back."""
    broker.kill()
    await _time_until(lambda: not any(link.is_connected for link in links))
    for link in links:
        link.publish(Event(kind="visitor", at_s=time.time()))
    await asyncio.sleep(3)
    broker.start()
    began_s = time.perf_counter()
    back_s: dict[str, float] = {}

    def all_back() -> bool:
        for link in links:
            if link.is_connected:
                back_s.setdefault(link.kiosk, time.perf_counter() - began_s)
        return len(back_s) == len(links)

    await _time_until(all_back)
    p50, p95 = np.percentile(list(back_s.values()), (50, 95))
    return (
        _row("back after the broker was killed, median", float(p50), "s"),
        _row("back, 95th percentile", float(p95), "s"),
        _row("back, the last", max(back_s.values()), "s"),
        _row("events lost by the outage", sum(link.dropped for link in links), "events", "0"),
    )


def _bytes_an_hour(kiosk: str) -> tuple[Row, ...]:
    """Add up what a kiosk publishes in a busy hour, as the messages really are."""
    turns = VISITORS_AN_HOUR * TURNS_A_VISITOR
    health = Health(version="0.1.0", uptime_s=86_400, frames_per_s=25.0, memory_mb=812.5, processor_percent=71.3)
    ledger = Ledger(turns=turns, answer_p50_ms=540.5, answer_p95_ms=880.1, stop_p95_ms=160.2, sound_to_lips_ms=4.1)
    counted = (
        (State(phase="speaking", profile="receptionist"), 4 * turns),
        (Presence(present=True), 2 * VISITORS_AN_HOUR),
        (Event(kind="visitor-came", at_s=1.8e9), 2 * VISITORS_AN_HOUR),
        (health, 3600 // HEALTH_EVERY_S),
        (ledger, 3600 // LEDGER_EVERY_S),
    )
    sizes = [(len(encoded(report)) + len(f"visavis/{kiosk}/{report.topic}"), times) for report, times in counted]
    return (
        _row("a kiosk's busy hour", sum(times for _, times in sizes), "messages"),
        _row("a kiosk's busy hour", sum(size * times for size, times in sizes) / 1000, "kB"),
    )


async def _time_until(true: Callable[[], bool]) -> float:
    began_s = time.perf_counter()
    async with asyncio.timeout(PATIENCE_S):
        while not true():  # noqa: ASYNC110 - links have no event for it
            await asyncio.sleep(0.05)
    return time.perf_counter() - began_s


def _processor_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
