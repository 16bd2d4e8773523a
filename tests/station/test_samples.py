from chargepoint.station import samples
from chargepoint.station.record import Reading
from tests.support.whole import samples_of

ENERGY = "Energy.Active.Import.Register"


def mask_of(*names):
    return sum([1 << samples.MEASURANDS.split().index(name) for name in names])


def packed(number, epoch_s=1):
    return samples.pack(epoch_s, "Sample.Periodic", 1, Reading(), number, 0)


# ---- bytes


def test_a_sample_comes_back():
    reading = Reading()
    reading.power_w, reading.soc_percent = -7360, 80
    reading.current_ma, reading.voltage_mv = [32000, 31990, 0], [230000, 229900, 231000]
    reading.frequency_mhz, reading.temperature_dc = 49990, 253
    data = samples.pack(200188800, "Transaction.End", 0x1FF, reading, 123456, 16000)
    assert len(data) == samples.SAMPLE_BYTES
    (back,) = samples_of(data)
    assert (back.epoch_s, back.context, back.mask) == (200188800, "Transaction.End", 0x1FF)
    told = back.reading
    assert (told.energy_wh, told.offered_ma) == (123456, 16000)  # not the reading's own
    for name in "power_w current_ma voltage_mv frequency_mhz soc_percent temperature_dc".split():
        assert getattr(told, name) == getattr(reading, name), name


def test_what_cannot_be_measured_comes_back_as_such():
    (back,) = samples_of(samples.pack(1, "Trigger", 1, Reading(), 0, 0))
    reading = back.reading
    assert (reading.soc_percent, reading.frequency_mhz, reading.temperature_dc) == (-1, -1, -1)


def test_without_a_time_of_its_own_it_is_counted_back_from_its_record():
    def taken(tick_s):
        return samples.pack(None, "Sample.Periodic", 1, Reading(), 0, 0, tick_s)

    both = packed(1, 5) + taken(40) + taken(100) + taken(101)
    told = [sample.epoch_s for sample in samples_of(both, 1077, 100999)]
    assert told == [5, 1017, 1077, 1077]
    assert [sample.epoch_s for sample in samples_of(both, 1077, 0)] == [5, 1077, 1077, 1077]


def test_a_tick_takes_all_of_its_seconds():
    (back,) = samples_of(samples.pack(None, "Trigger", 1, Reading(), 0, 0, 2**32 - 1), 2**32, 0)
    assert (back.epoch_s, back.context) == (2**32, "Trigger")


def test_a_sample_of_the_first_format_without_a_time_has_its_records():
    first = bytes(4) + samples.pack(1, "Transaction.End", 1, Reading(), 0, 0)[4:]
    assert samples_of(first, 77, 9000)[0].epoch_s == 77


def test_a_context_of_a_later_version_is_told_as_other():
    data = bytearray(packed(1, 5))
    for number in 0, 9, 127:
        data[4] = number
        assert samples_of(data)[0].context == "Other"


def test_every_context_comes_back():
    for context in samples.CONTEXTS.split():
        assert samples_of(samples.pack(1, context, 1, Reading(), 0, 0))[0].context == context


def test_the_byte_of_the_context():
    for number, context in enumerate(samples.CONTEXTS.split()):
        data = samples.pack(0xFFFFFFFF, context, 0xFFFFFFFF, Reading(), -1, 0)
        assert data[4] == number + 1
        assert samples.pack(None, context, 1, Reading(), 0, 0)[4] == number + 129


def test_every_second_goes():
    for count in range(8):
        data = bytearray(b"".join([packed(n) for n in range(count)]))
        samples.thin(data)
        left = [sample.reading.energy_wh for sample in samples_of(data)]
        assert left == list(range(0, count, 2))


# ---- values


def values(*names, phases=3):
    reading = Reading()
    reading.energy_wh, reading.power_w = 12345, 7360
    reading.current_ma, reading.voltage_mv = [16000, 15990, 0], [230000, 229950, 231000]
    reading.offered_ma, reading.frequency_mhz = 32000, 49990
    reading.soc_percent, reading.temperature_dc = 80, 253
    return list(samples.values(mask_of(*names), reading, phases))


def test_values_of_a_three_phase_reading():
    assert values(ENERGY) == [(ENERGY, None, "Outlet", "Wh", "12345")]
    name = "Power.Active.Import"
    assert values(name) == [
        (name, None, "Outlet", "W", "7360"),
        (name, "L1", "Outlet", "W", "3680"),
        (name, "L2", "Outlet", "W", "3676"),
        (name, "L3", "Outlet", "W", "0"),
    ]
    name = "Current.Import"
    assert values(name) == [
        (name, "L1", "Outlet", "A", "16.00"),
        (name, "L2", "Outlet", "A", "15.99"),
        (name, "L3", "Outlet", "A", "0.00"),
    ]
    name = "Voltage"
    assert values(name) == [
        (name, "L1-N", "Outlet", "V", "230.0"),
        (name, "L2-N", "Outlet", "V", "229.9"),
        (name, "L3-N", "Outlet", "V", "231.0"),
    ]
    assert values("Current.Offered") == [("Current.Offered", None, None, "A", "32.00")]
    assert values("SoC") == [("SoC", None, "EV", "Percent", "80")]
    assert values("Frequency") == [("Frequency", None, None, "Hz", "49.99")]
    assert values("Temperature") == [("Temperature", None, "Body", "Celsius", "25.3")]


def test_one_phase_names_no_phase():
    assert values("Power.Active.Import", phases=1) == [
        ("Power.Active.Import", None, "Outlet", "W", "7360")
    ]
    assert values("Current.Import", phases=1) == [("Current.Import", None, "Outlet", "A", "16.00")]
    assert values("Voltage", phases=1) == [("Voltage", None, "Outlet", "V", "230.0")]


def test_power_offered_is_current_by_voltage_over_the_phases():
    reading, mask = Reading(), mask_of("Power.Offered")
    reading.offered_ma = 16000
    assert list(samples.values(mask, reading, 3))[0][4] == "11040"  # nominal, nothing is measured
    assert list(samples.values(mask, reading, 1))[0][4] == "3680"


def test_what_cannot_be_measured_is_not_told():
    mask = mask_of("SoC", "Frequency", "Temperature")
    assert list(samples.values(mask, Reading(), 3)) == []


def test_values_come_in_the_order_of_the_measurands():
    names = [value[0] for value in values(*samples.MEASURANDS.split(), phases=1)]
    assert names == samples.MEASURANDS.split()
