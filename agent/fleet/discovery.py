"""How a kiosk introduces itself to Home Assistant: one retained message, MQTT device discovery (2024.11 and later)."""

import json
from typing import Any

from agent.fleet.messages import Health, Ledger, Presence, State
from avatar.controls import EMOTIONS

TOPIC = "homeassistant/device/visavis_{kiosk}/config"
_ID = '"id":"ha-{{ now().timestamp() }}"'


def discovery(prefix: str, kiosk: str, version: str, profiles: tuple[str, ...] = ()) -> bytes:
    """Describe a kiosk as a device with sensors and controls, as JSON for `TOPIC`."""
    base = f"{prefix}/{kiosk}"
    device = {
        "dev": {
            "ids": [f"visavis_{kiosk}"],
            "name": f"Visavis {kiosk}",
            "mf": "Visavis",
            "mdl": "kiosk",
            "sw": version,
        },
        "o": {"name": "visavis", "sw": version},
        "availability_topic": f"{base}/availability",
        "cmps": {
            name: {"unique_id": f"visavis_{kiosk}_{name}", **component}
            for name, component in (_sensors(base) | _controls(base, profiles)).items()
        },
    }
    return json.dumps(device, separators=(",", ":")).encode()


def _sensors(base: str) -> dict[str, dict[str, Any]]:
    milliseconds = {"unit_of_measurement": "ms", "state_class": "measurement"}
    diagnostic = {"entity_category": "diagnostic", "state_class": "measurement"}

    def sensor(topic: str, key: str, name: str, **more: str) -> dict[str, Any]:
        template = f"{{{{ value_json.{key} }}}}"
        return {"p": "sensor", "name": name, "state_topic": f"{base}/{topic}", "value_template": template, **more}

    return {
        "phase": sensor(State.topic, "phase", "Phase", icon="mdi:account-voice"),
        "presence": {
            "p": "binary_sensor",
            "name": "Somebody there",
            "device_class": "occupancy",
            "state_topic": f"{base}/{Presence.topic}",
            "value_template": "{{ 'ON' if value_json.present else 'OFF' }}",
        },
        "answer": sensor(Ledger.topic, "answer_p50_ms", "Time to answer", **milliseconds),
        "answer_slow": sensor(Ledger.topic, "answer_p95_ms", "Time to answer (slowest in 20)", **milliseconds),
        "turns": sensor(Ledger.topic, "turns", "Turns", state_class="total_increasing"),
        "frames": sensor(Health.topic, "frames_per_s", "Frames a second", **diagnostic),
        "memory": sensor(Health.topic, "memory_mb", "Memory", unit_of_measurement="MB", **diagnostic),
        "restarts": sensor(Health.topic, "restarts", "Restarted stages", **diagnostic),
    }


def _controls(base: str, profiles: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    command, state = f"{base}/command", f"{base}/{State.topic}"

    def control(platform: str, name: str, fields: str, **more: Any) -> dict[str, Any]:
        template = f"{{{_ID},{fields}}}"
        return {"p": platform, "name": name, "command_topic": command, "command_template": template, **more}

    controls = {
        "say": control("notify", "Say", '"command":"say","text":{{ value | tojson }}'),
        "stop": control("button", "Stop talking", '"command":"stop"', icon="mdi:stop"),
        "restart": control("button", "Restart", '"command":"restart"', device_class="restart"),
        "mute": control(
            "switch",
            "Microphone off",
            '"command":"mute","muted":{{ value }}',
            payload_on="true",
            payload_off="false",
            state_topic=state,
            value_template="{{ value_json.muted | tojson }}",
            state_on="true",
            state_off="false",
        ),
        "volume": control(
            "number",
            "Volume",
            '"command":"volume","percent":{{ value | int }}',
            min=0,
            max=100,
            step=5,
            unit_of_measurement="%",
            state_topic=state,
            value_template="{{ value_json.volume_percent }}",
        ),
        "emotion": control(
            "select",
            "Emotion",
            '"command":"emotion","emotion":"{{ value }}"',
            options=list(EMOTIONS),
            state_topic=state,
            value_template="{{ value_json.emotion }}",
        ),
    }
    if profiles:
        controls["profile"] = control(
            "select",
            "Profile",
            '"command":"profile","name":"{{ value }}"',
            options=list(profiles),
            state_topic=state,
            value_template="{{ value_json.profile }}",
        )
    return controls
