"""tools/image.py: keys, images, signatures, and one clear line for what can't be."""

import base64
import json
import re
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from chargepoint.crypto import chain, pem, signature
from chargepoint.crypto.x509 import CODE_SIGNING, DIGITAL_SIGNATURE, Certificate
from chargepoint.ota import container
from tests.support import images
from tools import build_romfs, image, image_container, image_keys, image_ocpp

SIGN = ["--product", "box", "--hardware", "A", "B", "--version", "1.0.0", "--counter", "5"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Keys of both kinds, a key file, a payload, and an image signed with each."""
    folder = tmp_path_factory.mktemp("images")
    for name in ("p256", "rsa3072"):
        run(folder, "keys", name, "--private", f"{name}.key", "--public", f"{name}.pub")
    run(folder, "pin", "p256.pub", "rsa3072.pub", "--output", "keys.bin")
    run(folder, "pin", "p256.pub", "--output", "one.bin")
    (folder / "app.romfs").write_bytes(romfs((folder / "keys.bin").read_bytes()))
    for name in ("p256", "rsa3072"):
        run(folder, "sign", "app.romfs", "--key", f"{name}.key", *SIGN, "--output", f"{name}.img")
    return folder


def romfs(keys: bytes | None, **others: bytes) -> bytes:
    files = {"lib/a.txt": bytes(2000), **{f"{name}.mpy": data for name, data in others.items()}}
    return build_romfs.image(files if keys is None else {**files, "update_keys.bin": keys})


def run(folder: Path, *arguments: str) -> int:
    """As called in that folder: names of files are there."""
    known = re.compile(r".*\.(key|pub|img|bin|romfs|pem)$|pki")
    return image.main([str(folder / a) if known.match(a) else a for a in arguments])


def refused(folder: Path, capsys, *arguments: str) -> str:
    """What is said, in one line."""
    capsys.readouterr()
    assert run(folder, *arguments) == 1
    said = capsys.readouterr().err
    assert said.startswith("image: ") and said.count("\n") == 1
    return said[7:-1].replace(f"{folder}/", "")


@pytest.mark.parametrize("name", ["p256", "rsa3072"])
def test_an_image_that_a_station_takes(folder: Path, name: str, capsys):
    data = (folder / f"{name}.img").read_bytes()
    station = images.station(keys=container.keys((folder / "keys.bin").read_bytes()))
    assert container.check(data, station).hardware == ["A", "B"]
    assert data[4096:] == (folder / "app.romfs").read_bytes()
    assert run(folder, "verify", f"{name}.img", "--keys", "keys.bin") == 0
    assert run(folder, "show", f"{name}.img") == 0
    said = capsys.readouterr().out
    assert "good, box 1.0.0" in said and re.search(rf"^key +{name} ", said, re.MULTILINE)


def test_a_private_key_is_for_its_owner_and_is_not_overwritten(folder: Path, capsys):
    path = folder / "p256.key"
    before = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    make = ("keys", "p256", "--private")
    said = refused(folder, capsys, *make, "p256.key", "--public", "new.pub")
    assert said == "p256.key exists; a key is not overwritten"
    said = refused(folder, capsys, *make, "new.key", "--public", "p256.pub")
    assert said == "p256.pub exists; a key is not overwritten"
    assert path.read_bytes() == before and not (folder / "new.key").exists()
    assert "no/new.key" in refused(folder, capsys, *make, "no/new.key", "--public", "new.pub")


def test_the_same_key_and_payload_give_the_same_image(folder: Path):
    run(folder, "sign", "app.romfs", "--key", "p256.key", *SIGN, "--output", "again.img")
    assert (folder / "again.img").read_bytes() == (folder / "p256.img").read_bytes()


def test_what_is_signed_with_each_flag(folder: Path):
    more = ["--kind", "system", "--boot-version", "2", "--store-format", "3"]
    more += ["--downgrade-from", "9", "--subprotocols", "ocpp1.6"]
    run(folder, "sign", "app.romfs", "--key", "p256.key", *SIGN, *more, "--output", "more.img")
    found = container.Header((folder / "more.img").read_bytes())
    assert (found.kind, found.boot_version, found.store_format) == (container.SYSTEM, 2, 3)
    assert (found.flags, found.downgrade_from) == (container.DOWNGRADE, 9)
    assert found.subprotocols == ["ocpp1.6"]


@pytest.mark.parametrize(
    "options, said",
    [
        (["--product", "a box"], "product: 'a box' is not printable ASCII without spaces"),
        (["--product", "b" * 33], "product: more than 32 characters"),
        (["--version", ""], "version: '' is not printable ASCII without spaces"),
        (["--hardware", "Ä"], "hardware: 'Ä' is not printable ASCII without spaces"),
        (["--hardware", *("rev%02d" % n for n in range(11))], "hardware: more than 64 characters"),
        (["--counter", "-1"], "counter: 0 to 4294967295"),
        (["--boot-version", "65536"], "boot version: 0 to 65535"),
        (["--downgrade-from", "5"], "downgrade from: a counter above the image's own"),
        (["--key", "p256.pub"], "p256.pub: no private key in PEM without a password"),
        (["--key", "none.key"], "none.key: No such file or directory"),
        (["--output", "no/app.img"], "no/app.img: No such file or directory"),
    ],
)
def test_what_can_not_be_signed(folder: Path, capsys, options: list[str], said: str):
    usual = ["app.romfs", "--key", "p256.key", *SIGN, "--output", "bad.img"]
    assert refused(folder, capsys, "sign", *usual, *options) == said
    assert not (folder / "bad.img").exists()


def test_a_payload_that_is_none(folder: Path, capsys):
    usual = ["--key", "p256.key", *SIGN, "--output", "bad.img"]
    for kind in ("app", "system"):
        (folder / "bad.romfs").write_bytes(b"")
        said = refused(folder, capsys, "sign", "bad.romfs", *usual, "--kind", kind)
        assert said == "the payload is empty"
    (folder / "bad.romfs").write_bytes(b"text")
    assert refused(folder, capsys, "sign", "bad.romfs", *usual) == "bad.romfs: no ROMFS image"


def refusals(folder: Path, capsys, payload: bytes, key: str = "p256.key") -> list[str]:
    """Why `sign`, and `verify` of an image that was signed all the same, refuse the payload; the
    image is good if it is said to be the last."""
    (folder / "bad.romfs").write_bytes(payload)
    usual = ["bad.romfs", "--key", key, *SIGN, "--output", "inside.img"]
    check = ("verify", "inside.img", "--keys", "keys.bin")
    found = [refused(folder, capsys, "sign", *usual)]
    assert not (folder / "inside.img").exists()
    assert run(folder, "sign", *usual, "--last") == 0
    found.append(refused(folder, capsys, *check))
    assert run(folder, *check, "--last") == 0
    (folder / "inside.img").unlink()
    return found


def test_an_image_that_no_other_could_follow_is_the_last_or_refused(folder: Path, capsys):
    keys = (folder / "one.bin").read_bytes()
    for payload, key, why in (
        (romfs(None), "p256.key", "it has no update_keys.bin, and takes no update"),
        (romfs(keys), "rsa3072.key", "its update_keys.bin has not the key that it is signed"),
        (romfs(keys, image=b"\x04fi\0"), "p256.key", "it is built without the block firmware"),
    ):
        said = refusals(folder, capsys, payload, key)
        assert [why in line for line in said] == [True, True], said
        assert said[0].startswith("bad.romfs: ") and said[1].startswith("inside.img: ")
        assert "--last" in said[0]


def test_what_the_header_would_say_and_the_image_is_not(folder: Path, capsys):
    keys, most = (folder / "one.bin").read_bytes(), b"\x05\x08firmware\0\x05\x07ocpp1.6\0"
    usual = ["bad.romfs", "--key", "p256.key", *SIGN, "--output", "bad.img"]
    for module, word in (
        (most + b"\x0bboxes\0", "box"),
        (most + b"\x06box\0", "ocpp2.0.1"),
    ):
        (folder / "bad.romfs").write_bytes(romfs(keys, image=module))
        said = refused(folder, capsys, "sign", *usual)
        assert said == f"bad.romfs: it is not built for {word}, as its header would say"
    assert run(folder, "sign", *usual, "--subprotocols", "ocpp1.6") == 0
    (folder / "bad.img").unlink()


def test_a_key_file_or_an_image_that_is_damaged(folder: Path, capsys):
    usual = ["bad.romfs", "--key", "p256.key", *SIGN, "--output", "bad.img", "--last"]
    whole = romfs((folder / "one.bin").read_bytes())
    for payload, why in (
        (romfs(b"CPK"), "its update_keys.bin: no key file"),
        (whole[:-1], "the ROMFS image is damaged"),
        (b"\xd2\xcd\x31\x80", "the ROMFS image is damaged"),
    ):
        (folder / "bad.romfs").write_bytes(payload)
        assert refused(folder, capsys, "sign", *usual) == f"bad.romfs: {why}"


def test_the_keys_of_this_image_and_of_the_next_are_told(folder: Path, capsys):
    run(folder, "pin", "p256.pub", "rsa3072.pub", "--output", "keys.bin")
    ids = [line.rpartition(": ")[2] for line in capsys.readouterr().out.splitlines()]
    run(folder, "verify", "p256.img", "--keys", "keys.bin")
    said = capsys.readouterr().out.replace(f"{folder}/", "").splitlines()
    assert said == [
        f"p256.img: signed with {ids[0]}",
        f"p256.img: the next one with {ids[0]}",
        f"p256.img: the next one with {ids[1]}",
        "p256.img: good, box 1.0.0",
    ]


def test_keys_that_can_not_be_pinned(folder: Path, capsys):
    others = {
        "short": rsa.generate_private_key(65537, 2048),
        "curve": ec.generate_private_key(ec.SECP384R1()),
    }
    for name, key in others.items():
        (folder / f"{name}.pub").write_bytes(image_keys.public_pem(key.public_key()))
    said = {
        ("short.pub",): "an image needs RSA of 3072 bits and exponent 65537",
        ("curve.pub",): "an image is not signed on secp384r1, but on P-256",
        ("p256.pub", "p256.pub"): "both keys are the same",
        ("p256.pub", "rsa3072.pub", "short.pub"): "a key file has one key or two",
        ("p256.key",): "p256.key: no public key in PEM",
    }
    for names, expected in said.items():
        assert refused(folder, capsys, "pin", *names, "--output", "bad.bin") == expected
    assert not (folder / "bad.bin").exists()


def test_what_is_not_verified(folder: Path, capsys):
    good = (folder / "rsa3072.img").read_bytes()
    size = len(good) - 4096
    said = {
        good[:4000]: container.TRUNCATED,
        b"text" + good[4:]: container.NO_IMAGE,
        good[:-1]: f"truncated: {size - 1} bytes for {size}",
        good + b"\xff": f"more than the payload: {size + 1} bytes for {size}",
        good[:-1] + b"?": container.WRONG_HASH,
        good[:70] + b"B" + good[71:]: container.WRONG_SIGNATURE,
    }
    for data, expected in said.items():
        (folder / "bad.img").write_bytes(data)
        check = ("verify", "bad.img", "--keys", "keys.bin")
        assert refused(folder, capsys, *check) == f"bad.img: {expected}"
    (folder / "bad.img").unlink()
    check = ("verify", "rsa3072.img", "--keys")
    assert refused(folder, capsys, *check, "one.bin") == "rsa3072.img: unknown key"
    assert refused(folder, capsys, *check, "p256.pub") == "p256.pub: no key file"
    for options, expected in (
        (["--product", "other"], container.WRONG_PRODUCT),
        (["--hardware", "C"], container.WRONG_HARDWARE),
        (["--counter", "6"], container.OLDER_COUNTER),
        (["--room", "2000"], container.TOO_LARGE),
    ):
        assert refused(folder, capsys, *check, "keys.bin", *options).endswith(expected)


def test_a_built_image_has_the_key_file(folder: Path, capsys):
    build = ("build", "esp32_poe", "--keys", "keys.bin", "--output", "built.romfs")
    assert run(folder, *build) == 0
    data = (folder / "built.romfs").read_bytes()
    keys = (folder / "keys.bin").read_bytes()
    assert build_romfs.files_in(data)["update_keys.bin"] == keys
    sign = ("sign", "built.romfs", "--key", "p256.key", *SIGN, "--output", "built.img")
    assert refused(folder, capsys, *sign).endswith("not built for box, as its header would say")
    assert run(folder, *sign, "--product", "esp32_poe") == 0
    build = ("build", "esp32_poe", "--output", "bad.romfs", "--keys")
    assert refused(folder, capsys, *build, "p256.pub") == "p256.pub: no key file"
    said = refused(folder, capsys, "build", "no_board", "--output", "bad.romfs")
    assert said.startswith("BOARD=no_board: there is no such board")


@pytest.mark.parametrize(
    "algorithm, scheme, number",
    [
        ("rsa3072", "pss", signature.RSA_PSS),
        ("rsa3072", "pkcs1", signature.RSA_PKCS1),
        ("p256", "ecdsa", signature.ECDSA),
    ],
)
def test_what_update_firmware_needs(
    folder: Path, capsys, algorithm: str, scheme: str, number: int
):
    """The station's own code takes certificate and signature (L01.FR.04)."""
    pki = f"pki-{scheme}"
    run(folder, "ocpp-pki", pki, "--algorithm", algorithm)
    capsys.readouterr()
    keys = ("--certificate", f"{pki}/leaf.pem", "--key", f"{pki}/leaf.key")
    assert run(folder, "ocpp-sign", "p256.img", *keys, "--scheme", scheme) == 0
    fields = json.loads(capsys.readouterr().out)
    leaf = Certificate(pem.decode(fields["signingCertificate"], "CERTIFICATE", 1)[0])
    roots = pem.decode((folder / pki / "root.pem").read_bytes(), "CERTIFICATE", 1)
    assert len(chain.trusted(leaf, [], roots, 220_000_000, DIGITAL_SIGNATURE, CODE_SIGNING)) == 2
    digest = image_ocpp.hashes.Hash(image_ocpp.hashes.SHA256())
    digest.update((folder / "p256.img").read_bytes())
    made = base64.b64decode(fields["signature"])
    assert signature.verify(number, leaf.key, digest.finalize(), made)
    assert stat.S_IMODE((folder / pki / "leaf.key").stat().st_mode) == 0o600


def test_what_can_not_be_signed_for_ocpp(folder: Path, capsys):
    run(folder, "ocpp-pki", "pki-bad", "--algorithm", "p256")
    sign = ("ocpp-sign", "p256.img", "--certificate", "pki-bad/leaf.pem", "--key")
    assert refused(folder, capsys, *sign, "p256.key") == "the certificate is of another key"
    assert refused(folder, capsys, *sign, "pki-bad/leaf.key") == "pss needs an RSA key"
    sign = ("ocpp-sign", "p256.img", "--certificate", "p256.pub", "--key", "p256.key")
    assert refused(folder, capsys, *sign) == "the certificate is no PEM"
    said = refused(folder, capsys, "ocpp-pki", "pki-bad")
    assert said == "pki-bad/root.pem exists; it is not overwritten"


def test_the_certificates_are_what_they_say(folder: Path):
    made = image_ocpp.certificates("p256")
    leaf = x509.load_pem_x509_certificate(made["leaf.pem"])
    root = x509.load_pem_x509_certificate(made["root.pem"])
    leaf.verify_directly_issued_by(root)
    assert image_container.KINDS == {"app": container.APP, "system": container.SYSTEM}
