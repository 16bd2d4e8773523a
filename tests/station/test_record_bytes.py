from binascii import hexlify, unhexlify

from chargepoint.station import record_bytes as records
from chargepoint.station import samples
from chargepoint.station.record import Reading, TransactionRecord

# What stations have on their flash: to be read for ever.
FIRST = (
    "01032c012900020080a3ee0b805101007b00000040e20100030e03072103f9ffffff00000000100e0000"
    "000102030405060708090a0b0c0d0e0f0306303441414242"
    "80a3ee0b03ff03000040e2010040e3ffff800c7f0c0000fc08fb080609800c871350fd00"
    "00000000040100000000000000000000000000000000000000000000000000ffffffffff"
)
# Since then a sample without a time has its tick, and a record says that its moment is reckoned.
JOURNALLED = "0107" + FIRST[4:-72] + "8051010084" + FIRST[-62:]


def packed(record):
    return b"".join(records.parts(record))


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
    reading.power_w = -7360
    reading.current_ma, reading.voltage_mv = [32000, 31990, 0], [230000, 229900, 231000]
    reading.soc_percent, reading.frequency_mhz, reading.temperature_dc = 80, 49990, 253
    record.samples = samples.pack(200188800, "Transaction.Begin", 0x3FF, reading, 123456, 32000)
    record.samples += samples.pack(None, "Transaction.End", 1, Reading(), 0, 0, 86400)
    record.estimated = True
    return record


def facts(record):
    """All that a record holds, in a form that compares."""
    plain = {}
    for name in dir(record):
        value = getattr(record, name)
        if name[0] != "_":
            plain[name] = value
    return plain


def test_the_bytes_stay_as_they_are():
    assert hexlify(packed(full_record())).decode() == JOURNALLED


def test_the_bytes_of_the_first_version_are_read():
    record = full_record()
    record.estimated = False
    record.samples = unhexlify(FIRST)[-72:]
    assert facts(records.unpack(unhexlify(FIRST))) == facts(record)


def test_what_a_later_version_appends_is_ignored():
    for more in b"x", bytes(40):
        assert facts(records.unpack(packed(full_record()) + more)) == facts(full_record())


def test_a_word_of_a_later_version_is_told_as_the_nearest():
    for at, name, word in (
        (25, "trigger_reason", "ChargingStateChanged"),
        (26, "charging_state", None),
        (27, "stopped_reason", "Other"),
        (58, "id_token_type", "Central"),
    ):
        data = bytearray(packed(full_record()))
        data[at] = 99
        record = records.unpack(bytes(data))
        assert getattr(record, name) == word
        setattr(record, name, getattr(full_record(), name))
        assert facts(record) == facts(full_record())


def test_a_full_record_comes_back():
    record = full_record()
    assert facts(records.unpack(packed(record))) == facts(record)


def test_it_may_begin_later():
    record = full_record()
    assert facts(records.unpack(b"\x01" + packed(record), 1)) == facts(record)


def test_an_empty_record_keeps_its_nones():
    record = TransactionRecord("Updated", records.transaction_id(bytes(16)), 0)
    back = records.unpack(packed(record))
    assert facts(back) == facts(record)
    assert back.id_token is None and back.stopped_reason is None


def test_a_sampled_update_takes_about_a_hundred_bytes_of_flash():
    record = TransactionRecord("Updated", records.transaction_id(bytes(16)), 0)
    record.samples = samples.pack(1, "Sample.Periodic", 1, Reading(), 0, 0)
    assert len(packed(record)) == 96


def test_an_empty_token_of_no_authorization_is_kept():
    record = TransactionRecord("Started", records.transaction_id(bytes(16)), 0)
    record.id_token, record.id_token_type = "", "NoAuthorization"
    back = records.unpack(packed(record))
    assert (back.id_token, back.id_token_type) == ("", "NoAuthorization")


def test_bytes_that_are_no_record_are_refused():
    data = packed(full_record())
    bad = [data[:length] for length in range(len(data))]
    bad.append(b"\x02" + data[1:])
    bad.append(data[:24] + b"\x04" + data[25:])  # no kind of event
    bad.append(data[:24] + b"\x00" + data[25:])
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
        packed(record)
    except ValueError:
        return
    raise AssertionError("packed")


def test_a_transaction_id_has_the_form_of_a_uuid():
    assert records.transaction_id(bytes(range(16))) == "00010203-0405-0607-0809-0a0b0c0d0e0f"
