"""Composes the charge point from the configuration that the host's process sends.

The drivers are the simulated ones, moved by what comes over the channel; flash is a folder; the
clock is the host's, at its speed.
"""

import sys
from binascii import unhexlify
from os import urandom

from channel import Network
from memory import open_slots, open_store

from chargepoint import VERSION, modules
from chargepoint.device_model.model import BUILT, DeviceModel, EvseLayout, Layout
from chargepoint.hal.hardware import Hardware
from chargepoint.hal.sim import SimEvse, SimReader
from chargepoint.hal.sim_clock import SimClock
from chargepoint.link.manager import Link
from chargepoint.ota.updater import Updater
from chargepoint.runtime import LinkSettings, Runtime
from chargepoint.station.station import Station

_HEADER_BYTES = 4096
_METER_MS = 60000
_LIMITED_METER_MS = 1000
_EPOCH_S = 1577836800  # the station counts from 2020, the host from 1970


class Board:
    """The whole station; `runtime` runs it. `told` is True once the world is known."""

    message_limit = 16384
    subprotocols = ("ocpp2.0.1", "ocpp1.6")  # those of the image

    def __init__(self, config: dict, channel):
        self._channel = channel
        self._network = Network(channel)
        self._queries = []
        self._watched = False
        self.told = False
        clock = config["clock"]
        self._clock = SimClock(clock["speed"], clock["tick_ms"])
        self._epoch_ms = clock["epoch_ms"]  # of tick 0; None: there is no clock of its own
        self._evses = [SimEvse() for _ in config["evses"]]
        self._reader = SimReader()
        station = self._station(config)
        self._hardware = hardware = _Hardware(self._evses, self._reader, station)
        for n, evse in enumerate(self._evses):
            evse.changed = self._reporter(n + 1, evse)
        settings = LinkSettings(station, config["tls"], self.message_limit)

        def make_link(wake):
            return Link(settings, self._network, urandom, wake)

        self.runtime = Runtime(
            station,
            hardware,
            self._clock,
            settings,
            make_link,
            self._message,
            self._before_wait,
        )
        self.runtime.trace = _trace

    def handle(self, line: dict) -> None:
        """Take one line of the host."""
        self._hardware.pass_ms = None
        if "evse" in line:
            evse = self._evses[line["evse"] - 1]
            if line["replaced"] and self.told:  # what was drawn until then is counted first
                self._hardware.poll(self.runtime.station, line["meter"][5])
                self._hardware.pass_ms = None
            evse.pilot.connector_id = line["plugged"]
            evse.pilot.pilot_state = line["pilot"]
            evse.meter.set(*line["meter"])
            if line["replaced"]:
                evse.meter.replace(line["meter"][0])
            if not evse.contactor.closed():  # a word that was on its way when it opened
                evse.meter.stop(evse.meter.at_ms)
        elif "token" in line:
            self._reader.present(*line["token"])
        elif "fault" in line:
            self._fault(*line["fault"])
        elif "state" in line:
            self._queries.append(line["state"])
        elif "advance" in line:
            interval_ms = line["advance"]
            self._clock.advance(interval_ms)
            if line["settled"]:  # what is awaited began after the host had decided this
                self.runtime.station.calls.endpoint.deadline_ms += interval_ms
                self.runtime.link.put_off(interval_ms)
        elif "watch" in line:
            self._watched = line["watch"]
        elif "route" in line:
            self._network.route(*line["route"])
        elif "go" in line:
            self.told = True
        elif "stop" in line:
            self.runtime.stopping = True
        self.runtime.wake()

    def _station(self, config: dict) -> Station:
        evses = [
            EvseLayout(phases, current, tuple(names)) for phases, current, names in config["evses"]
        ]
        store = open_store(config)
        updater = self._updater(config, store)
        layout = Layout(
            config["vendor"],
            config["model"],
            config["serial"],
            (updater and updater.version) or VERSION,
            config["id"],
            tuple(evses),
        )
        features = [name for name in config["features"] if name in BUILT]
        model = DeviceModel(layout, store.slots, features)
        network = modules.use("station.network")
        network.begin(model, config["csms"], config["ocpp"], self.subprotocols, config["tls"])
        self._preset(model, config)
        reason = store.slots.load("boot_reason")
        store.slots.delete("boot_reason")
        reason = reason.decode() if reason else "PowerUp"
        station = Station(layout, model, store, urandom, reason, self._log)
        station.updater = updater
        if updater is None:
            model.leave_out("firmware")
        path = config["firmware"]["roots"]
        if path is not None:
            station.factory_roots = lambda: _read(path)
        if self._epoch_ms is not None:
            # Of a whole second, so that both processes turn to the next one together.
            epoch_s = self._epoch_ms // 1000 - _EPOCH_S
            station.provisioning.set_clock(epoch_s, -(self._epoch_ms % 1000))
        return station

    def _updater(self, config: dict, store):
        """None without an image that has a header."""
        places = open_slots(config)
        if places is None:
            return None
        view = places.views[places.running]
        header = modules.use("ota.container").Header(view[:_HEADER_BYTES])
        self.subprotocols = header.subprotocols
        return Updater(places, store, self._network, config["tls"], self._subprotocol)

    def _subprotocol(self):
        profile = self.runtime.station.profile
        return None if profile is None else profile.SUBPROTOCOL

    def _preset(self, model, config: dict) -> None:
        """What the station left the factory with; the server's changes win over it."""
        modules.use("device_model.presets").preset(model, config["defaults"])
        values, allow_unknown = config["configuration"]
        if values:  # an image may be without OCPP 1.6
            modules.use("profiles.ocpp16.presets").preset(model, values, allow_unknown)
        values, allow_unknown = config["variables"]
        modules.use("device_model.presets").preset(model, values, allow_unknown)
        if config["credential"] is not None:
            model.preset_credential = unhexlify(config["credential"])
        modules.release()

    def _fault(self, evse_id: int, connector_id: int, code: str, active: bool) -> None:
        evse = self._evses[evse_id - 1]
        evse.faults.set(connector_id, code, active)
        if code == "WeldedContactor":
            evse.contactor.weld(active)
        elif code == "ConnectorLockFailure":
            evse.lock.stuck = active

    def _reporter(self, evse_id: int, evse: SimEvse):
        """A function that tells the host what the station has done to an EVSE, and when.

        That is the moment of the pass in which it did it: the one that it tells the server, and at
        which it has read the meter.
        """

        def report() -> None:
            now = self._hardware.pass_ms
            if now is None:
                now = self._clock.now()
            if not evse.contactor.closed():
                evse.meter.stop(now)  # at once: the host's word comes later
            self._channel.send(
                {
                    "evse": evse_id,
                    "closed": evse.contactor.closed(),
                    "offered_ma": evse.pilot.offered_ma,
                    "locked": evse.lock.locked(),
                    "at_ms": now,
                    "shown_mwh": evse.meter.shown_mwh,
                }
            )

        return report

    def _before_wait(self, deadline, settled: bool) -> None:
        """A pass is over: answer who waits for that."""
        queries, self._queries = self._queries, []
        for number in queries:
            link = self.runtime.link
            url = link.profile[0] or None
            value = modules.use("station.snapshot").snapshot(
                self.runtime.station, url, self._clock.now()
            )
            self._channel.send({"state": number, "value": value})
        if queries:
            modules.release()
        updater = self.runtime.station.updater
        if updater is not None and updater.busy():
            settled = False  # a server's bytes are awaited, or a calculation
        if self._watched:
            self._channel.send(
                {"idle": deadline, "settled": settled, "seen": self._channel.received}
            )

    def _message(self, direction: str, message) -> object:
        """Tell the host of a message; what is to be sent is given back."""
        if direction == "in":
            message = str(message, "utf-8")
        elif not isinstance(message, str):
            message = "".join(message)
        self._channel.send({"message": [direction, message]})
        return message

    def _log(self, text: str) -> None:
        self._channel.send({"log": text})


class _Hardware(Hardware):
    """Reads the meter often only while energy is counted against a limit: each reading is a stop
    of the virtual clock, and the sim's meter misses nothing in between."""

    def __init__(self, evses, reader, station):
        super().__init__(evses, reader)
        self._station = station
        self.pass_ms = None  # of the pass that runs; None: of none since the host's latest line

    def poll(self, station, now: int) -> None:
        self.pass_ms = now
        super().poll(station, now)

    def next_deadline(self):
        self.meter_ms = _METER_MS
        for evse in self._station.evses:
            if evse.transaction is not None and evse.transaction.limit_wh is not None:
                self.meter_ms = _LIMITED_METER_MS
        return super().next_deadline()


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _trace(error) -> None:
    show = getattr(sys, "print_exception", None)
    if show is not None:
        show(error, sys.stderr)
    else:
        import traceback

        traceback.print_exception(error)
