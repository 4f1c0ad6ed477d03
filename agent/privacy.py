"""What is kept of conversations: nothing, unless the profile says so; then for a time that is enforced.

Everything kept lies as plain files in one folder, readable by its owner alone, so that keeping, exporting and deleting
are about files and nothing else. Logs carry no words of users.
"""

import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from dialogue.errors import EngineError, InputError
from dialogue.section import Section

DAY_S = 86_400
_SUFFIXES = (".txt", ".md", ".html", ".flac", ".mp4", ".jsonl")
"""What this program writes there; anything else in the folder is not ours to delete."""


class PrivacySettings(Section):
    """Section `privacy`: what is kept of conversations."""

    keep_transcripts: bool = Field(False, description="keep what is said as text; the window then shows a sign")
    keep_sound: bool = Field(False, description="keep the sound as well; the window then shows a sign")
    keep_days: int = Field(7, ge=1, le=3650, description="deleted after so many days, at every start and every hour")
    folder: str = Field("", description="where it is kept; empty: the user's data folder")

    @property
    def sign(self) -> str:
        """What the window shows while something is kept; empty when nothing is."""
        if self.keep_sound:
            return "recording"
        return "writing along" if self.keep_transcripts else ""


@dataclass(frozen=True, slots=True)
class Kept:
    """One file that is kept."""

    path: Path
    written_s: float
    """Seconds since 1970."""
    size_bytes: int


def folder_of(settings: PrivacySettings) -> Path:
    """Give the folder where things are kept; it need not exist."""
    if settings.folder:
        return Path(settings.folder).expanduser()
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return data / "visavis" / "conversations"


def prepare(folder: Path) -> None:
    """Make the folder, for its owner alone. Raises EngineError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as exc:
        raise EngineError(f"conversations cannot be kept in {folder} ({exc}): set privacy.folder") from exc


def kept(folder: Path) -> list[Kept]:
    """List what is kept, oldest first."""
    return sorted(_files(folder), key=lambda file: (file.written_s, file.path))


def expire(folder: Path, keep_days: int, now_s: float) -> list[Path]:
    """Delete what is older than `keep_days`, and tell what went. Raises EngineError where that fails."""
    old = [file.path for file in kept(folder) if now_s - file.written_s >= keep_days * DAY_S]
    _delete(old)
    return old


def delete_all(folder: Path) -> int:
    """Delete everything that is kept, and tell how many files it was. Raises EngineError."""
    files = [file.path for file in kept(folder)]
    _delete(files)
    return len(files)


def export(folder: Path, to: Path) -> int:
    """Copy everything that is kept into a new zip file for its owner alone; tells how many files it was.

    Raises InputError when that file exists already or cannot be written.
    """
    files = kept(folder)
    try:
        descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as raw, zipfile.ZipFile(raw, "w") as archive:
            for file in files:
                archive.write(file.path, file.path.relative_to(folder), zipfile.ZIP_DEFLATED)
    except OSError as exc:
        raise InputError(f"{to} cannot be written ({exc}): choose a new file") from exc
    return len(files)


def _files(folder: Path) -> Iterator[Kept]:
    for path in folder.rglob("*") if folder.is_dir() else ():
        if path.suffix in _SUFFIXES and path.is_file() and not path.is_symlink():
            found = path.stat()
            yield Kept(path, found.st_mtime, found.st_size)


def _delete(paths: list[Path]) -> None:
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as exc:
            raise EngineError(f"{path} should be deleted but cannot be ({exc}): delete it by hand") from exc
