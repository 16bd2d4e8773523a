"""Files: whether they are there, and whether they are on flash."""

import os


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
