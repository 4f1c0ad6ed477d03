"""A machine's sound devices and display, made of software: for tests and benchmarks that drive the real program.

An isolated PulseAudio daemon with a loudspeaker whose output can be recorded and a microphone that can be spoken into,
and an X server without a screen (Xvfb). Nothing outside the given folder is touched.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from dialogue.errors import DeviceError

ASOUNDRC = "pcm.!default { type pulse }\nctl.!default { type pulse }\n"
REQUIRED = ("pulseaudio", "pactl", "paplay", "parec", "Xvfb")
RECORD_RATE_HZ = 16_000


@dataclass(frozen=True, slots=True)
class FilmFrame:
    """The screen at a moment: wall clock time in seconds, and RGB [height, width, 3]."""

    at_s: float
    picture: npt.NDArray[np.uint8]


class SoundServer:
    """An isolated PulseAudio daemon; `kill` and `start` again are what pulling the devices out and back is like."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "pulse.log"
        home, runtime = folder / "home", folder / "run"
        for each in (home, runtime):
            each.mkdir(parents=True, exist_ok=True, mode=0o700)
        (home / ".asoundrc").write_text(ASOUNDRC, encoding="utf-8")
        self._socket = runtime / "pulse.sock"
        self.environment = os.environ | {
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(runtime),
            "PULSE_SERVER": f"unix:{self._socket}",
            "SDL_AUDIODRIVER": "dummy",
        }

    def start(self) -> None:
        """Start the daemon with its devices. Raises DeviceError when it does not answer."""
        self._socket.unlink(missing_ok=True)
        modules = (
            f"module-native-protocol-unix socket={self._socket} auth-anonymous=1",
            "module-null-sink sink_name=speaker rate=48000 sink_properties=device.description=Speaker",
            "module-null-sink sink_name=micin rate=48000 sink_properties=device.description=MicIn",
            "module-remap-source master=micin.monitor source_name=mic source_properties=device.description=Mic",
        )
        options = ["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disallow-exit=false"]
        loads = [word for module in modules for word in ("-L", module)]
        with self._log.open("ab") as log:
            command = ["pulseaudio", *options, *loads]
            self._daemon = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        _wait_for(lambda: _answers(["pactl", "info"], self.environment), "PulseAudio", self._log)
        for what, name in (("sink", "speaker"), ("source", "mic")):
            subprocess.run(["pactl", f"set-default-{what}", name], env=self.environment, check=True)

    def kill(self) -> None:
        """End the daemon without a goodbye."""
        self._daemon.kill()
        self._daemon.wait()

    def stop(self) -> None:
        """End the daemon."""
        _end(self._daemon)


@dataclass(frozen=True, slots=True)
class VirtualDevices:
    """Environment for a program that shall use the virtual devices."""

    environment: dict[str, str]
    folder: Path
    sound: SoundServer

    def speak(self, sound: Path) -> subprocess.Popen[bytes]:
        """Start playing a sound file into the virtual microphone."""
        return subprocess.Popen(["paplay", "--latency-msec=20", "-d", "micin", str(sound)], env=self.environment)

    def record_loudspeaker(self, into: Path) -> subprocess.Popen[bytes]:
        """Start recording what the loudspeaker plays: raw mono s16le at RECORD_RATE_HZ; terminate to end it."""
        return self._record("speaker.monitor", into)

    def film(self, seconds: float, rate_hz: int = 25) -> list[FilmFrame]:
        """Film the screen for a while; blocks."""
        options = {"framerate": str(rate_hz), "draw_mouse": "0"}
        film: list[FilmFrame] = []
        with av.open(self.environment["DISPLAY"], format="x11grab", options=options) as screen:
            for frame in screen.decode(video=0):
                film.append(FilmFrame(time.time(), frame.to_ndarray(format="rgb24")))
                if film[-1].at_s - film[0].at_s >= seconds:
                    return film
        return film

    def _record(self, source: str, into: Path) -> subprocess.Popen[bytes]:
        command = [
            "parec",
            "--latency-msec=10",
            "-d",
            source,
            f"--rate={RECORD_RATE_HZ}",
            "--channels=1",
            "--format=s16le",
        ]
        with into.open("wb") as file:
            return subprocess.Popen(command, env=self.environment, stdout=file)


@contextmanager
def virtual_devices(folder: Path, *, screen: str = "1280x800x24") -> Iterator[VirtualDevices]:
    """Run PulseAudio and Xvfb until the block ends. Raises DeviceError where one is not installed."""
    missing = [name for name in REQUIRED if shutil.which(name) is None]
    if missing:
        raise DeviceError(f"virtual devices need {', '.join(missing)}: './visavis test' installs them")
    with ExitStack() as stack:
        sound = SoundServer(folder)
        sound.start()
        stack.callback(sound.stop)
        display = stack.enter_context(virtual_display(screen))
        yield VirtualDevices(sound.environment | {"DISPLAY": display}, folder, sound)


@contextmanager
def virtual_display(screen: str) -> Iterator[str]:
    """Run an X server without a screen until the block ends; gives its name for DISPLAY."""
    read_end, write_end = os.pipe()
    command = ["Xvfb", "-displayfd", str(write_end), "-screen", "0", screen, "-nolisten", "tcp", "-ac"]
    server = subprocess.Popen(command, pass_fds=(write_end,), stderr=subprocess.DEVNULL)
    os.close(write_end)
    try:
        with os.fdopen(read_end, "rb") as number:
            yield f":{number.readline().decode().strip()}"
    finally:
        _end(server)


def _answers(command: list[str], environment: dict[str, str]) -> bool:
    return subprocess.run(command, env=environment, capture_output=True, check=False).returncode == 0


def _wait_for(is_ready: Callable[[], bool], what: str, log: Path) -> None:
    for _ in range(100):
        if is_ready():
            return
        time.sleep(0.1)
    raise DeviceError(f"{what} did not start; its last words: {log.read_text(errors='replace')[-400:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
