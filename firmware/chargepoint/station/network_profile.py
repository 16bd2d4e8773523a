"""SetNetworkProfile (B09), and the same by a configuration key.

Transient. What is set counts from the next boot on (B10.FR.04). The slots are those that
NetworkConfigurationPriority may name.
"""

from .. import modules
from ..compat import const

_SECURITY_PROFILE = const(82)  # SecurityCtrlr.SecurityProfile

_NOT_STORED = "InternalError"
_SLOTS = const(4)
_MAX_URL = const(512)
_MAX_TIMEOUT_S = const(600)
_MAX_TEXT = const(500)  # of a key's value


class Refusal(Exception):
    """Reason code and a sentence."""


def set_network_profile(station, request: dict, now: int) -> dict:
    """Accepted, Rejected for data that can't be used, Failed if it can't be stored (B09)."""
    data = request["connectionData"]
    try:
        for name in "apn", "vpn":
            if name in data:
                raise Refusal("InvalidNetworkConf", "this station sets up no " + name.upper())
        if data["ocppTransport"] != "JSON":
            raise Refusal("InvalidNetworkConf", "this station speaks JSON only")
        store(
            station,
            request["configurationSlot"],
            data["securityProfile"],
            data["messageTimeout"],
            data["ocppVersion"],
            data["ocppCsmsUrl"],
        )
    except Refusal as refusal:
        code, text = refusal.args
        return _result("Failed" if code == _NOT_STORED else "Rejected", code, text)
    return {"status": "Accepted"}


def _result(status: str, code: str, text: str) -> dict:
    return {"status": status, "statusInfo": {"reasonCode": code, "additionalInfo": text}}


def store(station, slot: int, level: int, timeout_s: int, version: str, url: str) -> None:
    """Check a profile and keep it; timeout_s 0: the variable's. Raises Refusal."""
    model = station.model
    if not 0 <= slot < _SLOTS:
        raise Refusal("InvalidConfSlot", "there are the slots 0 to %d" % (_SLOTS - 1))
    offered = modules.use("profiles.versions").offered(version)
    if not offered or offered[0] not in model.subprotocols:
        raise Refusal("InvalidNetworkConf", "this image does not speak %s" % version)
    if not 0 <= timeout_s <= _MAX_TIMEOUT_S:
        raise Refusal("InvalidNetworkConf", "messageTimeout is at most %d" % _MAX_TIMEOUT_S)
    _check_url(url, level, model)
    if level < max(station.network[1], model.integer(_SECURITY_PROFILE)):  # B09.FR.04
        raise Refusal("NoSecurityDowngrade", "the security profile in use is higher")
    if level > model.max_security_profile:  # A05.FR.02, A05.FR.03
        raise Refusal("InvalidNetworkConf", "no certificates for security profile %d" % level)
    network = modules.use("station.network")
    record = network.Record(model.slots)
    record.stored[slot] = level, timeout_s, version, url
    record.given_up &= ~(1 << slot)
    record.boots = 0
    if not record.save(model.slots):
        raise Refusal(_NOT_STORED, "the profile could not be stored")
    model.network_slots = network.allowed(model, record)
    station.security_event("ReconfigurationOfSecurityParameters", "network profile %d" % slot)


def _check_url(url: str, level: int, model) -> None:
    try:
        secure = modules.use("link.url").parse(url, model.layout.identity)[0]
        if len(url) > _MAX_URL:
            raise ValueError("the URL is longer than %d characters" % _MAX_URL)
    except ValueError as error:
        raise Refusal("InvalidNetworkConf", str(error)[:200]) from None
    if secure != (level >= 2):
        scheme = "wss" if level >= 2 else "ws"
        text = "security profile %d needs a %s:// URL" % (level, scheme)
        raise Refusal("InvalidNetworkConf", text)
    if not 0 <= level <= 3:
        raise Refusal("InvalidNetworkConf", "there are the security profiles 0 to 3")
    if level in (1, 2) and not model.credential():
        raise Refusal("InvalidNetworkConf", "no password for security profile %d" % level)


# ---- as configuration keys


def text_of(model, slot: int):
    """`version security-profile URL` of a slot, "" if it is not set, None if that is too long."""
    network = modules.use("station.network")
    profile = network.known(model, network.Record(model.slots)).get(slot)
    if profile is None:
        return ""
    version = modules.use("profiles.versions").version(profile[3])
    text = "%s %d %s" % (version, profile[1], profile[0])
    return text if len(text) <= _MAX_TEXT else None


def set_text(station, slot: int, text: str) -> bool:
    """The opposite; False if it was refused, which the server is told as a security event."""
    try:
        words = text.split(" ")
        if len(words) != 3 or words[1] not in ("0", "1", "2", "3"):
            raise Refusal("", "the value is: OCPP16 or OCPP20, security profile, URL")
        store(station, slot, int(words[1]), 0, words[0], words[2])
    except Refusal as refusal:
        refused(station, "NetworkProfile%d" % slot, refusal.args[1])
        return False
    return True


def refused(station, key: str, why: str) -> None:
    """The answer has no room for a reason."""
    station.log("%s refused: %s" % (key, why))
    station.security_event("NetworkProfileRefused", "%s: %s" % (key, why))
