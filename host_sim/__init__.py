"""The charge point's simulator: the firmware on a host, with a car, a grid and a server around it."""

import sys
from pathlib import Path

_FIRMWARE = str(Path(__file__).resolve().parent.parent / "firmware")
if _FIRMWARE not in sys.path:  # some of the firmware's tables are read here too
    sys.path.append(_FIRMWARE)
