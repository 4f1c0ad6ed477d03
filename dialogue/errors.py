"""The error tree. Foreign exceptions are wrapped in one of these once, at the edge, `from exc`.

Every message is a sentence for the person at the keyboard and says what to do next.

    VisavisError
    ├── ConfigError        a file the user wrote is wrong (config, profile, knowledge, lesson)
    ├── InputError         something handed in cannot be used (sound, image, text, argument)
    │   ├── PortraitError      an image does not hold one usable face
    │   └── FaceFileError      a .face file is damaged, of another version, or its consent has run out
    ├── DeviceError        microphone, loudspeaker, display or camera is missing or went away
    └── EngineError        an engine or model cannot start, answer or finish
        └── EngineUnavailable  it is not installed or not downloaded: another may do instead
"""


class VisavisError(Exception):
    """Anything Visavis can explain in one sentence."""


class ConfigError(VisavisError):
    """A file the user wrote is wrong: names the file, the key and the nearest right key."""


class InputError(VisavisError):
    """Something handed in cannot be used."""


class PortraitError(InputError):
    """An image does not hold one usable face."""


class FaceFileError(InputError):
    """A .face file is damaged, of another version, or may no longer be used."""


class DeviceError(VisavisError):
    """Microphone, loudspeaker, display or camera is missing or went away."""


class EngineError(VisavisError):
    """An engine or model cannot start, answer or finish."""


class EngineUnavailable(EngineError):
    """An engine is not installed or its model is not there; another may do instead."""
