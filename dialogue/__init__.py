"""Sound to words to reply to voice. Imports neither `avatar` nor `agent`."""
