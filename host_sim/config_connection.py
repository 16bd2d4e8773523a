"""Where a simulated station connects, and whether it can: what can be known before it starts.

What would only make it try for ever, such as `wss://` without a root, is refused here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chargepoint.link import url as link_url

if TYPE_CHECKING:
    from host_sim.config import Config

BUILTIN = "builtin"
SUBPROTOCOLS = ("ocpp2.0.1", "ocpp1.6")
PASSWORD_VARIABLE = "HOST_SIM_BASIC_AUTH"  # environment: the password
_LONGEST_URL = 512


class ConfigError(Exception):
    """One line for the user."""


def csms_url(where: str, text: str) -> str:
    """A checked endpoint URL, without the identity and a closing slash."""
    allowed = "allowed: ws://HOST[:PORT][/PATH][?QUERY] or wss://..., without the identity"
    hidden = "(with credentials)" if "@" in text else text
    try:
        parts = urlsplit(text)
        if not parts.hostname or parts.port == 0 or len(text) > _LONGEST_URL:
            raise ConfigError(f"{where} {hidden!r}: {allowed}")
        link_url.parse(text, "x")
    except ValueError as error:
        raise ConfigError(f"{where} {hidden!r}: {error}; {allowed}") from None
    scheme, colon, rest = text.partition(":")
    text = scheme.lower() + colon + rest
    return text if parts.query else text.rstrip("/")


def subprotocols(where: str, items: list[str]) -> tuple[str, ...]:
    """A checked list of subprotocols; `1.6` and `2.0.1` will do."""
    names = tuple(item if item.startswith("ocpp") else f"ocpp{item}" for item in items)
    for item, name in zip(items, names, strict=True):
        if name not in SUBPROTOCOLS:
            raise ConfigError(f"{where} {item!r}: allowed: {', '.join(SUBPROTOCOLS)}")
    if not names or len(set(names)) != len(names):
        raise ConfigError(f"{where}: allowed: each of {', '.join(SUBPROTOCOLS)} once, best first")
    return names


def check(config: Config) -> None:
    """Whether certificates, password and URLs go together. Raises ConfigError."""
    if (config.cert is None) != (config.key is None):
        missing = "--key" if config.key is None else "--cert"
        raise ConfigError(f"{missing}: needed too, for --cert and --key go together")
    profile = config.profile_of
    key = f"{config.source}station.security_profile"
    if profile >= 2 and config.csms == (BUILTIN,):
        raise ConfigError(
            f"security profile {profile}: needs --csms wss://..., for the built-in CSMS has no TLS"
        )
    for url in config.csms:
        if profile and url != BUILTIN and (profile >= 2) != url.startswith("wss:"):
            scheme = "wss://" if profile >= 2 else "ws://"
            raise ConfigError(f"security profile {profile} with {url}: allowed: {scheme} URLs")
    if profile == 3 and config.cert is None:
        raise ConfigError(f"{key} 3: allowed: with --cert and --key only")
    for url in config.csms:
        if url.startswith("wss:") and config.ca is None:
            raise ConfigError(
                f"{url}: needs --ca FILE, the root (PEM) that the server's certificate leads to"
            )
    if profile == 1 and not _has_password(config):
        raise ConfigError(
            f"{key} 1: needs a password: --basic-auth-file, {PASSWORD_VARIABLE}"
            " in the environment, --basic-auth or SecurityCtrlr.BasicAuthPassword in [variables]"
        )


def _has_password(config: Config) -> bool:
    """Also from an earlier run: one that was set over OCPP is in the state directory."""
    if config.basic_auth is not None or config.has_credential:
        return True
    if config.state_dir is None:
        return False
    # The flash of an emulated board is one file, which only the board can read.
    name = "qemu.img" if config.target == "qemu" else "credential.*"
    return any((config.state_dir / "flash").glob(name))
