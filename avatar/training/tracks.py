"""Talking videos -> tracks: landmarks of every frame on the sound's own clock, and the sound.

A track is what every later step learns from; the video is not needed again. Landmarks are MediaPipe's 478 (irises
included) in pixels. Frame times are the container's time stamps minus the start of its sound, because public clips
rarely start both streams together.
"""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt

from dialogue.errors import InputError
from dialogue.speech import Samples

SAMPLE_RATE_HZ = 16_000
LANDMARKS = 478
LONGEST_SIDE_PX = 640
VIDEO_SUFFIXES = frozenset({".mp4", ".mkv", ".mov", ".avi", ".webm", ".mpg"})
EYE_OUTER = (33, 263)

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Track:
    """One clip, with sound at 16 kHz (empty for a silent film, of use for the latent space only).

    `landmarks` [n, 478, 3] in pixels, NaN where no face was found; `times_s` [n] in seconds of the sound; `scores`
    [n, 52] blendshape scores, or [0, 0] when none were asked for.
    """

    landmarks: Floats
    times_s: npt.NDArray[np.float64]
    samples: Samples
    scores: Floats

    def save(self, path: Path) -> None:
        """Write as .npz; the file appears whole or not at all."""
        partial = path.with_suffix(f".{os.getpid()}.partial")
        with partial.open("wb") as file:
            np.savez(
                file,
                landmarks=self.landmarks,
                times_s=self.times_s,
                samples=np.round(np.clip(self.samples, -1, 1) * 32767).astype(np.int16),
                scores=self.scores,
            )
        partial.replace(path)


def load_track(path: Path) -> Track:
    """Read what `Track.save` wrote."""
    with np.load(path) as stored:
        return Track(
            stored["landmarks"],
            stored["times_s"],
            stored["samples"].astype(np.float32) / 32767,
            stored["scores"],
        )


class Rejected(InputError):
    """A clip cannot be learned from; the message is the reason."""


def rejection(track: Track) -> str | None:
    """Say why a track cannot be learned from, or None when it can."""
    found = ~np.isnan(track.landmarks[:, 0, 0])
    if len(found) < 20:
        return f"only {len(found)} frames; 20 are needed"
    if found.mean() < 0.95:
        return f"no face in {1 - found.mean():.0%} of the frames"
    points = track.landmarks[found]
    eyes_px = np.linalg.norm(points[:, EYE_OUTER[0]] - points[:, EYE_OUTER[1]], axis=-1)
    if np.median(eyes_px) < 20:
        return f"the face is too small: eyes {np.median(eyes_px):.0f} pixels apart; 20 are needed"
    steps = np.linalg.norm(np.diff(points[:, EYE_OUTER, :2].mean(1), axis=0), axis=-1)
    if (steps > 0.5 * np.median(eyes_px)).any():
        return "the face jumps: a cut, or two faces"
    return None


def track_video(path: Path, scores_model: Path | None = None) -> Track:
    """Track one video; blocks about 5 ms a frame, 12 ms with blendshape scores. Raises `Rejected`."""
    try:
        samples, sound_start_s = _sound(path)
        frames, times = _frames(path)
    except (av.FFmpegError, IndexError) as exc:
        raise Rejected(f"cannot be read: {exc}") from exc
    if not frames:
        raise Rejected("no picture")
    track = Track(
        _landmarks(frames),
        np.array(times) - sound_start_s,
        samples,
        _scores(frames, scores_model) if scores_model else np.zeros((0, 0), np.float32),
    )
    if (reason := rejection(track)) is not None:
        raise Rejected(reason)
    return track


def _sound(path: Path) -> tuple[Samples, float]:
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE_HZ)
    start_s: float | None = None
    pieces: list[Samples] = []
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return np.zeros(0, np.float32), 0.0
        for frame in container.decode(audio=0):
            start_s = float(frame.time or 0.0) if start_s is None else start_s
            pieces += [piece.to_ndarray()[0] for piece in resampler.resample(frame)]
    pieces += [piece.to_ndarray()[0] for piece in resampler.resample(None)]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.float32), start_s or 0.0


def _frames(path: Path) -> tuple[list[npt.NDArray[np.uint8]], list[float]]:
    pictures, times = [], []
    with av.open(str(path)) as container:
        container.streams.video[0].thread_count = 1
        for frame in container.decode(video=0):
            picture = frame.to_ndarray(format="rgb24")
            scale = LONGEST_SIDE_PX / max(picture.shape[:2])
            if scale < 1:
                picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            pictures.append(np.ascontiguousarray(picture))
            times.append(float(frame.time or 0.0))
    return pictures, times


@cache
def _face_mesh() -> Any:
    import mediapipe

    cv2.setNumThreads(1)
    return mediapipe.solutions.face_mesh.FaceMesh(max_num_faces=1, refine_landmarks=True)


def _landmarks(frames: list[npt.NDArray[np.uint8]]) -> Floats:
    mesh = _face_mesh()
    mesh.reset()
    points = np.full((len(frames), LANDMARKS, 3), np.nan, np.float32)
    for row, frame in zip(points, frames, strict=True):
        height, width = frame.shape[:2]
        faces = mesh.process(frame).multi_face_landmarks
        if faces:
            row[:] = [(p.x * width, p.y * height, p.z * width) for p in faces[0].landmark]
    return points


def _scores(frames: list[npt.NDArray[np.uint8]], model: Path) -> Floats:
    import mediapipe
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(model)),
        running_mode=vision.RunningMode.VIDEO,
        output_face_blendshapes=True,
    )
    scores = np.full((len(frames), 52), np.nan, np.float32)
    with vision.FaceLandmarker.create_from_options(options) as landmarker:
        for i, frame in enumerate(frames):
            image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=frame)
            faces = landmarker.detect_for_video(image, i * 40).face_blendshapes
            if faces:
                scores[i] = [category.score for category in faces[0]]
    return scores


def videos_in(folder: Path) -> list[Path]:
    """List the videos of a folder and its subfolders, sorted. Raises InputError when there is none."""
    videos = sorted(path for path in folder.rglob("*") if path.suffix.lower() in VIDEO_SUFFIXES)
    if not videos:
        raise InputError(
            f"no videos in {folder}: give a folder of talking-face videos ({', '.join(sorted(VIDEO_SUFFIXES))})"
        )
    return videos


def track_file(video: Path, destination: Path, scores_model: Path | None) -> str | None:
    """Track one video into `destination`/NAME.npz, or leave NAME.rejected with the reason, which is returned."""
    try:
        track_video(video, scores_model).save(destination / f"{video.stem}.npz")
    except Rejected as exc:
        (destination / f"{video.stem}.rejected").write_text(f"{exc}\n")
        return str(exc)
    return None


def is_tracked(video: Path, destination: Path) -> bool:
    """Say whether an earlier run has already tracked or rejected this video."""
    return any((destination / f"{video.stem}{suffix}").exists() for suffix in (".npz", ".rejected"))


def track_all(
    videos: Iterable[Path], destination: Path, scores_model: Path | None, processes: int
) -> Iterator[tuple[Path, str | None]]:
    """Track videos in parallel; yields (video, rejection reason or None) as each is done, resumable at any point."""
    destination.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(processes, get_context("spawn"), initializer=_hush) as pool:
        jobs = {pool.submit(track_file, video, destination, scores_model): video for video in videos}
        for job in as_completed(jobs):
            yield jobs[job], job.result()


def _hush() -> None:
    """Send what MediaPipe's native code prints on every start to nowhere; errors come back as exceptions."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
