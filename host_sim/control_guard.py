"""Who may drive the station: programs of this machine's users, and no web page in their browser.

A page on the web can make a browser send requests to addresses of this machine. A browser names
the page's site in Origin, and in Host the name under which it looked the address up; a page can
change neither. It can send JSON only under a content type that is not JSON's. So a foreign
Origin, a Host that is some other name (DNS rebinding) and such content types are refused.

What `curl -d` and Python's urllib put in when they are told no content type is taken as JSON, and
so is no content type, as long as there is no Origin: then no browser has sent it. Likewise any
Host will do where --control names an address that other machines can reach.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

_JSON = "application/json"
_UNASKED = ("", "application/x-www-form-urlencoded")


def refusal(method: str, headers: Mapping[str, str], own_host: str) -> str | None:
    """Why a request is refused, or None; own_host: what the interface was told to listen at.
    The names of headers are looked up as they are, so the mapping must not mind their case."""
    host, origin = headers.get("Host"), headers.get("Origin")
    is_open = not _is_loopback(own_host) and origin is None  # other machines have names for it
    if host is not None and not is_open and not _is_ours(host, own_host):
        return (
            f"Host {host!r:.80}: allowed: an IP address, localhost, this machine's name"
            " or the host of --control"
        )
    if origin is not None and origin.lower() != f"http://{host}".lower():
        return f"Origin {origin!r:.80}: a web page may not drive the station"
    if method == "POST":
        kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != _JSON and (origin is not None or kind not in _UNASKED):
            return f"Content-Type {kind!r:.80}: allowed: {_JSON}"
    return None


def _is_loopback(host: str) -> bool:
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_ours(host: str, own_host: str) -> bool:
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return False
    if name in ("localhost", own_host.lower(), socket.gethostname().lower()):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
