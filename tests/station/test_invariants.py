"""Whatever happens in whatever order: power only for the authorized, and whole transactions."""

from tests.support.fake_station import FakeStation

SETTINGS = {
    "TxCtrlr.TxStartPoint": "EVConnected Authorized PowerPathClosed EnergyTransfer",
    "TxCtrlr.TxStopPoint": "EVConnected,Authorized Authorized PowerPathClosed EnergyTransfer",
    "TxCtrlr.StopTxOnInvalidId": "true false",
    "TxCtrlr.MaxEnergyOnInvalidId": "0 100",
    "TxCtrlr.StopTxOnEVSideDisconnect": "true false",
    "OCPPCommCtrlr.UnlockOnEVSideDisconnect": "true false",
    "AuthCtrlr.Enabled": "true true true false",
    "SampledDataCtrlr.TxUpdatedInterval": "0 7",
}
CODES = "GroundFailure EVCommunicationError ReaderFailure PowerMeterFailure".split()
EVSES = 2


class Dice:
    """The same numbers on every interpreter."""

    def __init__(self, seed):
        self._state = seed * 7919 + 1

    def below(self, n):
        self._state = (self._state * 16807) % 2147483647
        return (self._state >> 8) % n

    def one_of(self, things):
        return things[self.below(len(things))]


class World:
    """A FakeStation and the hardware that it meets; checks after each step."""

    def __init__(self, seed):
        self.dice = dice = Dice(seed)
        settings = {name: dice.one_of(SETTINGS[name].split(" ")) for name in sorted(SETTINGS)}
        connector = dice.one_of(("cType2", "sType2"))
        self.station = FakeStation(settings, evses=EVSES, connectors=(connector,))
        self.meters = [0] * EVSES
        self.story = [settings, connector]
        self.checked = 0
        self.commanded = [False] * EVSES
        self.open = {}  # transaction id -> (seq_no, meter_wh)
        self.ended = set()

    def step(self):
        dice, station = self.dice, self.station
        evse_id = 1 + dice.below(EVSES)
        evse = station.evses[evse_id - 1]
        token = dice.one_of(("04AA", "04BB"))
        what = dice.below(13)
        self.story.append((what, evse_id, token))
        if what == 0 and not evse.plugged:
            station.plug(evse_id, dice.one_of("ABC"))
        elif what == 1 and evse.plugged:
            station.unplug(evse_id)
        elif what in (2, 3) and evse.plugged:
            station.pilot(dice.one_of("ABCCCDEF"), evse_id)
        elif what in (4, 5):
            station.token(token, dice.one_of((0, evse_id)))
        elif what == 6:
            station.fault(dice.one_of(CODES), dice.below(3) == 0, evse_id)
        elif what == 7:
            station.idle_answer(dice.one_of(("Accepted", "Invalid")))
        elif what == 8:
            causes = "Remote RemoteStop,ImmediateReset ResetCommand,Other UnlockCommand"
            reason, trigger = dice.one_of(causes.split(",")).split()
            station.stop(reason, trigger, evse_id)
        elif what == 9:
            station.obey = not station.obey
            station.ev_obeys = dice.below(2) == 0
            station.settle()
        elif what == 10:
            station.online = not station.online
        elif what == 11:
            self.meters[evse_id - 1] = dice.one_of((0, self.meters[evse_id - 1] + 37))
            station.meter(self.meters[evse_id - 1], evse_id, dice.one_of((0, 7000)))
        else:
            station.run(dice.one_of((0, 1, 3, 6, 61)))
        self.check()

    def check(self):
        station = self.station
        for entry in station.log[self.checked :]:
            if not isinstance(entry, tuple):
                self.check_record(entry)
            elif entry[0] == "contactor":
                self.commanded[entry[1] - 1] = entry[2]
        self.checked = len(station.log)
        for evse in station.evses:
            if self.commanded[evse.id - 1]:
                assert evse.plugged and evse.pilot in "CD" and not evse.faulted
                if evse.authorized is None or evse.transaction and evse.transaction.blocked:
                    assert evse.offered_ma == 0  # an ordinary stop, which takes some seconds
                    assert 0 < (evse.open_at_ms or 0) - station.now <= 6000
                assert evse.transaction is not None or evse.wanted
                assert evse.locked or not evse.connector.socket
            assert evse.wanted == self.commanded[evse.id - 1]
            if evse.transaction is not None:
                assert evse.transaction.id in self.open

    def check_record(self, record):
        assert record.transaction_id not in self.ended
        before = self.open.get(record.transaction_id)
        if before is None:
            assert (record.event_type, record.seq_no) == ("Started", 0)
        else:
            assert record.event_type != "Started" and record.seq_no == before[0] + 1
            if record.evse_id == before[2]:
                assert record.meter_wh >= before[1], "energy fell"
        self.open[record.transaction_id] = (record.seq_no, record.meter_wh, record.evse_id)
        if record.event_type == "Ended":
            self.ended.add(record.transaction_id)


def test_any_order_of_events_keeps_power_safe_and_transactions_whole():
    for seed in range(150):
        world = World(seed)
        for _ in range(80):
            try:
                world.step()
            except Exception:
                print("seed %d" % seed, world.story)
                raise
        # However it came, it can be brought to an end.
        station = world.station
        station.obey = True
        station.settle()
        for evse in station.evses:
            for code in CODES:
                station.fault(code, False, evse.id)
            if evse.plugged:
                station.unplug(evse.id)
        station.run(100)
        world.check()
        for evse in station.transactions.all():
            assert evse.transaction is None and not evse.closed and evse.authorized is None, seed
        assert len(world.ended) == len(world.open)
