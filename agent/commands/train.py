"""`visavis train`: from folders of talking videos to the motion model that ships."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)

WORK = Path("work")


@app.callback()
def train() -> None:
    """Learn face motion from talking videos: track, latents, phones, motion, export, in this order."""


@app.command()
def track(
    folder: Annotated[Path, typer.Argument(help="Folder of talking-face videos, searched with its subfolders.")],
    out: Annotated[Path | None, typer.Option(help="Where tracks go; default work/tracks/FOLDER's name.")] = None,
    scores: Annotated[
        Path | None, typer.Option(help="MediaPipe face_landmarker.task: also store its 52 blendshape scores.")
    ] = None,
    processes: Annotated[int, typer.Option(min=1, help="Videos tracked at once.")] = 2,
) -> None:
    """Track every video of a folder; run again to resume. Rejected clips are listed with the reason."""
    from collections import Counter

    from rich.progress import track as progress

    from avatar.training.tracks import is_tracked, track_all, videos_in

    destination = out or WORK / "tracks" / folder.resolve().name
    videos = videos_in(folder)
    waiting = [video for video in videos if not is_tracked(video, destination)]
    reasons: Counter[str] = Counter()
    jobs = track_all(waiting, destination, scores, processes)
    for video, reason in progress(jobs, description="tracking", total=len(waiting)):
        if reason is not None:
            reasons[reason] += 1
            print(f"{video.name}: {reason}")
    print(f"{len(videos)} videos, {len(waiting)} tracked now, {reasons.total()} of them rejected -> {destination}")


@app.command()
def label(
    folder: Annotated[Path, typer.Argument(help="Folder that was tracked; its words.csv is used if there is one.")],
) -> None:
    """Find the phones of every tracked clip, for training and scoring -> work/phones/FOLDER.json."""
    from rich.progress import track as progress

    from avatar.training.labels import Aligner, FreeDecoder, load_words, save_phones
    from avatar.training.labels import label as label_clip
    from avatar.training.tracks import load_track

    name = folder.resolve().name
    transcript = folder / "words.csv"
    words = load_words(transcript) if transcript.exists() else {}
    aligner, decoder = Aligner(), FreeDecoder()
    phones = {}
    for path in progress(sorted((WORK / "tracks" / name).glob("*.npz")), description="labelling"):
        samples = load_track(path).samples
        if len(samples) > 0:
            phones[path.stem] = label_clip(samples, words.get(path.stem, []), aligner, decoder)
    save_phones(phones, WORK / "phones" / f"{name}.json")
    print(f"{len(phones)} clips labelled -> {WORK / 'phones' / f'{name}.json'}")


if __name__ == "__main__":
    app()
