"""Mouth shapes from phones: dominance-function coarticulation (Cohen & Massaro 1993), with closures that are reached.

Every phone pulls the mouth towards its shape. How hard depends on the part of the mouth (a /t/ holds the tongue and
the jaw but leaves rounding to its neighbours, so the lips of "stew" round during the s) and falls off with distance
in time. What the eye does not forgive is not left to a balance of pulls: the lips meet on p b m, the lower lip tucks
under the teeth on f v, and in a pause the mouth rests.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from dialogue.speech import SILENCE, Phone

Weights = npt.NDArray[np.float64]

MOUTH = (
    *("jaw_open", "lip_pucker", "lip_funnel", "lip_stretch", "lower_lip_drop", "upper_lip_raise"),
    *("tongue_raise", "lip_press", "lip_tuck"),
)
"""What a mouth shape is made of, as `avatar.latents.CONTROLS` names it, each 0..1. Lips round small for u and large for
o and sh; a lowered lower lip and a raised upper one show teeth; on f the lower lip tucks under the upper teeth."""

LOOKAHEAD_S = 0.2
"""Phones that start later than this after a moment do not shape it."""
REACH_BACK_S = 0.25
"""Phones that ended longer ago than this no longer shape the mouth."""
BILABIALS, LABIODENTALS = ("p", "b", "m"), ("f", "v")
_REST_PULL = 0.05
"""How hard the mouth is drawn back to rest where no phone is near."""
_CLOSURE_MINIMUM_S = 0.06
"""More than the rows' spacing, so that one row at least lies in it however short the phone."""
_CLOSURE_APPROACH_S = 0.06
_GIVING_WAY_S = 0.03
_LONG_PAUSE_S = 0.28
_PAUSE_CLOSING_S = 0.14
_PAUSE_OPENING_S = 0.10


@dataclass(frozen=True, slots=True)
class Shape:
    """One target of the mouth and how hard it holds each part (dominance; 1 is a stressed vowel's)."""

    jaw_open: float = 0.0
    lip_pucker: float = 0.0
    lip_funnel: float = 0.0
    lip_stretch: float = 0.0
    lower_lip_drop: float = 0.0
    upper_lip_raise: float = 0.0
    tongue_raise: float = 0.0
    lip_press: float = 0.0
    lip_tuck: float = 0.0
    holds_jaw: float = 1.0
    holds_lips: float = 1.0
    holds_tongue: float = 0.5

    def targets(self) -> list[float]:
        """List the targets in the order of MOUTH."""
        return [getattr(self, name) for name in MOUTH]

    def holds(self) -> list[float]:
        """List the dominances in the order of MOUTH."""
        lips = [self.holds_lips] * 5
        return [self.holds_jaw, *lips, self.holds_tongue, self.holds_lips, self.holds_lips]


REST = Shape(holds_jaw=0.6, holds_lips=0.5)
_AA = Shape(jaw_open=0.44, lower_lip_drop=0.18)
_AE = Shape(jaw_open=0.39, lip_stretch=0.44, lower_lip_drop=0.20, upper_lip_raise=0.12, tongue_raise=0.1)
_AH = Shape(jaw_open=0.23, lip_pucker=0.05, lower_lip_drop=0.12, tongue_raise=0.1, holds_jaw=0.9, holds_lips=0.7)
_AO = Shape(jaw_open=0.34, lip_funnel=0.55, lip_pucker=0.40, holds_lips=1.3)
_EH = Shape(jaw_open=0.26, lip_stretch=0.38, lower_lip_drop=0.18, upper_lip_raise=0.10, tongue_raise=0.2)
_ER = Shape(jaw_open=0.14, lip_pucker=0.25, lip_funnel=0.35, lower_lip_drop=0.15, tongue_raise=0.3, holds_lips=1.1)
_IH = Shape(jaw_open=0.15, lip_stretch=0.47, lower_lip_drop=0.20, upper_lip_raise=0.10, tongue_raise=0.3, holds_jaw=0.9)
_IY = Shape(jaw_open=0.09, lip_stretch=0.88, lower_lip_drop=0.30, upper_lip_raise=0.12, tongue_raise=0.5)
_OW = Shape(jaw_open=0.17, lip_pucker=0.65, lip_funnel=0.45, holds_lips=1.4)
_UH = Shape(jaw_open=0.09, lip_pucker=0.55, lip_funnel=0.25, holds_lips=1.2)
_UW = Shape(jaw_open=0.06, lip_pucker=1.0, lip_funnel=0.20, holds_lips=1.6)
_PBM = Shape(jaw_open=0.01, lip_press=0.3, holds_jaw=0.7, holds_lips=0.5, holds_tongue=0.1)
_FV = Shape(jaw_open=0.02, upper_lip_raise=0.06, lip_tuck=1.0, holds_jaw=0.8, holds_lips=0.6, holds_tongue=0.2)
_TH = Shape(
    jaw_open=0.12,
    lip_stretch=0.15,
    lower_lip_drop=0.20,
    upper_lip_raise=0.08,
    tongue_raise=1.0,
    holds_lips=0.6,
    holds_tongue=2.0,
)
_TDN = Shape(jaw_open=0.08, lip_stretch=0.15, lower_lip_drop=0.18, tongue_raise=0.8, holds_lips=0.35, holds_tongue=1.6)
_L = Shape(
    jaw_open=0.17,
    lip_stretch=0.12,
    lower_lip_drop=0.15,
    tongue_raise=0.9,
    holds_jaw=0.8,
    holds_lips=0.4,
    holds_tongue=1.8,
)
_SZ = Shape(
    jaw_open=0.04,
    lip_stretch=0.40,
    lower_lip_drop=0.32,
    upper_lip_raise=0.12,
    tongue_raise=0.6,
    holds_jaw=1.8,
    holds_lips=0.8,
)
_SH = Shape(
    jaw_open=0.06,
    lip_pucker=0.35,
    lip_funnel=0.60,
    lower_lip_drop=0.22,
    upper_lip_raise=0.12,
    tongue_raise=0.5,
    holds_jaw=1.6,
    holds_lips=1.4,
)
_KG = Shape(jaw_open=0.17, lower_lip_drop=0.08, holds_jaw=0.5, holds_lips=0.15, holds_tongue=0.3)
_HH = Shape(jaw_open=0.20, holds_jaw=0.2, holds_lips=0.1, holds_tongue=0.1)
_R = Shape(jaw_open=0.08, lip_pucker=0.40, lip_funnel=0.35, lower_lip_drop=0.10, tongue_raise=0.3, holds_lips=1.1)
_W = Shape(jaw_open=0.08, lip_pucker=1.05, lip_funnel=0.12, holds_jaw=1.1, holds_lips=1.7)
_Y = Shape(jaw_open=0.09, lip_stretch=0.69, lower_lip_drop=0.20, tongue_raise=0.5, holds_lips=0.9)

SHAPES: dict[str, tuple[Shape, ...]] = {
    SILENCE: (REST,),
    **dict.fromkeys(BILABIALS, (_PBM,)),
    **dict.fromkeys(LABIODENTALS, (_FV,)),
    **dict.fromkeys(("th", "dh"), (_TH,)),
    **dict.fromkeys(("t", "d", "n"), (_TDN,)),
    **dict.fromkeys(("s", "z"), (_SZ,)),
    **dict.fromkeys(("sh", "zh"), (_SH,)),
    **dict.fromkeys(("ch", "jh"), (_TDN, _SH)),
    **dict.fromkeys(("k", "g", "ng"), (_KG,)),
    **dict.fromkeys(("ah", "ax"), (_AH,)),
    **{"l": (_L,), "hh": (_HH,), "r": (_R,), "w": (_W,), "y": (_Y,)},
    **{"aa": (_AA,), "ae": (_AE,), "ao": (_AO,), "eh": (_EH,), "er": (_ER,), "ih": (_IH,), "iy": (_IY,)},
    **{"uh": (_UH,), "uw": (_UW,), "ow": (_OW, _UW), "ey": (_EH, _IY), "ay": (_AA, _IY), "aw": (_AA, _UW)},
    "oy": (_AO, _IY),
}
"""Every phone of dialogue.speech.PHONES as the shapes it passes through, in equal shares of its time."""

_REACH_BEFORE_S = np.array([0.09, *[0.13] * 5, 0.07, 0.07, 0.07])
_REACH_AFTER_S = np.array([0.025, *[0.04] * 5, 0.04, 0.04, 0.04])
"""How far a phone's pull reaches ahead of it and behind it, in the order of MOUTH. People shape a sound well before it
is heard and let go of it at once: these fit filmed speakers best."""
_LEAD_S = 0.02
"""By so much shapes lead sounds altogether."""
_TAPER_S = 0.06
"""The pull of a phone to come sets in so softly at the end of the lookahead."""


@cache
def _table(symbol: str) -> tuple[Weights, Weights]:
    """Give a phone's shapes as targets and holds [shapes, mouth]; an unknown symbol moves like a neutral vowel."""
    shapes = SHAPES.get(symbol, (_AH,))
    return np.array([s.targets() for s in shapes]), np.array([s.holds() for s in shapes])


def mouth_shapes(phones: Sequence[Phone], times_s: Weights) -> Weights:
    """Shape the mouth at `times_s` [n]: weights [n, mouth] in the order of MOUTH.

    `phones` (at least one) are in order, in the clock of `times_s`. A moment is shaped only by phones that start before
    LOOKAHEAD_S after it, so that more phones becoming known later change nothing.
    """
    starts, ends, targets, holds = _segments(phones)
    leading_s = times_s[:, None] + _LEAD_S
    before = np.maximum(starts[None, :] - leading_s, 0.0)  # [n, segments]
    after = np.maximum(leading_s - ends[None, :], 0.0)
    reachable = _smooth((LOOKAHEAD_S - _LEAD_S - before) / _TAPER_S) * (after < REACH_BACK_S)
    distance = before[..., None] / _REACH_BEFORE_S + after[..., None] / _REACH_AFTER_S  # [n, segments, mouth]
    brevity = np.minimum(1.0, 0.4 + (ends - starts) / 0.09)
    pull = np.exp(-(distance**1.3)) * (holds * brevity[:, None])[None] * reachable[..., None]
    shape: Weights = np.einsum("nsm,sm->nm", pull, targets) / (pull.sum(axis=1) + _REST_PULL)
    tucked, closed = constrictions(phones, times_s)
    _hold(shape, tucked, _FV, keeps=("lip_stretch", "tongue_raise"))
    _hold(shape, closed, _PBM, keeps=("lip_pucker", "tongue_raise"))
    shape *= _awake(phones, times_s)[:, None]
    return shape


def _segments(phones: Sequence[Phone]) -> tuple[Weights, Weights, Weights, Weights]:
    """Cut phones into their shapes: starts and ends [segments], targets and holds [segments, mouth]."""
    tables = [_table(phone.symbol) for phone in phones]
    starts, ends = [], []
    for phone, (targets, _) in zip(phones, tables, strict=True):
        share_s = (phone.end_s - phone.start_s) / len(targets)
        starts += [phone.start_s + i * share_s for i in range(len(targets))]
        ends += [phone.start_s + (i + 1) * share_s for i in range(len(targets))]
    targets = np.concatenate([targets for targets, _ in tables])
    holds = np.concatenate([holds for _, holds in tables])
    return np.array(starts), np.array(ends), targets, holds


def constrictions(phones: Sequence[Phone], times_s: Weights) -> tuple[Weights, Weights]:
    """Tell how far the lower lip is tucked for an f, v and how far the lips meet for a p, b, m at `times_s`.

    Two times [n], 0 not at all, 1 fully. Full through the phone, eased on both sides; where
    one borders on the other ("of my") each gives way in the other's middle.
    """
    tuck, meet = (_depth(phones, times_s, symbols) for symbols in (LABIODENTALS, BILABIALS))
    share = _smooth(0.5 + (tuck - meet) / _GIVING_WAY_S)
    tucked = _smooth(1.0 + tuck / _CLOSURE_APPROACH_S) * share
    closed = _smooth(1.0 + meet / _CLOSURE_APPROACH_S) * (1.0 - share)
    return tucked, closed


def _depth(phones: Sequence[Phone], times_s: Weights, symbols: tuple[str, ...]) -> Weights:
    """Measure how far inside the nearest phone of `symbols` each moment lies, seconds; negative outside."""
    depth = np.full(len(times_s), -1.0)
    for phone in phones:
        if phone.symbol in symbols:
            half = max(phone.end_s - phone.start_s, _CLOSURE_MINIMUM_S) / 2
            depth = np.maximum(depth, half - np.abs(times_s - (phone.start_s + phone.end_s) / 2))
    return depth


def _hold(shape: Weights, amount: Weights, target: Shape, keeps: tuple[str, ...]) -> None:
    """Move `shape` onto `target` by `amount` [n], in place; the parts it `keeps` stay with the neighbours."""
    goal = np.array(target.targets())
    moved = [i for i, name in enumerate(MOUTH) if name not in keeps]
    shape[:, moved] += (goal - shape)[:, moved] * amount[:, None]


def _awake(phones: Sequence[Phone], times_s: Weights) -> Weights:
    """Tell how far speech moves the mouth at each moment, 0..1: nothing moves inside a long pause."""
    awake = np.ones(len(times_s))
    for phone in phones:
        if phone.symbol == SILENCE and phone.end_s - phone.start_s >= _LONG_PAUSE_S:
            closing = 1.0 - _smooth((times_s - phone.start_s) / _PAUSE_CLOSING_S)
            opening = _smooth((times_s - (phone.end_s - _PAUSE_OPENING_S)) / _PAUSE_OPENING_S)
            awake = np.minimum(awake, np.maximum(closing, opening))
    return awake


def _smooth(x: Weights) -> Weights:
    """Ease from 0 to 1 while x goes from 0 to 1, flat outside."""
    inside: Weights = np.clip(x, 0.0, 1.0)
    eased: Weights = inside * inside * (3.0 - 2.0 * inside)
    return eased
