"""Whether a signing certificate is the manufacturer's, and a file signed with its key.

Generators for the updater: between their steps the contactor's pilot is polled.
"""

from ..compat import const
from ..crypto import pem
from ..crypto.chain import trusting
from ..crypto.der import Invalid
from ..crypto.signature import ECDSA, RSA_PKCS1, RSA_PSS, verifying
from ..crypto.x509 import CODE_SIGNING, DIGITAL_SIGNATURE, Certificate
from . import firmware_record

_ALLOW_PKCS1 = const(141)  # SecurityCtrlr.AllowPkcs1FirmwareSignature


def of_certificate(text: str, roots: list, now_s: int):
    """Whether it hangs directly below one of the roots (L01.FR.12); there is none in between.

    Returns ((public key, exponent), None), or (None, what is wrong).
    """
    try:
        leaf = Certificate(pem.decode(text, "CERTIFICATE", 1)[0])
        yield
        yield from trusting(leaf, (), roots, now_s, DIGITAL_SIGNATURE, CODE_SIGNING)
    except Invalid as error:
        return None, str(error)
    public, exponent = leaf.key
    return (bytes(public), exponent), None


def of_file(station, update: dict):
    """Whether the signature of the file is that of the certificate's key (L01.FR.04).

    An RSA key's is PSS with a salt of any length, PKCS #1 v1.5 only by the setting.
    """
    _, public, signature = firmware_record.texts(station)
    key, digest = (public, update["exponent"]), update["digest"]
    yield
    if not update["exponent"]:
        return (yield from verifying(ECDSA, key, digest, signature))
    found = yield from verifying(RSA_PSS, key, digest, signature)
    if not found and station.model.boolean(_ALLOW_PKCS1):
        found = yield from verifying(RSA_PKCS1, key, digest, signature)
    return found
