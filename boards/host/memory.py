"""What the simulated station's flash is used for: a folder of the state directory."""

from os import urandom

from chargepoint.store.files import FileStore


def open_store(config: dict) -> FileStore:
    return FileStore(config["flash"], urandom)
