"""URLs taken apart: that of a CSMS, with the station's identity added, and that of a file.

Strict, since they come over the wire (SetNetworkProfile, UpdateFirmware) and go into a request:
only ASCII, no fragment, no control characters, no spaces; of a CSMS no user information either.
"""

# What may stand in a segment of a path besides letters and digits (RFC 3986, pchar).
_PATH_SAFE = "-._~!$&'()*+,;=:@"


def parse(url: str, identity: str = ""):
    """(secure, host, port, target) of the connection URL of station `identity`.

    host has no brackets; target is path and query, with `/` and the percent-encoded identity
    after the path (a `/` at its end is not doubled). Raises ValueError: what is wrong with it.
    """
    scheme, user, host, port, path, query = split(url, (("ws", 80), ("wss", 443)))
    if user is not None:
        raise ValueError("the URL must not have a user name or password")
    if identity:
        path = (path[:-1] if path.endswith("/") else path) + "/" + encode(identity)
    return scheme == "wss", host, port, (path or "/") + query


def split(url: str, schemes):
    """(scheme, user information or None, host, port, path, query with its `?`) of a URL.

    schemes: (name, port) of those allowed. Raises ValueError: what is wrong with it.
    """
    scheme, mark, rest = url.partition("://")
    scheme = scheme.lower()
    port = dict(schemes).get(scheme)
    if not mark or port is None:
        names = [name + "://" for name, _ in schemes]
        raise ValueError("the URL must begin with " + " or ".join(names))
    for byte in url.encode():
        if byte <= 0x20 or byte > 0x7E or byte in b'"<>\\^`{|}':
            raise ValueError(
                "the URL has a character that must be percent-encoded: %r" % chr(byte)
            )
    if "#" in url:
        raise ValueError("the URL must not have a fragment (#)")
    end = len(rest)
    for c in "/?":
        at = rest.find(c)
        if 0 <= at < end:
            end = at
    user, at, place = rest[:end].rpartition("@")
    host, port = _authority(place, port)
    path, mark, query = rest[end:].partition("?")
    return scheme, user if at else None, host, port, path, mark + query


def decode(text: str) -> bytes:
    """What `text`, percent-encoded, stands for. Raises ValueError."""
    first, *parts = text.split("%")
    decoded = first.encode()
    for part in parts:
        if len(part) < 2 or not _made_of(part[:2].lower(), "0123456789abcdef"):
            raise ValueError("the URL has a malformed percent-encoding")
        decoded += bytes((int(part[:2], 16),)) + part[2:].encode()
    return decoded


def encode(text: str) -> str:
    """`text` as one segment of a path, percent-encoded as necessary (RFC 3986)."""
    parts = []
    for byte in text.encode():
        c = chr(byte)
        if byte < 128 and (c.isalpha() or c.isdigit() or c in _PATH_SAFE):
            parts.append(c)
        else:
            parts.append("%%%02X" % byte)
    return "".join(parts)


def _authority(text: str, port: int):
    if text.startswith("["):
        host, bracket, after = text[1:].partition("]")
        if not bracket or ":" not in host or not _made_of(host.lower(), "0123456789abcdef:."):
            raise ValueError("the URL has a malformed IPv6 address")
        if after and not after.startswith(":"):
            raise ValueError("the URL has something after its IPv6 address")
        digits = after[1:] if after else None
    else:
        host, colon, digits = text.partition(":")
        if not colon:
            digits = None
        if not _made_of(host.lower(), "abcdefghijklmnopqrstuvwxyz0123456789-._"):
            raise ValueError("the URL has a malformed host name")
    if not host:
        raise ValueError("the URL has no host")
    if digits is not None:
        if not _made_of(digits, "0123456789") or not 0 < len(digits) < 6:
            raise ValueError("the URL has a malformed port")
        port = int(digits)
        if not 0 < port < 65536:
            raise ValueError("the URL's port is not in 1..65535")
    return host, port


def _made_of(text: str, characters: str) -> bool:
    return not text.strip(characters)
