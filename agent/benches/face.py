"""How long a frame of the face takes, stage by stage, against what memory allows on the same machine."""

import gc
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from agent.report import Report, Row
from avatar.latents import LATENT_SIZE, HeadPose, LatentSpace, Motion, compose
from avatar.portrait import Portrait
from avatar.raster import lay_over
from avatar.render import Renderer

PORTRAITS = Path(__file__).resolve().parents[2] / "assets" / "portraits"
Times = npt.NDArray[np.float64]
SIZES_PX = (512, 1024)
WARM_UP_FRAMES = 30
BARS_MS = {512: "4 / 6 ms", 1024: "14 ms"}


def run(short: bool = False) -> Report:
    """Draw a lively walk of motions at 512 and 1024 pixels on one thread; blocks for 10 to 60 s."""
    cv2.setNumThreads(1)
    frames = 200 if short else 1000
    space = LatentSpace.load()
    portrait = Portrait.load(sorted(PORTRAITS.glob("*.face"))[0])
    rows = [_memory(portrait, space, 1000 if short else 10_000)]
    for size_px in SIZES_PX:
        renderer = Renderer(portrait, space, size_px)
        motions = walk(space, frames + WARM_UP_FRAMES)
        rows.append(_row(f"frame {size_px}", times_ms(renderer.render, motions), BARS_MS[size_px]))
        rows += [_row(f"  {stage}", taken, "") for stage, taken in _stages(renderer, motions)]
        rows.append(_row("  limit: one remap + one composite", _limit_ms(size_px, frames), ""))
    notes = (
        f"{frames} frames of a random walk of pose and dynamics after {WARM_UP_FRAMES} to warm up, one thread;"
        " CPU: without what other programs took meanwhile",
    )
    return Report("Drawing the face", tuple(rows), notes)


def walk(space: LatentSpace, frames: int, seed: int = 0) -> npt.NDArray[np.float32]:
    """Return smooth random motions [frames, LATENT_SIZE]: head turning, talking, looking about, blinking."""
    random = np.random.default_rng(seed)
    time_s = np.arange(frames) / 25

    def wave(scale: float, slowest_hz: float = 0.1, fastest_hz: float = 1.2) -> npt.NDArray[np.float64]:
        hz = random.uniform(slowest_hz, fastest_hz, 4)
        waves: npt.NDArray[np.float64] = np.sin(2 * np.pi * (hz[:, None] * time_s + random.random((4, 1))))
        return np.asarray(1.6 * scale * waves.mean(0))

    pose = [wave(0.2), wave(0.12), wave(0.12), wave(0.05), wave(0.04), wave(0.06)]
    jaw, lips = np.abs(wave(0.8, 2, 5)), wave(1.0, 1, 4)
    shut = np.clip(1.15 - 8 * np.abs(time_s % 3.1 - 0.5), 0, 1)
    look = wave(0.3), wave(0.15)
    motions = np.empty((frames, LATENT_SIZE), np.float32)
    for i in range(frames):
        z = space.controls(
            jaw_open=jaw[i],
            lip_pucker=max(lips[i], 0),
            smile=max(-lips[i], 0),
            lid_close_left=shut[i],
            lid_close_right=shut[i],
            gaze_x=look[0][i],
            gaze_y=look[1][i],
        )
        motions[i] = compose(HeadPose(*(float(part[i]) for part in pose)), z)
    return motions


def times_ms(draw: Callable[[Motion], object], motions: npt.NDArray[np.float32]) -> Times:
    """Return how long each frame took, without those that warm up: [n, 2], wall time and this thread's own."""
    taken = np.empty((len(motions), 2))
    for i, motion in enumerate(motions):
        wall, own = time.perf_counter(), time.thread_time()
        draw(motion)
        taken[i] = time.perf_counter() - wall, time.thread_time() - own
    return 1000 * taken[WARM_UP_FRAMES:]


def _stages(renderer: Renderer, motions: npt.NDArray[np.float32]) -> Iterator[tuple[str, Times]]:
    """Yield what each stage of drawing took."""
    taken: dict[str, list[tuple[float, float]]] = {}
    for motion in motions:
        wall, own = time.perf_counter(), time.thread_time()
        for stage in renderer.stages(motion):
            taken.setdefault(stage, []).append((time.perf_counter() - wall, time.thread_time() - own))
            wall, own = time.perf_counter(), time.thread_time()
    for stage, times in taken.items():
        yield stage, 1000 * np.asarray(times[WARM_UP_FRAMES:], np.float64)


def _limit_ms(size_px: int, frames: int) -> Times:
    """Return the time of one remap of RGBA and one composite of a whole frame, which any warping renderer pays."""
    random = np.random.default_rng(0)
    texture = random.integers(0, 256, (size_px, size_px, 4), np.uint8)
    frame = random.integers(0, 256, (size_px, size_px, 3), np.uint8)
    grid = np.mgrid[:size_px, :size_px].astype(np.float32)
    map_y, map_x = grid[0] + np.float32(0.3), grid[1] + np.float32(0.3)
    layer = np.empty_like(texture)

    def once(_: Motion) -> None:
        cv2.remap(texture, map_x, map_y, cv2.INTER_LINEAR, dst=layer)
        lay_over(layer, frame, frame)

    return times_ms(once, np.zeros((frames // 2 + WARM_UP_FRAMES, 1), np.float32))


def _memory(portrait: Portrait, space: LatentSpace, frames: int) -> Row:
    """Return peak memory and how much it grew over many frames."""
    renderer = Renderer(portrait, space, 512)
    motions = walk(space, 200)
    times_ms(renderer.render, motions)
    gc.collect()
    before = _resident_mb()
    for i in range(frames):
        renderer.render(motions[i % len(motions)])
    grown = _resident_mb() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Row("memory", {"peak MB": peak, f"grown MB in {frames} frames": grown}, "250 MB, no growth")


def _resident_mb() -> float:
    import psutil

    return float(psutil.Process().memory_info().rss / 2**20)


def _row(name: str, taken: Times, bar: str) -> Row:
    wall, own = taken.T
    return Row(
        name,
        {
            "median ms": float(np.median(wall)),
            "p95 ms": float(np.percentile(wall, 95)),
            "CPU median ms": float(np.median(own)),
            "CPU p95 ms": float(np.percentile(own, 95)),
        },
        bar,
    )
