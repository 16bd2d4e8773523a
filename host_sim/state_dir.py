"""The folder that holds what a station keeps without power: its flash, and its meters'
registers.

One process at a time works on it. The lock is inherited by the station's process, so that a new
simulator never meets an old station that has not died yet.

A meter counts until the very moment the power fails, but a file can't be written all the time:
it is written every tenth of a second while a car charges, with the power, and what was counted
between that and the last sign of life in the folder is added at the next start. On a busy machine
the tenth of a second may become seconds, in which the station goes on.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from host_sim.world import MJ_PER_WH, Evse

SAVE_EVERY_S = 0.1
MAX_UNCOUNTED_S = 5  # a folder that was copied has files as young as the copy
_LOCK_PATIENCE_S = 3


class StateDirError(Exception):
    """One line for the user."""


class StateDir:
    """path None: a temporary folder that goes when the simulator ends in order."""

    def __init__(self, path: Path | None) -> None:
        self._temporary = None
        if path is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="host-sim-")
            path = Path(self._temporary.name)
        self.path = path
        self.flash = path / "flash"
        self._meters = path / "meters.json"
        self._is_refused = False  # the meters could not be written
        try:
            self.flash.mkdir(parents=True, exist_ok=True)
            self.lock_fd = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
            self._keep_secret()
        except OSError as error:
            raise StateDirError(f"--state-dir {path}: {error.strerror or error}") from None
        self._lock()

    def restore(self, evses: Iterable[Evse]) -> int | None:
        """Give the meters their registers; the time of day (ms since 1970) of the last save."""
        try:
            saved = json.loads(self._meters.read_text())
            uncounted_s = self._uncounted_s(saved)
            for evse in evses:
                entry = saved["evses"].get(str(evse.id))
                if entry is not None:
                    counted_mj = int(entry["power_w"] * uncounted_s * 1000 * saved["rate"])
                    evse.register_mj = entry["energy_mj"] + counted_mj
            return saved["epoch_ms"]
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StateDirError(f"{self._meters}: {error.strerror or error}") from None
        except (ValueError, LookupError, TypeError, AttributeError):
            raise StateDirError(
                f"{self._meters}: not what the simulator has written; without the file the meters"
                " begin at 0"
            ) from None

    def save(self, evses: Iterable[Evse], epoch_ms: int, rate: float) -> None:
        """Keep the registers as they are now; if that can't be it is told once."""
        value = {
            "evses": {
                str(evse.id): {
                    "energy_mj": evse.register_mj,
                    "energy_wh": evse.register_mj / MJ_PER_WH,
                    "power_w": evse.power_w,
                }
                for evse in evses
            },
            "epoch_ms": epoch_ms,
            "saved_s": time.time(),
            "rate": rate,
        }
        new = self._meters.with_suffix(".new")
        try:
            new.write_text(json.dumps(value))
            os.replace(new, self._meters)
        except OSError as error:
            if not self._is_refused:  # a full disk is told once, and is no reason to end
                print(f"{self._meters}: not kept: {error.strerror or error}", file=sys.stderr)
            self._is_refused = True

    def close(self) -> None:
        os.close(self.lock_fd)
        if self._temporary is not None:
            self._temporary.cleanup()

    def _keep_secret(self) -> None:
        """Keys and passwords are on the flash, also on one that an older version has left."""
        self.flash.chmod(0o700)
        for file in self.flash.iterdir():
            if file.is_file():
                file.chmod(0o600)

    def _uncounted_s(self, saved: dict) -> float:
        """From the last save to the last write of the station."""
        files = [entry.stat().st_mtime for entry in os.scandir(self.flash) if entry.is_file()]
        last_sign_s = max(files, default=0) + 0.01  # file times are a few ms coarse
        return min(max(0.0, last_sign_s - saved["saved_s"]), MAX_UNCOUNTED_S)

    def _lock(self) -> None:
        end = time.monotonic() + _LOCK_PATIENCE_S  # a station that lost its power is dying still
        while True:
            try:
                fcntl.flock(self.lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > end:
                    os.close(self.lock_fd)
                    raise StateDirError(
                        f"--state-dir {self.path}: in use by another process; name another folder"
                    ) from None
                time.sleep(0.05)
