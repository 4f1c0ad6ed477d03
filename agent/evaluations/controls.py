"""Do the live controls act while the face speaks? Frames are tracked again by a model that had no part in making them.

The same sentences with the same seed are spoken with and without each control, so that frames come in pairs.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from agent.evaluations.behaviour import sentences, spoken_by
from agent.evaluations.face import TRACKER, Reading, Tracker, expected_distance
from agent.report import Report, Row
from avatar.animator import Animator
from avatar.controls import EMOTIONS, Controls
from avatar.handmade import HandmadeMotion
from avatar.idle import Activity
from avatar.latents import FRAME_RATE_HZ, HeadPose, LatentSpace, Motion
from avatar.portrait import Portrait
from avatar.render import Renderer
from dialogue.errors import InputError
from dialogue.synthesise.flite import FliteSettings, FliteVoice

Array = npt.NDArray[np.floating[Any]]

PORTRAIT = Path(__file__).resolve().parents[2] / "assets" / "portraits" / "ada.face"
SETTLED_S = 0.5
EVERY_FRAMES = 3
GAZES_DEGREES = ((-18.0, 0.0), (18.0, 0.0), (0.0, 9.0), (0.0, -9.0), (12.0, 6.0), (-12.0, -6.0))
LOG_DISTANCES = (-0.1, -0.05, 0.05, 0.1)
SIGNS = {
    "happy": ("mouthSmileLeft", "mouthSmileRight"),
    "sad": ("mouthFrownLeft", "mouthFrownRight", "browInnerUp"),
    "angry": ("browDownLeft", "browDownRight"),
    "surprised": ("browOuterUpLeft", "browOuterUpRight", "eyeWideLeft", "eyeWideRight"),
}
"""The tracker's blendshape scores that tell each emotion."""
NOTES = (
    "Each control on a speaking face, against the same frames without it.",
    "Gaze: head and eyes together, the tracker's gain of gaze taken out; pairs share their glances.",
    "Emotion: rise of its blendshape scores; share of frames in which they rise more than any other emotion's.",
    "Lip-sync: correlation of tracked lip opening with and without. VASA-1: gaze 5.25 degrees, distance 0.005.",
)


@dataclass(frozen=True, slots=True)
class Filmed:
    """A speaking face under one setting: rows shown, what the tracker read of each frame, its blendshape scores."""

    rows: Motion
    readings: tuple[Reading, ...]
    scores: dict[str, Array]

    @property
    def gaze(self) -> Array:
        """Where the eyes look in the head, radians [n, 2]."""
        return np.array([reading.gaze for reading in self.readings])

    @property
    def turn(self) -> Array:
        """Where the head points, yaw and pitch in radians [n, 2]."""
        return np.array([reading.angles[:2] for reading in self.readings])

    @property
    def lips(self) -> Array:
        """Lip opening in eye distances [n]."""
        return np.array([reading.lips for reading in self.readings])


def run(short: bool = False) -> Report:
    """Measure and report; blocks for one to three minutes."""
    if not PORTRAIT.exists():
        raise InputError(f"{PORTRAIT} is missing: make it with `./visavis portrait assets/portraits/ada.png`")
    studio = _Studio(Portrait.load(PORTRAIT), 1 if short else 4)
    neutral, calm = studio.film(Controls()), studio.film(Controls(liveliness=0.0))
    return Report(
        "Live controls on a speaking face",
        (*_gaze_rows(studio, neutral, calm), _distance_row(studio, neutral), *_emotion_rows(studio, neutral)),
        NOTES,
    )


class _Studio:
    """Films the same speech under different controls."""

    def __init__(self, portrait: Portrait, count: int) -> None:
        self.portrait = portrait
        self._space = LatentSpace.load()
        self._renderer = Renderer(portrait, self._space)
        self._tracker, self._scorer = Tracker(), _scorer()
        self._speeches = list(self._speak(count))

    def _speak(self, count: int) -> Iterator[Motion]:
        generator, voice = HandmadeMotion(self._space), FliteVoice(FliteSettings())
        for seed, (text, _) in enumerate(sentences(count)):
            generator.begin(seed, None, Controls())
            yield np.concatenate([generator.push(spoken_by(voice, text)), generator.finish()])

    def film(self, controls: Controls) -> Filmed:
        """Speak everything with these controls; frames the tracker loses are refused."""
        rows = np.concatenate([self._shown(speech, controls) for speech in self._speeches])
        readings: list[Reading] = []
        scores: dict[str, list[float]] = {}
        for row in rows:
            frame = self._renderer.render(row)
            reading = self._tracker.read(frame)
            if reading is None:
                raise InputError(f"the tracker finds no face under {controls}: try another portrait")
            readings.append(reading)
            for name, score in self._scorer(frame).items():
                scores.setdefault(name, []).append(score)
        return Filmed(rows, tuple(readings), {name: np.array(values) for name, values in scores.items()})

    def _shown(self, speech: Motion, controls: Controls) -> Motion:
        animator = Animator(self._space, 1, controls)
        animator.turn_to(Activity.SPEAKING)
        animator.speak(0.0)
        animator.append(speech)
        rows = [animator.motion_at(tick / FRAME_RATE_HZ) for tick in range(len(speech))]
        return np.array(rows[round(SETTLED_S * FRAME_RATE_HZ) :: EVERY_FRAMES])


def _scorer() -> Any:
    """Open the tracker's blendshape scores: a function of a frame."""
    import mediapipe as mp
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(TRACKER)), output_face_blendshapes=True
    )
    landmarker = vision.FaceLandmarker.create_from_options(options)

    def scores(frame: npt.NDArray[np.uint8]) -> dict[str, float]:
        found = landmarker.detect(mp.Image(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(frame)))
        return {category.category_name: category.score for category in found.face_blendshapes[0]}

    return scores


def _gaze_rows(studio: _Studio, neutral: Filmed, calm: Filmed) -> Iterator[Row]:
    still, lively = (_Looks.filmed(studio, rest, x) for rest, x in ((calm, 0.0), (neutral, 1.0)))
    gain = still.gain()
    for name, looks in (("gaze, liveliness 0", still), ("gaze, lively", lively)):
        yield Row(name, {"error": looks.error_degrees(gain), "lip-sync r": looks.synced}, "<= 4 degrees")


@dataclass(frozen=True, slots=True)
class _Looks:
    """Gaze asked for, and read as turns of the eyes in the head and of the head [n, 2], radians, from rest."""

    asked: Array
    eyes: Array
    head: Array
    synced: float

    @classmethod
    def filmed(cls, studio: _Studio, rest: Filmed, liveliness: float) -> Self:
        """Film every gaze; `rest` is the same speech without any."""
        asked, eyes, head, synced = [], [], [], []
        for theta, phi in GAZES_DEGREES:
            controls = Controls(math.radians(theta), math.radians(phi), liveliness=liveliness)
            filmed = studio.film(controls)
            asked.append(np.full((len(filmed.rows), 2), [controls.gaze_theta, controls.gaze_phi]))
            eyes.append(filmed.gaze - rest.gaze)
            head.append(filmed.turn - rest.turn)
            synced.append(_synced(filmed, rest))
        return cls(np.concatenate(asked), np.concatenate(eyes), np.concatenate(head), min(synced))

    def gain(self) -> Array:
        """Give what the tracker reads per radian of the eyes, across and up [2]."""
        in_head = self.asked - self.head
        gain: Array = (self.eyes * in_head).sum(axis=0) / (in_head**2).sum(axis=0)
        return gain

    def error_degrees(self, gain: Array) -> float:
        """Give the mean absolute error of where the face looks."""
        return float(np.degrees(np.abs(self.eyes / gain + self.head - self.asked).mean()))


def _distance_row(studio: _Studio, neutral: Filmed) -> Row:
    errors, synced = [], []
    for log_distance in LOG_DISTANCES:
        filmed = studio.film(Controls(log_distance=log_distance))
        for pair in zip(filmed.rows, filmed.readings, neutral.rows, neutral.readings, strict=True):
            row, reading, row_before, reading_before = pair
            wanted, before = (expected_distance(studio.portrait, HeadPose.of(each)) for each in (row, row_before))
            errors.append(abs(reading.log_distance - reading_before.log_distance - (wanted - before)))
        synced.append(_synced(filmed, neutral))
    return Row(
        "head distance within 0.1, ln", {"error": float(np.mean(errors)), "lip-sync r": float(min(synced))}, "<= 0.005"
    )


def _emotion_rows(studio: _Studio, neutral: Filmed) -> Iterator[Row]:
    for emotion in EMOTIONS[1:]:
        filmed = studio.film(Controls(emotion=emotion))
        rises = {
            name: np.mean([filmed.scores[sign] - neutral.scores[sign] for sign in signs], axis=0)
            for name, signs in SIGNS.items()
        }
        told = np.argmax(list(rises.values()), axis=0) == list(rises).index(emotion)
        figures: dict[str, float | int | str] = {
            "score rises by": float(rises[emotion].mean()),
            "told %": 100 * float(told.mean()),
            "lip-sync r": _synced(filmed, neutral),
        }
        yield Row(emotion, figures, "told in most frames")


def _synced(filmed: Filmed, neutral: Filmed) -> float:
    return float(np.corrcoef(filmed.lips, neutral.lips)[0, 1])
