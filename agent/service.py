"""Telling systemd how the program is (sd_notify): ready, alive, stopping. Nothing happens without systemd."""

import os
import socket
from collections.abc import Mapping

READY, STOPPING, ALIVE = "READY=1", "STOPPING=1", "WATCHDOG=1"


def tell_systemd(state: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Send a line of sd_notify's protocol (`STATUS=text` among others); False where nobody listens.

    Never blocks and never raises: a kiosk must not fall because nobody looks after it.
    """
    address = environment.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK) as line:
        try:
            line.sendto(state.encode(), "\0" + address[1:] if address[0] == "@" else address)
        except OSError:
            return False
    return True


def heartbeat_s(environment: Mapping[str, str] = os.environ) -> float | None:
    """Give how often systemd wants to hear `ALIVE`, twice as often as it insists; None where it does not."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    try:
        limit_s = int(environment.get("WATCHDOG_USEC", "")) / 1e6
    except ValueError:
        return None
    return limit_s / 2 if limit_s > 0 else None
