"""The store of a board without a raw partition: files in its file system."""

import os

from chargepoint.compat import const
from chargepoint.store.files import FileStore

_JOURNAL_BYTES = const(65536)


def open_store(flash: str) -> FileStore:
    """flash: the folder of the file system. The store opens, too, if that is full, read-only or
    not there: it tells the station."""
    folder = flash + "/store"
    limit_bytes = _JOURNAL_BYTES
    try:
        try:
            os.stat(folder)
        except OSError:
            os.mkdir(folder)
        room = os.statvfs(folder)
        # While the journal is written anew it is there twice, beside the slots.
        limit_bytes = min(limit_bytes, room[1] * room[2] // 4)
    except OSError as error:
        print("no folder for the store:", error)
    return FileStore(folder, os.urandom, limit_bytes)
