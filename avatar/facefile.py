"""Read and write `.face` files: one portrait, ready to be drawn, in one file.

A `.face` file is a safetensors file whose metadata holds the format's version, a SHA-256 over every array, and free
records (consent, provenance) as JSON text. Nothing in it is executed.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from dialogue.errors import FaceFileError

VERSION = 1
Arrays = dict[str, npt.NDArray[Any]]


def write_face(path: Path, arrays: Arrays, records: Mapping[str, Any]) -> None:
    """Write arrays and records to `path`, whole or not at all.

    Raises FaceFileError when the place cannot be written to.
    """
    header = {
        "format": "visavis-face",
        "version": str(VERSION),
        "sha256": _checksum(arrays, records),
        "records": json.dumps(records, sort_keys=True),
    }
    unfinished = path.with_name(path.name + ".part")
    try:
        save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, str(unfinished), header)
        os.replace(unfinished, path)
    except (OSError, SafetensorError) as exc:
        unfinished.unlink(missing_ok=True)
        raise FaceFileError(f"cannot write {path}: choose another place with --out") from exc


def read_face(path: Path) -> tuple[Arrays, dict[str, Any]]:
    """Return the arrays and records of a `.face` file.

    Blocks on the disk. Raises FaceFileError when the file is missing, damaged or of another version.
    """
    try:
        with safe_open(str(path), "numpy") as tensors:
            header = tensors.metadata() or {}
            arrays = {name: tensors.get_tensor(name) for name in tensors.keys()}  # noqa: SIM118
    except FileNotFoundError as exc:
        raise FaceFileError(f"there is no {path}: make one with `./visavis portrait IMAGE --out {path}`") from exc
    except (OSError, SafetensorError) as exc:
        raise FaceFileError(f"{path} is damaged: make it again with `./visavis portrait`") from exc
    if header.get("format") != "visavis-face":
        raise FaceFileError(f"{path} is not a .face file: make one with `./visavis portrait IMAGE`")
    if header.get("version") != str(VERSION):
        raise FaceFileError(
            f"{path} is of version {header.get('version')}, this program reads {VERSION}: make it again with "
            "`./visavis portrait`"
        )
    records = _records(path, header)
    if _checksum(arrays, records) != header.get("sha256"):
        raise FaceFileError(f"{path} is damaged (its checksum differs): make it again with `./visavis portrait`")
    return arrays, records


def _records(path: Path, header: Mapping[str, str]) -> dict[str, Any]:
    try:
        records = json.loads(header["records"])
    except (KeyError, json.JSONDecodeError) as exc:
        raise FaceFileError(f"{path} is damaged: make it again with `./visavis portrait`") from exc
    if not isinstance(records, dict):
        raise FaceFileError(f"{path} is damaged: make it again with `./visavis portrait`")
    return records


def _checksum(arrays: Mapping[str, npt.NDArray[Any]], records: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(records, sort_keys=True).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(array.data if array.size else b"")
    return digest.hexdigest()
