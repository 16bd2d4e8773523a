"""OCPP 1.6's configuration keys as what a station leaves the factory with.

Transient; used at each start, and to check a configuration file.
"""

from ...compat import const
from ...device_model.presets import allowed, new_name, text_of
from .configuration import find, parsed, variable
from .keys import KEYS

# Codes of the keys, as in tools/generate_variables.py.
_DIRECT = const(0)
_MEASURANDS = const(1)
_ROTATION = const(7)
_CREDENTIAL = const(9)
_SECURITY_PROFILE = const(10)
_RATE_UNIT = const(11)
_DISCONNECT = const(12)
_NETWORK = const(13)


def preset(model, values: dict, allow_unknown: bool = False) -> None:
    """Take over what the station leaves the factory with: key -> text, number, bool or list.

    Read-only keys that show a variable too. Raises ValueError with the key and what is wrong. With
    allow_unknown an unknown key becomes a variable. Call it before `presets.preset`, whose values
    win.
    """
    for name in sorted(values):
        value = text_of(values[name])
        at = find(name)
        if at < 0:
            if not allow_unknown:
                raise ValueError('"%s": there is no such configuration key' % name)
            model.preset(new_name(model, name), value)
            continue
        try:
            for key, text in parsed(model, at, value):
                if isinstance(text, bytes):
                    model.preset_credential = text
                elif text is not None:
                    model.preset(key, text)
        except ValueError:
            raise ValueError('"%s" must be %s' % (name, _allowed(model, at))) from None


def _allowed(model, at: int) -> str:
    kind = KEYS[at + 1] >> 2
    if kind == _CREDENTIAL:
        return "32 to 40 hexadecimal digits"
    if kind == _ROTATION:
        return "a list of 0.RST, 1.Unknown and the like"
    if kind == _RATE_UNIT:
        return "a list of Current and Power"
    if kind in (_DIRECT, _MEASURANDS, _SECURITY_PROFILE, _DISCONNECT):
        return allowed(model, variable(at))
    if kind == _NETWORK:
        return "left out: the servers' URLs stand elsewhere"
    return "left out, for it is derived"
