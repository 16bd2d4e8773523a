"""Which compiler is taken."""

import pytest

from tools import get_arm_toolchain


@pytest.fixture
def compiler(tmp_path, monkeypatch):
    """Makes the one on the PATH say this version; it "compiles"."""

    def make(version: str) -> str:
        path = tmp_path / get_arm_toolchain.COMPILER
        path.write_text(f"#!/bin/sh\necho 'arm-none-eabi-gcc (15:{version}) 1.2.3 20221205'\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        return str(path).removesuffix("gcc")

    return make


def test_pinned_version_is_that_of_the_table():
    name = f"/gcc-arm-none-eabi_{get_arm_toolchain.pinned_version()}_amd64.deb"
    assert name in get_arm_toolchain.TABLE.read_text()


def test_pinned_version_on_the_path_is_taken(compiler):
    prefix = compiler(get_arm_toolchain.pinned_version())
    assert get_arm_toolchain.pinned_compiler_prefix() == prefix


def test_another_version_on_the_path_is_not_taken_where_counts_must_compare(
    compiler, tmp_path, monkeypatch
):
    prefix = compiler("13.2.rel1-2")
    monkeypatch.setattr(get_arm_toolchain, "unpacked", lambda: tmp_path / "root")
    pinned = get_arm_toolchain.pinned_compiler_prefix()
    assert get_arm_toolchain.compiler_prefix() == prefix
    assert pinned == str(tmp_path / "root" / "usr" / "bin" / "arm-none-eabi-")


def test_where_the_pinned_version_is_not_to_be_had_a_line_says_which(compiler, monkeypatch):
    compiler("13.2.rel1-2")
    monkeypatch.setattr(get_arm_toolchain.platform, "machine", lambda: "riscv64")
    version = get_arm_toolchain.pinned_version()
    with pytest.raises(get_arm_toolchain.Failure, match=f"{version} is needed here.*install"):
        get_arm_toolchain.pinned_compiler_prefix()
