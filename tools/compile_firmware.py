"""Compile every device file with mpy-cross: what it refuses, a device would refuse.

Two rounds, for the unix port (x64) and for a microcontroller (armv7m), since native code is
compiled for one architecture at a time. The output goes to build/firmware/, a tree for each.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CROSS = ROOT / "build" / "micropython" / "mpy-cross"
ARCHITECTURES = ("x64", "armv7m")


def device_files(root: Path) -> list[Path]:
    folders = (root / "firmware", root / "boards")
    return [path for folder in folders for path in sorted(folder.rglob("*.py"))]


def compile_all(root: Path, cross: Path, target: Path) -> list[str]:
    """Compile the device files below `root` into `target`; returns what failed."""
    failures = []
    for path in device_files(root):
        name = path.relative_to(root)
        for architecture in ARCHITECTURES:
            output = target / architecture / name.with_suffix(".mpy")
            output.parent.mkdir(parents=True, exist_ok=True)
            # Tracebacks name the path below the root, on whatever machine it was compiled.
            command = [str(cross), f"-march={architecture}", "-s", str(name), "-o", str(output)]
            done = subprocess.run([*command, str(path)], capture_output=True, text=True)
            if done.returncode:
                failures.append(f"{name} ({architecture}): {done.stderr.strip()}")
    return failures


def main() -> int:
    if not CROSS.exists():
        print("compile_firmware: no mpy-cross; run `make micropython`", file=sys.stderr)
        return 1
    files = device_files(ROOT)
    failures = compile_all(ROOT, CROSS, ROOT / "build" / "firmware")
    for failure in failures:
        print(failure, file=sys.stderr)
    print(f"mpy-cross: {len(files)} files, {len(failures)} failures")
    return 1 if failures or not files else 0


if __name__ == "__main__":
    sys.exit(main())
