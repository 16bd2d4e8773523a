"""The fakes refuse what they claim to refuse, for else the drivers' tests would prove little."""

from tests.support.fakes.cards import Card, Mfrc522Chip, Pn532Chip, crc_a, with_crc
from tests.support.fakes.modbus import Device, Uart, crc16
from tests.support.fakes.modbus import with_crc as modbus_frame
from tests.support.fakes.pins import Adc, Input, Output, Pwm, World
from tests.support.fakes.power import Monitor, MotorLock, Relay


def refused(function, *arguments):
    try:
        function(*arguments)
    except AssertionError:
        return True
    return False


def test_pins():
    assert refused(Output().value, 2)
    assert refused(Input().value, 1)
    pin = Input()
    pin.irq(lambda pin: None, pin.IRQ_RISING)
    assert refused(pin.irq, None, pin.IRQ_RISING)
    assert refused(Adc(World(), lambda: 3301).read_uv)


def test_the_oscillator():
    pwm = Pwm()
    assert refused(pwm.duty_u16, 65535)  # before the frequency
    assert refused(pwm.freq, 980)
    pwm.freq(1000)
    assert refused(pwm.duty_u16, 3277)  # 5 %
    assert refused(pwm.duty_u16, 64000)
    pwm.duty_u16(17476)


def test_the_relay():
    world = World()
    relay = Relay(world)
    relay.coil.value(1)
    relay.coil.value(0)
    assert refused(world.advance, 1)


def test_the_motor():
    world = World()
    lock = MotorLock(world)
    lock.extend.value(1)
    assert refused(world.advance, 1200)
    world = World()
    lock = MotorLock(world)
    lock.extend.value(1)
    lock.retract.value(1)
    assert refused(world.advance, 1)


def test_the_monitor_trips_and_lets_go():
    world = World()
    monitor = Monitor(world)
    monitor.leaking = True
    world.advance(29)
    assert not monitor.trip.level
    world.advance(5)
    assert monitor.trip.level


def test_the_bus():
    world = World()
    uart = Uart(world)
    uart.devices.append(Device(1, {(4, 0): 1.0}))
    right = modbus_frame(b"\x01\x04\x00\x00\x00\x02")
    assert refused(uart.write, right[:-1] + b"\x00")
    world.advance(100)
    assert refused(uart.write, modbus_frame(b"\x01\x04\x00\x00\x00\x60"))
    world.advance(100)
    uart.write(right)
    assert refused(uart.write, right)
    while uart.any() < 9:
        world.advance(1)
    assert refused(uart.write, right)  # no silence yet
    world.advance(5)
    uart.write(right)
    assert crc16(right[:6]) == right[6] | right[7] << 8


def test_the_transceiver():
    world = World()
    uart = Uart(world)
    direction = uart.direction = Output()
    right = modbus_frame(b"\x01\x04\x00\x00\x00\x02")
    assert refused(uart.write, right)  # it listens
    direction.value(1)
    world.advance(100)
    uart.write(right)
    direction.value(0)
    assert refused(world.advance, 1)  # cut off
    direction.value(1)
    uart.flush()
    direction.value(0)
    world.advance(1)


def test_the_bus_overflows():
    world = World()
    uart = Uart(world, rxbuf=8)
    uart.send(bytes(9), 0)
    assert refused(world.advance, 100)


def test_the_mfrc522():
    world = World()
    chip = Mfrc522Chip(world)

    def write(register, value):
        chip.write_readinto(bytes((register << 1, value)), bytearray(2))

    chip.select.value(1)
    assert refused(write, 0x01, 0)  # not selected
    chip.select.value(0)
    assert refused(write, 0x0F, 0)  # reserved
    assert refused(write, 0x37, 0)  # read only
    assert refused(write, 0x04, 0x80)
    write(0x01, 0x0F)
    assert refused(write, 0x01, 0)  # it is starting up
    world.advance(40)
    write(0x09, 0x52)
    assert refused(write, 0x0D, 0x87)  # no command
    write(0x01, 0x0C)
    assert refused(write, 0x0D, 0x87)  # the antenna is off
    assert refused(chip.write_readinto, bytes(3), bytearray(3))


def test_the_card():
    card = Card(b"\x01\x02\x03\x04")
    assert card.answer(b"\x93\x20", 0) == b""  # it was not woken
    assert card.answer(b"\x52", 7) == b"\x44\x00"
    assert card.answer(b"\x93\x20", 0) == b"\x01\x02\x03\x04\x04"
    select = b"\x93\x70\x01\x02\x03\x04\x04"
    assert refused(card.answer, select + b"\x00\x00", 0)
    assert card.answer(with_crc(select), 0)[:1] == b"\x08"
    assert card.answer(b"\x52", 7) == b""  # it is awake: a mistake, and it starts anew
    assert card.answer(b"\x52", 7) != b""
    assert crc_a(b"\x00\x00") == 0x1EA0


def test_the_pn532():
    world = World()
    chip = Pn532Chip(world)
    wake = b"\x55\x55" + bytes(14)
    sam = b"\x00\x00\xff\x05\xfb\xd4\x14\x01\x14\x01\x02\x00"
    chip.write(sam)
    world.advance(50)
    assert chip.any() == 0  # it sleeps
    chip.write(wake + sam)
    assert refused(chip.write, sam)  # not over yet
    world.advance(50)
    assert chip.any() == 6 + 9
    assert refused(chip.write, sam[:-2] + b"\x03\x00")
    assert refused(chip.write, sam[:4] + b"\xfa" + sam[5:])
