"""What a face does by itself: breathing, blinks, saccades, shifts of the head, listening and thinking.

Everything is stepped once a row (25 Hz) on the caller's clock with the caller's randomness. Blinks are log-normal in
their intervals and gather at gaze shifts and phrase ends; eyes jump between fixations at main-sequence speed (Bahill,
Clark & Stark 1975), rest on the viewer's eyes and mouth, glance aside and come back; the head holds a posture, moves
to another with minimum jerk and never stands quite still; eyes turn against the head so that they stay on what they
look at.
"""

import math
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

import numpy as np

from avatar.channels import CHANNELS, Channels, channel
from avatar.gestures import GESTURES, Gesture

_DEGREE = math.pi / 180.0


class Activity(StrEnum):
    """What the face is doing in the conversation."""

    IDLE = "idle"
    LISTENING = "listening"
    THINKING = "thinking"
    SPEAKING = "speaking"


@dataclass(frozen=True, slots=True)
class Temper:
    """How lively each part is in one activity. Intervals are medians of log-normals, in seconds; angles degrees."""

    blink_every_s: float
    glance_every_s: float
    glance_for_s: float
    glance_degrees: float
    posture_every_s: float
    posture_degrees: tuple[float, float, float]
    """Deviation of yaw, pitch and roll between postures."""
    attention: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Yaw, pitch and roll about which postures lie: leaning in, head tilted."""
    brow_raise: float = 0.0
    sway: float = 1.0
    """How much the head drifts about its posture."""


TEMPERS = {
    Activity.IDLE: Temper(3.4, 5.0, 1.6, 12.0, 4.5, (3.2, 1.8, 1.4)),
    Activity.LISTENING: Temper(3.8, 7.0, 0.6, 8.0, 3.2, (2.0, 1.6, 1.6), (0.0, -0.8, 1.4), 0.12),
    Activity.THINKING: Temper(3.0, 0.9, 1.4, 15.0, 1.8, (2.2, 1.6, 1.4), (2.0, 1.5, 1.5), 0.10),
    Activity.SPEAKING: Temper(3.8, 4.5, 0.7, 9.0, 1.05, (4.4, 3.1, 3.6), (0.0, 0.3, 0.0), 0.04, 2.4),
}


@dataclass(frozen=True, slots=True)
class Cue:
    """What the world tells the face about this row."""

    activity: Activity = Activity.IDLE
    liveliness: float = 1.0
    accent: float = 0.0
    """Strength 0..1 of a stressed syllable of its own speech that begins here; 0 for none."""
    phrase_end: bool = False
    """Its own phrase, or the user's, ends here."""


def breath(time_s: float) -> float:
    """Give how full the chest is, 0..1: about 13 breaths a minute, no two alike."""
    phase = 0.21 * time_s + 0.25 * math.sin(0.31 * time_s) / math.tau
    # In takes two fifths of a breath, out the rest.
    phase = phase % 1.0
    return 0.5 - 0.5 * math.cos(math.pi * (phase / 0.4 if phase < 0.4 else (1.0 - phase) / 0.6))


def _spread(median: float, sigma: float, random: Random) -> float:
    return median * math.exp(random.gauss(0.0, sigma))


def _minimum_jerk(share: float) -> float:
    share = min(max(share, 0.0), 1.0)
    return share**3 * (share * (share * 6.0 - 15.0) + 10.0)


@dataclass(slots=True)
class Blinks:
    """Lids: 0 open, 1 shut."""

    next_s: float = 1.0
    began_s: float = -10.0
    depth: float = 1.0

    CLOSING_S = 0.10
    SHUT_S = 0.05
    OPENING_S = 0.22
    REFRACTORY_S = 0.8

    def step(self, now_s: float, every_s: float, random: Random, urge: float) -> float:
        """Give the lids' closing now; `urge` is the chance that this moment calls for a blink."""
        called = urge > 0.0 and now_s - self.began_s > self.REFRACTORY_S and random.random() < urge
        if called or now_s >= self.next_s:
            self._begin(now_s, every_s, random)
        return self.depth * self._closing(now_s - self.began_s)

    def _begin(self, now_s: float, every_s: float, random: Random) -> None:
        self.began_s = now_s
        self.depth = 1.0 if random.random() > 0.08 else 0.6
        double = random.random() < 0.09
        self.next_s = now_s + (0.42 if double else max(_spread(every_s, 0.55, random), self.REFRACTORY_S))

    def _closing(self, elapsed_s: float) -> float:
        if elapsed_s < self.CLOSING_S:
            return math.sin(elapsed_s / self.CLOSING_S * math.pi / 2) ** 2
        opening = (elapsed_s - self.CLOSING_S - self.SHUT_S) / self.OPENING_S
        return 1.0 if opening <= 0.0 else (1.0 - min(opening, 1.0)) ** 1.8


_VIEWER = ((-1.8, 0.7), (1.8, 0.7), (0.0, -2.4))
"""Where on the viewer's face eyes rest (degrees, seen at arm's length and a half): either eye, the mouth."""


@dataclass(slots=True)
class Gaze:
    """Where the eyes look in the world, degrees: (0, 0) is the viewer's face."""

    start: tuple[float, float] = (0.0, 0.0)
    target: tuple[float, float] = (0.0, 0.0)
    began_s: float = -10.0
    next_s: float = 0.5
    glance_at_s: float = 3.0
    away: bool = False

    def step(self, now_s: float, activity: Activity, temper: Temper, random: Random) -> float:
        """Go on to `now_s` and give the size of a shift that began with this step, degrees; 0 for none."""
        if now_s < self.next_s:
            return 0.0
        before = self.target
        self.away = now_s >= self.glance_at_s and (not self.away or activity is Activity.THINKING)
        if self.away:
            self._move(now_s, _aside(activity, temper, random))
            self.next_s = now_s + _spread(temper.glance_for_s, 0.4, random)
        else:
            self._move(now_s, random.choices(_VIEWER, (4, 4, 2))[0])
            self.next_s = now_s + _spread(0.9, 0.5, random)
            if now_s >= self.glance_at_s:
                self.glance_at_s = now_s + _spread(temper.glance_every_s, 0.6, random)
        return math.dist(before, self.target)

    def return_at(self, now_s: float) -> None:
        """Look back at the viewer now."""
        self.away = False
        self.next_s = now_s
        self.glance_at_s = now_s + 2.0

    def avert_at(self, time_s: float) -> None:
        """Look away at `time_s`."""
        self.next_s = min(self.next_s, time_s) if self.away else time_s
        self.glance_at_s = time_s

    def at(self, now_s: float) -> tuple[float, float]:
        """Give theta and phi now, degrees."""
        size = math.dist(self.start, self.target)
        share = _minimum_jerk((now_s - self.began_s) / (0.021 + 0.0022 * size))
        return (
            self.start[0] + share * (self.target[0] - self.start[0]),
            self.start[1] + share * (self.target[1] - self.start[1]),
        )

    def _move(self, now_s: float, target: tuple[float, float]) -> None:
        self.start, self.target, self.began_s = self.at(now_s), target, now_s


def _aside(activity: Activity, temper: Temper, random: Random) -> tuple[float, float]:
    """Choose where to glance: thinkers look up and aside, listeners a little down, others anywhere near."""
    size = temper.glance_degrees * random.uniform(0.6, 1.2)
    lowest, highest = {Activity.THINKING: (15, 65), Activity.LISTENING: (-70, -10)}.get(activity, (-50, 30))
    angle = math.radians(random.uniform(lowest, highest))
    return random.choice((-1.0, 1.0)) * size * math.cos(angle), 0.8 * size * math.sin(angle)


@dataclass(slots=True)
class Posture:
    """Yaw, pitch and roll in degrees: held, changed with minimum jerk, drifting."""

    start: tuple[float, float, float] = (0.0, 0.0, 0.0)
    target: tuple[float, float, float] = (0.0, 0.0, 0.0)
    began_s: float = -10.0
    lasts_s: float = 1.0
    next_s: float = 0.8
    tones: list[tuple[float, float, float]] = field(default_factory=list)
    """Drift: (frequency in Hz, phase, size in degrees) of each tone, as many for each angle."""
    sway: float = 1.0

    def step(self, now_s: float, temper: Temper, random: Random, toward: float, restless: float) -> None:
        """Go on to `now_s`. `toward` is the yaw the gaze draws the head to; `restless` the chance to move now."""
        if not self.tones:
            self.tones = [(random.uniform(*band), random.uniform(0, 6.3), 0.045 / band[0]) for band in _BANDS * 3]
        self.sway += 0.06 * (temper.sway - self.sway)
        if now_s >= self.next_s or (now_s > self.began_s + self.lasts_s and random.random() < restless):
            angles = zip(temper.attention, temper.posture_degrees, strict=True)
            yaw, pitch, roll = (random.gauss(mean, deviation) for mean, deviation in angles)
            self._move(now_s, (yaw + toward, pitch, roll), random)
            self.next_s = now_s + self.lasts_s + _spread(temper.posture_every_s, 0.5, random)

    def at(self, now_s: float) -> tuple[float, float, float]:
        """Give yaw, pitch and roll now, degrees."""
        share = _minimum_jerk((now_s - self.began_s) / self.lasts_s)
        drift = [self.sway * size * math.sin(math.tau * hz * now_s + phase) for hz, phase, size in self.tones]
        third = len(drift) // 3
        yaw, pitch, roll = (a + share * (b - a) for a, b in zip(self.start, self.target, strict=True))
        return (
            yaw + sum(drift[:third]),
            pitch + 0.7 * sum(drift[third : 2 * third]),
            roll + 0.6 * sum(drift[2 * third :]),
        )

    def _move(self, now_s: float, target: tuple[float, float, float], random: Random) -> None:
        share = _minimum_jerk((now_s - self.began_s) / self.lasts_s)
        yaw, pitch, roll = (a + share * (b - a) for a, b in zip(self.start, self.target, strict=True))
        size = math.dist((yaw, pitch, roll), target)
        self.start, self.target, self.began_s = (yaw, pitch, roll), target, now_s
        self.lasts_s = (0.45 + 0.09 * size) * random.uniform(0.85, 1.2)


_BANDS = ((0.05, 0.09), (0.12, 0.2), (0.27, 0.45), (0.6, 1.0))


class Idle:
    """A face's life beside what it says: one row of channels a step, without lips.

    The caller owns the clock and the seed: the same seed, times and cues give the same life. Times may skip ahead.
    """

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._activity = Activity.IDLE
        self._blinks = Blinks(next_s=self._random.uniform(0.5, 3.0))
        self._gaze = Gaze(next_s=0.3, glance_at_s=self._random.uniform(2.0, 5.0))
        self._posture = Posture(next_s=self._random.uniform(0.3, 1.5))
        self._brows = 0.0
        self._last_s = 0.0
        self._running: list[tuple[float, Gesture, float]] = []
        self._nodded_s = -10.0

    def step(self, now_s: float, cue: Cue) -> Channels:
        """Give the row at `now_s` [channels]; mouth channels are 0."""
        elapsed_s, self._last_s = now_s - self._last_s, now_s
        temper = TEMPERS[cue.activity]
        if cue.activity is not self._activity:
            self._turn_to(cue.activity, now_s)
        shift = self._gaze.step(now_s, cue.activity, temper, self._random)
        toward = 0.35 * self._gaze.target[0] if self._gaze.away else 0.0
        self._posture.step(now_s, temper, self._random, toward, restless=0.35 * cue.accent + 0.4 * (shift > 9.0))
        self._react(now_s, cue)
        urge = 0.35 * (shift > 7.0) + 0.3 * cue.phrase_end
        lids = self._blinks.step(now_s, temper.blink_every_s, self._random, urge)
        return self._row(now_s, elapsed_s, temper, cue.liveliness, lids)

    def _turn_to(self, activity: Activity, now_s: float) -> None:
        if activity is Activity.THINKING:
            self._gaze.avert_at(now_s + self._random.uniform(0.25, 0.5))
        elif self._gaze.away or self._activity is Activity.IDLE:
            self._gaze.return_at(now_s)
        self._posture.next_s = now_s + self._random.uniform(0.3, 0.9)
        self._activity = activity

    def _react(self, now_s: float, cue: Cue) -> None:
        """Nod with stressed syllables of its own speech and at pauses of the user's."""
        self._running = [entry for entry in self._running if now_s - entry[0] < entry[1].seconds]
        if cue.accent > 0.0 and self._random.random() < 0.85:
            self._running.append((now_s, _BEATS[0], cue.accent * self._random.uniform(0.6, 1.3)))
            self._running.append((now_s, _BEATS[1], cue.accent * self._random.gauss(0.0, 1.0)))
            self._running.append((now_s, _BEATS[2], cue.accent * self._random.gauss(0.0, 1.0)))
            if cue.accent > 0.55 and self._random.random() < 0.2:
                self._running.append((now_s, _BROW_FLASH, cue.accent * self._random.uniform(0.4, 0.9)))
        if cue.activity is Activity.LISTENING and cue.phrase_end and now_s - self._nodded_s > 2.5:
            self._nodded_s = now_s
            nod = GESTURES["small nod"] if self._random.random() < 0.75 else _BROW_FLASH
            self._running.append((now_s, nod, self._random.uniform(0.6, 1.1)))

    def _row(self, now_s: float, elapsed_s: float, temper: Temper, liveliness: float, lids: float) -> Channels:
        row = np.zeros(len(CHANNELS))
        for began_s, gesture, size in self._running:
            row += size * gesture.offsets(now_s - began_s)
        yaw, pitch, roll = self._posture.at(now_s)
        self._brows += (temper.brow_raise - self._brows) * min(1.0, elapsed_s / 0.4)
        row[_YAW] += yaw * _DEGREE
        row[_PITCH] += pitch * _DEGREE
        row[_ROLL] += roll * _DEGREE
        row[_X] += 0.0016 * yaw + 0.0012 * roll
        row[_Y] -= 0.0006 * pitch
        row[_BROWS] += self._brows
        theta, phi = self._gaze.at(now_s)
        row *= liveliness
        row[_THETA] += liveliness * theta * _DEGREE - row[_YAW]
        row[_PHI] += liveliness * phi * _DEGREE - row[_PITCH]
        resting = _RESTING_LIDS * (1.0 + 0.25 * math.sin(0.7 * now_s) * liveliness)
        row[_LIDS] += resting + (1.0 - resting) * lids * min(1.0, liveliness * 10.0)
        return row


def _beat(name: str, degrees: float) -> Gesture:
    return Gesture({name: ((0.0, 0.0), (0.16, degrees * _DEGREE), (0.44, -0.25 * degrees * _DEGREE), (0.7, 0.0))})


_BEATS = (_beat("pitch", -2.8), _beat("yaw", 1.6), _beat("roll", 1.1))
_BROW_FLASH = Gesture({"brow_up": ((0.0, 0.0), (0.14, 0.55), (0.3, 0.5), (0.7, 0.0))})
_RESTING_LIDS = 0.12
"""An eye as wide as the neutral face's is a stare."""
_YAW, _PITCH, _ROLL, _X, _Y = (channel(name) for name in ("yaw", "pitch", "roll", "x", "y"))
_THETA, _PHI, _BROWS = (channel(name) for name in ("gaze_x", "gaze_y", "brow_up"))
_LIDS = [channel("lid_close_left"), channel("lid_close_right")]
