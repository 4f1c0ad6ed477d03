"""A portrait speaks a recording into a file, as fast as the machine can."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from agent.build import Visage
from agent.provenance import Origin, ProvenanceSettings, model_hashes, sign
from agent.recorder import Recorder
from avatar.idle import Activity
from avatar.latents import FRAME_RATE_HZ
from avatar.phones import PhoneDecoder
from avatar.render import Renderer
from avatar.watermark import Watermark
from dialogue.audio import SPEECH_RATE_HZ, AudioFrame
from dialogue.speech import SpeechChunk


def film_speech(
    visage: Visage, sound: AudioFrame, out: Path, size_px: int, settings: ProvenanceSettings
) -> Iterator[int]:
    """Film a face speaking `sound` (16 kHz); yields the number of each frame once it is done.

    The film carries the marks that `settings` ask for. Raises InputError when it cannot be written.
    """
    _speak(visage, sound)
    renderer, mark = Renderer(visage.portrait, size_px=size_px), Watermark(size_px, size_px)
    per_frame = SPEECH_RATE_HZ // FRAME_RATE_HZ
    recorder = Recorder(out, (size_px, size_px), SPEECH_RATE_HZ, FRAME_RATE_HZ, keep_every_frame=True)
    try:
        for frame in range(frame_count(sound)):
            time_s = frame / FRAME_RATE_HZ
            picture = renderer.render(visage.animator.motion_at(time_s), visage.animator.breath_at(time_s))
            if not settings.leave_out_watermarks:
                mark.mark(picture)
            recorder.add(picture, sound.samples[frame * per_frame : (frame + 1) * per_frame], time_s)
            yield frame
    finally:
        recorder.close()
    if settings.sign:
        sign(out, Origin(visage.portrait.sha256(), model_hashes()), settings)


def frame_count(sound: AudioFrame) -> int:
    """Count the frames of a film of this sound."""
    return int(np.ceil(sound.seconds * FRAME_RATE_HZ))


def _speak(visage: Visage, sound: AudioFrame) -> None:
    """Let the animator know the whole speech; its phones are decoded, as recordings report none."""
    phones = tuple(PhoneDecoder().decode(sound.samples))
    visage.animator.turn_to(Activity.SPEAKING)
    visage.animator.speak(0.0)
    visage.animator.append(visage.mover.push(SpeechChunk(sound.samples, SPEECH_RATE_HZ, phones)))
    visage.animator.append(visage.mover.finish())
    visage.animator.place(0.0, 0.0)
