"""`./visavis portrait IMAGE`: one picture becomes a .face file."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from dialogue.errors import InputError

app = typer.Typer()


@app.command()
def portrait(
    image: Annotated[Path, typer.Argument(help="A picture of a face (JPEG, PNG, WebP), or a .face file to show.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Where to write; default: IMAGE.face.")] = None,
    sheet: Annotated[Path | None, typer.Option(help="Also draw every expression into this picture.")] = None,
    size: Annotated[int | None, typer.Option(min=256, max=1024, help="Pixels a side; default: by the image.")] = None,
) -> None:
    """Turn one picture into a .face file, and show what it can do."""
    from PIL import Image

    from avatar.contact_sheet import contact_sheet
    from avatar.latents import LatentSpace
    from avatar.portrait import Portrait, bake

    tell = Console(stderr=True, highlight=False, soft_wrap=True)
    space = LatentSpace.load()
    if image.suffix == ".face":
        face = Portrait.load(image)
    else:
        start = time.perf_counter()
        face = bake(image, space, size)
        target = out or image.with_suffix(".face")
        face.save(target)
        tell.print(f"{target}: {face.size_px}x{face.size_px} pixels, made in {time.perf_counter() - start:.1f} s")
        for note in face.records.get("notes", ()):
            tell.print(f"note: {note}")
    if sheet:
        try:
            Image.fromarray(contact_sheet(face, space)).save(sheet)
        except (OSError, ValueError) as exc:
            raise InputError(f"cannot write {sheet}: name a .png or .jpg in a folder that exists") from exc
        tell.print(f"{sheet}: every expression")
