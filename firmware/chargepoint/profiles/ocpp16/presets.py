"""OCPP 1.6's configuration keys as what a station leaves the factory with.

Transient; used at each start, and to check a configuration file.
"""

from ...compat import const
from ...device_model.presets import REFUSED, new_name, preset_limit, text_of
from .configuration import AT_MOST, find, most, parsed, variable
from .keys import KEYS

# Codes of the keys, as in tools/generate_variables.py.
_ITEMS = const(2)
_LIMIT = const(3)


def preset(model, values: dict, allow_unknown: bool = False) -> None:
    """Take over what the station leaves the factory with: key -> text, number, bool or list.

    Read-only keys that show a variable or a limit too. Raises ValueError with the key and what is
    wrong. With allow_unknown an unknown key becomes a variable. Call it before `presets.preset`,
    whose values win.
    """
    for name in sorted(values):
        value = text_of(values[name])
        at = find(name)
        if at < 0:
            if not allow_unknown:
                raise ValueError('"%s": there is no such configuration key' % name)
            model.preset(new_name(model, name), value)
            continue
        kind, key = KEYS[at + 1] >> 2, variable(at)
        try:
            if kind == _LIMIT:
                preset_limit(model, key, value)
                continue
            if kind == _ITEMS:
                model.presets.pop(key | AT_MOST, None)
                if not 0 < int(value) <= most(model, key):
                    raise ValueError
                model.preset(key | AT_MOST, value)
                continue
            for key, text in parsed(model, at, value):
                if isinstance(text, bytes):
                    model.preset_credential = text
                elif text is not None:
                    model.preset(key, text)
        except ValueError:
            raise ValueError(REFUSED % name) from None
