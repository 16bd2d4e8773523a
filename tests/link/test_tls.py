"""TLS with certificates made here, on both interpreters: who is trusted, and who is not."""

import asyncio
import datetime
import ipaddress
import ssl
import warnings
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from chargepoint.link import tls
from tests.link import network_scenarios
from tests.link.servers import running
from tests.link.test_manager import INTERPRETERS

DAY = datetime.timedelta(days=1)


def pem(key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def certificate(name: str, issuer=None, key=None, days: int = 30, pss=None, begins: int = -60):
    """(certificate, key) of `name`; issuer = such a pair, or None for a root."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins * DAY)
        .not_valid_after(now + days * DAY)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), True)
    )
    if issuer:
        names = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.9"))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), False)
    signing = issuer[1] if issuer else key
    return builder.sign(signing, hashes.SHA256(), rsa_padding=pss), key


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """roots.pem (two of them), other.pem, and certificates with keys signed by the second root."""
    path = tmp_path_factory.mktemp("tls")

    def store(name, *objects):
        data = [
            o.public_bytes(serialization.Encoding.PEM)
            if isinstance(o, x509.Certificate)
            else pem(o)
            for o in objects
        ]
        (path / name).write_bytes(b"".join(data))

    first, root, other = certificate("first"), certificate("root"), certificate("other")
    store("roots.pem", first[0], root[0])
    store("other.pem", other[0])
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    unreadable = certificate("unreadable", key=rsa_key, pss=pss)  # by mbedTLS
    store("mixed.pem", unreadable[0], root[0])
    store("unreadable.pem", unreadable[0])
    for name, made in {
        "server": certificate("localhost", root),
        "rsa": certificate("localhost", root, rsa_key),
        "expired": certificate("localhost", root, days=-1),
        "early": certificate("localhost", root, begins=5),
        "station": certificate("CP 1", root),
        "pss": certificate("localhost", unreadable, pss=pss),
    }.items():
        store(f"{name}.pem", made[0])
        store(f"{name}.key", made[1])
    return path


def server_context(folder: Path, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context


def play(
    folder: Path,
    run,
    name: str,
    server: str = "server",
    strict: bool = True,
    change=None,
    roots: str = "roots.pem",
):
    """Run a scenario with a TLS server, and one that asks for certificates (or has no TLS)."""
    files = [str(folder / f) for f in (roots, "station.pem", "station.key", "other.pem")]

    async def go():
        first, second = server_context(folder, server), server_context(folder, server)
        second.verify_mode = ssl.CERT_REQUIRED
        second.load_verify_locations(folder / "roots.pem")
        if change:
            change(first)
            change(second)
        async with running(first, second if strict else None) as ports:
            await run(network_scenarios, name, ports, files)

    asyncio.run(go())


@INTERPRETERS
@pytest.mark.parametrize("server", ["server", "rsa"])
def test_A00_FR_307_a_trusted_server(folder, run, server):
    play(folder, run, "tls", server)


def only(suite: str):
    """Of a server's context: it takes this suite alone."""

    def change(context: ssl.SSLContext) -> None:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(suite + ":@SECLEVEL=0")

    return change


@INTERPRETERS
@pytest.mark.parametrize(
    "server, suite",
    [("server", "ECDHE-ECDSA-AES128-GCM-SHA256"), ("rsa", "AES256-GCM-SHA384")],
)
def test_A00_FR_319_these_suites_are_taken(folder, run, server, suite):
    play(folder, run, "tls", server, change=only(suite))


@INTERPRETERS
@pytest.mark.parametrize("suite", ["AES128-SHA", "ECDHE-RSA-AES256-SHA384"])
def test_A00_FR_323_other_suites_are_refused_and_told_of(folder, run, suite):
    play(folder, run, "tls_suites", "rsa", change=only(suite))


@INTERPRETERS
def test_a_root_that_can_not_be_read_is_passed_over(folder, run):
    play(folder, run, "tls", roots="mixed.pem")
    play(folder, run, "tls_untrusted", roots="unreadable.pem")  # none is left


@INTERPRETERS
def test_a_certificate_that_can_not_be_read_is_refused_and_told_of(folder, run):
    play(folder, run, "tls_untrusted", "pss")


@INTERPRETERS
def test_A00_FR_401_the_station_shows_its_certificate(folder, run):
    play(folder, run, "tls_mutual")


@INTERPRETERS
@pytest.mark.parametrize(
    "name", ["wrong_root", "wrong_name", "no_certificate", "bad_files", "refused_upgrade"]
)
def test_refused(folder, run, name):
    play(folder, run, "tls_" + name)


@INTERPRETERS
def test_an_expired_certificate_is_refused(folder, run):
    play(folder, run, "tls_untrusted", "expired")


@INTERPRETERS
def test_a_certificate_that_is_not_yet_valid_is_refused(folder, run):
    play(folder, run, "tls_not_yet", "early")


@INTERPRETERS
def test_a_server_without_tls_is_not_waited_for_for_ever(folder, run):
    play(folder, run, "tls_silence", strict=False)


@INTERPRETERS
def test_A00_FR_313_an_older_tls_is_refused(folder, run):
    def only_old(context):
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings(action="ignore"):  # Python knows that they are old
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1

    play(folder, run, "tls_version", change=only_old)


def test_A00_FR_319_the_cipher_suites():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ECDHE+AESGCM:RSA+AESGCM")
    names = {cipher["name"] for cipher in context.get_ciphers()}
    assert {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"} <= names
    assert {"AES128-GCM-SHA256", "AES256-GCM-SHA384"} <= names


def test_A00_FR_321_no_compression(folder):
    context: Any = tls.context(2, (str(folder / "roots.pem"), None, None))
    assert context.options & ssl.OP_NO_COMPRESSION
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.check_hostname and context.verify_mode == ssl.CERT_REQUIRED


def test_pem_to_der(folder):
    data = (folder / "roots.pem").read_bytes()
    objects = tls.der(b"subject=first\n" + data)
    assert [x509.load_der_x509_certificate(o).subject.rfc4514_string() for o in objects] == [
        "CN=first",
        "CN=root",
    ]
    assert tls.der(data.replace(b"\n", b"\r\n")) == objects
    assert tls.der(objects[0]) == [objects[0]]
    key = (folder / "station.key").read_bytes()
    parameters = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    assert tls.der(parameters + key) == tls.der(key)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"-----BEGIN CERTIFICATE-----\nMIIB",
        b"-----BEGIN CERTIFICATE-----",
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n",
        b"-----BEGIN PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAA\n-----END PRIVATE KEY-----",
        b"-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN CERTIFICATE-----\nMI*B\n-----END CERTIFICATE-----\n",
    ],
)
def test_what_is_no_pem(data):
    with pytest.raises(ValueError):
        tls.der(data)


def test_what_is_reported_as_a_security_event():
    assert tls.refusal(ssl.SSLCertVerificationError("x")) == "InvalidCsmsCertificate"
    error = ssl.SSLError(1, "alert")
    for reason, event in (
        ("TLSV1_ALERT_PROTOCOL_VERSION", "InvalidTLSVersion"),
        ("UNSUPPORTED_PROTOCOL", "InvalidTLSVersion"),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", "InvalidTLSCipherSuite"),
        ("WRONG_CIPHER_RETURNED", "InvalidTLSCipherSuite"),
        ("BAD_LENGTH", None),
    ):
        error.reason = reason
        assert tls.refusal(error) == event, reason
    assert tls.refusal(OSError(111, "refused")) is None
