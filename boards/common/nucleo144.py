"""The NUCLEO-144 boards with Ethernet have the same pins: one socket with lock, Modbus meter on
RS-485 with a direction pin, PN532 reader, the board's own three lights."""

import network
from composed import Composed
from machine import ADC, RTC, UART, WDT, Pin
from outlet import outlet
from stm32 import timer_pwm

from chargepoint.device_model.model import EvseLayout
from chargepoint.hal.indicator import Indicator
from chargepoint.hal.lock import Lock
from chargepoint.hal.meter_modbus import SDM630, Bus, Meter
from chargepoint.hal.proximity import Proximity
from chargepoint.hal.reader_pn532 import Pn532
from chargepoint.hal.rtc import Rtc

FLASH = "/flash"


def make(config: dict) -> Composed:
    uart = UART(2, 9600, timeout=0, rxbuf=256)  # D5, D6
    bus = Bus(uart, 9600, Pin("D4", Pin.OUT, value=0))
    evse = outlet(
        pwm=timer_pwm(4, 1, "D12"),
        adc=ADC(Pin("A3")),
        coil=Pin("F12", Pin.OUT, value=0),
        feedback=Pin("F13", Pin.IN, Pin.PULL_UP),
        trip=Pin("E13", Pin.IN, Pin.PULL_UP),
        test=Pin("E11", Pin.OUT, value=0),
        proximity=Proximity(ADC(Pin("C0"))),
        lock=Lock(Pin("D14", Pin.OUT, value=0), Pin("D15", Pin.OUT, value=0), Pin("F14", Pin.IN)),
        meter=Meter(bus, 1, SDM630),
        hard=True,
    )
    light = Indicator(Pin("B14", Pin.OUT), Pin("B0", Pin.OUT), Pin("B7", Pin.OUT))
    reader = Pn532(UART(6, 115200, timeout=0, rxbuf=256))  # C6, C7
    return Composed(
        config,
        ((EvseLayout(3, 32, ("sType2",)), evse, light),),
        reader,
        network.LAN(),
        None,
        FLASH,
        Rtc(RTC()),
        lambda: WDT(timeout=20000),
    )
