"""How long hearing takes: echo, voice detection, recognition, each alone, in processor time per second of sound."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from agent.evaluations.recognition import QUESTIONS, say
from agent.report import Report, Row
from dialogue.audio import SPEECH_RATE_HZ, Blocks, Resampler
from dialogue.echo import BLOCK_SAMPLES, EchoSettings, KalmanEchoCanceller, WebRtcEchoCanceller
from dialogue.recognise.sphinx import SphinxRecogniser, SphinxSettings
from dialogue.speech import Samples
from dialogue.vad import SileroVad, WebRtcVad


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of hearing, taking blocks of one length."""

    name: str
    block_samples: int
    take: Callable[[Samples], object]
    rate_hz: int = SPEECH_RATE_HZ


def run(short: bool) -> Report:
    """Send the same questions through every stage, block by block as a microphone would."""
    sound = np.concatenate([say("rms", question) for question in QUESTIONS[: 2 if short else 12]])
    rows = [Row(stage.name, _figures(stage, sound)) for stage in _stages()]
    return Report(
        "Hearing",
        (*rows, Row("pocketsphinx, end of speech to final transcript", _finishing(short))),
        notes=("load: processor time per second of sound. ms: of one block, waiting for the processor included.",),
    )


def _stages() -> Iterator[Stage]:
    kalman, webrtc = KalmanEchoCanceller(EchoSettings()), WebRtcEchoCanceller()
    recogniser = SphinxRecogniser(SphinxSettings())
    recogniser.begin()
    yield Stage("resampling 48 to 16 kHz", 480, Resampler(48_000, SPEECH_RATE_HZ).push, rate_hz=48_000)
    yield Stage("echo: kalman", BLOCK_SAMPLES, lambda block: kalman.cancel(block, block[::-1].copy()))
    yield Stage("echo: webrtc", BLOCK_SAMPLES, lambda block: webrtc.cancel(block, block[::-1].copy()))
    yield Stage("voice: silero", SileroVad.frame_samples, SileroVad().probability)
    yield Stage("voice: webrtc", WebRtcVad.frame_samples, WebRtcVad(2).probability)
    yield Stage("pocketsphinx", 320, recogniser.accept)


def _figures(stage: Stage, sound: Samples) -> dict[str, float | int | str]:
    times_s = []
    started_s = time.process_time()
    for block in Blocks(stage.block_samples).push(sound):
        before_s = time.perf_counter()
        stage.take(block)
        times_s.append(time.perf_counter() - before_s)
    load = (time.process_time() - started_s) / (len(sound) / stage.rate_hz)
    p50, p95 = (1000 * float(np.percentile(times_s, share)) for share in (50, 95))
    return {"block ms": 1000 * stage.block_samples / stage.rate_hz, "load": load, "ms p50": p50, "ms p95": p95}


def _finishing(short: bool) -> dict[str, float | int | str]:
    recogniser = SphinxRecogniser(SphinxSettings())
    times_s = []
    for question in QUESTIONS[: 2 if short else 12]:
        recogniser.begin()
        recogniser.accept(say("rms", question))
        before_s = time.perf_counter()
        recogniser.finish()
        times_s.append(time.perf_counter() - before_s)
    return {"ms p50": 1000 * float(np.median(times_s)), "ms p95": 1000 * float(np.percentile(times_s, 95))}
