"""The NUCLEO-144 boards with Ethernet have the same pins: one socket with lock, Modbus meter on
RS-485 with a direction pin, PN532 reader, the board's own three lights.

Pins have the controller's names. Without `Pin.cpu` they would be those of the Arduino header,
where D12 is PA6.
"""

import network
from composed import Composed
from machine import ADC, RTC, UART, WDT, Pin
from outlet import outlet
from slots_stm32 import open_updater
from stm32 import timer_pwm
from store_files import open_store

from chargepoint.device_model.model import EvseLayout
from chargepoint.hal.indicator import Indicator
from chargepoint.hal.lock import Lock
from chargepoint.hal.meter_modbus import SDM630, Bus, Meter
from chargepoint.hal.proximity import Proximity
from chargepoint.hal.reader_pn532 import Pn532
from chargepoint.hal.rtc import Rtc

FLASH = "/flash"
FLASH_STALLS = True  # everything waits while a sector is erased


def make(config: dict) -> Composed:
    cpu = Pin.cpu
    uart = UART(2, 9600, timeout=0, rxbuf=256)  # D5, D6
    bus = Bus(uart, 9600, Pin(cpu.D4, Pin.OUT, value=0))
    evse = outlet(
        pwm=timer_pwm(4, 1, cpu.D12),
        adc=ADC(cpu.A3),
        coil=Pin(cpu.E10, Pin.OUT, value=0),
        feedback=Pin(cpu.E12, Pin.IN, Pin.PULL_UP),
        trip=Pin(cpu.E13, Pin.IN, Pin.PULL_UP),
        test=Pin(cpu.E11, Pin.OUT, value=0),
        proximity=Proximity(ADC(cpu.C0)),
        lock=Lock(
            Pin(cpu.D14, Pin.OUT, value=0), Pin(cpu.D15, Pin.OUT, value=0), Pin(cpu.E15, Pin.IN)
        ),
        meter=Meter(bus, 1, SDM630),
        hard=True,
    )
    light = Indicator(Pin(cpu.B14, Pin.OUT), Pin(cpu.B0, Pin.OUT), Pin(cpu.B7, Pin.OUT))
    reader = Pn532(UART(6, 115200, timeout=0, rxbuf=256))  # C6, C7
    return Composed(
        config,
        ((EvseLayout(3, 32, ("sType2",)), evse, light),),
        reader,
        network.LAN(),
        None,
        FLASH,
        FLASH_STALLS,
        open_store,
        Rtc(RTC()),
        lambda: WDT(timeout=20000),
        open_updater,
    )
