"""What motion costs: a second of it in milliseconds of one core, and how soon the first rows are there."""

import time
from collections.abc import Callable
from statistics import median

import numpy as np

from agent.report import Report, Row
from avatar.controls import Controls
from avatar.handmade import HandmadeMotion
from avatar.latents import LatentSpace
from avatar.learned import LearnedMotion, MotionNetwork
from avatar.motion import MotionGenerator
from dialogue.speech import SpeechChunk
from dialogue.synthesise.flite import FliteSettings, FliteVoice

TEXT = "Good morning, and welcome to the museum. The paintings are on the first floor, next to the big window."


def run(short: bool) -> Report:
    """Measure both generators on flite's voice."""
    space = LatentSpace.load()
    chunks: list[SpeechChunk] = []

    def keep(chunk: SpeechChunk) -> bool:
        chunks.append(chunk)
        return True

    FliteVoice(FliteSettings()).speak(TEXT, keep)
    generators: dict[str, MotionGenerator] = {
        "learned": LearnedMotion(space, MotionNetwork()),
        "hand-made": HandmadeMotion(space),
    }
    rows = [_row(name, generator, chunks, 3 if short else 15) for name, generator in generators.items()]
    note = "Processor time of one thread, features included; medians."
    return Report("Motion", tuple(rows), (note, f"{sum(c.seconds for c in chunks):.1f} s of speech"))


def _row(name: str, generator: MotionGenerator, chunks: list[SpeechChunk], rounds: int) -> Row:
    whole = SpeechChunk(np.concatenate([c.samples for c in chunks]), chunks[0].sample_rate_hz, chunks[0].phones)
    generator.begin(0, None, Controls())
    generator.push(whole)
    generator.finish()

    def speak() -> None:
        generator.begin(0, None, Controls())
        generator.push(whole)
        generator.finish()

    def begin_to_speak() -> None:
        generator.begin(0, None, Controls())
        for chunk in chunks:
            if len(generator.push(chunk)) > 0:
                return

    figures: dict[str, float | int | str] = {
        "ms per s of motion": _median_ms(speak, rounds) / whole.seconds,
        "first rows ms": _median_ms(begin_to_speak, rounds),
        "of speech s": generator.lookahead_s,
    }
    return Row(name, figures, "25, 30" if name == "learned" else "")


def _median_ms(work: Callable[[], None], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        began = time.thread_time()
        work()
        times.append(1000 * (time.thread_time() - began))
    return median(times)
