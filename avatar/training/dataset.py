"""Corpora of tracked clips as aligned sequences at 25 Hz: sound, phones, head pose and pose-free face."""

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from avatar.features import SAMPLE_RATE_HZ, sound_features
from avatar.latents import FRAME_RATE_HZ
from avatar.training.faces import opening, track_face
from avatar.training.labels import load_phones
from avatar.training.tracks import Track, load_track
from dialogue.speech import Phone, Samples

Floats = npt.NDArray[np.float32]
FEATURES_PER_FRAME = 4
_NEUTRAL_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class Corpus:
    """A folder of tracked clips and what is known about all of them."""

    name: str
    picture_late_s: float = 0.0
    """How much later the picture is than the sound it belongs to; measured by `offsets`, or known."""
    teaches_face: bool = True
    """Whether its face motion is learned; speakers kept for scoring lips may still teach how heads move."""
    teaches_pose: bool = True
    """Whether its head motion is learned; people who sat still for a recording would teach stillness."""
    one_person: bool = False
    """Whether all clips show the same person; otherwise clusters.csv says who is who, or each clip is another."""
    only: tuple[str, ...] = ()
    """Names of the clips that belong to it; all of the folder when empty."""
    share: float = 1.0
    """How often its frames are seen, relative to the other corpora."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip at 25 Hz in the sound's time: frame i is heard at i / 25 s.

    `pose` [n, 6]; `offset` [n, 478, 3], displacement from the clip's own neutral face in the canonical frame;
    `neutral` [478, 3]; `features` [4 n, SOUND_SIZE].
    """

    corpus: Corpus
    name: str
    person: str
    pose: Floats
    offset: Floats
    neutral: Floats
    features: Floats
    samples: Samples
    phones: tuple[Phone, ...]
    held_out: bool

    @property
    def shape(self) -> Floats:
        """Give the pose-free face itself, [n, 478, 3]."""
        return self.neutral + self.offset


def resampled(track: Track, picture_late_s: float) -> Floats:
    """Interpolate landmarks to 25 Hz on the sound's clock, [n, 478, 3]; lost frames are bridged."""
    found = ~np.isnan(track.landmarks[:, 0, 0])
    times, points = track.times_s[found] - picture_late_s, track.landmarks[found]
    last_s = times[-1] if len(track.samples) == 0 else min(times[-1], len(track.samples) / SAMPLE_RATE_HZ)
    ticks = np.arange(max(1, int(last_s * FRAME_RATE_HZ + 1e-6) + 1)) / FRAME_RATE_HZ
    right = np.clip(np.searchsorted(times, ticks), 1, len(times) - 1)
    share = np.clip((ticks - times[right - 1]) / (times[right] - times[right - 1]), 0, 1)[:, None, None]
    between: Floats = points[right - 1] * (1 - share) + points[right] * share
    return between.astype(np.float32)


def neutral_face(shape: Floats) -> Floats:
    """Estimate a talker's resting face [478, 3]: the median of the frames with the least open lips."""
    gaps = opening(shape)
    resting: Floats = np.median(shape[gaps <= np.quantile(gaps, _NEUTRAL_SHARE)], axis=0)
    return resting.astype(np.float32)


def persons(folder: Path) -> dict[str, str]:
    """Read clusters.csv (file,cluster) where there is one: who is seen in which clip."""
    path = folder / "clusters.csv"
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        return {Path(row["file"]).stem: row["cluster"] for row in csv.DictReader(file)}


def read_corpus(
    corpus: Corpus,
    work: Path,
    folder: Path,
    reference: Floats,
    offsets_s: Mapping[str, float],
    wanted: Callable[[bool], bool] = lambda held_out: True,
) -> Iterator[Clip]:
    """Read a tracked and labelled corpus.

    `folder` is where its videos and clusters.csv lie, `reference` the face [478, 3] that looks straight ahead,
    `offsets_s` how late the picture is of clips where it was measured; the corpus's own figure holds for the others.
    `wanted` is asked, for each clip, whether one that is held out, or is not, shall be read.

    People are held out by name: about one in seven. Where only one person is known, every tenth clip is.
    """
    who = persons(folder)
    labels = work / "phones" / f"{corpus.name}.json"
    phones = load_phones(labels) if labels.exists() else {}
    paths = sorted((work / "tracks" / corpus.name).glob("*.npz"))
    for i, path in enumerate(path for path in paths if not corpus.only or path.stem in corpus.only):
        person = corpus.name if corpus.one_person else who.get(path.stem, path.stem)
        held_out = i % 10 == 9 if corpus.one_person else _held_out(person)
        if not wanted(held_out):
            continue
        track = load_track(path)
        late_s = offsets_s.get(path.stem, corpus.picture_late_s)
        face = track_face(resampled(track, late_s), reference)
        neutral = neutral_face(face.shape)
        yield Clip(
            corpus=corpus,
            name=path.stem,
            person=person,
            pose=face.pose,
            offset=face.shape - neutral,
            neutral=neutral,
            features=sound_features(track.samples, FEATURES_PER_FRAME * len(face.pose)),
            samples=track.samples,
            phones=tuple(phones.get(path.stem, ())),
            held_out=held_out,
        )


def _held_out(person: str) -> bool:
    return sum(map(ord, person)) % 7 == 3
