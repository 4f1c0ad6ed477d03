"""`./visavis bench [STAGE]`: each stage's measurement lives in `agent/benches/<stage>.py`."""

import pkgutil

import typer

import agent.benches
from agent.commands.measuring import measure

app = typer.Typer()
STAGES = tuple(module.name for module in pkgutil.iter_modules(agent.benches.__path__))


@app.command(epilog="Stages: " + ", ".join(STAGES))
def bench(
    stage: str = typer.Argument("conversation", help="What to measure."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON instead of a table."),
    short: bool = typer.Option(False, "--short", help="A quick, rougher run."),
) -> None:
    """Measure speed and print it with the machine it was measured on."""
    measure("agent.benches", STAGES, stage, short=short, as_json=as_json)
