"""TLS for the security profiles 2 and 3: the server's certificate and name are always checked.

Profile 2 needs the root certificates of the CSMS, profile 3 also the station's certificate and
key. TLS 1.2 or newer, no compression, AES-GCM suites (A00.FR.319..321). Those without forward
secrecy come last: they are among the ones that A00.FR.319 names. Before 1.29 MicroPython's TLS
reads DER only, so it gets that; of the station's certificate chain it then sends the first
certificate only.
"""

from .. import modules
from ..compat import MICROPYTHON


def context(security_profile: int, files):
    """A client TLS context. files: paths of root certificates, own certificate, key; or None each.

    Raises ValueError or OSError with what is missing or malformed.
    """
    roots, certificate, key = files
    if not roots:
        raise ValueError("no root certificate of the CSMS")
    if security_profile >= 3 and not (certificate and key):
        raise ValueError("no certificate of the charging station")
    if MICROPYTHON:
        import tls

        made = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
        made.verify_mode = tls.CERT_REQUIRED  # with the host name
        made.set_ciphers([name for name in made.get_ciphers() if "-GCM-" in name])
        for root in der(_read(roots)):
            try:
                made.load_verify_locations(root)
            except ValueError:  # as one with RSA-PSS; the others' servers are still to be had, and
                pass  # without any root each server is refused
        if security_profile >= 3:
            made.load_cert_chain(der(_read(certificate))[0], der(_read(key))[-1])
        return made
    import ssl

    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.options |= ssl.OP_NO_COMPRESSION
    made.set_ciphers("ECDHE+AESGCM:RSA+AESGCM")
    for root in der(_read(roots)):
        made.load_verify_locations(cadata=root)
    if security_profile >= 3:
        made.load_cert_chain(certificate, key)
    return made


def der(data: bytes) -> list:
    """The DER objects in a PEM file, in order; data that is not PEM is one DER object."""
    if b"-----BEGIN " not in data:
        if data[:1] != b"\x30":
            raise ValueError("neither PEM nor DER")
        return [data]
    if b",ENCRYPTED" in data or b"ENCRYPTED " in data:  # in a line of its own, or the label
        raise ValueError("an encrypted key can't be used")
    objects = []
    for label, block in modules.use("crypto.pem").blocks(data):
        if b"PARAMETERS" not in label:  # of an EC key, written before it by some tools
            objects.append(block)
    return objects


def refusal(error) -> "str | None":
    """The security event that a failed connection is to be reported as, or None."""
    if MICROPYTHON:
        if isinstance(error, ValueError):  # what mbedTLS found wrong with the certificate
            return "InvalidCsmsCertificate"
        code = error.args[0] if error.args else 0
        if isinstance(code, str):  # in words of ours, as of a server that refuses the upgrade
            return None
        if -0x4000 < code <= -0x2080 or code in (-0x7A00, -0x7680):  # X.509, keys; no root at all
            return "InvalidCsmsCertificate"
        if code == -0x6E80:
            return "InvalidTLSVersion"
        # No common suite: told by an alert, or by a server that closes instead of an answer.
        return "InvalidTLSCipherSuite" if code in (-0x6E00, -0x7780, -0x7280) else None
    import ssl

    if isinstance(error, ssl.SSLCertVerificationError):
        return "InvalidCsmsCertificate"
    reason = getattr(error, "reason", None) or ""
    if "PROTOCOL" in reason or "VERSION" in reason:
        return "InvalidTLSVersion"
    if "CIPHER" in reason or "HANDSHAKE_FAILURE" in reason:
        return "InvalidTLSCipherSuite"
    return None


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
