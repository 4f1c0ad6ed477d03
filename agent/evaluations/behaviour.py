"""How the face behaves: lips against the voice's phones, lips at rest, blinks, eyes, head, and joins between motions.

Everything is measured on landmarks decoded from what the animator shows, in percent of the distance between the outer
eye corners, with the hand-made generator (the learned one is judged against real people by `evaluate motion`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from random import Random

import numpy as np
import numpy.typing as npt

from agent.report import Report, Row
from avatar.animator import HANDOVER_S, Animator
from avatar.controls import Controls
from avatar.handmade import HandmadeMotion
from avatar.idle import Activity
from avatar.latents import (
    FRAME_RATE_HZ,
    LOWER_LID_LEFT,
    LOWER_LIP,
    POSE_SIZE,
    UPPER_LID_LEFT,
    UPPER_LIP,
    HeadPose,
    LatentSpace,
    Motion,
    gap,
)
from avatar.motion import MotionGenerator
from avatar.visemes import BILABIALS, LABIODENTALS
from dialogue.speech import SILENCE, Phone, SpeechChunk
from dialogue.synthesise import Synthesiser
from dialogue.synthesise.flite import FliteSettings, FliteVoice

Array = npt.NDArray[np.float64]

DISPLAY_RATE_HZ = 60
FACE_WIDTH_IN_EYE_DISTANCES = 1.55
LIPS = (*UPPER_LIP, *LOWER_LIP, 78, 308, 61, 291)
MET_PERCENT = 0.5
AROUND_S = 0.04
TUCKED = 0.5
SETTLED_S = 0.15
"""How long lips may take to come to rest in a pause, and before its end to part again."""
LIDS_SHUT = 0.55
UNMOVED = 0.01
"""Eye distances."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One sentence, what was seen while it was heard, and its phones; all times from its first sample."""

    phones: tuple[Phone, ...]
    loudness: Array
    """Natural logarithm of the sound's power, at 25 Hz [n]."""
    shown: Motion
    """Rows at DISPLAY_RATE_HZ."""


def run(short: bool = False) -> Report:
    """Measure and report; under a minute, short: some seconds."""
    space = LatentSpace.load()
    spoken = list(speak_all(HandmadeMotion(space), space, sentences(20 if short else 200)))
    minutes = 1.0 if short else 5.0
    lives = {activity.value: live(space, activity, minutes) for activity in list(Activity)[:3]}
    lives[Activity.SPEAKING.value] = np.concatenate([at_25_hz(sentence.shown) for sentence in spoken])
    rows = (
        *lip_rows(space, spoken),
        Row("lips at rest stray, %", {name: strayed(space, life) for name, life in list(lives.items())[:3]}, "<= 0.3"),
        *life_rows(space, lives),
        *join_rows(space, spoken, 20 if short else 200),
    )
    phones = sum(len(sentence.phones) for sentence in spoken)
    notes = (
        f"{len(spoken)} sentences by flite (slt, rms, awb) in turn, {phones} phones, shown at {DISPLAY_RATE_HZ} fps;",
        "% are of the distance between the outer eye corners; head and eyes in degrees.",
        "Real speakers: head 0.386 a frame, deviations 4.5/3.6/3.5, 21 blinks a minute.",
    )
    return Report("Behaviour of the face", rows, notes)


# Speech.


def sentences(count: int) -> list[tuple[str, str]]:
    """Make pairs of sentences that are rich in lips, the same ones every time."""
    random = Random(7)
    return [(" ".join(random.choice(part) for part in _PARTS), random.choice(_AFTER)) for _ in range(count)]


_PARTS = (
    ("Maybe", "Perhaps", "From Monday,", "Of course,", "Well,", "Before five,", "In my view,", "Please remember:"),
    ("my brother", "the big company", "our first visitor", "every member", "your best friend", "the young woman"),
    ("will probably find", "may have moved", "wants to improve", "should bring", "used to love", "keeps offering"),
    (
        "the blue umbrella",
        "five very fine photographs",
        "a warm cup of coffee",
        "the map above the table",
        "both pipes",
    ),
    ("in the room.", "for Barbara and Philip.", "before the meeting.", "with the other people.", "over the bridge."),
)
_AFTER = ("Thank you.", "Is that fine?", "Have a very pleasant evening.", "What about tomorrow?", "We hope so.")


def speak_all(generator: MotionGenerator, space: LatentSpace, texts: list[tuple[str, str]]) -> Iterator[Spoken]:
    """Speak each pair of sentences, a pause between them, with one voice after the other, and show it."""
    voices = [FliteVoice(FliteSettings(voice=voice)) for voice in ("slt", "rms", "awb")]
    for number, (first, second) in enumerate(texts):
        voice = voices[number % len(voices)]
        chunk = with_pause(spoken_by(voice, first), 0.35 + 0.05 * (number % 10), spoken_by(voice, second))
        generator.begin(number, None, Controls())
        rows = np.concatenate([generator.push(chunk), generator.finish()])
        yield Spoken(chunk.phones, _loudness(chunk.samples, chunk.sample_rate_hz), show(space, rows))


def spoken_by(voice: Synthesiser, text: str) -> SpeechChunk:
    """Give a text's whole speech as one chunk."""
    chunks: list[SpeechChunk] = []

    def emit(chunk: SpeechChunk) -> bool:
        chunks.append(chunk)
        return True

    voice.speak(text, emit)
    phones = tuple(phone for chunk in chunks for phone in chunk.phones)
    return SpeechChunk(np.concatenate([chunk.samples for chunk in chunks]), voice.sample_rate_hz, phones)


def with_pause(before: SpeechChunk, pause_s: float, after: SpeechChunk) -> SpeechChunk:
    """Join two pieces of speech by a pause that their phones know of."""
    silence = np.zeros(round(pause_s * before.sample_rate_hz), np.float32)
    resumes_s = before.seconds + pause_s
    shifted = [Phone(phone.symbol, phone.start_s + resumes_s, phone.end_s + resumes_s) for phone in after.phones]
    phones = (*before.phones, Phone(SILENCE, before.seconds, resumes_s), *shifted)
    return SpeechChunk(np.concatenate([before.samples, silence, after.samples]), before.sample_rate_hz, phones)


def show(space: LatentSpace, rows: Motion) -> Motion:
    """Give what an animator shows while a reply of these rows is heard, from its first sample on."""
    animator = Animator(space, seed=1)
    animator.turn_to(Activity.SPEAKING)
    animator.speak(1.0)
    animator.append(rows)
    seconds = len(rows) / FRAME_RATE_HZ
    for tick in range(DISPLAY_RATE_HZ):
        animator.motion_at(tick / DISPLAY_RATE_HZ)
    ticks = range(DISPLAY_RATE_HZ, int((seconds + 1.0) * DISPLAY_RATE_HZ))
    return np.array([animator.motion_at(tick / DISPLAY_RATE_HZ) for tick in ticks])


def _loudness(samples: npt.NDArray[np.float32], rate_hz: int) -> Array:
    hop = rate_hz // FRAME_RATE_HZ
    frames = samples[: len(samples) // hop * hop].reshape(-1, hop).astype(np.float64)
    loudness: Array = np.log((frames**2).mean(axis=1) + 1e-8)
    return loudness


def lip_rows(space: LatentSpace, spoken: list[Spoken]) -> list[Row]:
    """Score closures, tucks, pauses and the lag of lips against loudness."""
    closed, tucked, moved, lags = [], [], [0.0], []
    tuck = space.displacement(space.control("lip_tuck"))[list(LOWER_LIP)]
    for sentence in spoken:
        landmarks = space.displacement(sentence.shown[:, POSE_SIZE:])
        opening = 100 * gap(landmarks, UPPER_LIP[3:6], LOWER_LIP[3:6]).max(axis=1)
        tucking = np.einsum("nij,ij->n", landmarks[:, list(LOWER_LIP)], tuck) / (tuck**2).sum()
        for phone in sentence.phones:
            around = _ticks(phone.start_s - AROUND_S, phone.end_s + AROUND_S, len(opening))
            centre_s = (phone.start_s + phone.end_s) / 2
            middle = _ticks(centre_s - AROUND_S, centre_s + AROUND_S, len(opening))
            if phone.symbol in BILABIALS:
                closed.append(opening[middle].min() <= MET_PERCENT)
            elif phone.symbol in LABIODENTALS:
                tucked.append(tucking[around].max() >= TUCKED)
            elif phone.symbol == SILENCE and phone.end_s - phone.start_s > 2 * SETTLED_S:
                rest = landmarks[_ticks(phone.start_s + SETTLED_S, phone.end_s - SETTLED_S, len(opening))]
                moved.append(100 * float(np.linalg.norm(np.ptp(rest[:, list(LIPS)], axis=0), axis=-1).max()))
        lags.append(_best_lag(opening, sentence.loudness))
    correlation, lag_ms = np.mean(lags, axis=0)
    return [
        Row(f"lips meet on {len(closed)} p b m, %", {"speaking": 100 * float(np.mean(closed))}, ">= 98"),
        Row(f"lower lip tucked on {len(tucked)} f v, %", {"speaking": 100 * float(np.mean(tucked))}, ">= 98"),
        Row(f"lips move in {len(moved) - 1} pauses over 0.3 s, %", {"speaking": max(moved)}, "<= 0.3"),
        Row("lip opening follows loudness, r", {"speaking": float(correlation)}, ""),
        Row("   and lags it, ms", {"speaking": float(lag_ms)}, "within 40"),
    ]


def _ticks(start_s: float, end_s: float, count: int) -> slice:
    """Find the shown frames from start to end, at least one."""
    first = min(max(0, round(start_s * DISPLAY_RATE_HZ)), count - 1)
    return slice(first, max(first + 1, round(end_s * DISPLAY_RATE_HZ) + 1))


def _best_lag(opening: Array, loudness: Array) -> tuple[float, float]:
    """Find how many ms after the loudness the lips open, and their correlation then."""
    rows = np.interp(np.arange(len(loudness)) + 0.5, np.arange(len(opening)) * 25 / DISPLAY_RATE_HZ, opening)
    reach = 6
    inner = slice(reach, len(rows) - reach)
    shifted = [(float(np.corrcoef(rows[inner], np.roll(loudness, lag)[inner])[0, 1]), lag) for lag in range(-5, 6)]
    correlation, lag = max(shifted)
    return correlation, lag * 1000 / FRAME_RATE_HZ


# Life beside speech.


def live(space: LatentSpace, activity: Activity, minutes: float, seed: int = 5) -> Motion:
    """Give what an animator shows in one activity, rows at 25 Hz; the user pauses every four seconds."""
    animator = Animator(space, seed)
    animator.turn_to(activity)
    shown = []
    for tick in range(int(minutes * 60 * FRAME_RATE_HZ)):
        if tick % (4 * FRAME_RATE_HZ) == 0:
            animator.user_paused()
        shown.append(animator.motion_at(tick / FRAME_RATE_HZ))
    return np.array(shown)


def at_25_hz(shown: Motion) -> Motion:
    """Thin out frames at DISPLAY_RATE_HZ."""
    thinned: Motion = shown[np.arange(0, len(shown), DISPLAY_RATE_HZ / FRAME_RATE_HZ).astype(int)]
    return thinned


def life_rows(space: LatentSpace, lives: dict[str, Motion]) -> list[Row]:
    """Describe a face's life, one row a measure, one column an activity."""
    figures = {name: life_figures(space, life) for name, life in lives.items()}
    return [Row(measure, {name: figures[name][measure] for name in lives}, bar) for measure, bar in _LIFE_BARS.items()]


_LIFE_BARS = {
    "head moves, degrees a frame": "speaking 0.25-0.45",
    "yaw deviation": "speaking 3-5",
    "pitch deviation": "speaking 3-5",
    "roll deviation": "speaking 3-5",
    "blinks a minute": "10-35",
    "saccades a minute": "",
    "looks at the viewer, % of time": "",
}


def life_figures(space: LatentSpace, rows: Motion) -> dict[str, float]:
    """Give head, blink and gaze statistics of rows at 25 Hz, in the order of the table."""
    minutes = len(rows) / FRAME_RATE_HZ / 60
    angles = np.degrees(rows[:, :3])
    shut = lids_shut(space, rows) > LIDS_SHUT
    gaze = world_gaze(space, rows)
    jumps = np.linalg.norm(np.diff(gaze, axis=0), axis=1)
    figures = (
        np.abs(np.diff(angles, axis=0)).mean(),
        *angles.std(axis=0),
        (shut[1:] & ~shut[:-1]).sum() / minutes,
        ((jumps[1:] > 0.8) & (jumps[:-1] <= 0.8)).sum() / minutes,
        100 * (np.linalg.norm(gaze, axis=1) < 5.0).mean(),
    )
    return dict(zip(_LIFE_BARS, map(float, figures), strict=True))


def lids_shut(space: LatentSpace, rows: Motion) -> Array:
    """Tell how far the left eye is shut, 0..1 [n]."""
    opening = gap(space.displacement(rows[:, POSE_SIZE:]), UPPER_LID_LEFT, LOWER_LID_LEFT).mean(axis=1)
    blink = space.displacement(space.control("lid_close_left"))
    shut: Array = opening / float(gap(blink, UPPER_LID_LEFT, LOWER_LID_LEFT).mean())
    return shut


def world_gaze(space: LatentSpace, rows: Motion) -> Array:
    """Read where the eyes look, theta and phi in degrees [n, 2], head included, off the irises."""
    directions = np.stack([space.control("gaze_x"), space.control("gaze_y")])
    blinks = np.stack([space.control("lid_close_left"), space.control("lid_close_right")])
    irises = [
        space.displacement(part)[..., [468, 473], :2].reshape(*part.shape[:-1], -1)
        for part in (rows[:, POSE_SIZE:], directions, blinks)
    ]
    irises[0] = irises[0] - lids_shut(space, rows)[:, None] * irises[2].sum(axis=0)
    in_head = irises[0] @ np.linalg.pinv(irises[1])
    gaze: Array = np.degrees(in_head + rows[:, :2])
    return gaze


def strayed(space: LatentSpace, rows: Motion) -> float:
    """Say how far any landmark of the lips strays from where it mostly is."""
    landmarks = space.displacement(rows[:, POSE_SIZE:])[:, list(LIPS)]
    return 100 * float(np.linalg.norm(landmarks - np.median(landmarks, axis=0), axis=-1).max())


# Joins.


def join_rows(space: LatentSpace, spoken: list[Spoken], count: int) -> list[Row]:
    """Say how far a join between motions moves any landmark in a frame of 25 fps."""
    random = Random(11)
    trials = []
    for _ in range(count):
        rows = at_25_hz(random.choice(spoken).shown)
        cut_s = 1.0 + random.uniform(0.2, len(rows) / FRAME_RATE_HZ)
        trials.append(_joins(space, rows, cut_s, random.choice(list(Activity))))
    starts, cuts, left = np.array(trials).T
    return [
        Row(f"{count} starts of speech move a landmark, % a frame", {"speaking": float(starts.max())}, "<= 2.5"),
        Row(f"{count} interruptions move a landmark, % a frame", {"speaking": float(cuts.max())}, "<= 2.5"),
        Row("lips left from speech after 0.2 s, 95 of 100, %", {"speaking": float(np.percentile(left, 95))}, "<= 0.3"),
    ]


def _joins(space: LatentSpace, rows: Motion, cut_s: float, before: Activity) -> tuple[float, float, float]:
    """Start a reply and cut it off.

    Returns how far the start moves a landmark beyond what the reply itself does, how far any landmark moves after the
    cut (but for lids and irises, which blink and jump at any time), and what is left of the lips HANDOVER_S later.
    """
    animator = Animator(space, seed=3)
    animator.turn_to(before)
    animator.speak(1.0)
    animator.append(rows)
    times_s = np.arange(0, cut_s + 1.5, 1 / FRAME_RATE_HZ)
    shown = []
    for time_s, following in pairwise(times_s):
        if time_s <= cut_s < following:
            animator.interrupt(cut_s)
            animator.turn_to(Activity.LISTENING)
        shown.append(animator.motion_at(time_s))
    places = landmarks_of(space, np.array(shown))
    steady = landmarks_without_eyes(space)
    steps = 100 * np.linalg.norm(np.diff(places, axis=0), axis=-1)[:, steady].max(axis=1)
    own = 100 * np.linalg.norm(np.diff(landmarks_of(space, rows), axis=0), axis=-1)[:, steady].max(axis=1)
    cut = int(np.searchsorted(times_s, cut_s))
    start, earlier, later = FRAME_RATE_HZ, 4, 6
    excess = steps[start - earlier : start + later] - np.pad(own, (earlier, later))[: earlier + later]
    lips = np.linalg.norm(space.displacement(np.array(shown)[:, POSE_SIZE:])[:, list(LIPS)], axis=-1).max(axis=1)
    settled = cut + int(np.ceil(HANDOVER_S * FRAME_RATE_HZ))
    return float(excess.max()), float(steps[cut:].max()), 100 * float(lips[settled:].max())


def landmarks_without_eyes(space: LatentSpace) -> npt.NDArray[np.bool_]:
    """Tell which landmarks neither blinks nor gaze move [478]."""
    names = ("lid_close_left", "lid_close_right", "gaze_x", "gaze_y")
    moved = [np.linalg.norm(space.displacement(space.control(name)), axis=-1) for name in names]
    unmoved: npt.NDArray[np.bool_] = np.max(moved, axis=0) < UNMOVED
    return unmoved


def landmarks_of(space: LatentSpace, rows: Motion) -> Array:
    """Place the landmarks of rows with their head pose, in eye distances [n, 478, 3]."""
    shapes = space.neutral + space.displacement(rows[:, POSE_SIZE:])
    poses = [HeadPose.of(row) for row in rows]
    shifts = np.array([(pose.x, pose.y, 0.0) for pose in poses]) * FACE_WIDTH_IN_EYE_DISTANCES
    turned = np.stack([shape @ pose.rotation().T for shape, pose in zip(shapes, poses, strict=True)])
    placed: Array = turned + shifts[:, None]
    return placed
