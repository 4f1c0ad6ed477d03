import subprocess
import sys
from pathlib import Path

import pytest

from agent.config import load_config_or_default, profile_names, profile_path
from dialogue.reply.commands import HANDS_FREE, phrases_of

ROOT = Path(__file__).parents[2]


def profile(*words: str) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, str(ROOT / "run_agent.py"), "profile", *words]
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


def test_three_products_have_a_profile_each() -> None:
    assert set(profile_names()) >= {"receptionist", "tutor", "companion"}
    receptionist, tutor, companion = (
        load_config_or_default(None, profile_path(name)) for name in ("receptionist", "tutor", "companion")
    )
    assert receptionist.window.fullscreen
    assert receptionist.reply.directory
    assert not receptionist.conversation.goodbye_ends
    assert tutor.reply.lesson
    assert companion.reply.hands_free
    assert companion.conversation.endpoint.patience >= 3
    assert companion.overlay.high_contrast
    assert len(phrases_of(HANDS_FREE)) > 100


@pytest.mark.parametrize("name", ["receptionist", "tutor", "companion"])
def test_a_shipped_profile_is_good(name: str) -> None:
    checked = profile("check", name)
    assert checked.returncode == 0, checked.stderr
    assert "is good" in checked.stdout


def test_a_wrong_profile_of_ones_own_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("reply:\n  directry: x.yaml\n", encoding="utf-8")
    wrong = profile("check", str(path))
    assert wrong.returncode == 1
    assert "did you mean 'directory'" in wrong.stderr
    path.write_text("reply:\n  lesson: no/such.yaml\n", encoding="utf-8")
    missing = profile("check", str(path))
    assert missing.returncode == 1
    assert "does not exist" in missing.stdout
    assert "receptionist" in profile("check", "nobody").stderr


def test_profiles_are_listed_with_what_they_are() -> None:
    listed = profile("list").stdout
    assert "Receptionist: a kiosk" in listed
    assert "companion" in listed
