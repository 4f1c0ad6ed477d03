"""Section `fleet`: the broker, who this kiosk is to it, and what it may learn."""

import os
import stat
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from dialogue.errors import ConfigError
from dialogue.section import Section

PASSWORD_VARIABLE = "VISAVIS_FLEET_PASSWORD"


class FleetSettings(Section):
    """Section `fleet`: off unless `host` is set."""

    host: str = Field("", max_length=255, description="name or address of the MQTT broker; empty: no fleet")
    port: int = Field(8883, ge=1, le=65535, description="8883 with TLS, 1883 without")
    kiosk: str = Field(
        "", pattern=r"^[a-z0-9_-]{0,40}$", description="this kiosk's name to the fleet; empty: the computer's name"
    )
    prefix: str = Field("visavis", pattern=r"^[A-Za-z0-9_/-]{1,60}$", description="first part of every topic")
    tls: bool = Field(True, description="encrypt; without it only a broker on this machine is accepted")
    plaintext_allowed: bool = Field(False, description="accept an unencrypted broker on another machine all the same")
    ca_file: Path | None = Field(None, description="certificate of the authority that signed the broker's; null: usual")
    client_certificate: Path | None = Field(None, description="certificate by which this kiosk proves who it is")
    client_key: Path | None = Field(None, description="its private key")
    username: str = Field("", max_length=200, description="name at the broker; empty: none")
    password_file: Path | None = Field(
        None, description=f"file with the password, readable by you alone; or set {PASSWORD_VARIABLE}"
    )
    home_assistant: bool = Field(True, description="appear in Home Assistant by itself as a device")
    keepalive_s: int = Field(20, ge=5, le=3600, description="silence after which the line counts as broken")
    longest_wait_s: float = Field(60.0, ge=1, le=3600, description="longest pause between two attempts to connect")
    events_kept: int = Field(1000, ge=0, le=100_000, description="events and answers kept while the broker is away")
    commands_per_s: float = Field(
        2.0, gt=0, le=100, description="commands obeyed in the long run; ten at once are fine"
    )
    names_published: bool = Field(False, description="let events name the person a visitor asked for")

    @model_validator(mode="after")
    def _refuse_half_settings(self) -> Self:
        if bool(self.client_certificate) != bool(self.client_key):
            raise ValueError("client_certificate and client_key belong together: give both or neither")
        if self.host and not self.tls and not self.plaintext_allowed and not is_here(self.host):
            raise ValueError(
                f"{self.host} is another machine, and tls is off: turn tls on, or set plaintext_allowed to true"
            )
        return self


def is_here(host: str) -> bool:
    """Tell whether a host is this machine by its loopback name or address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def password_of(settings: FleetSettings) -> str | None:
    """Read the password from its file or the environment. Raises ConfigError when others can read the file."""
    path = settings.password_file
    if path is None:
        return os.environ.get(PASSWORD_VARIABLE)
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError(f"{path} holds a password that others can read: chmod 600 {path}")
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the fleet's password file {path} cannot be read: {error}") from error
