"""`./visavis bench [STAGE]`: each stage's measurement lives in `agent/benches/<stage>.py`."""

import importlib
import json
import pkgutil

import typer
from rich.console import Console

import agent.benches

app = typer.Typer()
STAGES = tuple(module.name for module in pkgutil.iter_modules(agent.benches.__path__))


@app.command(epilog="Stages: " + ", ".join(STAGES))
def bench(
    stage: str = typer.Argument("conversation", help="What to measure."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON instead of a table."),
    short: bool = typer.Option(False, "--short", help="A quick, rougher run."),
) -> None:
    """Measure speed and print it with the machine it was measured on."""
    if stage not in STAGES:
        raise typer.BadParameter(f"there is no stage '{stage}'; there are: {', '.join(STAGES)}")
    report = importlib.import_module(f"agent.benches.{stage}").run(short=short)
    if as_json:
        print(json.dumps(report.as_dict(), indent=2))
    else:
        Console().print(report.table())
