import subprocess
import sys
import time
import wave
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from agent.ledger import TurnEntry, read_ledger
from agent.virtual_devices import RECORD_RATE_HZ, FilmFrame, VirtualDevices, virtual_devices
from dialogue.recognise.sphinx import SphinxRecogniser, SphinxSettings
from dialogue.speech import SpeechChunk
from dialogue.synthesise.flite import FliteSettings, FliteVoice
from tests.e2e.conftest import ROOT, bare_environment, program

pytestmark = [pytest.mark.devices, pytest.mark.timeout(600)]
QUESTION = "What are your opening hours?"
ANSWER_WORDS = {"open", "monday", "friday", "eight", "morning", "until", "six", "from"}


def spoken(folder: Path, text: str) -> Path:
    chunks: list[SpeechChunk] = []
    voice = FliteVoice(FliteSettings(voice="slt"))
    voice.speak(text, lambda chunk: chunks.append(chunk) is None)
    samples = np.concatenate([chunk.samples for chunk in chunks])
    path = folder / "question.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(voice.sample_rate_hz)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def recognised(sound: np.ndarray) -> set[str]:
    recogniser = SphinxRecogniser(SphinxSettings())
    recogniser.begin()
    recogniser.accept(sound)
    return set(recogniser.finish().text.lower().split())


def heard(raw: Path) -> np.ndarray:
    return np.frombuffer(raw.read_bytes()[: raw.stat().st_size // 2 * 2], "<i2").astype(np.float32) / 32768


def wait_until(is_true: object, seconds: float, what: str) -> None:
    assert callable(is_true)
    end_s = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end_s, f"{what} did not happen within {seconds} s"
        time.sleep(0.1)


def is_listening(ledger: Path) -> bool:
    """The conversation is under way once it has noted a second of pictures or two."""
    return ledger.exists() and ledger.read_text(encoding="utf-8").count("\n") >= 2


def mouths(film: list[FilmFrame]) -> tuple[np.ndarray, np.ndarray]:
    """Times, and how open the mouth is in each frame (lip gap over eye distance), tracked anew."""
    import mediapipe

    gaps, times = [], []
    with mediapipe.solutions.face_mesh.FaceMesh(refine_landmarks=True) as mesh:
        for frame in film:
            found = mesh.process(frame.picture).multi_face_landmarks
            if found:
                points = {i: np.array([found[0].landmark[i].x, found[0].landmark[i].y]) for i in (13, 14, 33, 263)}
                gaps.append(np.linalg.norm(points[13] - points[14]) / np.linalg.norm(points[33] - points[263]))
                times.append(frame.at_s)
    return np.array(times), np.array(gaps)


def longest_still_s(film: list[FilmFrame]) -> float:
    """The longest stretch over which nothing at all moved on the screen."""
    longest, since = 0.0, film[0].at_s
    for before, after in pairwise(film):
        if cv2.absdiff(before.picture, after.picture).max() > 2:
            since = after.at_s
        longest = max(longest, after.at_s - since)
    return longest


def test_a_spoken_question_is_answered_aloud_by_a_moving_face(devices: VirtualDevices, tmp_path: Path) -> None:
    question = spoken(tmp_path, QUESTION)
    log, raw, ledger = tmp_path / "log.txt", tmp_path / "loudspeaker.raw", tmp_path / "ledger.jsonl"
    arguments = ("talk", "--no-greeting", "--ledger", str(ledger))
    with program(*arguments, environment=devices.environment, log=log) as running:
        wait_until(lambda: devices.film(0.04)[0].picture.mean() > 10, 90, "the first frame")
        wait_until(lambda: is_listening(ledger), 150, "listening")
        idle = devices.film(4.0)
        recorder = devices.record_loudspeaker(raw)
        devices.speak(question).wait(30)
        asked_s = time.time()
        talking = devices.film(6.0)
        recorder.terminate()
        recorder.wait(5)
        assert running.poll() is None, log.read_text()
    assert running.returncode in (0, 130), log.read_text()

    answer = heard(raw)
    assert len(recognised(answer) & ANSWER_WORDS) >= 2, recognised(answer)

    _, idle_gaps = mouths(idle)
    times, gaps = mouths(talking)
    assert len(idle_gaps) > 0.9 * len(idle)
    assert gaps[times > asked_s].max() > idle_gaps.max() + 0.03
    assert np.ptp(idle_gaps) < 0.03
    assert longest_still_s(idle) < 1.0
    assert longest_still_s(talking) < 0.5


def test_a_machine_without_devices_holds_a_demonstration_and_films_it(tmp_path: Path) -> None:
    film, log = tmp_path / "talk.mp4", tmp_path / "log.txt"
    with program("talk", "--record", str(film), environment=bare_environment(tmp_path), log=log) as running:
        assert running.wait(240) == 0, log.read_text()
    assert "no " in log.read_text().lower()
    with av.open(str(film)) as file:
        times_s = [float(frame.pts * frame.time_base) for frame in file.decode(video=0)]
    with av.open(str(film)) as file:
        resampler = av.AudioResampler("s16", "mono", RECORD_RATE_HZ)
        parts = [part.to_ndarray()[0] for frame in file.decode(audio=0) for part in resampler.resample(frame)]
    sound = np.concatenate(parts).astype(np.float32) / 32768
    assert len(times_s) > 12 * times_s[-1] > 120
    assert abs(times_s[-1] - len(sound) / RECORD_RATE_HZ) < 0.3
    assert len(recognised(sound) & (ANSWER_WORDS | {"elevator", "hours", "opening"})) >= 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("talk", "--portrait", "nowhere.jpg"), "nowhere.jpg"),
        (("talk", "--config", "nowhere.yaml"), "nowhere.yaml"),
        (("talk", "--listen", "run_agent.py"), "run_agent.py"),
        (("say", "", "--record", "out.mp4"), "nothing to say"),
        (("tlak",), "Did you mean 'talk'"),
        (("portrait", "config.yaml"), "config.yaml"),
    ],
)
def test_bad_input_is_answered_with_a_sentence(arguments: tuple[str, ...], sentence: str, tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    with program(*arguments, environment=bare_environment(tmp_path), log=log) as running:
        code = running.wait(150)
    said = log.read_text()
    assert code in (1, 2), said
    assert sentence in said.replace("\n", "")
    assert "Traceback" not in said


def test_an_unknown_setting_is_named_with_the_nearest_right_one(tmp_path: Path) -> None:
    config = tmp_path / "mine.yaml"
    config.write_text("window:\n  fulscreen: true\n", encoding="utf-8")
    log = tmp_path / "log.txt"
    with program("talk", "--config", str(config), environment=bare_environment(tmp_path), log=log) as running:
        assert running.wait(150) == 1
    assert "did you mean 'fullscreen'" in log.read_text().replace("\n", "")


def test_ctrl_c_ends_with_a_sentence(devices: VirtualDevices, tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    with program("talk", environment=devices.environment, log=log) as running:
        wait_until(lambda: devices.film(0.04)[0].picture.mean() > 10, 90, "the first frame")
        subprocess.run(["kill", "-INT", str(running.pid)], check=True)
        assert running.wait(40) == 130
    assert "Traceback" not in log.read_text()


def test_devices_that_go_away_come_back_by_themselves_and_the_face_stays(tmp_path: Path) -> None:
    question = spoken(tmp_path, QUESTION)
    log, raw, ledger = tmp_path / "log.txt", tmp_path / "loudspeaker.raw", tmp_path / "ledger.jsonl"
    with (
        virtual_devices(tmp_path / "own", screen="800x700x24") as own,
        program("talk", "--no-greeting", "--ledger", str(ledger), environment=own.environment, log=log) as running,
    ):
        wait_until(lambda: is_listening(ledger), 150, "listening")
        own.sound.kill()
        without = own.film(6.0)
        own.sound.start()
        own.film(5.0)
        recorder = own.record_loudspeaker(raw)
        own.speak(question).wait(30)
        own.film(6.0)
        recorder.terminate()
        recorder.wait(5)
        assert running.poll() is None, log.read_text()
    assert longest_still_s(without) < 1.0
    assert len(recognised(heard(raw)) & ANSWER_WORDS) >= 2, log.read_text()
    assert "Traceback" not in log.read_text()


def test_typed_lines_however_long_or_strange_are_answered_one_by_one(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    lines = "a" * 10_000_000 + "\nГде лифт? 電梯在哪裡？\nWhere is the elevator?\ngoodbye\n"
    arguments = ("talk", "--text", "--no-greeting", "--record", str(tmp_path / "o.mp4"), "--ledger", str(ledger))
    done = subprocess.run(
        [sys.executable, str(ROOT / "run_agent.py"), *arguments],
        env=bare_environment(tmp_path),
        input=lines,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    turns = [entry for entry in read_ledger(ledger) if isinstance(entry, TurnEntry)]
    assert len(turns) == 4
    assert len(turns[0].said) <= 2000
    assert "elevator" in turns[2].heard.lower()
    assert "goodbye" in turns[3].heard.lower()
