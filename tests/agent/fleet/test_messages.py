import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agent.fleet.messages import (
    COMMANDS,
    LARGEST_COMMAND_BYTES,
    Answer,
    State,
    encoded,
    identifier_in,
    read_command,
    read_report,
)
from agent.fleet.operator import Fleet
from agent.fleet.settings import FleetSettings
from dialogue.errors import InputError


def test_every_command_survives_the_line() -> None:
    keys: dict[str, Any] = {
        "text": "hello",
        "muted": True,
        "name": "tutor",
        "percent": 5,
        "emotion": "happy",
        "right_degrees": 2.0,
    }
    for kind in COMMANDS:
        wanted = {name: value for name, value in (keys | {"up_degrees": 1.5}).items() if name in kind.model_fields}
        command = kind(id="a-1", **wanted)
        assert read_command(encoded(command)) == command


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ('{"command": "stop"}', "id: Field required"),
        ('{"id": "a b", "command": "stop"}', "id"),
        ('{"id": "1", "command": "explode"}', "explode"),
        ('{"id": "1", "command": "stop", "now": true}', "now"),
        ('{"id": "1", "command": "volume", "percent": 101}', "percent"),
        ('{"id": "1", "command": "volume", "percent": "50"}', "percent"),
        ('{"id": "1", "command": "gaze", "right_degrees": NaN, "up_degrees": 0}', "finite"),
        ('{"id": "1", "command": "say", "text": "a\\u0007b"}', "plain words"),
        ('{"id": "1", "command": "say", "text": "[look left]"}', "plain words"),
        ('{"id": "1", "command": "say", "text": "  "}', "plain words"),
        ('{"id": "1", "command": "say", "text": "' + "x" * 501 + '"}', "text"),
        ('{"id": "1", "command": "profile", "name": "../../etc"}', "name"),
        ("x" * (LARGEST_COMMAND_BYTES + 1), "too long"),
        ("[" * 4000, "JSON"),
        ("", "JSON"),
    ],
)
def test_a_wrong_command_is_refused_with_its_reason(payload: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_command(payload.encode())


@given(st.binary(max_size=300))
def test_no_bytes_do_more_than_be_refused(payload: bytes) -> None:
    identifier_in(payload)
    with pytest.raises(InputError):
        read_command(payload)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)
    )
)
def test_no_report_of_a_kiosk_upsets_the_operator(value: object) -> None:
    fleet = Fleet("visavis")
    for topic in ("state", "health", "ledger", "answer", "presence", "availability", "command", "", "odd/deep"):
        fleet.note(f"visavis/lobby/{topic}", json.dumps(value).encode())
        fleet.note(f"visavis/{topic}", json.dumps(value).encode())


def test_reports_of_a_later_version_are_understood_as_far_as_they_are_known() -> None:
    state = read_report(b'{"schema": 2, "phase": "idle", "mood": "new"}', State)
    assert (state.phase, state.schema_version) == ("idle", 2)


def test_messages_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        Answer(id="1", ok=True).ok = False  # type: ignore[misc]


def test_the_identifier_of_a_wrong_command_is_found() -> None:
    assert identifier_in(b'{"command": "explode", "id" : "n-7"}') == "n-7"
    assert identifier_in(b'{"id": 7}') == ""


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"host": "broker.example", "tls": False}, "another machine"),
        ({"host": "10.0.0.9", "tls": False}, "another machine"),
        ({"client_certificate": "a.crt"}, "belong together"),
        ({"kiosk": "a/b"}, "pattern"),
        ({"prefix": "a/#"}, "pattern"),
    ],
)
def test_unsafe_settings_are_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        FleetSettings.model_validate(settings)


def test_without_tls_only_this_machine_is_a_broker_unless_it_is_said() -> None:
    for host in ("localhost", "127.0.0.1", "::1"):
        assert FleetSettings(host=host, tls=False).host == host
    assert FleetSettings(host="10.0.0.9", tls=False, plaintext_allowed=True).host == "10.0.0.9"
