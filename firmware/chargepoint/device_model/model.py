"""What the station is set to: the values of all variables, and the layout of the hardware.

The variables themselves (names, types, limits, defaults) are constant bytes in `table`, read in
place; in RAM there is only what was changed or preset. A controller reads by a variable's id:

    _HEARTBEAT_INTERVAL = const(57)  # OCPPCommCtrlr.HeartbeatInterval
    model.integer(_HEARTBEAT_INTERVAL)

A value's key is `id << 16 | evse_id << 8 | connector_id`, or the name of a variable that the table
does not know (a str). Three places are asked in turn: `values` (changed since the station left the
factory, kept in the slot "variables"), `presets` (what this station left the factory with, given
at each start, there evse_id 0 for all), and the table's default.

The slot: a version byte, then for each value id, evse_id, connector_id, length, text; id 0xFFFF
means that a name follows, whose length stands for evse_id. Ids that this version does not know are
kept and written back, so that an older version in between loses nothing.

Addresses, checks and computed values, which only rare messages need, are in `variables`.
"""

from ..compat import cold, const
from .table import FEATURES, TABLE

_TYPE_CHECKING = const(False)
if _TYPE_CHECKING:
    from collections.abc import Callable

# The features that are on where nothing else is said.
BUILT = ("remote_control", "remote_trigger", "authorization_cache", "data_transfer", "firmware")

_FORMAT = const(1)
_NAMED = const(0xFFFF)
_ROOM = const(8192)  # bytes of the slot
_PERSISTENT = const(8)  # flag in a row's byte 18


class EvseLayout:
    """Hardware of one EVSE: phases (1 or 3), max_current_a, and connectors, a tuple of
    ConnectorEnumType values, connector n at n - 1."""

    def __init__(self, phases=3, max_current_a=32, connectors=("cType2",)):
        self.phases = phases
        self.max_current_a = max_current_a
        self.connectors = connectors


class Layout:
    """What the station is: texts for BootNotification, and its EVSEs, EVSE n at n - 1."""

    def __init__(self, vendor, model, serial, firmware_version, identity, evses: tuple):
        self.vendor = vendor
        self.model = model
        self.serial = serial
        self.firmware_version = firmware_version
        self.identity = identity
        self.evses = evses

    def connector(self, number: int):
        """(evse_id, connector_id) of the connector with this number when all are counted through
        from 1; None if there is none."""
        for evse_id, evse in enumerate(self.evses, 1):
            if 0 < number <= len(evse.connectors):
                return evse_id, number
            number -= len(evse.connectors)
        return None

    def number(self, evse_id: int, connector_id: int) -> int:
        """The opposite of `connector`."""
        return sum(len(evse.connectors) for evse in self.evses[: evse_id - 1]) + connector_id


class DeviceModel:
    """The variables of one station.

    slots: `.load(name) -> bytes | None`, `.save(name, bytes) -> bool`; features: names of what is
    built in and on, ValueError for an unknown one. The shell may set:

    compute(id, evse_id, connector_id) -> str | None: values that the station alone knows;
    on_change(id): called after a value was changed by the server;
    network_slots: the numbers of the network connection profiles that are set;
    factory_networks: those that the station left the factory with, see `station.network`;
    subprotocols: of the dialects that are built in;
    max_security_profile: the highest one whose certificates the station holds;
    preset_credential: the password's bytes as long as the server has set none.

    `garbled` is True if the slot could not be read to its end; what came before that counts.
    """

    def __init__(self, layout, slots, features=BUILT):
        self.layout = layout
        self.features = bytes([0] + [FEATURES.split().index(name) + 1 for name in features])
        self.compute: "Callable | None" = None
        self.on_change: "Callable | None" = None
        self.preset_credential: bytes | None = None
        self.network_slots = tuple(range(1))
        self.factory_networks = ()
        self.subprotocols = ()
        self.max_security_profile = 1
        self.values = {}
        self.presets = {}
        self._numbers = {}  # what `integer` has found, for it is asked at every poll
        self.names = []  # of the variables that the table does not know, in the order of reports
        self.garbled = False
        self.slots = slots
        self._load()

    def text(self, variable_id: int, evse_id: int = 0, connector_id: int = 0) -> str:
        """The stored, preset or default value; nothing is computed."""
        key = variable_id << 16 | evse_id << 8 | connector_id
        text = self.values.get(key)
        if text is None:
            text = self.presets.get(key)
        if text is None:
            text = self.presets.get(variable_id << 16)
        if text is None:
            row = row_of(variable_id)
            text = pooled(row + 14) if row else ""
        return text

    def integer(self, variable_id: int) -> int:
        """A number; the default, or 0, where what is stored is none."""
        number = self._numbers.get(variable_id)
        if number is None:
            try:
                number = int(self.text(variable_id))
            except ValueError:
                row = row_of(variable_id)
                number = int(row and pooled(row + 14) or "0")
            self._numbers[variable_id] = number
        return number

    def boolean(self, variable_id: int) -> bool:
        return self.text(variable_id) == "true"

    def bits(self, variable_id: int, words: str) -> int:
        """Bit n says whether a list variable contains word n of `words`."""
        items = self.text(variable_id).split(",")
        bits = 0
        for bit, item in enumerate(words.split()):
            if item in items:
                bits |= 1 << bit
        return bits

    def has_feature(self, name: str) -> bool:
        return FEATURES.split().index(name) + 1 in self.features

    @cold
    def leave_out(self, name: str) -> None:
        """A feature that is built in, and that this station can't have."""
        number = FEATURES.split().index(name) + 1
        self.features = bytes([other for other in self.features if other != number])

    @cold
    def write(self, variable_id: int, text: str, evse_id: int = 0, connector_id: int = 0) -> bool:
        """The station's own write, unchecked. False if there is no room for it."""
        if not self.put(variable_id << 16 | evse_id << 8 | connector_id, text):
            return False
        if TABLE[row_of(variable_id) + 18] & _PERSISTENT:
            self.save()
        return True

    @cold
    def put(self, key, text) -> bool:
        """Change a value in RAM only, None to forget it. False if there is no room for it."""
        self._numbers.clear()
        before = self.values.pop(key, None)
        if text is not None:
            self.values[key] = text
            if text != before and len(self._stored()) > _ROOM:
                self.put(key, before)
                return False
        return True

    @cold
    def preset(self, key, text: str) -> None:
        """Another default."""
        self._numbers.clear()
        self.presets[key] = text

    @cold
    def save(self) -> bool:
        """Write the slot if it differs from what it holds; False if the store can't."""
        stored = self._stored()
        if self.garbled or stored != (self.slots.load("variables") or bytes((_FORMAT,))):
            if not self.slots.save("variables", stored):
                return False
            self.garbled = False
        return True

    @cold
    def credential(self):
        """The bytes of the Basic authentication password on the wire, or None; none of them (b"")
        where the server has set one that can't be read any more, and the factory none."""
        saved = self.slots.load("credential")
        return saved or self.preset_credential or saved

    @cold
    def set_credential(self, credential: bytes) -> bool:
        """False if the store can't keep it; then the old one counts."""
        return self.slots.save("credential", credential)

    @cold
    def _stored(self) -> bytes:
        stored = bytearray((_FORMAT,))
        for key in sorted(self.values, key=_order):
            text = self.values[key].encode()
            if isinstance(key, str):
                name = key.encode()
                stored += bytes((255, 255, len(name), 0))
            else:
                name = b""
                row = row_of(key >> 16)
                if row and not TABLE[row + 18] & _PERSISTENT:
                    continue
                stored += bytes((key >> 16 & 255, key >> 24, key >> 8 & 255, key & 255))
            stored += bytes((len(text) & 255, len(text) >> 8)) + name + text
        return bytes(stored)

    @cold
    def _load(self) -> None:
        stored = self.slots.load("variables") or bytes((_FORMAT,))
        try:
            if stored[0] != _FORMAT:
                raise ValueError
            at = 1
            while at < len(stored):
                variable_id = stored[at] | stored[at + 1] << 8
                key = variable_id << 16 | stored[at + 2] << 8 | stored[at + 3]
                start = at + 6
                if variable_id == _NAMED:
                    start += stored[at + 2]
                    key = str(stored[at + 6 : start], "utf-8")
                at = start + (stored[at + 4] | stored[at + 5] << 8)
                if at > len(stored):
                    raise ValueError
                self.values[key] = str(stored[start:at], "utf-8")
        except (IndexError, ValueError):
            self.garbled = True


def word(at: int) -> int:
    """The number at an offset of the table."""
    return TABLE[at] | TABLE[at + 1] << 8


def pooled(at: int) -> str:
    """The text whose offset stands at an offset of the table."""
    at = word(at)
    return str(TABLE[at + 1 : at + 1 + TABLE[at]], "utf-8") if at else ""


def row_of(variable_id: int) -> int:
    """Where the table's row of a variable begins; 0 if there is no such id."""
    number = word(6 + 2 * variable_id) if variable_id < word(4) else 0
    return number and word(0) + 20 * (number - 1)


def _order(key):
    return (key, "") if isinstance(key, int) else (1 << 29, key)
