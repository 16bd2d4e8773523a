"""The simulator: the charge point's firmware on a host, with cars, a grid and a server."""

import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
for _folder in (_ROOT / "firmware", _ROOT):  # of the firmware and the tools some is used here too
    if str(_folder) not in sys.path:
        sys.path.append(str(_folder))
