"""Files for TLS that a station could not use are told before they are on the board."""

import base64
from pathlib import Path

import pytest

from tests.tools import made_certificates as made
from tools import certificates
from tools.boards import Failure


def der(pem: bytes) -> bytes:
    return base64.b64decode(b"".join(pem.splitlines()[1:-1]))


def refusal(root: Path | None, certificate: Path | None = None, key: Path | None = None) -> str:
    with pytest.raises(Failure) as failure:
        certificates.check(root, certificate, key)
    assert "\n" not in str(failure.value)
    return str(failure.value)


def test_what_is_good(tmp_path: Path):
    ca, cert, key = made.write(tmp_path)
    certificates.check(None, None, None)
    certificates.check(ca, None, None)
    certificates.check(ca, cert, key)
    cert.write_bytes(cert.read_bytes() + ca.read_bytes())  # with its chain
    certificates.check(ca, cert, key)
    for path in (ca, key):
        path.write_bytes(der(path.read_bytes()))
    certificates.check(ca, cert, key)


@pytest.mark.parametrize(
    "data, said",
    [
        (b"", "neither PEM nor DER: a certificate is needed"),
        (b"\x7fELF", "neither PEM nor DER"),
        (b"\x30\x03\x02\x01\x05", "not readable: a certificate is needed"),
        (b"-----BEGIN CERTIFICATE-----\nMIIB", "PEM block without its label"),
        (b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "not readable"),
        (b"-----BEGIN EC PARAMETERS-----\nMIIB\n-----END EC PARAMETERS-----\n", "nothing in it"),
        (made.key_pem(made.new_key()), "not readable: a certificate is needed"),
    ],
)
def test_what_is_no_certificate(data: bytes, said: str, tmp_path: Path):
    ca, cert, key = made.write(tmp_path)
    bad = tmp_path / "bad"
    bad.write_bytes(data)
    assert refusal(bad).startswith(f"CA={bad}: ") and said in refusal(bad)
    assert refusal(ca, bad, key).startswith(f"CERT={bad}: ")


def test_a_root_that_the_board_can_not_read(tmp_path: Path):
    ca, _, _ = made.write(tmp_path)
    ca.write_bytes(ca.read_bytes() + made.pss_pem())
    assert "signed by RSA-PSS" in refusal(ca)


def test_one_bad_root_among_good_ones(tmp_path: Path):
    ca, _, _ = made.write(tmp_path)
    ca.write_bytes(ca.read_bytes() + made.key_pem(made.new_key()))
    assert "not readable" in refusal(ca)


def test_what_is_no_key(tmp_path: Path):
    ca, cert, key = made.write(tmp_path)
    assert "not readable: a private key without a password" in refusal(ca, cert, cert)
    key.write_bytes(made.key_pem(made.new_key(), b"secret"))
    assert "an encrypted key can't be used" in refusal(ca, cert, key)
    key.write_bytes(der(key.read_bytes()))
    assert "not readable: a private key without a password" in refusal(ca, cert, key)


def test_a_key_of_another_certificate(tmp_path: Path):
    ca, cert, key = made.write(tmp_path)
    key.write_bytes(made.key_pem(made.new_key()))
    assert refusal(ca, cert, key) == f"KEY={key}: belongs to another certificate than CERT={cert}"


def test_what_can_not_be_read(tmp_path: Path):
    assert refusal(tmp_path).startswith(f"CA={tmp_path}: Is a directory: a certificate")
