"""How like people the face moves: learned and hand-made motion beside chance and loudness, on people never seen.

Needs tracked and labelled corpora (`./visavis train track`, `label`, `offsets`): the truth is filmed people.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path

import numpy as np

from agent.report import Report, Row
from avatar.controls import Controls
from avatar.handmade import HandmadeMotion
from avatar.latents import FRAME_RATE_HZ, LatentSpace, Motion
from avatar.learned import LearnedMotion, MotionNetwork
from avatar.motion import MotionGenerator
from avatar.phones import PhoneDecoder
from avatar.training import evaluate
from avatar.training.dataset import Clip
from avatar.training.recipe import BROADCAST, CLEAN, HEADS, load_clips
from dialogue.audio import SPEECH_RATE_HZ, read_sound
from dialogue.errors import InputError
from dialogue.speech import Phone, SpeechChunk
from dialogue.synthesise.flite import FliteSettings, FliteVoice

WORK = Path("work")
DATA = Path(__file__).parents[3] / "shared" / "data"
SAMPLES = 8
MANDARIN_S = 40
BARS = {
    "grid_s1": "opening 0.87, width 0.68, lag within 20 ms, deviations 0.8-1.1",
    "newsreaders": "opening 0.10 and width 0.03 above visemes",
    "talkers": "opening 0.10 and width 0.03 above visemes",
}
_WHO = ("My mother", "The baker", "Peter", "Every farmer", "A famous poet", "Mr. Brown", "The bishop", "Our team")
_DID = ("bought", "painted", "mixed up", "probably broke", "moved", "remembered", "will fix", "can improve")
_WHAT = (
    "the black piano before breakfast.",
    "five apples, a map, and a very big umbrella.",
    "a simple problem. Maybe that was enough for him.",
    "both of the empty bottles, but nobody believed it.",
)


def run(short: bool) -> Report:
    """Measure everything; `short` takes a fifth of the clips and 20 sentences."""
    space = LatentSpace.load()
    learned, handmade = LearnedMotion(space, MotionNetwork()), HandmadeMotion(space)
    groups = _held_out(space, every=5 if short else 1)
    rows = [row for name, clips in groups.items() for row in _lips(name, clips, learned, handmade, space)]
    sentences = [" ".join(words) for words in product(_WHO, _DID, _WHAT)][:: 12 if short else 1][:200]
    rows += [_articulation("learned", learned, sentences, space), _articulation("visemes", handmade, sentences, space)]
    rows += _mandarin(learned, handmade, space)
    rows += _liveliness(groups["talkers"], learned, handmade, space)
    return Report("Motion on people never seen in training", tuple(rows), _NOTES)


_NOTES = (
    "r, lag and deviation: lip opening and width against filmed people, each clip's mean taken away.",
    "visemes: hand-made table on the same phones; chance: the learned motion of another clip.",
    "VASA-1's own clips: 0.338 degrees a frame, deviations 4.5/3.7/3.4 degrees, 33 blinks a minute.",
)


def _held_out(space: LatentSpace, every: int) -> dict[str, list[Clip]]:
    offsets = WORK / "offsets.json"
    if not (DATA / "talkers").exists() or not offsets.exists():
        raise InputError(
            "there are no filmed people to compare with: run ./visavis train track, label and offsets on folders"
            f" of talking videos in {DATA} first"
        )
    late_s = json.loads(offsets.read_text())
    clips = load_clips((CLEAN[0], *BROADCAST), WORK, DATA, space, late_s, wanted=lambda held_out: held_out)
    clips += load_clips((*CLEAN[1:], *HEADS), WORK, DATA, space, late_s)
    groups = evaluate.by_corpus([clip for clip in clips if clip.phones])
    return {name: group if name == "talkers" else group[::every] for name, group in groups.items()}


def _lips(
    name: str, clips: Sequence[Clip], learned: MotionGenerator, handmade: MotionGenerator, space: LatentSpace
) -> Iterator[Row]:
    one = [evaluate.from_generator(learned, space, [0])(clip) for clip in clips]
    silent = [replace(clip, phones=()) for clip in clips]
    methods = {
        "chance": evaluate.shuffled(one),
        "loudness": [evaluate.from_loudness(clip) for clip in clips],
        "visemes": [evaluate.from_generator(handmade, space, [0])(clip) for clip in clips],
        "learned": one,
        f"learned, mean of {SAMPLES}": [
            evaluate.from_generator(learned, space, range(SAMPLES))(clip) for clip in clips
        ],
        "learned, sound alone": [evaluate.from_generator(learned, space, [0])(clip) for clip in silent],
    }
    for method, predicted in methods.items():
        found = evaluate.sync(clips, predicted)
        figures: dict[str, float | int | str] = {
            "opening r": found.opening_r,
            "width r": found.width_r,
            "lag ms": found.lag_ms,
        }
        if method != "loudness":
            figures |= {"opening dev.": found.opening_deviation, "width dev.": found.width_deviation}
        yield Row(f"{name} ({len(clips)}): {method}", figures, BARS[name] if method == "learned" else "")


def _mandarin(learned: MotionGenerator, handmade: MotionGenerator, space: LatentSpace) -> Iterator[Row]:
    """Compare lip opening with the jaw curve that others solved from video of a speaker of Mandarin."""
    folder = DATA / "facegood"
    if not folder.exists():
        return
    with np.load(folder / "curves_30fps.npz") as curves:
        jaw = curves["1114_2_01"][:, list(curves["names"]).index("mouth_stretch_c")]
    samples = read_sound(folder / "1114_2_01.flac").samples[: MANDARIN_S * SPEECH_RATE_HZ]
    chunk = SpeechChunk(samples, SPEECH_RATE_HZ, tuple(PhoneDecoder().decode(samples)))
    ticks = np.arange(MANDARIN_S * FRAME_RATE_HZ)
    truth = np.interp(ticks / FRAME_RATE_HZ, np.arange(len(jaw)) / 30, jaw)
    for name, generator in (("learned", learned), ("visemes", handmade)):
        generator.begin(0, None, Controls())
        motion = np.concatenate([generator.push(chunk), generator.finish()])[: len(ticks)]
        r = float(np.corrcoef(evaluate.lip_gaps(motion, space), truth)[0, 1])
        chance = float(np.corrcoef(evaluate.lip_gaps(motion, space), np.roll(truth, len(truth) // 2))[0, 1])
        yield Row(f"Mandarin, {MANDARIN_S} s: {name}", {"opening r": r, "opening r, chance": chance})


def _articulation(name: str, generator: MotionGenerator, sentences: Sequence[str], space: LatentSpace) -> Row:
    found = evaluate.articulation([_spoken(generator, text) for text in sentences], space)
    figures: dict[str, float | int | str] = {
        "closed %": 100 * found.closed_share,
        "tucked %": 100 * found.tucked_share,
        "pause motion %": found.pause_motion_percent,
    }
    return Row(f"flite, {len(sentences)} texts, {found.closures} p b m: {name}", figures, "98, -, 0")


def _spoken(generator: MotionGenerator, text: str) -> tuple[Motion, list[Phone]]:
    chunks: list[SpeechChunk] = []

    def keep(chunk: SpeechChunk) -> bool:
        chunks.append(chunk)
        return True

    FliteVoice(FliteSettings()).speak(text, keep)
    generator.begin(0, None, Controls())
    rows = [generator.push(chunk) for chunk in chunks] + [generator.finish()]
    return np.concatenate(rows), [phone for chunk in chunks for phone in chunk.phones]


def _liveliness(
    clips: Sequence[Clip], learned: MotionGenerator, handmade: MotionGenerator, space: LatentSpace
) -> Iterator[Row]:
    real = [evaluate.motion_of(clip, space) for clip in clips]
    made = {
        "real talkers": real,
        "learned": [evaluate.speak(learned, clip, 0) for clip in clips],
        "hand-made": [evaluate.speak(handmade, clip, 0) for clip in clips],
    }
    halves = [motion[: len(motion) // 2] for motion in real], [motion[len(motion) // 2 :] for motion in real]
    for name, motions in made.items():
        own, chance = evaluate.prosody(clips, motions)
        figures = dict[str, float | int | str](asdict(evaluate.liveliness(motions, space)))
        distance = evaluate.frechet(*halves, space) if motions is real else evaluate.frechet(real, motions, space)
        figures |= {"Frechet": distance, "prosody r": own, "prosody chance": chance}
        yield Row(f"head and face: {name}", figures, "0.25-0.45; 3-5; 10-35 blinks" if name == "learned" else "")
