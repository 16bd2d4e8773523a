"""Write the golden transcripts of tests/scenarios anew. Read the difference before committing
it."""

import importlib
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "firmware")]


def main() -> None:
    importlib.import_module("tests.support.transcript").__dict__["WRITE"] = True
    for path in sorted((ROOT / "tests" / "scenarios").glob("test_*.py")):
        if "transcript.compare" not in path.read_text(encoding="utf-8"):
            continue
        module = importlib.import_module(f"tests.scenarios.{path.stem}")
        for name, test in vars(module).items():
            if name.startswith("test_"):
                test()
        print(f"{path.name}: transcripts written")


if __name__ == "__main__":
    main()
