import os
import socket
from pathlib import Path

from agent.service import ALIVE, READY, heartbeat_s, tell_systemd


def test_systemd_hears_that_the_program_is_ready_and_alive(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        environment = {"NOTIFY_SOCKET": str(tmp_path / "notify")}
        assert tell_systemd(READY, environment)
        assert tell_systemd(f"{ALIVE}\nSTATUS=idle", environment)
        assert [systemd.recv(100), systemd.recv(100)] == [b"READY=1", b"WATCHDOG=1\nSTATUS=idle"]


def test_an_abstract_socket_works_too() -> None:
    name = f"visavis-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(f"\0{name}")
        assert tell_systemd(READY, {"NOTIFY_SOCKET": f"@{name}"})


def test_nobody_listening_is_no_trouble(tmp_path: Path) -> None:
    for address in ("", "nonsense", str(tmp_path / "gone")):
        assert not tell_systemd(READY, {"NOTIFY_SOCKET": address})
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(str(tmp_path / "full"))
        sent = [tell_systemd("STATUS=" + "x" * 1000, {"NOTIFY_SOCKET": str(tmp_path / "full")}) for _ in range(2000)]
        assert sent[0]
        assert not sent[-1]  # a full line is given up at once


def test_the_heart_beats_twice_as_often_as_systemd_insists() -> None:
    assert heartbeat_s({"WATCHDOG_USEC": "30000000"}) == 15
    assert heartbeat_s({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}) is None
    assert heartbeat_s({"WATCHDOG_USEC": "soon"}) is None
    assert heartbeat_s({}) is None
