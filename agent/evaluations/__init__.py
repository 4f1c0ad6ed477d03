"""Measurements of quality, one module a subject, each with `run(short: bool) -> Report`."""
