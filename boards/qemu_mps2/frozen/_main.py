"""Runs main of the application's image, or of /flash; the console follows where there is none."""

# What MicroPython has and CPython has not.
# pyright: reportAttributeAccessIssue=false

import sys


def _has_main():
    import os

    names = os.listdir("/rom" if "/rom" in sys.path else "/flash")
    return "main.mpy" in names or "main.py" in names


if _has_main():
    del _has_main
    import main  # noqa: F401 - runs the station
