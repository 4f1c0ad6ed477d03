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

    from avatar.phones import PhoneDecoder
    from avatar.training.labels import Aligner, load_words, save_phones
    from avatar.training.labels import label as label_clip
    from avatar.training.tracks import load_track

    name = folder.resolve().name
    transcript = folder / "words.csv"
    words = load_words(transcript) if transcript.exists() else {}
    aligner, decoder = Aligner(), PhoneDecoder()
    phones = {}
    for path in progress(sorted((WORK / "tracks" / name).glob("*.npz")), description="labelling"):
        samples = load_track(path).samples
        if len(samples) > 0:
            phones[path.stem] = label_clip(samples, words.get(path.stem, []), aligner, decoder)
    save_phones(phones, WORK / "phones" / f"{name}.json")
    print(f"{len(phones)} clips labelled -> {WORK / 'phones' / f'{name}.json'}")


Data = Annotated[Path, typer.Option(help="Folder that holds the corpora's folders.")]


@app.command()
def latents(data: Data = Path("../shared/data"), out: Path = WORK / "latents.safetensors") -> None:
    """Learn the components of the face latent space from all tracked people; prints how well it holds new ones."""
    from avatar.latents import LatentSpace
    from avatar.training.basis import fidelity, learned_space, save_space
    from avatar.training.recipe import BROADCAST, CLEAN, EXPRESSIONS, HEADS, load_clips

    space = LatentSpace.load()
    clips = load_clips((*CLEAN, *BROADCAST, *HEADS, *EXPRESSIONS), WORK, data, space)
    learned = learned_space(space, [clip for clip in clips if not clip.held_out])
    save_space(learned, out)
    print(f"people held out: {fidelity(learned, [clip for clip in clips if clip.held_out])} -> {out}")


@app.command()
def offsets(data: Data = Path("../shared/data"), space: Path = WORK / "latents.safetensors") -> None:
    """Find how late the picture of every clip of `talkers` is -> work/offsets.json; prints the known corpora's too."""
    import json
    from dataclasses import replace

    from avatar.latents import LatentSpace
    from avatar.training.offsets import find_offset, fit_expectation
    from avatar.training.recipe import BROADCAST, CLEAN, HEADS, load_clips

    latent_space = LatentSpace.load(space)
    known = load_clips((*CLEAN[:1], *BROADCAST), WORK, data, latent_space)
    expectation = fit_expectation([clip for clip in known if not clip.held_out])
    late_s = {}
    for clip in load_clips((*CLEAN[1:], *HEADS), WORK, data, latent_space):
        found = find_offset([clip], expectation)
        late_s[clip.name] = found.late_s
        print(f"{clip.name}: {found}")
    for corpus in (*CLEAN[:1], *BROADCAST):
        uncorrected = load_clips((replace(corpus, picture_late_s=0.0),), WORK, data, latent_space)
        held_out = [clip for clip in uncorrected if clip.held_out]
        print(f"{corpus.name}: {find_offset(held_out, expectation)}, taken as {corpus.picture_late_s}")
    (WORK / "offsets.json").write_text(json.dumps(late_s, indent=1))


@app.command()
def motion(
    minutes: Annotated[float, typer.Option(help="How long to train; 60 on one core is enough.")] = 60,
    mixture: Annotated[str, typer.Option(help="Which corpora: clean or everything.")] = "everything",
    space: Annotated[Path, typer.Option(help="Latent space to learn in.")] = WORK / "latents.safetensors",
    data: Data = Path("../shared/data"),
    start: Annotated[Path | None, typer.Option(help="Weights to go on from; random ones otherwise.")] = None,
    out: Annotated[Path | None, typer.Option(help="Default: work/motion-MIXTURE.safetensors.")] = None,
) -> None:
    """Train the diffusion transformer on one core."""
    import json

    import torch

    from avatar.latents import LatentSpace
    from avatar.training.recipe import MIXTURES, load_clips
    from avatar.training.train import SIZE, Schedule, load_network, save_network, train
    from avatar.transformer import MotionTransformer

    torch.set_num_threads(1)
    latent_space = LatentSpace.load(space)
    measured = WORK / "offsets.json"
    late_s = json.loads(measured.read_text()) if measured.exists() else {}
    clips = load_clips(MIXTURES[mixture], WORK, data, latent_space, late_s, wanted=lambda held_out: not held_out)
    print(f"{len(clips)} clips, {sum(len(clip.pose) for clip in clips) / 25 / 60:.1f} minutes")

    def report(gone: float, step: int, loss: float) -> None:
        print(f"{gone:4.0%}  step {step}  loss {loss:.4f}", flush=True)

    torch.manual_seed(0)
    network = load_network(start) if start else MotionTransformer(SIZE)
    network = train(network, clips, latent_space, Schedule(minutes), report)
    destination = out or WORK / f"motion-{mixture}.safetensors"
    save_network(network, destination)
    print(destination)


@app.command()
def export(
    weights: Annotated[Path, typer.Argument(help="What `motion` wrote.")],
    space: Annotated[Path, typer.Option(help="The latent space it learned in.")] = WORK / "latents.safetensors",
    vigour: Annotated[float, typer.Option(help="How widely the mouth opens: ln of the talkers' mean.")] = 0.0,
    out: Path = Path("assets/models/motion.onnx"),
) -> None:
    """Turn trained weights into the ONNX file that ships."""
    from avatar.latents import LatentSpace
    from avatar.training.export import export as write_onnx
    from avatar.training.train import load_network

    write_onnx(load_network(weights), LatentSpace.load(space), out, vigour)
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    app()
