"""The simulator: the charge point's firmware on a host, with cars, a grid and a server."""

import sys
from pathlib import Path

_FIRMWARE = str(Path(__file__).resolve().parent.parent / "firmware")
if _FIRMWARE not in sys.path:  # some of the firmware's tables are read here too
    sys.path.append(_FIRMWARE)
