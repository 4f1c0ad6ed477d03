"""What this machine has for a conversation, what it lacks, and what to do about it."""

import importlib.metadata
import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil

from agent.config import ROOT
from agent.devices import NO_MICROPHONE, NO_SPEAKER, find_devices
from dialogue.errors import VisavisError

PACKAGES = (
    "numpy",
    "numba",
    "onnxruntime",
    "mediapipe",
    "pygame-ce",
    "sounddevice",
    "pocketsphinx",
    "faster-whisper",
    "av",
)
ENOUGH_MEMORY_MB = 1000
FRAME_BUDGET_MS = 15.0
"""One core's share of a 25 Hz frame that leaves room for hearing, thinking and speaking."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `advice` says what to change; empty where nothing needs to."""

    name: str
    is_good: bool
    found: str
    advice: str = ""


def examine() -> Iterator[Finding]:
    """Look at everything, quick things first; takes a few seconds and changes nothing."""
    yield from _sound()
    yield _display()
    yield from _engines()
    yield _memory()
    yield _speed()
    yield _versions()


def _sound() -> Iterator[Finding]:
    found = find_devices()
    yield Finding(
        "microphone",
        found.microphone,
        "found" if found.microphone else "none",
        "" if found.microphone else NO_MICROPHONE,
    )
    yield Finding(
        "loudspeaker",
        found.loudspeaker,
        "found" if found.loudspeaker else "none",
        "" if found.loudspeaker else NO_SPEAKER,
    )


def _display() -> Finding:
    name = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY") or ""
    advice = "" if name else "start it on a desktop, or record with --record FILE"
    return Finding("display", bool(name), name or "none", advice)


def _engines() -> Iterator[Finding]:
    from dialogue.recognise.sphinx import SphinxRecogniser, SphinxSettings
    from dialogue.synthesise.espeak import EspeakSettings, EspeakVoice
    from dialogue.synthesise.flite import FliteSettings, FliteVoice
    from dialogue.vad import SileroVad

    starts: dict[str, Callable[[], object]] = {
        "voice activity (Silero)": SileroVad,
        "recognition (pocketsphinx)": lambda: SphinxRecogniser(SphinxSettings()),
        "voice (flite)": lambda: FliteVoice(FliteSettings()),
        "voice (espeak-ng)": lambda: EspeakVoice(EspeakSettings()),
    }
    for name, start in starts.items():
        yield _starts(name, start)


def _starts(name: str, start: Callable[[], object]) -> Finding:
    begun_s = time.perf_counter()
    try:
        start()
    except VisavisError as error:
        return Finding(name, False, "does not start", str(error))
    return Finding(name, True, f"starts in {(time.perf_counter() - begun_s) * 1000:.0f} ms")


def _memory() -> Finding:
    free_mb = psutil.virtual_memory().available // 2**20
    is_good = free_mb >= ENOUGH_MEMORY_MB
    return Finding(
        "memory", is_good, f"{free_mb} MB free", "" if is_good else "close other programs: a conversation needs 1 GB"
    )


def _speed() -> Finding:
    """Draw the default face at 512x512 for a second."""
    from avatar.portrait import Portrait
    from avatar.render import Renderer

    try:
        portrait = Portrait.load(ROOT / "assets" / "portraits" / "ada.face")
    except VisavisError as error:
        return Finding("speed", False, "the default face does not load", str(error))
    renderer = Renderer(portrait)
    renderer.render(portrait.own_motion)
    frame_ms = statistics.median(_timed(lambda: renderer.render(portrait.own_motion)) for _ in range(40)) * 1000
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    is_good = frame_ms <= FRAME_BUDGET_MS and cores >= 2
    advice = (
        "" if is_good else "the face will fall below 25 frames a second: close other programs, or use two cores or more"
    )
    return Finding("speed", is_good, f"{frame_ms:.1f} ms a frame on one of {cores} cores", advice)


def _timed(work: Callable[[], object]) -> float:
    begun_s = time.perf_counter()
    work()
    return time.perf_counter() - begun_s


def _versions() -> Finding:
    return Finding("versions", True, ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES))
