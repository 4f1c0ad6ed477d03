import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from agent.fleet.broker import connected
from agent.fleet.mosquitto import PrivateMosquitto
from agent.virtual_devices import VirtualDevices
from tests.agent.fleet.broker import broker_in, settings_for
from tests.e2e.conftest import ROOT, program
from tests.e2e.test_talk import heard, is_listening, recognised, spoken, wait_until

pytestmark = [pytest.mark.devices, pytest.mark.timeout(600)]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[PrivateMosquitto]:
    folder = tmp_path / "broker"
    folder.mkdir()
    yield from broker_in(folder, tls=False)


def settings_file(folder: Path, broker: PrivateMosquitto) -> Path:
    fleet = settings_for(broker, "lobby", names_published=True).model_dump(mode="json", exclude_defaults=True)
    path = folder / "kiosk.yaml"
    path.write_text(yaml.safe_dump({"fleet": fleet}), encoding="utf-8")
    return path


async def visit(broker: PrivateMosquitto, devices: VirtualDevices, request: Path) -> dict[str, dict[str, object]]:
    """Speak a request, have the operator say something, and give the last message of each topic."""
    last: dict[str, dict[str, object]] = {}
    order = {"id": "1", "command": "say", "text": "The building closes in ten minutes."}
    async with connected(settings_for(broker, "operator"), "visavis-test", largest_bytes=100_000) as line:
        await line.subscribe("visavis/#")
        speaking = devices.speak(request)
        async with asyncio.timeout(150):
            async for arrival in line.arrivals():
                if arrival.topic.startswith("visavis/lobby/") and arrival.payload.startswith(b"{"):
                    last[arrival.topic.rsplit("/", 1)[1]] = json.loads(arrival.payload)
                if "event" in last and "command" not in last:
                    await line.publish("visavis/lobby/command", json.dumps(order).encode(), retained=False, surely=True)
                if "answer" in last:
                    speaking.wait(10)
                    return last
    return last


def test_a_visitor_is_announced_over_mqtt_and_the_fleet_can_steer_the_kiosk(
    devices: VirtualDevices, broker: PrivateMosquitto, tmp_path: Path
) -> None:
    log, raw, ledger = tmp_path / "log.txt", tmp_path / "loudspeaker.raw", tmp_path / "ledger.jsonl"
    request = spoken(tmp_path, "Hello, I have an appointment with Thomas Ashworth.")
    windowed = tmp_path / "windowed.yaml"
    profile = (ROOT / "assets" / "profiles" / "receptionist.yaml").read_text(encoding="utf-8")
    windowed.write_text(profile.replace("fullscreen: true", "fullscreen: false"), encoding="utf-8")
    arguments = ("talk", "--profile", str(windowed), "--config", str(settings_file(tmp_path, broker)))
    with program(*arguments, "--ledger", str(ledger), environment=devices.environment, log=log) as running:
        wait_until(lambda: is_listening(ledger) and "Harbour House" in ledger.read_text(), 180, "the greeting")
        recorder = devices.record_loudspeaker(raw)
        last = asyncio.run(visit(broker, devices, request))
        wait_until(lambda: "ten minutes" in ledger.read_text(), 90, "the announcement")
        recorder.terminate()
        recorder.wait(5)
        assert running.poll() is None, log.read_text()
    assert last["event"]["kind"] == "visitor"
    assert last["event"]["person"] == "Thomas Ashworth"
    assert (last["answer"]["id"], last["answer"]["ok"]) == ("1", True)
    assert last["state"]["phase"] in {"idle", "listening", "thinking", "speaking"}
    assert len(recognised(heard(raw)) & {"building", "closes", "ten", "minutes"}) >= 2
