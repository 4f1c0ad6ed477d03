"""Many kiosks on one MQTT broker: what they report, what they can be told, and both ends of the line.

    PREFIX/KIOSK/availability   "online" or "offline" (last will), retained
    PREFIX/KIOSK/state          whose turn it is, profile, volume, mute; JSON, retained like the next three
    PREFIX/KIOSK/presence       whether somebody is there
    PREFIX/KIOSK/health         frame rate, memory, restarted stages
    PREFIX/KIOSK/ledger         how fast it answers and stops
    PREFIX/KIOSK/event          what happened, with its time; kept while the broker is away
    PREFIX/KIOSK/command        commands to one kiosk; PREFIX/all/command to all
    PREFIX/KIOSK/answer         what came of a command

`messages` are the facts, `gate` is the logic, `broker` is the edge and the only file that knows the MQTT library.
"""
