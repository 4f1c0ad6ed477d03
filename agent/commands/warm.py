"""`./visavis warm`: compile once what numba and pymatting compile at their first call, and keep it on disk."""

import typer

app = typer.Typer()


@app.command()
def warm() -> None:
    """Bake the default portraits, which compiles the matting, and draw one, which compiles the renderer."""
    from agent.config import PORTRAITS
    from avatar.portrait import Portrait, bake
    from avatar.render import Renderer

    print("compiling the matting (about a minute) ...", flush=True)
    for picture in sorted(PORTRAITS.glob("*.png")):
        print(f"preparing {picture.name} ...", flush=True)
        bake(picture).save(picture.with_suffix(".face"))
    print("compiling the renderer ...", flush=True)
    portrait = Portrait.load(next(PORTRAITS.glob("*.face")))
    Renderer(portrait).render(portrait.own_motion)
