"""The Modbus meter: register maps, silence on the bus, wrong answers, two meters on one bus."""

from chargepoint.hal import meter_modbus as modbus
from chargepoint.hal.meter_modbus import Bus, Meter
from chargepoint.hal.sim import SimEvse
from chargepoint.station.record import Reading
from tests.support import contracts
from tests.support.contracts import POLL_MS, failure
from tests.support.fakes.modbus import Device, Uart, crc16
from tests.support.fakes.pins import Output, World, locked_heap

# Input registers by the manufacturer's protocol documents, in V, A, W, Hz, kWh.
_ONE_PHASE = {
    (4, 0x0000): 230.0,
    (4, 0x0006): 16.0,
    (4, 0x000C): 3680.0,
    (4, 0x0046): 50.0,
    (4, 0x0048): 123.456,
}
_THREE_PHASE = {
    (4, 0x0000): 230.0,
    (4, 0x0002): 231.0,
    (4, 0x0004): 232.5,
    (4, 0x0006): 16.0,
    (4, 0x0008): 15.5,
    (4, 0x000A): 0.25,
    (4, 0x0034): 7323.4,
    (4, 0x0046): 49.98,
    (4, 0x0048): 98765.43,
}


class RealRig:
    def __init__(self, registers=None, table=modbus.SDM120, baud=9600, address=1):
        self.world = World()
        self.uart = Uart(self.world, baud)
        self.bus = Bus(self.uart, baud)
        self.device = Device(address, registers or _ONE_PHASE)
        self.uart.devices.append(self.device)
        self.driver = Meter(self.bus, address, table)
        self.reading = Reading()
        self.answers = []
        self.world.advance(50)

    def now(self):
        return self.world.now

    def settle(self, settle_ms=3000):
        for _ in range(settle_ms // POLL_MS):
            self.world.advance(POLL_MS)
            try:
                self.answers.append(self.driver.read(self.reading, self.world.now))
            except OSError:
                self.answers.append(None)

    def show(self, energy_wh, power_w, current_ma, voltage_mv):
        self.device.set(4, 0x0048, energy_wh / 1000)
        self.device.set(4, 0x000C, float(power_w))
        self.device.set(4, 0x0006, current_ma / 1000)
        self.device.set(4, 0x0000, voltage_mv / 1000)

    def break_down(self, broken):
        self.device.fault = "silent" if broken else ""


class FlowRig(RealRig):
    energy_wh = 123456

    def flow(self, power_w, duration_s):
        for _ in range(duration_s):
            self.show(self.energy_wh, power_w, 0, 230000)
            self.energy_wh += power_w // 3600
            self.settle(1000)
        self.show(self.energy_wh, power_w, 0, 230000)
        self.settle(1000)

    def read(self):
        return self.reading


class SimRig:
    def __init__(self):
        self.driver = SimEvse().meter

    def now(self):
        return 0

    def settle(self):
        pass

    def show(self, energy_wh, power_w, current_ma, voltage_mv):
        self.driver.set(energy_wh * 1000, power_w, (current_ma, 0, 0), (voltage_mv, 0, 0), -1, 0)

    def break_down(self, broken):
        self.driver.broken = broken


class SimFlowRig:
    def __init__(self):
        self.driver = SimEvse().meter
        self.now = 0
        self.energy_mwh = 5000

    def flow(self, power_w, duration_s):
        self.driver.set(self.energy_mwh, power_w, (0, 0, 0), (0, 0, 0), -1, self.now)
        self.now += duration_s * 1000
        self.energy_mwh += power_w * duration_s * 10 // 36

    def read(self):
        reading = Reading()
        self.driver.read(reading, self.now)
        return reading


def test_contract_of_the_simulated_driver():
    contracts.meter(SimRig())
    contracts.register(SimFlowRig())


def test_contract_of_the_real_driver():
    for baud in (2400, 9600, 38400):
        contracts.meter(RealRig(baud=baud))


def test_contract_of_the_register():
    contracts.register(FlowRig())


def test_three_phases_and_a_large_register():
    rig = RealRig(_THREE_PHASE, modbus.SDM630, address=9)
    rig.settle()
    reading = rig.reading
    assert reading.voltage_mv == [230000, 231000, 232500]
    assert reading.current_ma == [16000, 15500, 250]
    assert reading.power_w == 7323 and reading.frequency_mhz == 49980
    assert abs(reading.energy_wh - 98765430) <= 4  # a float has no more digits


def test_values_that_follow_each_other_are_asked_together_and_gaps_never():
    rig = RealRig(_THREE_PHASE, modbus.SDM630)
    while not any(rig.answers):
        rig.settle(POLL_MS)
    assert rig.uart.requests == 3
    rig = RealRig()
    while not any(rig.answers):
        rig.settle(POLL_MS)
    assert rig.uart.requests == 4


def test_nothing_is_known_before_the_first_whole_set():
    rig = RealRig(_THREE_PHASE, modbus.SDM630)
    rig.settle(100)
    assert set(rig.answers) == {False} and rig.reading.energy_wh == 0


def test_a_meter_that_was_never_there():
    rig = RealRig()
    rig.device.fault = "silent"
    rig.settle(1500)
    assert failure(rig.driver.read, rig.reading, rig.now())


def test_every_wrong_answer_counts_and_none_is_believed():
    for fault in ("crc", "short", "count", "stranger", "tail", "exception", "silent"):
        rig = RealRig()
        rig.settle()
        rig.device.set(4, 0x0048, 999.0)
        rig.device.fault = fault
        rig.answers = []
        rig.settle()
        assert None in rig.answers, fault
        assert rig.reading.energy_wh == 123456, fault
        rig.device.fault = ""
        rig.settle()
        assert rig.answers[-1] is True and rig.reading.energy_wh == 999000, fault


def test_one_wrong_answer_is_passed_over():
    rig = RealRig()
    rig.settle()
    rig.answers = []
    rig.device.fault = "crc"
    requests = rig.uart.requests
    while rig.uart.requests == requests:
        rig.settle(POLL_MS)
    rig.settle(100)
    rig.device.fault = ""
    rig.settle()
    assert set(rig.answers) == {True}


def test_not_a_number_is_no_value():
    for value in (float("nan"), float("inf"), -float("inf"), 1e30):
        rig = RealRig()
        rig.device.set(4, 0x000C, value)
        rig.settle()
        assert rig.answers[-1] is None


def test_noise_on_the_bus_is_dropped_and_then_there_is_silence():
    rig = RealRig()
    rig.settle()
    for n in range(10):
        if not rig.uart._coming and rig.world.us > rig.uart._quiet_us:
            rig.uart.send(b"\xff\x00\x55", rig.world.us)
        rig.settle(20 + n)
    rig.settle()
    assert rig.answers[-1] is True


def test_two_meters_share_a_bus():
    rig = RealRig()
    rig.uart.devices.append(Device(2, _THREE_PHASE))
    other, reading = Meter(rig.bus, 2, modbus.SDM630), Reading()
    for _ in range(200):
        rig.settle(POLL_MS)
        other.read(reading, rig.now())
    assert rig.reading.energy_wh == 123456 and reading.current_ma == [16000, 15500, 250]
    rig.device.fault = "silent"
    rig.uart.devices[1].set(4, 0x0034, 5000.0)
    for _ in range(200):
        rig.settle(POLL_MS)
        other.read(reading, rig.now())
    assert rig.answers[-1] is None and reading.power_w == 5000


def test_the_transceiver_sends_only_while_there_is_something_to_send():
    world = World()
    uart = Uart(world)
    direction = uart.direction = Output()
    uart.devices.append(Device(1, _ONE_PHASE))
    meter, reading = Meter(Bus(uart, 9600, direction), 1, modbus.SDM120), Reading()
    for _ in range(100):
        world.advance(POLL_MS)
        meter.read(reading, world.now)
    assert reading.energy_wh == 123456 and direction.level == 0
    assert direction.changes == 2 * uart.requests


def test_the_transceiver_is_let_go_when_the_uart_fails():
    world = World()
    uart = Uart(world)
    direction = uart.direction = Output()
    uart.devices.append(Device(1, _ONE_PHASE))
    meter, reading = Meter(Bus(uart, 9600, direction), 1, modbus.SDM120), Reading()
    world.advance(50)

    def fail(data):
        raise OSError(110)

    write, uart.write = uart.write, fail
    assert failure(meter.read, reading, world.now) and direction.level == 0
    uart.write = write
    for _ in range(100):
        world.advance(POLL_MS)
        meter.read(reading, world.now)
    assert reading.energy_wh == 123456


def test_a_map_for_another_meter():
    registers = {
        (3, 0x1000): (">H", 2301),
        (3, 0x1001): (">h", -5),
        (3, 0x1002): (">i", -2300),
        (3, 0x1010): (">I", 4000000000),
        (4, 0x0010): (">H", 5000),
    }
    values = (
        ("frequency", 1, 0x0010, modbus.UINT16, 1, 4),
        ("energy", 1, 0x1010, modbus.UINT32, 0, 3),
        ("voltage", 1, 0x1000, modbus.UINT16, 2, 3),
        ("current", 2, 0x1001, modbus.INT16, 2, 3),
        ("power", 1, 0x1002, modbus.INT32, -1, 3),
    )
    rig = RealRig(registers, modbus.register_map(values))
    rig.settle()
    reading = rig.reading
    assert reading.energy_wh == 4000000000 and reading.power_w == -230
    assert reading.voltage_mv[0] == 230100 and reading.current_ma[1] == -500
    assert reading.frequency_mhz == 50000


def test_a_long_row_of_values_is_asked_in_parts():
    registers = {(4, 2 * n): float(n) for n in range(60)}
    values = [("voltage", 1 + n % 3, 2 * n, modbus.FLOAT, 3, 4) for n in range(60)]
    rig = RealRig(registers, modbus.register_map(values))
    rig.settle()
    assert rig.reading.voltage_mv == [57000, 58000, 59000]


def test_a_float_with_its_words_swapped():
    rig = RealRig(
        {(4, 0): (">I", 0x40004366)},  # 230.25
        modbus.register_map((("voltage", 1, 0, modbus.FLOAT_SWAPPED, 3, 4),)),
    )
    rig.settle()
    assert rig.reading.voltage_mv[0] == 230250


def test_the_eastron_maps_are_what_the_documents_say():
    values = [("voltage", 1, 0x00, 0, 3, 4), ("current", 1, 0x06, 0, 3, 4)]
    values += [("power", 1, 0x0C, 0, 0, 4), ("frequency", 1, 0x46, 0, 3, 4)]
    values += [("energy", 1, 0x48, 0, 3, 4)]
    assert modbus.register_map(values) == modbus.SDM120 == modbus.SDM230
    values = [("voltage", n + 1, 2 * n, 0, 3, 4) for n in range(3)]
    values += [("current", n + 1, 6 + 2 * n, 0, 3, 4) for n in range(3)]
    values += [("power", 1, 0x34, 0, 0, 4), ("frequency", 1, 0x46, 0, 3, 4)]
    values += [("energy", 1, 0x48, 0, 3, 4)]
    assert modbus.register_map(values) == modbus.SDM630


def test_a_read_that_has_nothing_to_decode_does_not_allocate():
    class Quiet:
        def any(self):
            return 0

        def write(self, frame):
            return len(frame)

    meter, reading = Meter(Bus(Quiet(), 9600), 1, modbus.SDM630), Reading()
    meter._known = True
    for n in range(10):
        locked_heap(lambda n: meter.read(reading, 100 + 20 * n), n)


def test_crc_of_the_protocol_description():
    assert modbus.crc16(b"\x02\x07", 2) == 0x1241 == crc16(b"\x02\x07")
    assert modbus.crc16(b"123456789", 9) == 0x4B37
