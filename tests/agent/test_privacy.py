import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from pydantic import ValidationError

from agent.privacy import DAY_S, PrivacySettings, delete_all, expire, export, folder_of, kept, prepare
from dialogue.errors import InputError

ROOT = Path(__file__).parents[2]
NOW_S = 1.8e9


def keep(folder: Path, name: str, age_days: float) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(name)
    os.utime(path, (NOW_S - age_days * DAY_S,) * 2)
    return path


def test_nothing_is_kept_unless_it_is_said_and_then_it_shows() -> None:
    assert PrivacySettings().sign == ""
    assert PrivacySettings(keep_transcripts=True).sign
    assert PrivacySettings(keep_sound=True).sign == "recording"
    with pytest.raises(ValidationError):
        PrivacySettings(keep_days=0)


def test_what_is_too_old_goes_and_nothing_else(tmp_path: Path) -> None:
    old, older = keep(tmp_path, "b.txt", 7.1), keep(tmp_path, "deep/a.flac", 30)
    young, foreign = keep(tmp_path, "c.txt", 6.9), keep(tmp_path, "holiday.jpg", 99)
    outside = keep(tmp_path.parent, f"outside-{tmp_path.name}.txt", 99)
    (tmp_path / "link.txt").symlink_to(outside)
    assert expire(tmp_path, 7, NOW_S) == [older, old]
    assert young.exists()
    assert foreign.exists()
    assert outside.exists()
    assert [file.path for file in kept(tmp_path)] == [young]


def test_everything_can_be_taken_away_and_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "conversations"
    prepare(folder)
    assert folder.stat().st_mode & 0o077 == 0
    keep(folder, "a.txt", 1)
    keep(folder, "deep/b.md", 2)
    assert export(folder, tmp_path / "all.zip") == 2
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert sorted(archive.namelist()) == ["a.txt", "deep/b.md"]
    assert (tmp_path / "all.zip").stat().st_mode & 0o077 == 0
    with pytest.raises(InputError, match="choose a new file"):
        export(folder, tmp_path / "all.zip")
    assert delete_all(folder) == 2
    assert kept(folder) == []


def test_a_folder_that_does_not_exist_holds_nothing(tmp_path: Path) -> None:
    assert kept(tmp_path / "none") == []
    assert folder_of(PrivacySettings(folder="~/x")) == Path.home() / "x"


def test_the_command_line_lists_and_deletes(tmp_path: Path) -> None:
    keep(tmp_path, "a.txt", 1)
    for words, said in ((["list"], "1 files kept"), (["delete", "--yes"], "1 files deleted"), (["list"], "nothing")):
        arguments = [sys.executable, str(ROOT / "run_agent.py"), "privacy", *words, "--folder", str(tmp_path)]
        assert said in subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
