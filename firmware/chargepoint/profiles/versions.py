"""The versions of OCPP by their names in a network connection profile (OCPPVersionEnumType).

Transient. What a profile names is not what is spoken: the server's choice at the handshake is.
"""


def offered(version: str) -> tuple:
    """The subprotocols to offer, best first; none for a version that no dialect here speaks."""
    if version == "OCPP20":
        return "ocpp2.0.1", "ocpp1.6"
    return ("ocpp1.6",) if version == "OCPP16" else ()


def version(subprotocols) -> str:
    """The name for what offers these."""
    return "OCPP20" if "ocpp2.0.1" in subprotocols else "OCPP16"
