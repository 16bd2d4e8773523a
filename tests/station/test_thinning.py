"""A journal that fills up: what goes first, what never goes, when a session is refused."""

from tests.support.pair import Pair

V16, V201 = "ocpp1.6", "ocpp2.0.1"
DIALECTS = (V16, V201)
OFFLINE = {
    "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true",
    "SampledDataCtrlr.TxUpdatedInterval": "60",
}
KEEP_ENDED = dict(
    OFFLINE,
    **{
        "SampledDataCtrlr.TxUpdatedInterval": "0",
        "SampledDataCtrlr.TxEndedInterval": "60",
        "SampledDataCtrlr.TxEndedMeasurands": "Energy.Active.Import.Register",
    },
)


def offline(limit_bytes, dialect=V201, variables=None):
    """A pair whose journal has so much room, accepted once, then without a link."""
    pair = Pair(dialect, variables or OFFLINE)
    pair.store.journal._limit_bytes = limit_bytes
    pair.connect()
    pair.run(1)
    pair.disconnect()
    pair.forget()
    return pair


def session(pair, seconds, evse_id=1):
    pair.plug(evse_id)
    pair.token("04AABBCC", evse_id)
    pair.run(seconds)
    pair.unplug(evse_id)
    pair.run(5)


def records(pair):
    """(event type, seqNo, trigger, bytes of samples) of what waits."""
    found = []
    for _, entry in pair.station.outbox.journal.records():
        kind, data = pair.station.outbox._read(entry)
        if kind == "TransactionEvent":
            found.append((data.event_type, data.seq_no, data.trigger_reason, len(data.samples)))
    return found


def events(pair):
    return [e["techInfo"] for e in pair.sent("SecurityEventNotification") if "techInfo" in e]


def test_E04_FR_08_the_1st_3rd_and_5th_of_the_periodic_updates_go_and_nothing_else():
    pair = offline(60000)
    pair.station.outbox.thin = lambda: None  # not yet
    pair.plug(1)
    pair.token("04AABBCC", 1)
    while pair.station.outbox.thinning is None:
        pair.wall_ms += 60000
        pair.station.meter(1, pair.station.evses[0].reading, pair.now)
        pair.station.poll(pair.now)
    del pair.station.outbox.thin
    before = records(pair)
    periodic = [r[1] for r in before if r[2] == "MeterValuePeriodic"]
    while pair.station.outbox.thinning is not None:
        pair.station.poll(pair.now)
    after = records(pair)
    gone = [record for record in before if record not in after]
    # the first tells the phases that are used, which is told once
    assert [r[1] for r in gone] == periodic[1::2] and len(gone) > 50
    assert [r for r in after if r[2] != "MeterValuePeriodic"] == [
        r for r in before if r[2] != "MeterValuePeriodic"
    ]


def test_of_two_sessions_at_a_time_both_keep_every_second_update():
    pair = offline(60000)
    for evse_id in (1, 2):
        pair.plug(evse_id)
        pair.token("04AABBC%d" % evse_id, evse_id)
    while pair.station.outbox.thinning is None:
        pair.run(60)
    while pair.station.outbox.thinning is not None:
        pair.station.poll(pair.now)
    kept = {1: [], 2: []}
    for _, entry in pair.station.outbox.journal.records():
        kind, data = pair.station.outbox._read(entry)
        if kind == "TransactionEvent" and data.trigger_reason == "MeterValuePeriodic":
            kept[data.evse_id].append(data.seq_no)
    for seq_nos in kept.values():
        gaps = [after - before for before, after in zip(seq_nos, seq_nos[1:])]  # noqa: B905
        assert len(seq_nos) > 50 and set(gaps) <= {1, 2} and gaps.count(2) >= len(gaps) - 1


def test_two_days_in_one_session_keeps_its_beginning_its_end_and_its_energy():
    for dialect in DIALECTS:
        pair = offline(24000, dialect)
        session(pair, 2 * 86400)
        energy_wh = pair.energy_wh(1)
        kinds = [record[0] for record in records(pair)]
        assert kinds[0] == "Started" and kinds[-1] == "Ended" and kinds.count("Updated") > 40
        pair.connect()
        pair.run(600)
        assert pair.station.outbox.counts() == [0, 0]
        if dialect == V16:
            (stop,) = pair.sent("StopTransaction")
            assert stop["meterStop"] == energy_wh
        else:
            told = pair.sent("TransactionEvent")
            value = told[-1]["meterValue"][-1]["sampledValue"][0]["value"]
            assert told[-1]["eventType"] == "Ended" and int(float(value)) == energy_wh
        assert events(pair)[-1:] != ["no room for another session"]


def test_E12_FR_09_without_updates_the_samples_of_ended_events_are_thinned():
    pair = offline(40000, variables=KEEP_ENDED)
    for _ in range(24):
        session(pair, 48 * 60)
    told = records(pair)
    lengths = [samples for kind, _, _, samples in told if kind == "Ended"]
    assert len(lengths) == 24 and lengths[0] < lengths[-1]
    for _, entry in pair.station.outbox.journal.records():
        kind, data = pair.station.outbox._read(entry)
        if kind == "TransactionEvent" and data.event_type == "Ended":
            contexts = [sample[1] for sample in _samples(data)]
            assert contexts[0] == "Transaction.Begin" and contexts[-1] == "Transaction.End"


def _samples(record):
    from chargepoint.station import samples

    return list(samples.each(record.samples, record.epoch_s, 0))


def test_a_full_journal_refuses_the_next_session_and_loses_none():
    for dialect in DIALECTS:
        pair = offline(30000, dialect)
        pair.plug(2)
        pair.token("04AABB02", 2)  # runs when the journal becomes full
        begun = 0
        while not pair.station.outbox.full:
            session(pair, 300)
            pair.forget()
            begun += 1
            assert begun < 500
        pair.plug(1)
        pair.token("04AABBCC", 1)
        pair.run(5)
        assert pair.station.evses[0].transaction is None
        assert not pair.drivers[0].contactor.closed()
        assert pair.station.evses[1].transaction is not None and begun > 20
        pair.unplug(2)
        pair.run(5)
        assert pair.station.evses[1].transaction is None
        pair.forget()
        pair.connect()
        pair.run(120)
        assert pair.station.outbox.counts() == [0, 0] and not pair.station.outbox.full
        assert "no room for another session" in events(pair)
        if dialect == V16:
            assert len(pair.sent("StartTransaction")) == len(pair.sent("StopTransaction"))
            assert len(pair.sent("StopTransaction")) == begun + 1
        else:
            kinds = [event["eventType"] for event in pair.sent("TransactionEvent")]
            assert kinds.count("Started") == kinds.count("Ended") == begun + 1
        pair.token("04AABBCC", 1)
        pair.run(5)
        assert pair.drivers[0].contactor.closed()


def test_a_remote_start_is_refused_while_the_journal_is_full():
    pair = Pair(V201, OFFLINE)
    pair.connect()
    pair.run(1)
    pair.station.outbox.full = True
    request = {"remoteStartId": 1, "idToken": {"idToken": "04AABB", "type": "ISO14443"}}
    answer = pair.call("RequestStartTransaction", request)
    assert answer == {"status": "Rejected", "statusInfo": {"reasonCode": "OutOfStorage"}}


def test_what_had_no_room_is_counted_and_told_once_there_is_room():
    pair = offline(30000)
    session(pair, 60)
    pair.store.journal._limit_bytes = 0
    session(pair, 300)  # all of it finds no room: more than the station ever lets happen
    assert any("journal full" in line for line in pair.log)
    pair.store.journal._limit_bytes = 60000
    pair.connect()
    pair.run(60)
    assert any("records lost" in text for text in events(pair))
