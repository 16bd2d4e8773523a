"""The charge point put together from a board's drivers and what provisioning has written.

A board's `make(config)` gives its drivers to `Composed`; nothing in here knows a pin. `config` is
station.json: id, vendor, model, serial, csms (pairs of URL and security profile), ocpp (the
subprotocols, best first), variables, configuration and the names of both that may be unknown
(allow_unknown), credential (hex or null), wifi (name and key, or null), hardware (the revision
of the board, a word, or null), provisioned_s (when it was written, in seconds since 2020).
"""

import gc
import os
import sys
from binascii import unhexlify

import image
from interface import Interface

from chargepoint import VERSION, modules
from chargepoint.compat import MICROPYTHON, const
from chargepoint.device_model.model import DeviceModel, Layout
from chargepoint.hal.clock import Clock
from chargepoint.hal.hardware import Hardware
from chargepoint.hal.indicator import status_of
from chargepoint.hal.watchdog import Watchdog
from chargepoint.link.dns import Resolver
from chargepoint.link.manager import Link
from chargepoint.runtime import LinkSettings, Runtime
from chargepoint.station.station import Station

_TYPE_CHECKING = const(False)
if _TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from peripherals import WDT, Nic

    from chargepoint.device_model.model import EvseLayout
    from chargepoint.hal.evse import EvseDrivers
    from chargepoint.hal.indicator import Indicator
    from chargepoint.hal.rtc import Rtc

_POLL_MS = const(20)  # IEC 61851-1: the power is off 100 ms after the EV has left C
_ROOMY_BYTES = const(131072)  # of heap: all that comes and goes, TLS and much more fit into it
_RTC_MS = const(60000)  # between two looks at the real time clock
# What mbedTLS says of a certificate that is good but for its date, and by how much the clock that
# it looks at moves on then: less than any server's certificate is valid.
_NOT_YET = ": The certificate validity starts in the future"
_STEP_S = const(1728000)
_GUESSED = "guessed"  # the slot: what the real time clock shows is no time
_TLS_FILES = ("root", "certificate", "key")


class Composed:
    """evses: for each EVSE (EvseLayout, drivers, Indicator or None); reader: or None; nic: of the
    module network, with join() -> None to begin a connection, or None; flash: the folder of the
    file system; flash_stalls: whether everything waits while a sector of the store's flash is
    erased; open_store(flash) -> the store; rtc: hal.rtc.Rtc or None; make_wdt() -> as
    machine.WDT, called when all runs; open_updater(station, network, tls_files, hardware, is_idle)
    -> ota.updater.Updater or None, where is_idle() says whether no contactor is closed; None: this
    board can't be updated.
    """

    def __init__(
        self,
        config: dict,
        evses: "Sequence[tuple[EvseLayout, EvseDrivers, Indicator | None]]",
        reader,
        nic: "Nic",
        join: "Callable[[], None] | None",
        flash: str,
        flash_stalls: bool,
        open_store,
        rtc: "Rtc | None",
        make_wdt: "Callable[[], WDT] | None",
        open_updater=None,
    ):
        self.clock = clock = Clock()
        self._rtc = rtc
        self._rtc_ms = 0
        self._guess_s: int | None = None
        self._make_wdt = make_wdt
        self._watchdog: Watchdog | None = None
        self._indicators = [evse[2] for evse in evses]
        servers = []
        self._interface = Interface(nic, join, servers)
        tls = tuple([_existing(flash + "/tls/" + name) for name in _TLS_FILES])
        store = open_store(flash)
        station = self._station(config, [evse[0] for evse in evses], store, tls)
        hardware = Hardware([evse[1] for evse in evses], reader, poll_ms=_POLL_MS)
        hardware.introduce(station)
        settings = LinkSettings(station, tls)
        roots = _existing(flash + "/tls/manufacturer")
        if roots is not None:
            station.factory_roots = lambda: _read(roots)
        network = Resolver(os.urandom, servers)
        self._evses = station.evses
        self._prepare: Callable[[], None] | None = None
        if flash_stalls and hasattr(store, "quieten"):  # files have no say in what is erased
            store.quieten(lambda: not self._is_idle())
            self._prepare = store.prepare
        if open_updater is not None:
            hardware_revision = config.get("hardware")
            station.updater = open_updater(
                station, network, settings.tls_files, hardware_revision, self._is_idle
            )
        if station.updater is None:
            station.model.leave_out("firmware")
        elif station.updater.version is not None:
            station.layout.firmware_version = station.updater.version

        def make_link(wake):
            return Link(settings, network, os.urandom, wake)

        self.runtime = Runtime(
            station, hardware, clock, settings, make_link, None, self._before_wait
        )
        self.runtime.trace = _trace
        if MICROPYTHON and gc.mem_free() > _ROOMY_BYTES:  # pyright: ignore[reportAttributeAccessIssue]
            modules.keep()

    async def run(self) -> str:
        """Work until the station must restart, for the reason that is returned."""
        if self._make_wdt is not None:
            self._watchdog = Watchdog(self._make_wdt(), ("loop",))
        return await self.runtime.run()

    def _station(self, config: dict, layouts, store, tls) -> Station:
        layout = Layout(
            config["vendor"],
            config["model"],
            config["serial"],
            VERSION,
            config["id"],
            tuple(layouts),
        )
        model = DeviceModel(layout, store.slots, image.FEATURES)
        network = modules.use("station.network")
        network.begin(model, config["csms"], config["ocpp"], image.SUBPROTOCOLS, tls)
        self._preset(model, config)
        reason = store.slots.load("boot_reason")
        store.slots.delete("boot_reason")
        reason = reason.decode() if reason else "PowerUp"
        station = Station(layout, model, store, os.urandom, reason, print)
        rtc = self._rtc
        if rtc is not None:
            epoch_s = rtc.epoch_s() if store.slots.load(_GUESSED) is None else None
            if epoch_s is not None:
                station.provisioning.set_clock(epoch_s, self.clock.now())
            else:
                latest_s = modules.use("station.moments").latest_s(station)
                self._guess(station, max(latest_s, config.get("provisioned_s", 0), rtc.earliest_s))
        return station

    def _guess(self, station: Station, epoch_s: int) -> None:
        """Without the time the dates of certificates are checked by a moment that has passed for
        sure. It is only in the real time clock, and the slot says that it is no time."""
        slots = station.store.slots
        try:
            if slots.load(_GUESSED) is None:
                slots.save(_GUESSED, b"1")
        except OSError as error:  # it would be taken for the time after a restart
            station.log("the real time clock is left as it is: %s" % error)
            return
        assert self._rtc is not None
        self._rtc.set(epoch_s)
        self._guess_s = epoch_s

    def _preset(self, model, config: dict) -> None:
        """What the station left the factory with; the server's changes win over it."""
        unknown = config["allow_unknown"]
        if config["configuration"] and "ocpp1.6" in image.SUBPROTOCOLS:
            keys = modules.use("profiles.ocpp16.presets")
            keys.preset(model, config["configuration"], unknown[0])
        if config["variables"]:
            modules.use("device_model.presets").preset(model, config["variables"], unknown[1])
        if config["credential"] is not None:
            model.preset_credential = unhexlify(config["credential"])
        modules.release()

    def _before_wait(self, deadline, settled: bool) -> None:
        """After each pass."""
        now = self.clock.now()
        station, settings = self.runtime.station, self.runtime.settings
        if self._watchdog is not None:
            self._watchdog.alive("loop", now)
            self._watchdog.feed(now)
        for n in range(len(self._indicators)):
            indicator = self._indicators[n]
            if indicator is not None:
                indicator.show(status_of(station, station.evses[n]), now, station.online)
        self._interface.poll(now, self._is_idle())
        if self._prepare is not None and self._is_idle():
            self._prepare()
        why, settings.last_failure = settings.last_failure, None
        if self._guess_s is not None and " ".join((why or "").split()).endswith(_NOT_YET):
            self._guess(station, self._guess_s + _STEP_S)
            when = modules.use("timestamp").format(self._guess_s)
            station.log("certificates are checked by the date " + when)
        if self._rtc is not None and now >= self._rtc_ms:
            self._rtc_ms = now + _RTC_MS
            self._set_rtc(self._rtc, station.provisioning.epoch_s(now))

    def _is_idle(self) -> bool:
        """Whether no contactor is closed, nor commanded to close."""
        for evse in self._evses:
            if evse.closed or evse.wanted:
                return False
        return True

    def _set_rtc(self, rtc: "Rtc", epoch_s) -> None:
        """The real time clock follows the station's, which follows the server's."""
        if epoch_s is None:
            return
        shown = rtc.epoch_s()
        if shown is None or abs(shown - epoch_s) > 1:
            try:
                rtc.set(epoch_s)
            except ValueError:
                return  # a server whose time can't be right
        if self._guess_s is not None:
            self._guess_s = None
            self.runtime.station.store.slots.delete(_GUESSED)


def _read(path: str) -> str:
    with open(path) as file:
        return file.read()


def _existing(path: str):
    try:
        os.stat(path)
        return path
    except OSError:
        return None


def _trace(error) -> None:
    show = getattr(sys, "print_exception", None)
    if show is not None:
        show(error)
