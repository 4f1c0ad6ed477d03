"""One motion row for every moment: idle life, speech, gestures and live controls, joined without a pop.

The only place where motions are blended. Time is handed in (seconds on the clock of the sample being heard) and never
read. At any moment one source drives the face, the reply being heard or idle life; when the source changes, what the
face was just doing decays on top of the new source (inertialisation, Bollo 2018), so there is no second motion to
cross-fade with and nothing to pop. Eyes are blended as directions in the world and turned back into the head at the
end, so that they stay on what they look at whatever happens to the head.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np
import numpy.typing as npt

from avatar.channels import ChannelMap
from avatar.controls import Controls, Emotion
from avatar.gestures import GESTURES, LOOK_AT_VIEWER, LOOK_FOR_S, LOOKS, SYNONYMS, Gesture
from avatar.idle import Activity, Cue, Idle, breath
from avatar.latents import EMOTIONS, FRAME_RATE_HZ, LATENT_SIZE, POSE_SIZE, LatentSpace, Motion

HANDOVER_S = 0.2
"""How long a face keeps anything of a reply that was cut off; longer only where FASTEST_PER_S forbids."""
FASTEST_PER_S = 0.55
"""Eye distances a second that a join may move a landmark by: 2.2 % in a frame of 25 fps."""
START_S = 0.12
"""How long a face takes from rest into speech."""
ANTICIPATION_S = 0.08
"""How long before its first sound a mouth begins to take that sound's shape, where the sound is announced in time."""
_SACCADE_S = 0.06
_HEAD_PER_S = 4.5
"""How fast the head settles into another motion (natural frequency of a critically damped spring)."""
_FASTEST_TURN = 0.15
"""Radians (or face widths) a second that a head keeps of a movement it was in the middle of, or settles with."""
_CONTROLS_PER_S = 14.0
_EYES_PER_S = 25.0
"""A change of a control is 98 % there after 0.4 s; eyes are quicker."""
_HEAD_SHARE = 0.45
"""How much of a gaze aside the head takes over."""
_ARTICULATORS = ("jaw_open", "lip_press", "lip_close", "lip_funnel", "lip_pucker")
"""What an emotion leaves to speech while there is any."""
_PRESSED = (-0.002, -0.006)
"""Lip gap (eye distances) at which lips begin to count as pressed, and count so fully."""

_PITCH, _Y = 1, 4
_BREATH_PITCH, _BREATH_RISE = 0.006, 0.005
"""Radians and face widths by which a full breath lifts the head."""
_GAZE = slice(LATENT_SIZE, LATENT_SIZE + 2)
_POSE_SCALE, _LIVELINESS = LATENT_SIZE + 2, LATENT_SIZE + 3

Values = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Settling:
    """A difference that dies away like a critically damped spring from where and how fast it was."""

    began_s: float
    offset: Values
    velocity: Values

    def at(self, time_s: float, per_s: Values | float) -> Values:
        elapsed_s = time_s - self.began_s
        decay = np.exp(-np.float32(elapsed_s) * per_s)
        settled: Values = (self.offset + (self.velocity + per_s * self.offset) * np.float32(elapsed_s)) * decay
        return settled

    def velocity_at(self, time_s: float, per_s: Values | float) -> Values:
        elapsed_s = np.float32(time_s - self.began_s)
        pull = (self.velocity + per_s * self.offset) * np.exp(-elapsed_s * per_s)
        velocity: Values = pull - per_s * self.at(time_s, per_s)
        return velocity


class _Track:
    """The rows of one reply and when each is heard."""

    def __init__(self, at_s: float) -> None:
        self._rows = np.zeros((0, LATENT_SIZE), np.float32)
        self._starts_s = [at_s]
        self._positions_s: list[float | None] = [0.0]
        self.is_cut = False

    def append(self, rows: Motion) -> None:
        if not self.is_cut:
            self._rows = np.concatenate([self._rows, rows])

    def place(self, position_s: float | None, at_s: float) -> None:
        """From `at_s` on, the reply is heard from `position_s`; None: nothing of it is."""
        keep = bisect_right(self._starts_s, at_s)
        self._starts_s[keep:], self._positions_s[keep:] = [at_s], [position_s]

    def placement(self, time_s: float) -> tuple[int, float] | None:
        """Tell which placement is in force and the reply position heard then, None when nothing is.

        The first sound after silence is in force a little early, at its own position.
        """
        last = bisect_right(self._starts_s, time_s) - 1
        position_s = self._heard(last, time_s)
        if position_s is None and (soon := bisect_right(self._starts_s, time_s + ANTICIPATION_S) - 1) > last:
            last, position_s = soon, self._heard(soon, self._starts_s[soon])
        return None if position_s is None else (last, position_s)

    def _heard(self, index: int, time_s: float) -> float | None:
        """Tell the position that a placement gives, None before the first, in a pause and beyond the rows."""
        start = self._positions_s[index] if index >= 0 else None
        if start is None:
            return None
        position_s = start + time_s - self._starts_s[index]
        return position_s if position_s * FRAME_RATE_HZ < len(self._rows) else None

    def at(self, position_s: float) -> Motion:
        place = max(position_s * FRAME_RATE_HZ, 0.0)
        first, last = int(place), len(self._rows) - 1
        picks = [max(first - 1, 0), first, min(first + 1, last), min(first + 2, last)]
        return _between(self._rows[picks], place - first)


class _Life:
    """Idle life on demand: rows on the clock's own grid, made when they are first looked at."""

    KEPT = 16

    def __init__(self, channels: ChannelMap, eyes: "_Eyes", seed: int) -> None:
        self._map, self._eyes = channels, eyes
        self._idle = Idle(seed)
        self._rows = np.zeros((self.KEPT, LATENT_SIZE), np.float32)
        self._next = 0
        self.activity = Activity.IDLE
        self.liveliness = 1.0
        self.user_paused = False

    def at(self, time_s: float) -> Motion:
        place = time_s * FRAME_RATE_HZ
        first = int(np.floor(place))
        # A clock that stood still or jumped starts the rows anew; one that wavers finds them kept.
        if not first + 3 - self.KEPT < self._next < first + self.KEPT:
            self._next = first - 1
        while self._next <= first + 2:
            self._rows[self._next % self.KEPT] = self._step(self._next / FRAME_RATE_HZ)
            self._next += 1
        return _between(self._rows[[(first + i) % self.KEPT for i in (-1, 0, 1, 2)]], place - first)

    def _step(self, time_s: float) -> Motion:
        cue = Cue(self.activity, self.liveliness, phrase_end=self.user_paused)
        self.user_paused = False
        return self._eyes.in_world(self._map.motion(self._idle.step(time_s, cue)))


class _Eyes:
    """Gaze in the head to gaze in the world and back: both are latents, so this is a shear of rows."""

    def __init__(self, channels: ChannelMap) -> None:
        self._turn = np.stack([channels.direction("gaze_x"), channels.direction("gaze_y")])

    def in_world(self, rows: Motion) -> Motion:
        return rows + rows[..., :2] @ self._turn

    def in_head(self, rows: Motion) -> Motion:
        return rows - rows[..., :2] @ self._turn

    def toward(self, gaze: Values) -> Motion:
        turned: Motion = gaze @ self._turn
        return turned


class Animator:
    """Gives the motion of the moment. All times are seconds on the one clock.

    `motion_at` may run on another thread than the rest. Its times may waver by some rows and skip, but not go back
    for good. What is announced for a later time (`speak`, `place`, `gesture`) takes effect when that time comes.
    """

    def __init__(self, space: LatentSpace, seed: int, controls: Controls | None = None) -> None:
        self._space, self._map = space, ChannelMap(space)
        self._eyes = _Eyes(self._map)
        self._life = _Life(self._map, self._eyes, seed)
        self._lock = Lock()
        self._tracks: list[_Track] = []
        self._source: object = None
        self._last_s = -1.0
        self._shown = np.zeros((2, LATENT_SIZE), np.float32)
        self._step_s = 1.0 / FRAME_RATE_HZ
        still = np.zeros(LATENT_SIZE, np.float32)
        self._left_over = _Settling(-1e3, still, still)
        self._gaze_left = still
        self._handover_s, self._saccade_s, self._head_per_s = HANDOVER_S, _SACCADE_S, _HEAD_PER_S
        self._gestures: list[tuple[float, Gesture]] = []
        self._looks: list[tuple[float, float, float]] = []
        self._controls = (controls or Controls()).clamped()
        self._goal = self._controlled(-1.0)
        self._settling = _Settling(-1e3, np.zeros_like(self._goal), np.zeros_like(self._goal))
        self._rates = np.full(len(self._goal), _CONTROLS_PER_S, np.float32)
        self._rates[:3], self._rates[_GAZE] = _HEAD_PER_S, _EYES_PER_S

    # What happens in the conversation.

    def turn_to(self, activity: Activity) -> None:
        """Behave as one who idles, listens, thinks or is about to speak, from the next row on."""
        with self._lock:
            self._life.activity = activity

    def user_paused(self) -> None:
        """Let a listener react (a nod, a blink) to a pause of the user's."""
        with self._lock:
            self._life.user_paused = True

    def set_controls(self, controls: Controls) -> None:
        """Change the live controls: smoothly, done within 400 ms."""
        with self._lock:
            self._controls = controls.clamped()

    def gesture(self, name: str, at_s: float) -> bool:
        """Carry out a stage direction (`nod`, `smile`, `look left`) at a time; False for one that is not known."""
        name = SYNONYMS.get(name, name)
        with self._lock:
            if name in GESTURES:
                self._gestures.append((at_s, GESTURES[name]))
            elif name in LOOKS:
                self._looks.append((at_s, *LOOKS[name]))
            elif name == LOOK_AT_VIEWER:
                self._looks.append((at_s, 0.0, 0.0))
        return name in GESTURES or name in LOOKS or name == LOOK_AT_VIEWER

    # What is heard.

    def speak(self, at_s: float) -> None:
        """Begin a reply whose first sample is heard at `at_s`; its rows come with `append`."""
        with self._lock:
            self._tracks = [*self._tracks[-1:], _Track(at_s)]

    def append(self, rows: Motion) -> None:
        """Take the reply's next rows [n, LATENT_SIZE] (25 Hz from its first sample), also while it is heard."""
        with self._lock:
            if self._tracks:
                self._tracks[-1].append(self._eyes.in_world(rows))

    def place(self, position_s: float, at_s: float) -> None:
        """Say that from `at_s` on the reply is heard from `position_s`: after `pause`, or when the voice came late."""
        with self._lock:
            if self._tracks and not self._tracks[-1].is_cut:
                self._tracks[-1].place(position_s, at_s)

    def pause(self, at_s: float) -> None:
        """Say that nothing of the reply is heard from `at_s` on, until `place` resumes it."""
        with self._lock:
            for track in self._tracks:
                track.place(None, at_s)

    def interrupt(self, at_s: float) -> None:
        """End the reply at `at_s`: the face keeps nothing of it after HANDOVER_S."""
        with self._lock:
            for track in self._tracks:
                track.place(None, at_s)
                track.is_cut = True

    # What is seen.

    def motion_at(self, time_s: float) -> Motion:
        """Give the row to show while the sample of `time_s` is heard [LATENT_SIZE], for any display rate."""
        with self._lock:
            steering = self._steering(time_s)
            self._life.liveliness = float(np.clip(steering[_LIVELINESS], 0.0, 1.0))
            row = self._joined(time_s)
            shown = self._steered(row, steering, time_s)
            pressed = _ramp(float(self._map.lip_gap(row)), *_PRESSED)
            if pressed > 0.0:
                shown = self._map.close_lips(shown, pressed * max(float(self._map.lip_gap(shown - row)), 0.0))
            breathed = self._life.liveliness * breath(time_s)
        shown[_PITCH] += _BREATH_PITCH * breathed
        shown[_Y] -= _BREATH_RISE * breathed
        return self._eyes.in_head(shown)

    def breath_at(self, time_s: float) -> float:
        """Give how full the chest is, 0..1, for the renderer's shoulders; the head rises with it."""
        return self._life.liveliness * breath(time_s)

    def _joined(self, time_s: float) -> Motion:
        """Give the source's row, joined to what was shown before [LATENT_SIZE], eyes in the world."""
        source, row = self._source_at(time_s)
        if source != self._source:
            self._take_over(time_s)
            self._source = source
        offset = self._left_over.at(time_s, self._head_per_s)
        elapsed_s = time_s - self._left_over.began_s
        offset[POSE_SIZE:] = self._left_over.offset[POSE_SIZE:] * np.float32(
            max(0.0, 1.0 - elapsed_s / self._handover_s)
        )
        offset += self._gaze_left * np.float32(max(0.0, 1.0 - elapsed_s / self._saccade_s))
        joined: Motion = row + offset
        if time_s > self._last_s:
            self._step_s = time_s - self._last_s
            self._shown[0], self._shown[1] = self._shown[1], joined
            self._last_s = time_s
        return joined

    def _take_over(self, time_s: float) -> None:
        """Let what was shown last decay over the source that drives from now on."""
        if self._last_s < 0.0 or time_s - self._last_s > 1.0:
            return  # nothing was shown a moment ago that could be joined to
        _, before = self._source_at(time_s, self._last_s - time_s)
        _, now = self._source_at(time_s)
        offset = self._shown[1] - before
        elapsed_s = max(time_s - self._last_s, 1e-3)
        velocity = (self._shown[1] - self._shown[0]) / self._step_s - (now - before) / elapsed_s
        self._gaze_left = self._eyes.toward(self._map.gaze(offset))
        self._left_over = _Settling(
            self._last_s, offset - self._gaze_left, np.clip(velocity, -_FASTEST_TURN, _FASTEST_TURN)
        )
        self._handover_s = self._seconds_for(self._left_over.offset, HANDOVER_S if self._source else START_S)
        self._saccade_s = self._seconds_for(self._gaze_left, _SACCADE_S)
        turn = float(np.abs(offset[:POSE_SIZE]).max())
        # A critically damped spring let go from rest is fastest at offset x frequency / e.
        self._head_per_s = min(_HEAD_PER_S, _FASTEST_TURN * math.e / max(turn, 1e-6))

    def _seconds_for(self, offset: Values, least_s: float) -> float:
        """Give the time in which a difference may vanish without moving a landmark faster than FASTEST_PER_S."""
        farthest = np.linalg.norm(self._space.displacement(offset[POSE_SIZE:]), axis=-1).max()
        return max(least_s, float(farthest) / FASTEST_PER_S)

    def _source_at(self, time_s: float, shift_s: float = 0.0) -> tuple[object, Motion]:
        """Give the source that drives at `time_s` and its row `shift_s` from then."""
        for track in reversed(self._tracks):
            if placement := track.placement(time_s):
                index, position_s = placement
                return (track, index), self._calmed(track.at(position_s + shift_s))
        return None, self._life.at(time_s + shift_s)

    def _calmed(self, row: Motion) -> Motion:
        """Take from a reply's row what liveliness takes from idle life: head and eyes move less, lips as ever."""
        excess = np.float32(1.0 - self._life.liveliness)
        if excess > 0.0:
            row = row - excess * self._eyes.toward(self._map.gaze(row))
            row[:POSE_SIZE] *= 1.0 - excess
        return row

    def _steered(self, row: Motion, steering: Values, time_s: float) -> Motion:
        """Apply steering and gestures to a row [LATENT_SIZE]; eyes stay in the world."""
        steered = row + steering[:LATENT_SIZE] + self._eyes.toward(steering[_GAZE])
        steered[:3] += (steering[_POSE_SCALE] - 1.0) * row[:3]
        self._gestures = [entry for entry in self._gestures if time_s - entry[0] < entry[1].seconds]
        for began_s, gesture in self._gestures:
            if time_s > began_s:
                steered += self._map.motion(gesture.offsets(time_s - began_s))
        return steered

    def _steering(self, time_s: float) -> Values:
        """Give what the controls do now: the row they add, gaze, pose scale and liveliness [LATENT_SIZE + 4]."""
        goal = self._controlled(time_s)
        if not np.array_equal(goal, self._goal):
            now, velocity = (at(time_s, self._rates) for at in (self._settling.at, self._settling.velocity_at))
            self._settling = _Settling(time_s, now + self._goal - goal, velocity)
            self._goal = goal
        return goal + self._settling.at(time_s, self._rates)

    def _controlled(self, time_s: float) -> Values:
        """Give what the controls ask for, as `_steering` settles into it."""
        controls = self._looking(time_s)
        goal = np.zeros(_LIVELINESS + 1, np.float32)
        goal[POSE_SIZE:LATENT_SIZE] = np.float32(controls.strength) * self._feeling(controls.emotion)
        goal[POSE_SIZE - 1] = controls.log_distance
        goal[_GAZE] = controls.gaze_theta, controls.gaze_phi
        goal[:2] += np.float32(_HEAD_SHARE) * goal[_GAZE]
        goal[_POSE_SCALE], goal[_LIVELINESS] = controls.pose_scale, controls.liveliness
        return goal

    def _feeling(self, emotion: Emotion) -> Values:
        """Give an emotion's dynamics at full strength; while the mouth speaks it is not the emotion's to open."""
        speaking = self._source is not None
        amounts = EMOTIONS[emotion]
        return self._space.controls(**{n: x for n, x in amounts.items() if not (speaking and n in _ARTICULATORS)})

    def _looking(self, time_s: float) -> Controls:
        """Give the controls with the look of a stage direction in force, if any."""
        self._looks = [look for look in self._looks if time_s < look[0] + LOOK_FOR_S]
        due = [look for look in self._looks if look[0] <= time_s]
        if not due:
            return self._controls
        _, theta, phi = due[-1]
        return replace(self._controls, gaze_theta=theta, gaze_phi=phi)


def _between(rows: Motion, share: float) -> Motion:
    """Interpolate between the middle two of four rows: cubic for the head, linear for the rest.

    A closed mouth or lid stays closed under straight lines only: each component on its own curve would open it.
    """
    row: Motion = rows[1] + np.float32(share) * (rows[2] - rows[1])
    before, start, end, after = rows[:, :POSE_SIZE]
    s = np.float32(share)
    row[:POSE_SIZE] = start + 0.5 * s * (
        end - before + s * (2 * before - 5 * start + 4 * end - after + s * (3 * (start - end) + after - before))
    )
    return row


def _ramp(value: float, start: float, end: float) -> float:
    return min(max((value - start) / (end - start), 0.0), 1.0)
