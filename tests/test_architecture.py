"""The shape of the program: which package may import which, and who alone may import a foreign library."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FORBIDDEN = {"dialogue": {"avatar", "agent"}, "avatar": {"agent"}, "agent": set()}
SOLE_IMPORTERS = {
    "sounddevice": {"agent/devices.py"},
    "pygame": {"agent/window.py", "agent/overlay.py"},
    "aiomqtt": {"agent/fleet/broker.py"},
    "torch": {
        "avatar/transformer.py",
        "avatar/diffusion.py",
        "avatar/training",
        "agent/commands/train.py",
        "dialogue/reply",
        "dialogue/synthesise",
    },
}


def modules(package: str) -> Iterator[Path]:
    yield from sorted((ROOT / package).rglob("*.py"))


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("package", FORBIDDEN)
def test_imports_point_one_way(package: str) -> None:
    wrong = {str(path): imported(path) & FORBIDDEN[package] for path in modules(package)}
    assert {path: names for path, names in wrong.items() if names} == {}


@pytest.mark.parametrize("library", SOLE_IMPORTERS)
def test_a_library_is_imported_in_its_own_room_only(library: str) -> None:
    users = {
        path.relative_to(ROOT).as_posix()
        for package in FORBIDDEN
        for path in modules(package)
        if library in imported(path)
    }
    allowed = SOLE_IMPORTERS[library]
    assert {user for user in users if not any(user.startswith(room) for room in allowed)} == set()


def test_nothing_unpickles_or_evaluates() -> None:
    words = ("pickle", "marshal", "shelve", "joblib")
    users = {str(path): imported(path) & set(words) for package in FORBIDDEN for path in modules(package)}
    assert {path: names for path, names in users.items() if names} == {}
