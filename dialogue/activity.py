"""Speech on and off: the detector's jumpy probabilities made into stretches of speech. Pure."""

from dataclasses import dataclass, replace

from pydantic import Field, model_validator

from dialogue.section import Section


class VoiceActivitySettings(Section):
    """When sound counts as speech."""

    on_probability: float = Field(0.5, gt=0, lt=1, description="speech begins at frames at least this likely")
    off_probability: float = Field(0.35, gt=0, lt=1, description="speech ends at frames less likely than this")
    quietest_dbfs: float = Field(
        -54.0, ge=-100, le=0, description="softer sound is nobody's speech to the agent; lower it for a weak microphone"
    )
    onset_ms: int = Field(64, ge=0, le=1000, description="so much likely speech makes speech: below it is a click")
    hangover_ms: int = Field(96, ge=0, le=2000, description="so long without speech before it counts as a pause")

    @model_validator(mode="after")
    def _ends_below_its_beginning(self) -> "VoiceActivitySettings":
        if self.off_probability > self.on_probability:
            raise ValueError("off_probability must not be above on_probability, or speech would flicker")
        return self


@dataclass(frozen=True, slots=True)
class VoiceActivity:
    """Whether somebody speaks; times in ms of the microphone's own count."""

    speaking: bool = False
    onset_ms: int = 0
    """Where the newest speech began: known to be speech only `onset_ms` later."""
    offset_ms: int = 0
    """Where the newest speech ended, while silent; where the latest likely frame ended, while speaking."""
    voiced_ms: int = 0
    """How much of the newest stretch was likely speech, pauses left out."""
    _candidate_ms: int | None = None
    _likely_ms: int = 0


def hear(
    activity: VoiceActivity, probability: float, start_ms: int, end_ms: int, settings: VoiceActivitySettings
) -> VoiceActivity:
    """Take the next frame's speech probability; the frame lies from `start_ms` to `end_ms`."""
    if activity.speaking:
        return _while_speaking(activity, probability, start_ms, end_ms, settings)
    return _while_silent(activity, probability, start_ms, end_ms, settings)


def _while_speaking(
    activity: VoiceActivity, probability: float, start_ms: int, end_ms: int, settings: VoiceActivitySettings
) -> VoiceActivity:
    if probability >= settings.off_probability:
        return replace(activity, offset_ms=end_ms, voiced_ms=activity.voiced_ms + end_ms - start_ms)
    if end_ms - activity.offset_ms < settings.hangover_ms:
        return activity
    return replace(activity, speaking=False)


def _while_silent(
    activity: VoiceActivity, probability: float, start_ms: int, end_ms: int, settings: VoiceActivitySettings
) -> VoiceActivity:
    if probability < settings.on_probability:
        return replace(activity, _candidate_ms=None, _likely_ms=0)
    onset_ms = start_ms if activity._candidate_ms is None else activity._candidate_ms
    likely_ms = activity._likely_ms + end_ms - start_ms
    if likely_ms < settings.onset_ms:
        return replace(activity, _candidate_ms=onset_ms, _likely_ms=likely_ms)
    return VoiceActivity(True, onset_ms, end_ms, voiced_ms=likely_ms)
