"""Every TxStartPoint with every TxStopPoint: when a transaction starts and when it ends."""

from tests.support.fake_station import FakeStation

POINTS = ("EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer")


def station_with(start, stop):
    return FakeStation(
        {
            "TxCtrlr.TxStartPoint": start,
            "TxCtrlr.TxStopPoint": stop,
            "SampledDataCtrlr.TxUpdatedInterval": "0",
        }
    )


SESSION = (  # moment, what happens
    ("plug", lambda station: station.plug(pilot="B")),
    ("card", lambda station: station.token("04AA", 1)),
    ("energy", lambda station: station.pilot("C")),
    ("suspend", lambda station: station.pilot("B")),
    ("resume", lambda station: station.pilot("C")),
    ("card again", lambda station: station.token("04AA", 1)),
    ("unplug", lambda station: station.unplug()),
)
CARD_FIRST = (SESSION[1], SESSION[0]) + SESSION[2:]
STARTED = {  # by point: cable first, card first
    "EVConnected": ("plug", "plug"),
    "Authorized": ("card", "card"),
    "PowerPathClosed": ("card", "plug"),
    "EnergyTransfer": ("energy", "energy"),
}
ENDED = {
    "EVConnected": "unplug",
    "Authorized": "card again",
    "PowerPathClosed": "card again",
    "EnergyTransfer": "suspend",
}


def subsets():
    for bits in range(1, 16):
        yield [point for n, point in enumerate(POINTS) if bits >> n & 1]


def play(station, session):
    """The moments of the first Started and Ended."""
    moments = {}
    for moment, happens in session:
        before = len(station.log)
        happens(station)
        for record in station.records(before):
            if record.event_type not in moments:
                moments[record.event_type] = moment
    return moments.get("Started"), moments.get("Ended")


def check_first_transaction(records):
    """One Started, then Updated, then one Ended; no gap, and nothing told twice."""
    first = [record for record in records if record.transaction_id == records[0].transaction_id]
    assert [record.seq_no for record in first] == list(range(len(first)))  # E01.FR.07
    assert [r.event_type for r in first] == ["Started"] + ["Updated"] * (len(first) - 2) + [
        "Ended"
    ]
    assert len([record for record in first if record.tell_evse]) == 1  # E01.FR.16
    starts = [r for r in first if r.id_token is not None and r.trigger_reason != "StopAuthorized"]
    assert len(starts) == 1  # E03.FR.01
    assert first[-1].stopped_reason is not None  # E06.FR.08
    assert [record.stopped_reason for record in first[:-1]] == [None] * (len(first) - 1)


def test_E01_E06_each_start_point_with_each_stop_point():
    for order, session in enumerate((SESSION, CARD_FIRST)):
        moments = [moment for moment, _ in session]
        for start in subsets():
            expected_start = min([moments.index(STARTED[point][order]) for point in start])
            for stop in subsets():
                expected_stop = min([moments.index(ENDED[point]) for point in stop])
                station = station_with(",".join(start), ",".join(stop))
                started, ended = play(station, session)
                told = (started, ended)
                assert told == (moments[expected_start], moments[expected_stop]), (start, stop)
                check_first_transaction(station.records())


def test_E06_FR_06_power_path_closed_stops_like_both_of_its_parts():
    station = station_with("EVConnected", "PowerPathClosed")
    station.plug(pilot="B")
    station.unplug()
    assert station.told() == [("Started", "CablePluggedIn"), ("Ended", "EVCommunicationLost")]
    assert station.records()[-1].charging_state == "Idle"
