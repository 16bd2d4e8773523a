"""mpy-cross compiles what a device can run, and refuses the rest."""

from pathlib import Path

from tools import compile_firmware as gate


def compiled(root: Path, source: str) -> list[str]:
    path = root / "firmware" / "x.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(source)
    return gate.compile_all(root, gate.CROSS, root / "out")


def test_good_file_is_compiled_for_each_architecture(tmp_path: Path):
    assert compiled(tmp_path, "@micropython.viper\ndef f(x: ptr8) -> int: return x[0]\n") == []
    for architecture in gate.ARCHITECTURES:
        assert (tmp_path / "out" / architecture / "firmware" / "x.mpy").stat().st_size


def test_positional_only_is_refused(tmp_path: Path):
    failures = compiled(tmp_path, "def f(a, /): pass\n")
    assert len(failures) == len(gate.ARCHITECTURES)
    assert "firmware/x.py" in failures[0] and "SyntaxError" in failures[0]


def test_bad_native_code_is_refused(tmp_path: Path):
    assert compiled(tmp_path, "@micropython.viper\ndef f(x: ptr8): return x + 'a' * x\n")
