"""Whole files, and whether they are there."""

import os


def read(path: str):
    """The bytes of the file, or None if there is none."""
    if not exists(path):
        return None
    with open(path, "rb") as file:
        return file.read()


def write(path: str, data: bytes) -> None:
    """Make it the file's content; on flash when this returns."""
    with open(path, "wb") as file:
        file.write(data)
        sync(file)


def sync(file) -> None:
    """What was written is on flash when this returns."""
    file.flush()
    if hasattr(os, "fsync"):
        os.fsync(file.fileno())


def exists(path: str) -> bool:
    try:
        os.stat(path)
        return True
    except OSError:
        return False
