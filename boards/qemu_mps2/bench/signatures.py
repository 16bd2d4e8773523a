"""One signature of each kind, checked or made, and certificates. The key pairs are nobody's."""

# pyright: reportMissingImports=false

import gc

from chargepoint.crypto import csr, p256, pem, rsa
from chargepoint.crypto.chain import trusted, trusting
from chargepoint.crypto.x509 import COMMON_NAME, Certificate, hash_data, name_part

_DIGEST = bytes(range(32))
_PRIVATE = bytes(range(1, 33))
_MODULUS = bytes.fromhex(
    "c4bf8244d575a9b92a3fa237e2f5157261df5fa2581a634650476a43f9fb8bb1491d610fbc0413834c2eb7556f"
    "78091a1a983c353aacd02540d279f93165a849299086664bd7e5f3d81c3bf63b0e93186ad9c929f278d82d3383"
    "9dc86d7a3ed0efc014ad0d7fc97792821e46cb2c19c790731c7eb56197ffa5c536e93bf36685baef1b9a1bb5df"
    "6af306f152d598257161447bd30d96c41e7358239f5564baea6a0836f901541054b571e073a7f4f4d51e90a741"
    "622f2d6347e627c1c3432e7552e2d900718407d3cdde58bbd42a14870d3d016f221e8bd29c6b71f6a0952843d4"
    "3ac6e9813f884373dde4838eb241dfb3faa9f501440a6e31c2a4c5561dbce9"
)
_PSS = bytes.fromhex(
    "6566597f1a591a79392f68319412c5ef9939cd22ef0c574d6cd385e6b5cebae10439330f23aaf9da60582a9a98"
    "3f6f0285d1ad36d0a97daeb14db4a74dadd4d4448728aeada50e8e3ae06a4b0bacc23f7562589a061c9afd7fe0"
    "87eb5590b62175f33a3cd33b4f90ccfedd967221fe95d7011699737c1f1364b373d2f70f6cb0bd276f27007dcb"
    "a454177505bb2e3a7a5a665cf51c10181d67136aafa86c308a0caeb59e26752a321cab4e2333a0fdc0a8965b87"
    "d8823584a1bb1db8d2821486b829dc641c4eceabbf2b10fcdf839746585c21d6a2b23c9acbb76154893ebadb96"
    "c232cf51761fa480e8e3cc971d96801164b153d1f7514f7ffa86e75ec886f6"
)
_PKCS1 = bytes.fromhex(
    "083635aeec1f1bc99bf1737ecf2d8561706a066589e441e5e5474cd19fe9ce8f21b1f6fbc71bf735dc9ed839d0"
    "4084c59f30f17f18f75638dae60c244777eb496aaddfb8322eb6d60ecb820513f46124280b0093c10b30e03659"
    "459e776ce680da3a6cd78689d4d9f32a374c096529be1bf7ba7219beb84dfb1393c7aaa6622f9d7cbada36547b"
    "5f82eb8b882d0932b375beeed61250fa2451bd4831733504e5de02df24d87532243efe183d0125746a1585260b"
    "d93cad27067984a8d531e624b7be4070a04716fa490bef2a3b7e2fc69143279ce1798a02b067e0e0f1a6d8446b"
    "5c7f624fd1dd19495b477ccda01e5883070499ec90d51d7145f75e61fb8582"
)
_ROOT = b"""\
-----BEGIN CERTIFICATE-----
MIIBNDCB2qADAgECAgISNDAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARyb290MB4X
DTI2MDEwMTAwMDAwMFoXDTQ2MDEwMTAwMDAwMFowDzENMAsGA1UEAwwEcm9vdDBZ
MBMGByqGSM49AgEGCCqGSM49AwEHA0IABGsX0fLhLEJH+Lzm5WOkQPJ3A32BLesz
oPShOUXYmMKWT+NC4v4af5uO5+tKfA+eFivOM1drMV7Oy7ZAaDe/UfWjJjAkMBIG
A1UdEwEB/wQIMAYBAf8CAQAwDgYDVR0PAQH/BAQDAgAEMAoGCCqGSM49BAMCA0kA
MEYCIQCJBL1AOB60leM9UPFtJpEGkm51P+u0d8/TGULjw636rwIhAKXx6ShpnYnm
qNUvrA5iPq5L5ExXTLi/+y9T6trDV9Fk
-----END CERTIFICATE-----
"""
_LEAF = b"""\
-----BEGIN CERTIFICATE-----
MIIBMjCB2aADAgECAgISNDAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARyb290MB4X
DTI2MDEwMTAwMDAwMFoXDTQ2MDEwMTAwMDAwMFowIjERMA8GA1UECgwIT3BlcmF0
b3IxDTALBgNVBAMMBENQLTEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARRWQt6
UVFA0teEyFYIZo/f74yC/R9b5SQhVUoNw9Az7eDBfaiQSnJ9iuG/Nr+KeSYNAS8A
1NgIiNHQu0T9oW2koxIwEDAOBgNVHQ8BAf8EBAMCAIAwCgYIKoZIzj0EAwIDSAAw
RQIhAOrhJyulsbI4eLJy2soSwBI60teKOfzwqpHDWEvgFH3rAiBjzNwyMPxkLV7V
CUuzjEMlPFH9LeD9ZnmqVoBMYbaWUA==
-----END CERTIFICATE-----
"""
_NOW_S = 300000000
_STEPS = 16  # of a check, between two collections


def count(meter) -> None:
    gc.enable()  # for P-256 the heap is filled and emptied more than once
    point = p256.public_point(_PRIVATE)
    signature = p256.sign_ecdsa(_PRIVATE, _DIGEST)
    key = (_MODULUS, 65537, _DIGEST)
    meter.repeat("RSA-2048 PSS verified", 1, _right, rsa.verify_pss, *key, _PSS, 32)
    meter.repeat("RSA-2048 PKCS #1 v1.5 verified", 1, _right, rsa.verify_pkcs1, *key, _PKCS1)
    meter.once("P-256 verified", _right, p256.verify_ecdsa, point, _DIGEST, signature)
    meter.once("P-256 signed", p256.sign_ecdsa, _PRIVATE, _DIGEST)
    meter.repeat("certificate from PEM, read", 1, _read, _LEAF)
    meter.once("certificate of a root on P-256 verified", _verify)
    meter.once("signing request made", csr.request, _PRIVATE, "CP-1", "Operator")
    gc.disable()


def longest_steps(meter) -> None:
    """Of the checks that are done in steps: the longest one. Only the RSA-2048 signature is right,
    but that shows in the last step."""
    gc.enable()
    point = p256.public_point(_PRIVATE)
    signature = p256.sign_ecdsa(_PRIVATE, _DIGEST)
    gc.disable()
    _longest(meter, "P-256 verified", p256.verifying_ecdsa(point, _DIGEST, signature))
    for bits in (2048, 3072, 4096):
        modulus, signed = (_MODULUS * 2)[: bits // 8], (_PSS * 2)[: bits // 8]
        steps = rsa.verifying_pss(modulus, 65537, _DIGEST, signed, 32)
        _longest(meter, "RSA-%d PSS verified" % bits, steps)
        steps = rsa.verifying_pkcs1(modulus, 65537, _DIGEST, signed)
        _longest(meter, "RSA-%d PKCS #1 v1.5 verified" % bits, steps)
    roots = pem.decode(_ROOT, "CERTIFICATE", 1)
    _longest(meter, "certificate of a root", trusting(_read(_LEAF), (), roots, _NOW_S, 0x80))


def _longest(meter, name: str, steps) -> None:
    step, is_over = 0, False
    while not is_over:
        if step % _STEPS == 0:
            meter.begin()
        step += 1
        meter.lap()
        try:
            next(steps)
        except StopIteration:
            is_over = True
        meter.note("longest step: " + name, meter.lap())


def _read(text: bytes):
    certificate = Certificate(pem.decode(text, "CERTIFICATE", 1)[0])
    if name_part(certificate.subject, COMMON_NAME) is None:
        raise AssertionError("no name")
    return certificate


def _verify() -> None:
    roots = pem.decode(_ROOT, "CERTIFICATE", 1)
    leaf, root = trusted(_read(_LEAF), (), roots, _NOW_S, 0x80)
    if hash_data(leaf, root)["serialNumber"] != "1234":
        raise AssertionError("another serial number")


def _right(check, *arguments) -> None:
    if not check(*arguments):
        raise AssertionError("a signature that is right was refused")
