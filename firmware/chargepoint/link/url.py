"""The address of a CSMS: a ws:// or wss:// URL taken apart, with the station's identity added.

Strict, since the URL comes over the wire (SetNetworkProfile) and goes into an HTTP request: only
ASCII, no user information, no fragment, no control characters, no spaces.
"""

# What may stand in a segment of a path besides letters and digits (RFC 3986, pchar).
_PATH_SAFE = "-._~!$&'()*+,;=:@"


def parse(url: str, identity: str = ""):
    """(secure, host, port, target) of the connection URL of station `identity`.

    host has no brackets; target is path and query, with `/` and the percent-encoded identity
    after the path (a `/` at its end is not doubled). Raises ValueError: what is wrong with it.
    """
    lower = url[:6].lower()
    secure = lower == "wss://"
    if not secure and lower[:5] != "ws://":
        raise ValueError("the URL must begin with ws:// or wss://")
    for c in url:
        if c <= " " or c > "~" or c in '"<>\\^`{|}':
            raise ValueError("the URL has a character that must be percent-encoded: %r" % c)
    if "#" in url:
        raise ValueError("the URL must not have a fragment (#)")
    rest = url[6 if secure else 5 :]
    end = len(rest)
    for c in "/?":
        at = rest.find(c)
        if 0 <= at < end:
            end = at
    host, port = _authority(rest[:end], 443 if secure else 80)
    path, mark, query = rest[end:].partition("?")
    if identity:
        path = (path[:-1] if path.endswith("/") else path) + "/" + encode(identity)
    return secure, host, port, (path or "/") + mark + query


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
    if "@" in text:
        raise ValueError("the URL must not have a user name or password")
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
    for c in text:
        if c not in characters:
            return False
    return True
