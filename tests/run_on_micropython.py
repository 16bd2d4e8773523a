"""Run test files on MicroPython: every function `test_*` of each file, in the order of the file.

    micropython tests/run_on_micropython.py tests/rpc/test_message.py ...

Run from the root of the checkout, MICROPYPATH=.frozen:firmware:. in the environment. Prints the
traceback of each failure and one line per file; exit status 1 if a test failed or a file had none.
tools/portable_tests.py says which files can be run so, and starts this.

Transient modules stay in memory: here they are sources, and compiling them anew at each use would
take most of the time. That they go is the matter of tests/test_heap.py and of the emulated board.
"""

import gc
import re
import sys

_DEFINITION = re.compile(r"def (test_\w+)\(")


def test_names(path):
    """Names of the test functions in the order of the file (a module's dict has no order here)."""
    with open(path) as file:
        for line in file:
            match = _DEFINITION.match(line)
            if match:
                yield match.group(1)


def run_file(path):
    """Run one file; returns (passed, failed)."""
    module = __import__(path[:-3].replace("/", "."), None, None, ("",))
    passed = failed = 0
    for name in test_names(path):
        gc.collect()
        try:
            getattr(module, name)()
            passed += 1
        except Exception as error:
            failed += 1
            print("FAILED %s::%s" % (path, name))
            sys.print_exception(error)  # type: ignore[attr-defined]
    return passed, failed


def main(paths):
    bad = not paths
    for path in paths:
        passed, failed = run_file(path)
        print("%s: %d ok, %d failed" % (path, passed, failed))
        bad = bad or failed or not passed
    return 1 if bad else 0


if __name__ == "__main__":
    sys.path.pop(
        0
    )  # the folder of this file, where tests/support would pass for a package of its own
    __import__("chargepoint.modules", None, None, ("",)).keep()
    sys.exit(main(sys.argv[1:]))
