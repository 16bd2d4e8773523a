from chargepoint.station import record as records
from chargepoint.station.record import Reading, Sample, TransactionRecord


def full_record():
    record = TransactionRecord("Ended", records.transaction_id(bytes(range(16))), 300)
    record.epoch_s, record.tick_ms, record.boot_count = 200188800, 86400123, 41
    record.offline, record.tell_evse = True, True
    record.trigger_reason, record.charging_state = "StopAuthorized", "SuspendedEV"
    record.stopped_reason = "Local"
    record.evse_id, record.connector_id = 2, 1
    record.id_token, record.id_token_type = "04AABB", "ISO14443"
    record.remote_start_id, record.reservation_id = -7, 0
    record.meter_wh, record.time_spent_charging_s, record.phases_used = 123456, 3600, 3
    reading = Reading()
    reading.energy_wh, reading.power_w = 123456, -7360
    reading.current_ma, reading.voltage_mv = [32000, 31990, 0], [230000, 229900, 231000]
    reading.offered_ma, reading.soc_percent = 32000, 80
    reading.frequency_mhz, reading.temperature_dc = 49990, 253
    record.samples = [
        Sample(200188800, "Transaction.Begin", 0x3FF, reading),
        Sample(None, "Transaction.End", 1, Reading()),
    ]
    return record


def facts(record):
    """All that a record holds, in a form that compares."""
    plain = {}
    for name in dir(record):
        value = getattr(record, name)
        if name[0] != "_" and name not in ("copy", "samples", "reading"):
            plain[name] = value
    if hasattr(record, "samples"):
        plain["samples"] = [(facts(s), facts(s.reading)) for s in record.samples]
    return plain


def test_a_full_record_comes_back():
    record = full_record()
    assert facts(records.unpack(records.pack(record))) == facts(record)


def test_an_empty_record_keeps_its_nones():
    record = TransactionRecord("Updated", records.transaction_id(bytes(16)), 0)
    back = records.unpack(records.pack(record))
    assert facts(back) == facts(record)
    assert back.id_token is None and back.stopped_reason is None


def test_a_sampled_update_takes_about_a_hundred_bytes_of_flash():
    record = TransactionRecord("Updated", records.transaction_id(bytes(16)), 0)
    record.samples = [Sample(1, "Sample.Periodic", 1, Reading())]
    assert len(records.pack(record)) == 96


def test_an_empty_token_of_no_authorization_is_kept():
    record = TransactionRecord("Started", records.transaction_id(bytes(16)), 0)
    record.id_token, record.id_token_type = "", "NoAuthorization"
    back = records.unpack(records.pack(record))
    assert (back.id_token, back.id_token_type) == ("", "NoAuthorization")


def test_bytes_that_are_no_record_are_refused():
    data = records.pack(full_record())
    bad = [data[:length] for length in range(len(data))]
    bad.append(b"\x02" + data[1:])
    bad.append(data + b"x")
    for candidate in bad:
        try:
            records.unpack(candidate)
        except ValueError:
            continue
        raise AssertionError("taken: %d bytes" % len(candidate))


def test_a_word_that_is_not_in_the_table_is_our_error():
    record = full_record()
    record.trigger_reason = "Whim"
    try:
        records.pack(record)
    except ValueError:
        return
    raise AssertionError("packed")


def test_a_transaction_id_has_the_form_of_a_uuid():
    assert records.transaction_id(bytes(range(16))) == "00010203-0405-0607-0809-0a0b0c0d0e0f"


def test_a_copied_reading_does_not_follow_the_meter():
    reading = Reading()
    copy = reading.copy()
    reading.current_ma[0] = 5
    assert copy.current_ma == [0, 0, 0]
