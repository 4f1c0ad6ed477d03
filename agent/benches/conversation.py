"""The whole program on virtual devices: how soon it answers, how soon it falls silent, and whether it hears itself.

A second program speaks questions into the virtual microphone and listens at the virtual loudspeaker, so that every
figure but those of the ledger is taken from outside. In the second half each question cuts off the answer before it,
at a moment drawn at random. The agent's own voice leaks into the microphone as loud as it is played.
"""

import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.signal import correlate

from agent.ledger import OverlapEntry, PictureEntry, read_ledger
from agent.report import Report, Row
from agent.virtual_devices import RECORD_RATE_HZ, VirtualDevices, virtual_devices
from agent.waterfall import percentiles, summary
from dialogue.audio import resample
from dialogue.errors import DeviceError, InputError
from dialogue.speech import Samples, SpeechChunk
from dialogue.synthesise.flite import FliteSettings, FliteVoice

ROOT = Path(__file__).resolve().parents[2]
QUESTIONS = (
    "What are your opening hours?",
    "Where is the restroom?",
    "What is the wifi password?",
    "Where can I park my car?",
    "Where is the elevator?",
    "Is the building wheelchair accessible?",
    "Where can I get something to eat?",
    "Where is the conference room?",
    "Can you call a taxi for me?",
    "How do I get to the train station?",
    "Can I leave my luggage here?",
    "Where are the emergency exits?",
    "Can I bring my dog inside?",
    "How much does parking cost?",
    "Is smoking allowed in the building?",
)
TURNS, SHORT_TURNS = 30, 8
LEVEL = 0.01
"""Louder than this counts as sound."""
GAP_S = 0.35
"""Silence longer than this ends what the agent says, shorter ones lie between its words."""
PATIENCE_S = 12.0
SEED = 3


@dataclass(frozen=True, slots=True)
class Question:
    """A spoken question: its file, its samples at RECORD_RATE_HZ, and where in them the voice begins and ends."""

    text: str
    file: Path
    sound: Samples
    onset_s: float
    end_s: float


class Tape:
    """What a source of the sound server plays, on this machine's monotonic clock."""

    def __init__(self, devices: VirtualDevices, source: str) -> None:
        command = ["parec", "--latency-msec=10", "-d", source, f"--rate={RECORD_RATE_HZ}", "--channels=1"]
        self._recorder = subprocess.Popen(
            [*command, "--format=s16le"], env=devices.environment, stdout=subprocess.PIPE, bufsize=0
        )
        self._pieces: list[Samples] = []
        self._samples = 0
        self._start_s = float("inf")
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._listen, name=f"tape of {source}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop recording."""
        self._recorder.terminate()
        self._recorder.wait()
        self._thread.join()

    def since(self, start_s: float) -> tuple[float, Samples]:
        """Give what was recorded from about a time on, and the time of its first sample."""
        with self._lock:
            sound, tape_start_s = np.concatenate([np.zeros(0, np.float32), *self._pieces]), self._start_s
        if not len(sound):
            return start_s, sound
        first = min(len(sound), max(0, round((start_s - tape_start_s) * RECORD_RATE_HZ)))
        return tape_start_s + first / RECORD_RATE_HZ, sound[first:]

    def _listen(self) -> None:
        pipe = self._recorder.stdout
        while pipe and (data := pipe.read(640)):
            now_s = time.monotonic()
            piece = np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.float32) / 32768
            with self._lock:
                self._pieces.append(piece)
                self._samples += len(piece)
                # The least delayed piece tells when the recording really began.
                self._start_s = min(self._start_s, now_s - self._samples / RECORD_RATE_HZ)


@dataclass(frozen=True, slots=True)
class Stand:
    """The program under test and what is needed to talk to it."""

    devices: VirtualDevices
    loudspeaker: Tape
    microphone: Tape
    ledger: Path


def run(short: bool = False) -> Report:
    """Hold a conversation of 30 turns (8 when `short`), some five minutes, and measure it."""
    turns = SHORT_TURNS if short else TURNS
    with tempfile.TemporaryDirectory() as name, running_program(Path(name)) as stand:
        questions = [_ask(text, Path(name)) for text in QUESTIONS]
        smooth = [_smooth_turn(stand, questions[i % len(questions)]) for i in range(turns // 2)]
        chance = random.Random(SEED)
        cut = [_interruption(stand, questions[i % len(questions)], chance) for i in range(turns // 2)]
        time.sleep(2)
        entries = list(read_ledger(stand.ledger))
    rows = _rows([wait for wait in smooth if wait is not None], len(smooth), cut)
    inside = summary(entries, "")
    offsets = [entry for entry in entries if isinstance(entry, PictureEntry)]
    false_alarms = sum(isinstance(e, OverlapEntry) and e.verdict == "false alarm" for e in entries)
    notes = (
        f"{turns} turns on virtual devices with the agent's voice leaking into the microphone at 0 dB",
        f"indented rows are the program's own ledger; holds that came to nothing: {false_alarms}",
        f"{sum(entry.frames for entry in offsets)} frames, {sum(entry.late for entry in offsets)} late",
    )
    return Report("Conversation", (*rows, *_indented(inside.rows)), notes)


def _rows(smooth: Sequence[float], asked: int, cut: Sequence["Cut"]) -> Iterator[Row]:
    if smooth:
        yield percentiles([1000 * wait for wait in smooth], "end of question to first sound", "p50 <= 600, p95 <= 900")
    yield Row("questions answered", {"n": len(smooth), "of": asked})
    stopped = [1000 * each.silent_after_s for each in cut if each.silent_after_s is not None]
    if stopped:
        yield percentiles(stopped, "user's voice to last sample heard", "p95 <= 200")
    missed = sum(each.silent_after_s is None for each in cut)
    yield Row(
        "interruptions missed", {"n": missed, "of": len(cut), "%": round(100 * missed / max(1, len(cut)), 1)}, "<= 5 %"
    )
    answered = [1000 * each.answered_after_s for each in cut if each.answered_after_s is not None]
    if answered:
        yield percentiles(answered, "end of interruption to first sound")


def _indented(rows: Sequence[Row]) -> Iterator[Row]:
    return (Row(f"  {row.name}", row.figures, row.bar) for row in rows)


@dataclass(frozen=True, slots=True)
class Cut:
    """What an interruption did; None where the agent talked on, or gave no answer."""

    silent_after_s: float | None
    answered_after_s: float | None


@contextmanager
def running_program(folder: Path, leak_db: float | None = 0.0) -> Iterator[Stand]:
    """Run `./visavis talk` on virtual devices of its own until the block ends; ready to listen.

    `leak_db` is the level of the loudspeaker's sound in the microphone, None for none.
    """
    with ExitStack() as stack:
        devices = stack.enter_context(virtual_devices(folder))
        if leak_db is not None:
            _leak(devices, leak_db)
        ledger, log = folder / "ledger.jsonl", folder / "program.log"
        program = stack.enter_context(_program(devices, ledger, log))
        _wait_until_it_listens(program, ledger, log)
        loudspeaker, microphone = Tape(devices, "speaker.monitor"), Tape(devices, "micin.monitor")
        stack.callback(loudspeaker.stop)
        stack.callback(microphone.stop)
        time.sleep(1)
        yield Stand(devices, loudspeaker, microphone, ledger)


def _leak(devices: VirtualDevices, level_db: float) -> None:
    command = ["pactl", "load-module", "module-loopback", "source=speaker.monitor", "sink=micin", "latency_msec=25"]
    subprocess.run(command, env=devices.environment, check=True, stdout=subprocess.DEVNULL)
    listed = subprocess.run(
        ["pactl", "-f", "json", "list", "sink-inputs"], env=devices.environment, check=True, capture_output=True
    )
    newest = json.loads(listed.stdout)[-1]["index"]
    volume = ["pactl", "set-sink-input-volume", str(newest), f"{level_db}dB"]
    subprocess.run(volume, env=devices.environment, check=True)


@contextmanager
def _program(devices: VirtualDevices, ledger: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, str(ROOT / "run_agent.py"), "talk", "--no-greeting", "--ledger", str(ledger)]
    with log.open("wb") as output:
        program = subprocess.Popen(
            command, env=devices.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=ROOT
        )
    try:
        yield program
    finally:
        program.terminate()
        try:
            program.wait(10)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()


def _wait_until_it_listens(program: subprocess.Popen[bytes], ledger: Path, log: Path) -> None:
    for _ in range(600):
        if program.poll() is not None:
            raise DeviceError(f"the program ended at once: {log.read_text(errors='replace')[-500:]}")
        if ledger.exists() and ledger.stat().st_size:
            return
        time.sleep(0.1)
    raise DeviceError(f"the program did not start within a minute: {log.read_text(errors='replace')[-500:]}")


def _ask(text: str, folder: Path) -> Question:
    chunks: list[SpeechChunk] = []

    def take(chunk: SpeechChunk) -> bool:
        chunks.append(chunk)
        return True

    voice = FliteVoice(FliteSettings(voice="slt"))
    voice.speak(text, take)
    sound = resample(np.concatenate([c.samples for c in chunks]), chunks[0].sample_rate_hz, RECORD_RATE_HZ)
    file = folder / f"{abs(hash(text))}.wav"
    write_wav(file, sound)
    loud = np.flatnonzero(np.abs(sound) > LEVEL)
    if not len(loud):
        raise InputError(f"the voice said nothing for {text!r}")
    return Question(text, file, sound, loud[0] / RECORD_RATE_HZ, loud[-1] / RECORD_RATE_HZ)


def write_wav(file: Path, sound: Samples) -> None:
    """Write mono 16-bit sound at RECORD_RATE_HZ."""
    import wave

    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RECORD_RATE_HZ)
        out.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())


def _smooth_turn(stand: Stand, question: Question) -> float | None:
    """Ask, wait for the whole answer, and give the time from the end of the question to its first sound."""
    began_s = _speak(stand, question)
    end_s = began_s + question.end_s
    first_s = _next_sound(stand.loudspeaker, end_s, PATIENCE_S)
    _wait_for_silence(stand.loudspeaker)
    return None if first_s is None else first_s - end_s


def _interruption(stand: Stand, question: Question, chance: random.Random) -> Cut:
    """Have something said, cut it off with a question at a random moment, and wait for the answer."""
    opening = QUESTIONS[chance.randrange(len(QUESTIONS))]
    began_s = _speak(stand, _ask(opening, stand.ledger.parent))
    if _next_sound(stand.loudspeaker, began_s, PATIENCE_S) is None:
        return Cut(None, None)
    time.sleep(chance.uniform(0.2, 2.0))
    began_s = _speak(stand, question)
    onset_s, end_s = began_s + question.onset_s, began_s + question.end_s
    silent_s = _falls_silent(stand.loudspeaker, onset_s)
    answer_s = _next_sound(stand.loudspeaker, end_s, PATIENCE_S)
    _wait_for_silence(stand.loudspeaker)
    return Cut(
        None if silent_s is None else max(0.0, silent_s - onset_s), None if answer_s is None else answer_s - end_s
    )


def _speak(stand: Stand, question: Question) -> float:
    """Say it into the microphone and give the time at which its first sample was there."""
    asked_s = time.monotonic()
    stand.devices.speak(question.file).wait(30)
    time.sleep(0.15)
    start_s, heard = stand.microphone.since(asked_s - 0.1)
    match = correlate(heard, question.sound, mode="valid", method="fft")
    return start_s + int(match.argmax()) / RECORD_RATE_HZ


def _loud(tape: Tape, since_s: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Give the times of all loud samples since a time."""
    start_s, sound = tape.since(since_s)
    return start_s + np.flatnonzero(np.abs(sound) > LEVEL) / RECORD_RATE_HZ


def _next_sound(tape: Tape, since_s: float, patience_s: float) -> float | None:
    while time.monotonic() < since_s + patience_s:
        loud = _loud(tape, since_s)
        if len(loud):
            return float(loud[0])
        time.sleep(0.05)
    return None


def _falls_silent(tape: Tape, since_s: float) -> float | None:
    """Give the time of the last loud sample before the first gap after `since_s`, None if none comes in 1.5 s."""
    while time.monotonic() < since_s + 1.5 + GAP_S:
        time.sleep(0.05)
    loud = np.append(_loud(tape, since_s - GAP_S), np.inf)
    for before_s, after_s in pairwise(loud):
        if after_s - before_s > GAP_S and after_s > since_s:
            return float(before_s) if before_s < since_s + 1.5 else None
    return None


def _wait_for_silence(tape: Tape) -> None:
    """Wait until nothing was said for a good while."""
    end_s = time.monotonic() + 30
    while time.monotonic() < end_s:
        time.sleep(0.2)
        now_s = time.monotonic()
        loud = _loud(tape, now_s - 1.5)
        if not len(loud):
            return
