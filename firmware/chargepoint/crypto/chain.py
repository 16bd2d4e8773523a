"""From a certificate to one of the roots that are trusted (RFC 5280, 6)."""

from hashlib import sha256

from ..compat import const
from .der import Invalid
from .signature import verifying
from .steps import finish
from .x509 import KEY_CERT_SIGN, Certificate

_MOST_CERTIFICATES = const(5)  # with leaf and root
_MOST_CHECKS = const(6)  # of a signature: each takes a while


def trusted(leaf, others, roots, now_s, usage: int = 0, purpose: "bytes | None" = None) -> list:
    """The certificates from the leaf, a Certificate, to a root. Raises Invalid with the reason.

    others, roots: DER; both are gone through several times. now_s: epoch_s; None: the time is not
    known, validity is not looked at, and the caller decides what that is worth. usage: the bits
    of keyUsage that the leaf needs, purpose: of extKeyUsage; a leaf without these extensions may
    be used for anything. Revocation is not looked at.
    """
    return finish(trusting(leaf, others, roots, now_s, usage, purpose))


def trusting(leaf, others, roots, now_s, usage: int = 0, purpose: "bytes | None" = None):
    """The same as a generator of steps, which returns it."""
    problem = _at(leaf, now_s)
    if leaf.key_usage is not None and usage & ~leaf.key_usage:
        problem = "key usage"
    if purpose and leaf.purposes is not None and purpose not in leaf.purposes:
        problem = "key usage"
    if problem:
        raise Invalid(problem)
    state = [_MOST_CHECKS, "no way to a root"]
    found = yield from _way([leaf], others, roots, now_s, state)
    if found is None:
        raise Invalid(state[1])
    return found


def _way(chain: list, others, roots, now_s, state: list):
    """Further up from the last of the chain; None if there is no way. state: signatures left to
    check, what went wrong."""
    last = chain[-1]
    for source in (roots, others):
        for data in source:
            yield
            issuer = Certificate(data)
            if issuer.subject != last.issuer:
                continue
            problem = _at(issuer, now_s)
            if not issuer.is_ca or not (
                issuer.key_usage is None or issuer.key_usage & KEY_CERT_SIGN
            ):
                problem = "issuer is no CA"
            elif issuer.path_length is not None and issuer.path_length < len(chain) - 1:
                problem = "path too long"
            elif not state[0]:
                problem = "too many signatures"
            if problem:
                state[1] = problem
                continue
            state[0] -= 1
            yield
            digest = sha256(last.signed).digest()
            if not (
                yield from verifying(
                    last.scheme, issuer.key, digest, last.signature, last.salt_bytes
                )
            ):
                state[1] = "signature of a certificate"
                continue
            longer = chain + [issuer]
            if source is not roots:
                if len(longer) >= _MOST_CERTIFICATES:
                    state[1] = "path too long"
                    continue
                longer = yield from _way(longer, others, roots, now_s, state)
            if longer:
                return longer
    return None


def _at(certificate, now_s) -> "str | None":
    """What is wrong with its validity."""
    if now_s is None:
        return None
    if now_s < certificate.not_before_s:
        return "not yet valid"
    return "expired" if now_s > certificate.not_after_s else None
