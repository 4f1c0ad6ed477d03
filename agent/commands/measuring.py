"""What `bench` and `evaluate` share: find a measurement by name, run it, print its report."""

import importlib
import json

import typer
from rich.console import Console


def measure(package: str, names: tuple[str, ...], name: str, *, short: bool, as_json: bool) -> None:
    """Run `package.name` and print what it reports. Raises typer.BadParameter for a name that is not there."""
    if name not in names:
        raise typer.BadParameter(f"there is no '{name}'; there are: {', '.join(names)}")
    report = importlib.import_module(f"{package}.{name}").run(short=short)
    if as_json:
        print(json.dumps(report.as_dict(), indent=2))
    else:
        Console().print(report.table())
