"""Where a recording comes from: content credentials (C2PA) written into it, and everything that can be read back."""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import c2pa
import numpy as np
from pydantic import Field

from agent.credentials import credentials_folder, load_credentials, own_credentials
from avatar import watermark as picture_mark
from dialogue import watermark as voice_mark
from dialogue.audio import read_sound
from dialogue.errors import ConfigError, InputError
from dialogue.section import Section

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
FRAMES_READ = 40
TOOL = "Visavis"
MODELS = Path(__file__).resolve().parent.parent / "assets" / "models"
MODEL_SUFFIXES = (".safetensors", ".onnx")


class ProvenanceSettings(Section):
    """Marks that say what this is."""

    sign: bool = Field(True, description="write content credentials (C2PA) into recordings")
    certificate: str = Field("", description="PEM chain to sign with; empty: one made at first use for this machine")
    private_key: str = Field("", description="PEM key of that certificate; only its owner may read it")
    leave_out_watermarks: bool = Field(
        False, description="no invisible marks in picture and voice; the law may require them; is logged"
    )


@dataclass(frozen=True, slots=True)
class Origin:
    """What a recording's credentials say of it: hashes of the portrait and of the models that moved it."""

    portrait_sha256: str
    models: dict[str, str]


def model_hashes() -> dict[str, str]:
    """Hash the shipped models, by file name."""
    return {path.name: file_sha256(path) for path in sorted(MODELS.glob("*")) if path.suffix in MODEL_SUFFIXES}


def file_sha256(path: Path) -> str:
    """Hash a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sign(path: Path, origin: Origin, settings: ProvenanceSettings) -> None:
    """Sign a finished recording in place; it is replaced whole or not at all. Raises ConfigError where it cannot be."""
    if settings.certificate:
        credentials = load_credentials(Path(settings.certificate), Path(settings.private_key))
    else:
        credentials = own_credentials(credentials_folder())
    signed = path.with_name(f".{path.name}.signed{path.suffix}")
    signed.unlink(missing_ok=True)
    try:
        info = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, credentials.chain, credentials.key, None)
        with c2pa.Signer.from_info(info) as signer, c2pa.Builder(json.dumps(_manifest(path, origin))) as builder:
            builder.sign_file(str(path), str(signed), signer)
        os.replace(signed, path)
    except c2pa.C2paError as error:
        signed.unlink(missing_ok=True)
        raise ConfigError(f"{path} could not be signed ({error}): check `provenance` in config.yaml") from error


def _manifest(path: Path, origin: Origin) -> dict[str, Any]:
    action = {"action": "c2pa.created", "digitalSourceType": SOURCE_TYPE, "softwareAgent": {"name": TOOL}}
    made_from = {"portrait_sha256": origin.portrait_sha256, "models": origin.models}
    return {
        "claim_generator_info": [{"name": TOOL}],
        "title": path.name,
        "assertions": [
            {"label": "c2pa.actions", "data": {"actions": [action]}},
            {"label": "org.visavis.made_from", "data": made_from},
        ],
    }


@dataclass(frozen=True, slots=True)
class Evidence:
    """One way of telling, and what it told; `says_visavis` is None where it cannot be applied."""

    name: str
    says_visavis: bool | None
    found: str


def examine(path: Path) -> Iterator[Evidence]:
    """Look for credentials and marks in a video, picture or sound. Raises InputError for what is none."""
    if not path.exists():
        raise InputError(f"{path} does not exist: name a video, picture or sound")
    yield _credentials(path)
    yield _picture(path)
    yield _voice(path)


def _credentials(path: Path) -> Evidence:
    name = "content credentials"
    try:
        with c2pa.Reader(str(path)) as reader:
            report = json.loads(reader.json())
    except c2pa.C2paError:
        return Evidence(name, False, "none")
    manifest = report["manifests"][report["active_manifest"]]
    tool = manifest.get("claim_generator_info", [{}])[0].get("name", "unknown")
    problems = [status["code"] for status in report.get("validation_status", [])]
    altered = [code for code in problems if not code.startswith("signingCredential")]
    if altered:
        return Evidence(name, False, f"by {tool}, but the file was changed since ({altered[0]})")
    trust = "; the signer is not on a trust list" if problems else ""
    return Evidence(name, tool == TOOL, f"by {tool}, unchanged since{trust}")


def _picture(path: Path) -> Evidence:
    name = "mark in the picture"
    frames = list(_frames(path))
    if not frames:
        return Evidence(name, None, "no picture in it")
    reading = picture_mark.read(frames)
    return Evidence(name, reading.is_marked, f"{reading.score:.1f} (from {picture_mark.THRESHOLD} on it is there)")


def _voice(path: Path) -> Evidence:
    name = "mark in the voice"
    try:
        sound = read_sound(path, voice_mark.RATE_HZ)
        reading = voice_mark.read(sound.samples, voice_mark.RATE_HZ)
    except InputError as error:
        return Evidence(name, None, str(error).removeprefix(f"{path} "))
    return Evidence(name, reading.is_marked, f"{reading.score:.1f} (from {voice_mark.THRESHOLD} on it is there)")


def _frames(path: Path) -> Iterator[picture_mark.Frame]:
    """Give frames from the beginning of a video, or the one picture."""
    try:
        with av.open(str(path)) as file:
            if not file.streams.video:
                return
            for index, frame in enumerate(file.decode(video=0)):
                if index >= FRAMES_READ:
                    return
                yield np.ascontiguousarray(frame.to_ndarray(format="rgb24"))
    except (av.error.FFmpegError, ValueError) as error:
        raise InputError(f"{path} is no video, picture or sound that can be read ({error})") from error
