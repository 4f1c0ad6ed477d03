"""What the shipped models are trained on: the corpora and what is known about each (see docs and the model cards)."""

from collections.abc import Callable, Sequence
from pathlib import Path

from avatar.latents import LatentSpace
from avatar.training.dataset import Clip, Corpus, read_corpus

CLEAN = (
    Corpus("grid_s1", picture_late_s=0.04, one_person=True, teaches_pose=False, share=0.5),
    Corpus("talkers", share=0.1, only=("weekly_address_20s",)),
)
"""Sources with terms that allow shipping without a second thought."""
BROADCAST = (Corpus("newsreaders", picture_late_s=-0.02, share=0.5),)
"""Many people and continuous speech; rights of the broadcasts are not stated."""
HEADS = (
    Corpus(
        "talkers",
        teaches_face=False,
        share=0.08,
        only=("hdtf_a_60s", "hdtf_b_8s", "hdtf_c_8s", "hdtf_d_8s"),
    ),
)
"""Long takes of people who move: they teach the head's motion only, so that lips may be scored on them."""
EXPRESSIONS = (
    Corpus("talkers", share=0.15, only=("silent_expressions_0", "silent_expressions_13", "silent_expressions_3")),
)
"""Silent faces at their liveliest, for the latent space alone."""

MIXTURES = {"clean": CLEAN, "everything": (*CLEAN, *BROADCAST, *HEADS)}


def load_clips(
    corpora: Sequence[Corpus],
    work: Path,
    data: Path,
    space: LatentSpace,
    offsets_s: dict[str, float] | None = None,
    wanted: Callable[[bool], bool] = lambda held_out: True,
) -> list[Clip]:
    """Read tracked corpora; `data` holds their folders, `offsets_s` how late single clips' pictures were found.

    `wanted` is asked whether clips that are held out, or are not, shall be read.
    """
    return [
        clip
        for corpus in corpora
        for clip in read_corpus(corpus, work, data / corpus.name, space.neutral, offsets_s or {}, wanted)
    ]
