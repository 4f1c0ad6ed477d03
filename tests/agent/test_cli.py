import importlib
import pkgutil

import pytest

import agent.commands
from agent.cli import COMMANDS, main

NAMES = {module.name for module in pkgutil.iter_modules(agent.commands.__path__)}


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in NAMES & COMMANDS.keys() if not COMMANDS[name].hidden)


def test_every_command_module_is_in_the_table() -> None:
    with_app = {name for name in NAMES if hasattr(importlib.import_module(f"agent.commands.{name}"), "app")}
    assert with_app == with_app & COMMANDS.keys()


@pytest.mark.parametrize("name", sorted(NAMES & COMMANDS.keys()))
def test_each_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    assert "Usage: ./visavis " + name in capsys.readouterr().out


def test_a_mistyped_command_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["portait"]) == 2
    assert "Did you mean 'portrait'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["say", "hello", "--gaze", "left"],
        ["say", "hello", "--emotion", "hungry"],
        ["say", "hello", "--distance", "0"],
        ["say"],
        ["bench", "nothing"],
    ],
)
def test_wrong_arguments_are_explained_and_exit_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert "Traceback" not in capsys.readouterr().err
