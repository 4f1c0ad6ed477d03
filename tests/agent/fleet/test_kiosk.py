import asyncio
import gc
import json
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from agent.fleet.broker import Arrival, connected
from agent.fleet.kiosk import slug
from agent.fleet.messages import Command, Event, Figure, Health, Say, Snapshot, State, Stop
from agent.fleet.mosquitto import PrivateMosquitto
from dialogue.errors import ConfigError, DeviceError, EngineError
from tests.agent.fleet.broker import broker_in, operating, running, settings_for, until

ROOT = Path(__file__).parents[3]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[PrivateMosquitto]:
    yield from broker_in(tmp_path, tls=False)


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[PrivateMosquitto]:
    yield from broker_in(tmp_path, tls=True)


class Obedient:
    def __init__(self) -> None:
        self.commands: list[Command] = []

    async def __call__(self, command: Command) -> Mapping[str, Figure]:
        self.commands.append(command)
        if isinstance(command, Stop):
            raise DeviceError("the loudspeaker is gone: plug it in")
        return {"turns": 7} if isinstance(command, Snapshot) else {}


async def arrivals_of(broker: PrivateMosquitto, topic: str, count: int) -> list[Arrival]:
    found: list[Arrival] = []
    async with connected(settings_for(broker, "operator"), "listener", largest_bytes=100_000) as line:
        await line.subscribe(topic)
        async with asyncio.timeout(20):
            async for arrival in line.arrivals():
                found.append(arrival)
                if len(found) == count:
                    break
    return found


async def test_what_a_kiosk_reports_is_there_for_whoever_comes_later(broker: PrivateMosquitto) -> None:
    async with running(broker, "lobby") as link:
        link.publish(State(phase="listening", volume_percent=70))
        link.publish(Health(frames_per_s=25))
        await until(lambda: link.sent_messages == 2)
    (arrival,) = await arrivals_of(broker, "visavis/lobby/state", 1)
    assert arrival.retained
    told = json.loads(arrival.payload)
    assert told == {
        "schema": 1, "phase": "listening", "profile": "", "muted": False, "volume_percent": 70, "emotion": "neutral",
    }  # fmt: skip


async def test_a_kiosk_that_leaves_is_offline_and_so_is_one_that_dies(broker: PrivateMosquitto) -> None:
    async with operating(broker) as view:
        async with running(broker, "lobby"):
            await until(lambda: view.fleet.online == ["lobby"])
        await until(lambda: view.fleet.online == [])
        program = (
            "import asyncio, sys; from tests.agent.fleet.broker import *; from agent.fleet.kiosk import *\n"
            f"s = FleetSettings.model_validate_json({settings_for(broker, 'annex').model_dump_json()!r})\n"
            "asyncio.run(KioskLink(s, nothing).run())"
        )
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, cwd=ROOT)
        await until(lambda: view.fleet.online == ["annex"])
        process.kill()
        killed_s = time.monotonic()
        await until(lambda: view.fleet.online == [])
        assert time.monotonic() - killed_s < 5  # the broker speaks for the dead at once
        await process.wait()


async def test_commands_are_obeyed_and_answered_under_their_identifier(broker: PrivateMosquitto) -> None:
    obedient = Obedient()
    async with running(broker, "lobby", obedient), operating(broker) as view:
        await until(lambda: view.fleet.online)
        said = await view.told(["lobby"], Say, 10, text="We close in ten minutes.")
        assert said["lobby"].ok
        assert (await view.told(["lobby"], Snapshot, 10))["lobby"].figures == {"turns": 7}
        refused = (await view.told(["lobby"], Stop, 10))["lobby"]
        assert (refused.ok, refused.error) == (False, "the loudspeaker is gone: plug it in")
    first = obedient.commands[0]
    assert isinstance(first, Say)
    assert first.text == "We close in ten minutes."


async def test_a_command_to_all_reaches_all_and_one_to_one_reaches_one(broker: PrivateMosquitto) -> None:
    lobby, annex = Obedient(), Obedient()
    async with running(broker, "lobby", lobby), running(broker, "annex", annex), operating(broker) as view:
        await until(lambda: len(view.fleet.online) == 2)
        await view.told(["annex"], Stop, 10)
        payload = b'{"id": "x1", "command": "snapshot"}'
        async with connected(settings_for(broker, "operator"), "sender", largest_bytes=100_000) as line:
            await line.publish("visavis/all/command", payload, retained=False, surely=True)
        await until(lambda: lobby.commands and len(annex.commands) == 2)
    assert [type(command) for command in lobby.commands] == [Snapshot]


async def test_a_broker_that_dies_and_comes_back_finds_everything_as_it_is(broker: PrivateMosquitto) -> None:
    async with running(broker, "lobby") as link:
        link.publish(State(phase="idle"))
        await until(lambda: link.sent_messages == 1)
        broker.kill()
        await until(lambda: not link.is_connected)
        for number in range(3):
            link.publish(Event(kind="visitor", at_s=float(number)))
        link.publish(State(phase="speaking"))
        listening = asyncio.create_task(events_once_up(broker))
        await until(lambda: link.connections == 2)
        events, state = await listening
    assert [event["at_s"] for event in events] == [0, 1, 2]  # nothing lost, in order
    assert state["phase"] == "speaking"


async def events_once_up(broker: PrivateMosquitto) -> tuple[list[dict[str, float]], dict[str, str]]:
    """Start the broker and listen before the kiosk, which waits at least half a second, is back."""
    broker.start()
    events: list[dict[str, float]] = []
    state: dict[str, str] = {}
    async with connected(settings_for(broker, "operator"), "listener", largest_bytes=100_000) as line:
        await line.subscribe("visavis/lobby/#")
        async for arrival in line.arrivals():
            if arrival.topic.endswith("/event"):
                events.append(json.loads(arrival.payload))
            elif arrival.topic.endswith("/state"):
                state = json.loads(arrival.payload)
            if len(events) == 3 and state:
                return events, state
    raise AssertionError("the line ended")


async def test_while_the_broker_is_away_reports_cost_nothing_and_the_oldest_events_go_first(tmp_path: Path) -> None:
    broker = PrivateMosquitto(tmp_path, {"lobby": "welcome"}, tls=False)  # never started
    async with running(broker, "lobby", events_kept=100) as link:
        began_s = time.perf_counter()
        for number in range(5000):
            link.publish(Event(kind="visitor", at_s=float(number)))
            link.publish(Health(uptime_s=number))
        assert time.perf_counter() - began_s < 5
        assert link.dropped == 4900
        await asyncio.sleep(0.1)
        assert not link.is_connected


async def test_a_flood_of_wrong_commands_is_neither_obeyed_nor_answered_with_a_flood(broker: PrivateMosquitto) -> None:
    obedient = Obedient()
    async with running(broker, "lobby", obedient) as link:
        await until(lambda: link.is_connected)
        async with connected(settings_for(broker, "operator"), "flood", largest_bytes=100_000) as line:
            for number in range(200):
                payload = b'{"id": "n%d", "command": "explode"}' % number
                await line.publish("visavis/lobby/command", payload, retained=False, surely=False)
            await line.publish("visavis/lobby/command", b"x" * 60_000, retained=False, surely=True)
            await line.publish("visavis/lobby/command", b'{"id":"r","command":"stop"}', retained=True, surely=True)
        await asyncio.sleep(1)
        assert link.is_connected
        assert obedient.commands == []
        assert link.sent_messages < 30


async def test_tls_with_a_password_works_and_a_wrong_authority_does_not(secure: PrivateMosquitto) -> None:
    async with running(secure, "lobby"), operating(secure) as view:
        await until(lambda: view.fleet.online == ["lobby"])


@pytest.mark.filterwarnings("ignore:.*<ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning")  # paho forgets it
async def test_a_broker_whose_certificate_nobody_vouches_for_is_refused(secure: PrivateMosquitto) -> None:
    stranger = settings_for(secure, "operator", ca_file=None)
    with pytest.raises(EngineError, match="cannot be had"):
        async with connected(stranger, "stranger", largest_bytes=1000):
            pass
    gc.collect()


async def test_a_client_certificate_is_accepted(secure: PrivateMosquitto) -> None:
    certificate, key = secure.client_certificate("lobby")
    configuration = (secure.folder / "conf").read_text() + "require_certificate true\nuse_identity_as_username true\n"
    (secure.folder / "conf").write_text(configuration.replace(f"password_file {secure.folder / 'passwords'}\n", ""))
    secure.kill()
    secure.start()
    proof = {"client_certificate": certificate, "client_key": key}
    async with running(secure, "lobby", username="", password_file=None, **proof) as link:  # type: ignore[arg-type]
        await until(lambda: link.is_connected)


async def test_a_wrong_password_is_explained_and_a_readable_one_refused(broker: PrivateMosquitto) -> None:
    wrong = settings_for(broker, "nobody")
    with pytest.raises(EngineError, match=r"Not authorized|Bad user name"):
        async with connected(wrong, "x", largest_bytes=1000):
            pass
    assert wrong.password_file
    wrong.password_file.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        async with connected(wrong, "x", largest_bytes=1000):
            pass


async def test_a_kiosk_cannot_command_another(broker: PrivateMosquitto) -> None:
    obedient = Obedient()
    async with running(broker, "annex", obedient) as annex:
        await until(lambda: annex.is_connected)
        async with connected(settings_for(broker, "lobby"), "rogue", largest_bytes=1000) as line:
            payload = b'{"id": "x", "command": "restart"}'
            await line.publish("visavis/annex/command", payload, retained=False, surely=True)
        await asyncio.sleep(0.3)
    assert obedient.commands == []


async def test_home_assistant_finds_a_device_whose_controls_give_commands(broker: PrivateMosquitto) -> None:
    async with running(broker, "lobby"):
        (arrival,) = await arrivals_of(broker, "homeassistant/#", 1)
    assert arrival.topic == "homeassistant/device/visavis_lobby/config"
    device = json.loads(arrival.payload)
    assert device["dev"]["ids"] == ["visavis_lobby"]
    assert {component["p"] for component in device["cmps"].values()} >= {"sensor", "binary_sensor", "number", "notify"}
    for component in device["cmps"].values():
        assert component["unique_id"].startswith("visavis_lobby_")
        topic = component.get("state_topic") or component["command_topic"]
        assert topic.startswith("visavis/lobby/")


async def test_names_leave_the_kiosk_only_where_that_is_allowed(broker: PrivateMosquitto) -> None:
    for allowed in (False, True):
        listening = asyncio.create_task(arrivals_of(broker, "visavis/lobby/event", 1))
        async with running(broker, "lobby", names_published=allowed) as link:
            await until(lambda: link.is_connected)
            await asyncio.sleep(0.5)
            link.publish(Event(kind="host-asked", person="Ann Other"))
            (arrival,) = await listening
        assert ("Ann Other" in arrival.payload.decode()) is allowed


def test_a_computer_without_a_usable_name_gets_one() -> None:
    assert slug("Front Desk (2).local") == "front-desk-2-local"
    assert slug("日本") == "kiosk"
