"""`./visavis warm`: compile once what numba and pymatting compile at their first call, and keep it on disk."""

import typer

app = typer.Typer()


@app.command()
def warm() -> None:
    """Compile the renderer and the matting by baking and drawing one small portrait."""
    from avatar.portrait import bake
    from avatar.render import Renderer

    from agent.config import ROOT

    print("compiling the matting (about a minute) ...", flush=True)
    portrait = bake(ROOT / "assets" / "portraits" / "ada.png")
    print("compiling the renderer ...", flush=True)
    Renderer(portrait).render(portrait.own_motion)
