"""When the dialect changes, and the way back where the new server does not accept the station."""

import pytest

from tests.support.field import KEY, NEW, OLD, V16, V201, Field, on_new, on_old

BOTH = (V201, V16)
TRIAL_S, PENDING_S = 900, 3600
TRANSACTIONS = ("StartTransaction", "MeterValues", "StopTransaction")


@pytest.fixture
def field():
    """Makes a station with both dialects, online in OCPP 1.6."""
    fields = []

    def make(**options):
        station = Field(BOTH, **options)
        fields.append(station)
        station.run(5)
        station.change("AuthorizationKey", KEY)
        station.run(5)
        assert on_old(station)
        return station

    yield make
    for made in fields:
        made.close()


def charge(station, seconds=60):
    station.plug(1)
    station.token("04AABBCC", 1)
    station.run(seconds)
    assert station.drivers[0].contactor.closed()


def stop(station):
    station.token("04AABBCC", 1)
    station.unplug(1)
    station.run(1)


def charges_as_before(station):
    """A session from its start to its end, told to the server of OCPP 1.6."""
    station.forget()
    charge(station)
    stop(station)
    station.run(30)
    sent = [action for action in station.actions() if action in TRANSACTIONS]
    assert sent[0] == "StartTransaction" and sent[-1] == "StopTransaction"
    shown = station.sent("StartTransaction")[0], station.sent("StopTransaction")[0]
    assert shown[1]["meterStop"] - shown[0]["meterStart"] > 100
    assert shown[1]["meterStop"] == station.energy_wh(1)


def test_nothing_changes_before_a_reboot(field):
    station = field()
    station.choose()
    station.network.socket.end()
    station.run(30)
    assert on_old(station)
    station.ask("Reset", {"type": "Soft"})
    station.run(15)
    assert on_new(station)
    assert station.variable("OCPPCommCtrlr.ActiveNetworkProfile") == "1"


def test_the_switch_waits_for_a_transaction_and_for_the_queue(field):
    station = field(more={"TxCtrlr.ResumptionTimeout": 86400})
    charge(station)
    station.choose()
    station.network.servers["old.example"] = None
    station.cut()  # it goes on after that, and is told to nobody
    station.run(7200)
    assert {host for host, _, _ in station.hellos} == {"old.example"}
    station.network.servers["old.example"] = (b"ocpp1.6",)
    station.run(60)
    assert on_old(station)
    stop(station)
    station.run(30)
    assert on_new(station)
    assert station.reboots == []
    names = station.actions()
    assert "TransactionEvent" not in names and names.count("StopTransaction") == 1
    assert station.sent("StopTransaction")[0]["meterStop"] == station.energy_wh(1)


def test_a_server_that_never_comes_back_does_not_hold_the_station_for_more_than_a_day(field):
    station = field(meter_ms=3600000)
    charge(station)
    station.choose()
    station.network.servers["old.example"] = None
    station.cut()
    station.unplug(1)
    station.run(85000)
    assert not station.host
    station.run(3600)
    assert on_new(station)
    ended = [event for event in station.sent("TransactionEvent") if event["eventType"] == "Ended"]
    assert len(ended) == 1  # what could not be told there is told here


@pytest.mark.parametrize("slots", ["1,0", "1"])
@pytest.mark.parametrize("server", [None, (b"ocpp9.9",)], ids=["unreachable", "refused"])
def test_a_server_that_does_not_speak_201_is_left_after_the_attempts(field, server, slots):
    station = field()
    station.network.servers["new.example"] = server
    station.choose(slots)
    station.ask("Reset", {"type": "Soft"})
    station.run(60)
    assert on_old(station)
    told = station.told("NetworkProfileFailed")
    why = "none of the subprotocols" if server else "no route"
    assert len(told) == 1 and why in told[0]
    assert told[0].startswith("slot 1, security profile 1: ")
    assert told[0].endswith("; slot 0, security profile 1 is used")
    charges_as_before(station)
    station.network.socket.end()  # B10.FR.03: again after each loss, and told once
    station.run(60)
    assert on_old(station) and len(station.told("NetworkProfileFailed")) == 0
    station.ask("ClearCache", {})  # after a word of the server a loss is one, no failed attempt
    station.network.servers["new.example"] = (b"ocpp2.0.1",)
    station.network.socket.end()
    station.run(30)
    assert on_new(station)


@pytest.mark.parametrize(
    "status, deadline_s", [("Rejected", TRIAL_S), (None, TRIAL_S), ("Pending", PENDING_S)]
)
def test_a_server_that_does_not_accept_the_station_is_given_up(field, status, deadline_s):
    station = field()
    register = station.energy_wh(1)
    station.boots["new.example"] = status
    station.choose()
    station.ask("Reset", {"type": "Soft"})
    station.run(deadline_s - 30)
    assert station.hellos[-1][0] == "new.example" and not station.station.online
    station.run(90)
    assert on_old(station)
    told = station.told("NetworkProfileFailed")
    assert len(told) == 1 and told[0].startswith("slot 1: BootNotification not Accepted")
    assert (status or "no answer") in told[0]
    assert station.sent("BootNotification")[-1]["chargePointModel"] == "One"
    assert station.energy_wh(1) == register
    assert station.key("NetworkProfile1") == "OCPP20 1 " + NEW
    charges_as_before(station)

    known = len(station.hellos)
    station.cut()  # it is remembered
    station.run(30)
    station.network.socket.end()
    station.run(30)
    assert [host for host, _, _ in station.hellos[known:]] == ["old.example"] * 2
    station.boots["new.example"] = "Accepted"
    station.choose()
    station.ask("Reset", {"type": "Soft"})
    station.run(15)
    assert on_new(station)


def test_who_charges_during_the_trial_is_told_of_in_the_old_dialect(field):
    station = field(more={"AuthCtrlr.OfflineTxForUnknownIdEnabled": True})
    station.boots["new.example"] = None
    station.choose()
    station.ask("Reset", {"type": "Soft"})
    station.run(100)
    assert station.hellos[-1][0] == "new.example"
    station.forget()
    charge(station, 300)
    stop(station)
    station.run(PENDING_S + 60)
    assert on_old(station)
    names = station.actions()
    assert names.count("StartTransaction") == names.count("StopTransaction") == 1
    assert "TransactionEvent" not in names
    told = station.sent("StopTransaction")[0]["meterStop"]
    assert told == station.energy_wh(1) > 1000


def test_pending_that_becomes_accepted_is_a_success(field):
    station = field()
    station.boots["new.example"] = "Pending"
    station.boot_interval_s = 60
    station.choose()
    station.ask("Reset", {"type": "Soft"})
    station.run(2000)
    assert station.hellos[-1][0] == "new.example"
    station.boots["new.example"] = "Accepted"
    station.run(7200)
    assert on_new(station) and station.told("NetworkProfileFailed") == []


def test_a_server_that_takes_201_but_never_accepts_it_is_spoken_to_in_16_again(field):
    station = field()
    station.offered = BOTH
    station.network.servers["old.example"] = (b"ocpp2.0.1", b"ocpp1.6")
    station.boots["old.example"] = "Rejected"
    station.cut()
    station.run(60)
    assert station.hellos[-1][1] == V201

    def accept(payload):
        accepted = station.subprotocol == V16
        status = "Accepted" if accepted else "Rejected"
        return {"status": status, "currentTime": station.wall_time(), "interval": 0}

    station.csms.answers["BootNotification"] = accept
    station.run(TRIAL_S)
    assert on_old(station)
    assert station.hellos[-1][2][b"Sec-WebSocket-Protocol"] == b"ocpp1.6"


def test_power_cuts_in_the_trial_do_not_make_it_last_for_ever(field):
    station = field()
    station.boots["new.example"] = "Rejected"
    station.choose()
    for boots in range(5):
        station.cut()
        station.run(600)
        assert station.hellos[-1][0] == "new.example", boots
    station.cut()
    station.run(60)
    assert on_old(station)
    assert "boots: 6" in station.told("NetworkProfileFailed")[0]


class PowerCut(BaseException):
    pass


def cut_at(station, number, after):
    """The power fails at the write of that number to a slot, before it or after it."""
    slots = station.store.slots
    save = slots.save
    left = [number]

    def saving(name, data):
        left[0] -= 1
        if left[0] == 0 and not after:
            raise PowerCut
        is_kept = save(name, data)
        if left[0] == 0:
            raise PowerCut
        return is_kept

    slots.save = saving
    return lambda: setattr(slots, "save", save)


@pytest.mark.parametrize("accepts", [True, False], ids=["accepts", "refuses"])
def test_a_power_cut_at_any_write_of_the_switch(field, accepts):
    """To a slot; nothing of the switch is in the journal."""
    cuts = 0
    for number in range(1, 40):
        happened = False
        for after in (False, True):
            station = field()
            station.boots["new.example"] = "Accepted" if accepts else "Rejected"
            mend = cut_at(station, number, after)
            try:
                station.choose()
                station.ask("Reset", {"type": "Soft"})
                station.run(TRIAL_S + 60)
            except PowerCut:
                happened = True
                cuts += 1
            mend()
            if happened:
                station.cut()
                station.run(30)
                if not station.station.online:
                    station.run(TRIAL_S + 60)
            assert on_new(station) or on_old(station)
            if on_old(station) and accepts:  # the server had no answer, and asks again
                station.choose()
                station.ask("Reset", {"type": "Soft"})
                station.run(60)
                assert on_new(station)
            if not accepts:
                assert on_old(station)
        if not happened:
            break
    assert cuts >= 10


@pytest.mark.parametrize("url", [NEW, OLD], ids=["elsewhere", "the same server"])
@pytest.mark.parametrize("is_acknowledged", [True, False])
@pytest.mark.parametrize("refusal", [b"", b"ocpp2.0.1"], ids=["none", "one not offered"])
def test_a_server_that_refuses_the_old_dialect_gets_the_queue_in_the_new_one(
    field, url, is_acknowledged, refusal
):
    station = field(more={"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"})
    assert station.change("NetworkProfile1", "OCPP20 1 " + url) == "RebootRequired"
    assert station.change("NetworkConfigurationPriority", "1") == "RebootRequired"
    if is_acknowledged:
        charge(station)
    station.network.servers["old.example"] = None
    station.network.socket.end()
    station.run(1)
    if not is_acknowledged:
        charge(station)
    stop(station)
    station.cut()
    station.run(3600)
    assert not station.host, "while nobody answers it waits"
    station.forget()
    station.network.servers["old.example"] = (b"ocpp9.9",) if url == NEW else (b"ocpp2.0.1",)
    choose = station.network.choose
    station.network.choose = lambda host, fields: choose(host, fields) or refusal
    station.run(120)
    assert station.host and station.spoken == V201
    assert station.station.outbox.counts() == [0, 0]
    events = station.sent("TransactionEvent")
    kinds = [event["eventType"] for event in events]
    assert kinds[-1] == "Ended" and all(event["offline"] for event in events)
    names = {event["transactionInfo"]["transactionId"] for event in events}
    assert len(names) == 1
    if is_acknowledged:
        assert "Started" not in kinds and names.pop().isdigit()
    else:
        assert kinds[0] == "Started" and not names.pop().isdigit()
        numbers = [event["seqNo"] for event in events]
        assert numbers == list(range(len(events)))
