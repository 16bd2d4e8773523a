"""Olimex ESP32-POE, Ethernet: one fixed cable, Modbus meter, PN532 reader, a green light."""

import network
from composed import Composed
from machine import ADC, PWM, RTC, UART, WDT, Pin
from outlet import outlet
from slots_esp32 import open_updater
from store_partition import open_store

from chargepoint.device_model.model import EvseLayout
from chargepoint.hal.indicator import Indicator
from chargepoint.hal.meter_modbus import SDM630, Bus, Meter
from chargepoint.hal.reader_pn532 import Pn532
from chargepoint.hal.rtc import Rtc

FLASH = ""
FLASH_STALLS = True  # everything waits while a sector is erased


def make(config: dict) -> Composed:
    bus = Bus(UART(1, 9600, tx=4, rx=36, timeout=0, rxbuf=256), 9600)
    evse = outlet(
        pwm=PWM(Pin(33), freq=1000, duty_u16=65535),
        adc=ADC(Pin(32), atten=ADC.ATTN_11DB),
        zero_mv=1300,  # the ADC reads 150 to 2450 mV
        slope_mv=90,
        coil=Pin(16, Pin.OUT, value=0),
        feedback=Pin(39, Pin.IN),
        trip=Pin(35, Pin.IN),
        test=Pin(13, Pin.OUT, value=0),
        meter=Meter(bus, 1, SDM630),
    )
    reader = Pn532(UART(2, 115200, tx=14, rx=15, timeout=0, rxbuf=256))
    nic = network.LAN(
        mdc=Pin(23),
        mdio=Pin(18),
        power=Pin(12),
        phy_type=network.PHY_LAN8720,
        phy_addr=0,
        ref_clk=Pin(17),
        ref_clk_mode=Pin.OUT,
    )
    return Composed(
        config,
        ((EvseLayout(3, 32, ("cType2",)), evse, Indicator(green=Pin(5, Pin.OUT))),),
        reader,
        nic,
        None,
        FLASH,
        FLASH_STALLS,
        open_store,
        Rtc(RTC()),
        lambda: WDT(timeout=20000),
        open_updater,
    )
