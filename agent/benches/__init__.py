"""Measurements of speed, one module a stage, each with `run(short: bool) -> Report`."""
