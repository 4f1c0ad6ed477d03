"""Render Visavis's own presenters: artificial persons, every pixel computed by the files beside this one."""
