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
compat modules
rpc.endpoint rpc.errors
device_model.model device_model.table
station.authorization station.calls station.evse station.metering station.outbox
station.power station.provisioning station.record station.router station.station station.statuses
station.transaction station.transactions
profiles.ocpp16.schema profiles.ocpp201.schema
store.flash_slots store.flash_store store.frame store.ring
link.websocket
"""
TRANSIENT = """
timestamp
crypto.chain crypto.csr crypto.der crypto.p256 crypto.pem crypto.rsa crypto.signature crypto.steps
crypto.x509
rpc.message rpc.pieces rpc.schema
device_model.access device_model.presets device_model.report device_model.variables
ota.container ota.download ota.ftp ota.http ota.installation ota.progress ota.receiving
ota.slots ota.sources ota.system ota.trial
store.ahead store.moving store.ring_boot store.ring_edit store.ring_sectors store.tape
link.backoff link.handshake link.masking link.masking_native link.opening link.sender link.tls
link.url link.utf8
station.availability station.cache station.computed station.data_transfer
station.firmware station.firmware_record station.firmware_request station.firmware_signature
station.firmware_status station.manufacturer_roots
station.moments station.network station.network_profile station.record_bytes
station.remote_control station.reset station.resume station.samples station.snapshot
station.thinning station.trigger station.unsaved
profiles.ocpp16.configuration profiles.ocpp16.keys profiles.ocpp16.requests
profiles.ocpp16.presets profiles.ocpp16.transactions
profiles.ocpp201.requests profiles.ocpp201.transactions profiles.versions
"""
SHELL = """
hal.clock hal.contactor hal.evse hal.hardware hal.indicator hal.lock hal.meter_modbus
hal.meter_s0 hal.pilot hal.proximity hal.reader hal.reader_mfrc522 hal.reader_pn532
hal.residual_current hal.rtc hal.sim hal.sim_clock hal.watchdog
link.dns link.manager link.stream ota.updater runtime store.file_access store.files
"""

_PACKAGE = __name__.partition(".")[0]
_PREFIX = _PACKAGE + "."
_LINKED = False  # tools/link_modules.py makes it True: then a dot below the package is a "_"
_DIALECTS = ("profiles_ocpp16", "profiles_ocpp201")
_used = False  # since the last release; spares the search at nearly all of them
_kept = False


def use(name: str):
    """The transient module `name` (dotted, below the package), imported now if it is not there."""
    global _used
    _used = True
    return __import__(full_name(name), None, None, ("",))


def bind(instance, name: str):
    """The cold method `name` of an object: the `__getattr__` of classes whose cold methods the
    linker has put into a module."""
    function = getattr(use("cold_" + type(instance).__name__), name)
    return lambda *args, **named: function(instance, *args, **named)


def keep() -> None:
    """From now on what comes in stays: for a heap with room to spare, where that is faster."""
    global _kept
    _kept = True


def release() -> None:
    """Drop every transient module. On CPython they stay, for nothing is gained there.

    A running generator of one goes on: its functions know each other by the module's own globals.
    """
    global _used
    if _used and MICROPYTHON and not _kept:
        _used = False
        for full in [full for full in sys.modules if _is_transient(full)]:
            _forget(full)


def done(name: str) -> None:
    """Drop a transient module that has done its part, before others come in."""
    if not _kept:
        drop(name)


def drop(name: str) -> None:
    """Forget a module, or a package with all that is in it. Who holds it goes on with it."""
    if MICROPYTHON:
        name = full_name(name)
        for full in [full for full in sys.modules if full.startswith(name)]:
            if full == name or full[len(name)] in "._":
                _forget(full)


def full_name(name: str) -> str:
    """As it stands in sys.modules."""
    return _PREFIX + (name.replace(".", "_") if _LINKED else name)


def _is_transient(full: str) -> bool:
    if not full.startswith(_PREFIX):
        return False
    if _LINKED:  # all is in the package itself, but what comes and goes
        return full[len(_PREFIX) :] not in _DIALECTS
    return full[len(_PREFIX) :] in TRANSIENT.split()


def _forget(full: str) -> None:
    del sys.modules[full]
    parent, _, leaf = full.rpartition(".")
    if parent in sys.modules and hasattr(sys.modules[parent], leaf):
        delattr(sys.modules[parent], leaf)
