import shutil
import subprocess
from pathlib import Path

import pytest

from agent.ledger import TurnEntry, read_ledger
from agent.virtual_devices import VirtualDevices
from tests.e2e.conftest import ROOT, program
from tests.e2e.test_talk import is_listening, spoken, wait_until

pytestmark = [pytest.mark.devices, pytest.mark.timeout(300)]


def turns(ledger: Path) -> list[TurnEntry]:
    return [entry for entry in read_ledger(ledger) if isinstance(entry, TurnEntry)]


def test_the_companion_is_driven_by_voice_alone(devices: VirtualDevices, tmp_path: Path) -> None:
    ledger, log = tmp_path / "ledger.jsonl", tmp_path / "log.txt"
    wish = spoken(tmp_path, "Make the text bigger.")
    arguments = ("talk", "--profile", "companion", "--no-greeting", "--ledger", str(ledger))
    with program(*arguments, environment=devices.environment, log=log) as running:
        wait_until(lambda: is_listening(ledger), 90, "listening")
        devices.speak(wish).wait(30)
        wait_until(lambda: bool(turns(ledger)), 60, "the answer")
        assert running.poll() is None, log.read_text()
    assert "Can you read it now" in turns(ledger)[0].heard


def test_one_key_alone_reaches_everything(devices: VirtualDevices, tmp_path: Path) -> None:
    if shutil.which("xdotool") is None:
        pytest.skip("xdotool is not installed")
    ledger, log, config = tmp_path / "ledger.jsonl", tmp_path / "log.txt", tmp_path / "switch.yaml"
    profile = (ROOT / "assets" / "profiles" / "companion.yaml").read_text(encoding="utf-8")
    config.write_text(profile + "\nscanning: {enabled: true, step_ms: 5000, first_ms: 0}\n", encoding="utf-8")
    arguments = ("talk", "--profile", str(config), "--ledger", str(ledger))
    with program(*arguments, environment=devices.environment, log=log) as running:
        wait_until(lambda: is_listening(ledger) and bool(turns(ledger)), 90, "the greeting")
        greeting = turns(ledger)[0].heard
        for _ in range(3):  # wake the highlight, enter the first group, take its first control: say that again
            subprocess.run(["xdotool", "key", "--delay", "100", "space"], env=devices.environment, check=True)
            devices.film(1.0)
        wait_until(lambda: len(turns(ledger)) > 1, 60, "the repetition")
        assert running.poll() is None, log.read_text()
    assert turns(ledger)[1].heard.split()[:5] == greeting.split()[:5]
