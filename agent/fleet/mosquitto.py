"""A private Mosquitto on a free loopback port, with passwords, certificates and an access list of its own.

For tests and measurements; nothing of the system's own broker is touched.
"""

import shutil
import socket
import subprocess
import time
from pathlib import Path

from dialogue.errors import EngineError, EngineUnavailable

START_TIMEOUT_S = 15.0
_ACCESS = """\
pattern readwrite visavis/%u/#
pattern write homeassistant/device/visavis_%u/config
user {kiosks}
topic read visavis/all/command
user operator
topic readwrite visavis/#
topic read homeassistant/#
topic read $SYS/#
"""


class PrivateMosquitto:
    """A broker process. `start` after `kill` gives the same port, certificates and passwords, and forgets the rest."""

    def __init__(self, folder: Path, passwords: dict[str, str], *, tls: bool) -> None:
        """Prepare a folder; users other than `operator` are kiosks and may only touch their own topics.

        Raises EngineUnavailable where mosquitto, or openssl for `tls`, is not installed.
        """
        tools = ("mosquitto", "mosquitto_passwd", *(("openssl",) if tls else ()))
        missing = [tool for tool in tools if not _tool(tool)]
        if missing:
            raise EngineUnavailable(f"{', '.join(missing)} is not installed: apt-get install mosquitto openssl")
        self.folder, self.port = folder, _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._write_passwords(passwords)
        if tls:
            self._certify()
        self._configure(tls)

    @property
    def ca_file(self) -> Path:
        """Certificate of the authority that signed the broker's and the clients' certificates."""
        return self.folder / "ca.crt"

    @property
    def pid(self) -> int:
        """The running process; raises EngineError when none runs."""
        if self._process is None:
            raise EngineError("the private mosquitto is not running: start it first")
        return self._process.pid

    def client_certificate(self, name: str) -> tuple[Path, Path]:
        """Make a certificate and its key by which a client is known as `name`."""
        self._sign(f"client-{name}", name, "")
        return self.folder / f"client-{name}.crt", self.folder / f"client-{name}.key"

    def start(self) -> None:
        """Start, and wait until connections are taken. Raises EngineError when they are not in 15 s."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [_tool("mosquitto"), "-c", self.folder / "conf"], stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline_s and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        self.kill()
        raise EngineError(f"mosquitto did not start: {(self.folder / 'log').read_text(errors='replace')[-500:]}")

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _write_passwords(self, passwords: dict[str, str]) -> None:
        file = self.folder / "passwords"
        file.write_text("".join(f"{name}:{password}\n" for name, password in passwords.items()))
        file.chmod(0o600)
        subprocess.run([_tool("mosquitto_passwd"), "-U", file], check=True)
        kiosks = "".join(f"user {name}\ntopic read visavis/all/command\n" for name in passwords if name != "operator")
        access = _ACCESS.replace("user {kiosks}\ntopic read visavis/all/command\n", kiosks)
        (self.folder / "access").write_text(access)
        (self.folder / "access").chmod(0o600)

    def _configure(self, tls: bool) -> None:
        lines = [
            f"listener {self.port} 127.0.0.1",
            "user root",  # only where it is root who starts it; otherwise it stays who it is
            "allow_anonymous false",
            f"password_file {self.folder / 'passwords'}",
            f"acl_file {self.folder / 'access'}",
            "sys_interval 1",
            "max_connections -1",
            "max_queued_messages 10000",
        ]
        if tls:
            names = {"cafile": "ca.crt", "certfile": "broker.crt", "keyfile": "broker.key"}
            lines += [f"{key} {self.folder / name}" for key, name in names.items()]
        (self.folder / "conf").write_text("\n".join(lines) + "\n")

    def _certify(self) -> None:
        self._openssl(
            "req", "-x509", *_KEY, "-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/CN=test ca"
        )
        self._sign("broker", "localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1")

    def _sign(self, file: str, name: str, extension: str) -> None:
        """Make a key, and a certificate for it signed by our authority."""
        request = ("req", *_KEY, "-keyout", f"{file}.key", "-out", f"{file}.csr", "-subj", f"/CN={name}")
        self._openssl(*request)
        (self.folder / "extension").write_text(extension + "\n")
        signed_by = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "extension")
        self._openssl("x509", "-req", "-in", f"{file}.csr", *signed_by, "-out", f"{file}.crt", "-days", "2")

    def _openssl(self, *arguments: str) -> None:
        subprocess.run([_tool("openssl"), *arguments], cwd=self.folder, check=True, capture_output=True)


_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def _tool(name: str) -> str:
    return shutil.which(name, path="/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin") or ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
