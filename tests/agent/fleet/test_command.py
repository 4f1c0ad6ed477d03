import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from agent.fleet.messages import Ledger, State
from agent.fleet.mosquitto import PrivateMosquitto
from tests.agent.fleet.broker import broker_in, running, settings_for, until

ROOT = Path(__file__).parents[3]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[PrivateMosquitto]:
    yield from broker_in(tmp_path, tls=True)


async def fleet_command(broker: PrivateMosquitto, *words: str) -> tuple[int, str]:
    settings = settings_for(broker, "operator").model_dump(mode="json", exclude_defaults=True)
    file = broker.folder / "fleet.yaml"
    file.write_text(yaml.safe_dump(settings))
    process = await asyncio.create_subprocess_exec(
        ROOT / ".venv" / "bin" / "python", ROOT / "run_agent.py", "fleet", words[0], "-s", file, *words[1:],
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env={"COLUMNS": "160"},
    )  # fmt: skip
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


async def test_an_operator_sees_and_steers_kiosks_from_the_command_line(broker: PrivateMosquitto) -> None:
    async with running(broker, "lobby") as lobby, running(broker, "annex") as annex:
        lobby.publish(State(phase="speaking", profile="receptionist"))
        lobby.publish(Ledger(turns=12, answer_p50_ms=540))
        await until(lambda: lobby.sent_messages == 2 and annex.is_connected)
        code, listed = await fleet_command(broker, "list")
        assert code == 0, listed
        assert all(word in listed for word in ("2 of 2 kiosks online", "lobby", "annex", "speaking", "540 ms"))
        code, said = await fleet_command(broker, "say", "all", "The lift works again.")
        assert (code, "lobby: done" in said, "annex: done" in said) == (0, True, True), said
    code, said = await fleet_command(broker, "stop", "nowhere")
    assert (code, "nowhere: no answer" in said) == (1, True)
