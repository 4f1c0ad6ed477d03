"""The real program on virtual devices: PulseAudio null sinks and an X server without a screen."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.virtual_devices import VirtualDevices, virtual_devices
from dialogue.errors import DeviceError

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="session")
def devices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VirtualDevices]:
    """A loudspeaker to record, a microphone to speak into and a display to film."""
    try:
        with virtual_devices(tmp_path_factory.mktemp("devices"), screen="800x700x24") as running:
            yield running
    except DeviceError as error:
        pytest.skip(str(error))


@contextmanager
def program(*arguments: str, environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `./visavis ARGUMENTS` without the set-up, and end it as Ctrl-C would."""
    with log.open("wb") as output:
        running = subprocess.Popen(
            [sys.executable, str(ROOT / "run_agent.py"), *arguments],
            env=environment | {"PYTHONUNBUFFERED": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=ROOT,
        )
    try:
        yield running
    finally:
        if running.poll() is None:
            running.send_signal(signal.SIGINT)
            try:
                running.wait(60)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()
                raise


def bare_environment(folder: Path) -> dict[str, str]:
    """A machine with no microphone, loudspeaker or display."""
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "PULSE_SERVER")
    home = folder / "bare-home"
    home.mkdir(exist_ok=True)
    (home / ".asoundrc").write_text("pcm.!default { type null_that_does_not_exist }\n", encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    return kept | {"HOME": str(home), "XDG_RUNTIME_DIR": str(home), "PULSE_SERVER": f"unix:{home}/nothing"}
