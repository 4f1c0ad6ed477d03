"""The running program: devices, session, window, fleet, command line."""

import os

# pygame greets on standard output when imported, in the middle of whatever a command prints there.
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
