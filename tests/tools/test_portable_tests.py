"""Which test files are portable, and that a failure on MicroPython is seen."""

from pathlib import Path

import pytest

from tools import portable_tests as portable

HEAD = "from chargepoint import VERSION\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    support = tmp_path / "tests" / "support"
    support.mkdir(parents=True)
    (support / "plain.py").write_text("import json\n")
    (support / "round.py").write_text("from tests.support import round\n")
    (support / "oracle.py").write_text("import jsonschema\n")
    (support / "deep.py").write_text("from tests.support.oracle import x\n")
    package = tmp_path / "firmware" / "chargepoint"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text('VERSION = "1"\n')
    (package / "modules.py").write_text("def keep(): pass\n")
    return tmp_path


def write(root: Path, text: str) -> Path:
    path = root / "tests" / "test_x.py"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "obstacle"),
    [
        ("import json\nfrom chargepoint.rpc import message\ndef test_a(): pass", None),
        ("from tests.support import plain, round\nimport tests.support.plain", None),
        ("import pytest", "imports pytest"),
        ("def test_a():\n    import pathlib", "imports pathlib"),
        ("import os.path", "imports os.path"),
        ("if _TYPE_CHECKING:\n    from typing import Any", None),
        ("from . import x", "imports ."),
        (
            "from tests.support import deep",
            "tests.support.deep tests.support.oracle imports jsonschema",
        ),
        ("def test_a(tmp_path): pass", "test_a asks for a fixture"),
        ("async def test_a(): pass", "test_a is a coroutine"),
    ],
)
def test_obstacle(root: Path, text: str, obstacle: str | None):
    assert portable.obstacle(write(root, text), root) == obstacle


def test_files_are_found_by_their_imports(root: Path):
    path = write(root, HEAD)
    (root / "tests" / "test_y.py").write_text("import pytest\n")
    assert portable.portable_files(root) == [path]


def test_passing_file(root: Path):
    path = write(root, HEAD + "def test_a(): assert VERSION == '1'\ndef test_b(): pass\n")
    assert portable.run(path, root) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def test_a(): pass\ndef test_b():\n    assert VERSION == '2'\n", "line 4, in test_b"),
        ("def test_a(): raise MemoryError\n", "MemoryError"),
        ("VERSION.nothing\ndef test_a(): pass\n", "AttributeError"),
        ("", "0 ok"),
        ("if VERSION:\n    def test_a(): pass\n", "0 ok"),
        ("import sys\ndef test_a(): sys.exit(0)\n", "1 tests expected"),
    ],
)
def test_failing_file(root: Path, text: str, said: str):
    problem = portable.run(write(root, HEAD + text), root)
    assert problem and said in problem


def test_missing_interpreter_is_a_failure(root: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(portable, "INTERPRETER", root / "nothing")
    assert "no MicroPython" in str(portable.run(write(root, HEAD), root))


def test_why_names_every_file(capsys: pytest.CaptureFixture[str]):
    assert portable.main(["--why"]) == 0
    assert "tests/test_rings.py: imports ast" in capsys.readouterr().out
