"""Which compiler is taken, and what is fetched where there is none."""

import hashlib
import io
import subprocess
import tarfile

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


# What is fetched, unpacked and made to run. The package is a small one, made here.


def deb(files: dict[str, bytes]) -> bytes:
    """A Debian package, which is an ar archive with a tar archive in it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), 0o755
            tar.addfile(member, io.BytesIO(data))
    made = b"!<arch>\n"
    for name, data in (("debian-binary", b"2.0\n"), ("data.tar.xz", packed.getvalue())):
        head = f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n"
        made += head.encode() + data + b"\n" * (len(data) % 2)
    return made


LOADER = b'#!/bin/sh\necho "loaded: $@"\n'
PACKAGE = {
    f"./{get_arm_toolchain._LOADER}": LOADER,
    "./usr/bin/qemu-system-arm": b"\x7fELF-the-program",
    "./usr/bin/arm-none-eabi-ar": b"#!/bin/sh\n",
    "./usr/bin/arm-none-eabi-g++": b"\x7fELF",
    "./usr/share/doc/copyright": b"text",
    "../outside": b"x",
    "./usr/lib/arm-none-eabi/bin/as": b"\x7fELF",
    "./usr/lib/x86_64-linux-gnu/libz.so.1": b"\x7fELF",
}


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A mirror with one package, which is all that the table names; its file on the mirror."""
    place = "debian/pool/main/q/qemu+x/qemu+x_1_amd64.deb"
    path = tmp_path / "mirror" / place
    path.parent.mkdir(parents=True)
    path.write_bytes(deb(PACKAGE))
    table = tmp_path / "table.txt"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    table.write_text(f"# SHA-256, SHA-1, path\n{digest} {'0' * 40} {place}\n")
    monkeypatch.setattr(get_arm_toolchain, "TABLE", table)
    monkeypatch.setattr(get_arm_toolchain, "RESULT", tmp_path / "result")
    monkeypatch.setattr(get_arm_toolchain, "ARCHIVE", (tmp_path / "nowhere").as_uri())
    monkeypatch.setenv("DEBIAN_MIRROR", (tmp_path / "mirror" / "debian").as_uri())
    monkeypatch.delenv("OCPP_MPY_CACHE", raising=False)
    monkeypatch.setattr(get_arm_toolchain.sys, "platform", "linux")
    monkeypatch.setattr(get_arm_toolchain.platform, "machine", lambda: "x86_64")
    return path


def test_programs_are_started_by_the_loader_that_came_with_them(mirror):
    root = get_arm_toolchain.unpacked()
    program = root / "usr" / "bin" / "qemu-system-arm"
    done = subprocess.run([program, "-M", "a b"], capture_output=True, text=True, check=True)
    libraries = f"{root}/lib/x86_64-linux-gnu:{root}/usr/lib/x86_64-linux-gnu"
    assert done.stdout == (
        f"loaded: --library-path {libraries} --argv0 {program} {program}.real -M a b\n"
    )
    assert (root / "usr/lib/arm-none-eabi/bin/as.real").exists()
    assert (root / "usr/lib/x86_64-linux-gnu/libz.so.1").read_bytes() == b"\x7fELF"
    assert (root / "usr/bin/arm-none-eabi-ar").read_bytes() == b"#!/bin/sh\n"
    assert (root / "usr/lib/arm-none-eabi/include").readlink().as_posix() == "../../include/newlib"


def test_what_is_not_needed_or_leads_outside_is_left_out(mirror):
    root = get_arm_toolchain.unpacked()
    assert not (root / "usr/bin/arm-none-eabi-g++").exists()
    assert not (root / "usr/share").exists() and not (root.parent / "outside").exists()


def test_what_is_there_is_neither_fetched_nor_unpacked_again(mirror, capsys):
    root = get_arm_toolchain.unpacked()
    assert "getting qemu+x_1_amd64.deb" in capsys.readouterr().out
    mirror.unlink()
    (root / "mine").touch()
    assert get_arm_toolchain.unpacked() == root and (root / "mine").exists()
    (root.parent / "stamp").unlink()  # as after an unpacking that was broken off
    get_arm_toolchain.unpacked()
    assert not (root / "mine").exists() and (root / "usr/bin/qemu-system-arm").exists()
    assert capsys.readouterr().out == ""


def test_no_package_but_the_pinned_one_gets_in(mirror, tmp_path):
    mirror.write_bytes(deb({**PACKAGE, "./more": b""}))
    with pytest.raises(get_arm_toolchain.Failure, match=r"can't get qemu\+x_1_amd64.deb \("):
        get_arm_toolchain.unpacked()
    assert not (tmp_path / "result" / "root").exists()
    assert list((tmp_path / "result" / "packages").iterdir()) == []


def test_a_damaged_package_in_the_cache_is_fetched_anew(mirror, tmp_path):
    cache = tmp_path / "result" / "packages"
    cache.mkdir(parents=True)
    (cache / mirror.name).write_bytes(b"cut off")
    get_arm_toolchain.unpacked()
    assert (cache / mirror.name).read_bytes() == mirror.read_bytes()


@pytest.mark.parametrize("url", ["nonsense", "http://127.0.0.1:9-x", "http://127.0.0.1:9"])
def test_a_mirror_that_is_none_is_one_line(url, mirror, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("DEBIAN_MIRROR", url)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert get_arm_toolchain.main() == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and "install gcc-arm-none-eabi" in told
