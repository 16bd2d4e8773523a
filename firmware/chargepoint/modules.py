"""Which modules stay in memory and which come and go.

Resident modules run all the time. A transient one answers a rare message: it is imported when that
message comes, and dropped after it, so that its functions cost no heap in between (28 bytes each).
The same goes for what only the making of a connection needs. Transient modules therefore hold
functions and constants only, or a class whose objects do not outlive the use (they would keep the
whole module); state lives in the device model, the store and the objects of the resident modules.
`tests/test_rings.py` holds this table against the
tree, `tests/test_heap.py` that they go and leave nothing behind. Of the dialects only the one that
is spoken stays, see `profiles.load`.
"""

import sys

from .compat import MICROPYTHON

RESIDENT = """
compat modules timestamp
rpc.endpoint rpc.errors rpc.message rpc.schema
device_model.model device_model.table
station.authorization station.calls station.evse station.metering station.outbox
station.power station.provisioning station.record station.router station.station station.statuses
station.transaction station.transactions
profiles.ocpp16.schema profiles.ocpp201.schema
store.frame
link.backoff link.masking link.masking_native link.websocket
"""
TRANSIENT = """
device_model.access device_model.presets device_model.report device_model.variables
link.handshake link.tls link.url
station.availability station.cache station.computed station.data_transfer
station.remote_control station.reset station.resume station.snapshot
station.transaction_status station.trigger
profiles.ocpp16.configuration profiles.ocpp16.keys profiles.ocpp16.requests
profiles.ocpp201.requests
"""
SHELL = """
hal.clock hal.contactor hal.evse hal.hardware hal.indicator hal.lock hal.meter_modbus
hal.meter_s0 hal.pilot hal.proximity hal.reader hal.reader_mfrc522 hal.reader_pn532
hal.residual_current hal.rtc hal.sim hal.sim_clock hal.watchdog
link.dns link.manager link.stream runtime store.files
"""

_PACKAGE = __name__.partition(".")[0]
_LINKED = False  # tools/link_modules.py makes it True: then a dot below the package is a "_"
_used = False  # since the last release; spares the search at nearly all of them


def use(name: str):
    """The transient module `name` (dotted, below the package), imported now if it is not there."""
    global _used
    _used = True
    return __import__(full_name(name), None, None, ("",))


def release() -> None:
    """Drop every transient module. On CPython they stay, for nothing is gained there.

    A running generator of one goes on: its functions know each other by the module's own globals.
    """
    global _used
    if _used:
        _used = False
        for name in TRANSIENT.split():
            if full_name(name) in sys.modules:
                drop(name)


def drop(name: str) -> None:
    """Forget a module, or a package with all that is in it. Who holds it goes on with it."""
    if not MICROPYTHON:
        return
    full = full_name(name)
    for inner in [inner for inner in sys.modules if inner.startswith(full)]:
        if inner == full or inner[len(full)] == ("_" if _LINKED else "."):
            del sys.modules[inner]
            parent, _, leaf = inner.rpartition(".")
            if parent in sys.modules and hasattr(sys.modules[parent], leaf):
                delattr(sys.modules[parent], leaf)


def full_name(name: str) -> str:
    """As it stands in sys.modules."""
    return _PACKAGE + "." + (name.replace(".", "_") if _LINKED else name)
