"""What a station leaves the factory with: values by the text of their address.

Transient; used at each start, and to check a configuration file. A name that the table does not
know can become a variable of its own, a plain readable and writable text.
"""

from ..compat import const
from .access import FREE, checked, exists, flags, split
from .model import pooled, row_of, word

# Flags of a variable, as in tools/generate_variables.py.
_CREDENTIAL = const(1024)
_LIMIT = const(2048)

_MAX_NAMES = const(32)

REFUSED = '"%s" can\'t have this value'


def address(model, text: str):
    """The key of `Component.Variable[Instance]`; where there are several, `EVSE:1.Variable` and
    `Connector:1:2.Variable` (EVSE 1, connector 2) mean one, without a number all of them.

    Raises ValueError with what is wrong, fit for the reader of a configuration file.
    """
    component, variable, instance = split(text)
    component, _, evse = component.partition(":")
    evse, _, connector = evse.partition(":")
    wanted = (component.lower(), variable.lower(), instance.lower())
    for number in range(word(2)):
        row = word(0) + 20 * number
        if pooled(row + 4).lower() != wanted[1] or pooled(row + 2).lower() != wanted[0]:
            continue
        if pooled(row + 6).lower() == wanted[2]:
            try:
                at = int(evse or "0"), int(connector or "0")
            except ValueError:
                raise ValueError("not a number of an EVSE or connector") from None
            if at != (0, 0) and not exists(model, row, at):
                raise ValueError("there is no such EVSE or connector")
            return word(row) << 16 | at[0] << 8 | at[1]
    if text in model.names:
        return text
    raise ValueError("there is no such variable")


def preset(model, values: dict, allow_unknown: bool = False) -> None:
    """Take over what the station leaves the factory with: address -> text, number, bool or list.

    Read-only variables too; of what the station counts the limit is set. What the server has
    changed since wins. Raises ValueError with the address and what is wrong. With allow_unknown a
    name that the table does not know becomes a readable and writable variable; without a component
    it belongs to CustomizationCtrlr.
    """
    for text in sorted(values):  # so that reports keep one order
        value = text_of(values[text])
        try:
            key = address(model, text)
        except ValueError as error:
            if not allow_unknown:
                raise ValueError('"%s": %s' % (text, error)) from None
            key = new_name(model, text)
        special = 0 if isinstance(key, str) else flags(row_of(key >> 16))
        try:
            if isinstance(key, int) and special & _LIMIT:
                preset_limit(model, key, value)
                continue
            value = checked(model, key, value)
        except ValueError:
            raise ValueError(REFUSED % text) from None
        if special & _CREDENTIAL:
            model.preset_credential = value.encode()
        else:
            model.preset(key, value)


def preset_limit(model, key: int, text: str) -> None:
    """Set how many there may be of what a variable counts, at most as many as the table says.

    It stands in the presets under the negative id. Raises ValueError.
    """
    model.presets.pop(-(key >> 16), None)
    model.preset(-(key >> 16), checked(model, key, text))


def text_of(value) -> str:
    """A value of a configuration file as the text of a variable."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join([str(item) for item in value])
    return str(value)


def new_name(model, text: str) -> str:
    """Make a variable of a name that the table does not know. Raises ValueError."""
    component, variable, instance = split(text)
    name = component + "." + variable + ("[%s]" % instance if instance else "")
    longest = 50 + (len(FREE) + 1 if component == FREE else 0)  # as a configuration key
    if not (component and variable and name.endswith(text)) or len(name) > longest:
        raise ValueError('"%s": a name has 1 to 50 characters' % text)
    if name not in model.names:
        if len(model.names) >= _MAX_NAMES:
            raise ValueError('"%s": too many unknown names' % text)
        model.names.append(name)
    return name
