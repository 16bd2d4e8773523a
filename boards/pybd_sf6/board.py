"""Pyboard D SF6, Wi-Fi: one socket with lock, Modbus meter, MFRC522 reader, the board's light."""

import network
from composed import Composed
from interface import joiner
from machine import ADC, RTC, SPI, UART, WDT, Pin
from outlet import outlet
from stm32 import timer_pwm
from store_files import open_store

from chargepoint.device_model.model import EvseLayout
from chargepoint.hal.indicator import Indicator
from chargepoint.hal.lock import Lock
from chargepoint.hal.meter_modbus import SDM230, Bus, Meter
from chargepoint.hal.proximity import Proximity
from chargepoint.hal.reader_mfrc522 import Mfrc522
from chargepoint.hal.rtc import Rtc

FLASH = "/flash"
FLASH_STALLS = True  # everything waits while a sector is erased


def make(config: dict) -> Composed:
    uart = UART(1, 9600, timeout=0, rxbuf=256)  # Y1, Y2
    bus = Bus(uart, 9600, Pin("Y9", Pin.OUT, value=0))
    evse = outlet(
        pwm=timer_pwm(2, 1, "X1"),
        adc=ADC(Pin("X11")),
        coil=Pin("X2", Pin.OUT, value=0),
        feedback=Pin("X3", Pin.IN, Pin.PULL_UP),
        trip=Pin("X4", Pin.IN, Pin.PULL_UP),
        test=Pin("Y3", Pin.OUT, value=0),
        proximity=Proximity(ADC(Pin("X12"))),
        lock=Lock(Pin("X9", Pin.OUT, value=0), Pin("X10", Pin.OUT, value=0), Pin("Y4", Pin.IN)),
        meter=Meter(bus, 1, SDM230),
        hard=True,
    )
    light = Indicator(
        Pin("LED_RED", Pin.OUT), Pin("LED_GREEN", Pin.OUT), Pin("LED_BLUE", Pin.OUT), True
    )
    reader = Mfrc522(SPI(1, baudrate=1000000), Pin("X5", Pin.OUT, value=1))  # X6, X7, X8
    nic = network.WLAN(network.STA_IF)
    return Composed(
        config,
        ((EvseLayout(1, 32, ("sType2",)), evse, light),),
        reader,
        nic,
        joiner(nic, config["wifi"]),
        FLASH,
        FLASH_STALLS,
        open_store,
        Rtc(RTC()),
        lambda: WDT(timeout=20000),
    )
