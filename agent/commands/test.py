"""`./visavis test`: format, lint and types, then every test; with arguments, only pytest with them."""

import subprocess
import sys

import typer

from agent.config import ROOT

app = typer.Typer()

CHECKS = (
    ("format", ["ruff", "format", "--check", "."]),
    ("lint", ["ruff", "check", "."]),
    ("types", ["mypy"]),
    ("tests", ["pytest"]),
)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(context: typer.Context) -> None:
    """Check everything; './visavis test -k turns' runs only the tests that match."""
    checks = (("tests", ["pytest", *context.args]),) if context.args else CHECKS
    failed = [name for name, command in checks if not _passes(name, command)]
    if failed:
        print(f"visavis: failed: {', '.join(failed)}", file=sys.stderr)
        raise typer.Exit(1)


def _passes(name: str, command: list[str]) -> bool:
    passed = _run(name, command)
    if passed or name != "tests":
        return passed
    # Voices draw noise and devices share two cores: what fails once for that reason passes alone, a fault does not.
    return _run("failed tests, once more", [*command, "--last-failed", "--last-failed-no-failures=none"])


def _run(name: str, command: list[str]) -> bool:
    print(f"--- {name}: {' '.join(command)}", flush=True)
    return subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=False).returncode == 0
