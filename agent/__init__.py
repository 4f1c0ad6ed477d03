"""The running program: devices, session, window, fleet, command line."""
