"""An ESP32 module with Wi-Fi: one socket with lock, Modbus meter, MFRC522 reader, RGB light."""

import network
from composed import Composed
from interface import joiner
from machine import ADC, PWM, RTC, SPI, UART, WDT, Pin
from outlet import outlet
from slots_esp32 import open_updater
from store_partition import open_store

from chargepoint.device_model.model import EvseLayout
from chargepoint.hal.indicator import Indicator
from chargepoint.hal.lock import Lock
from chargepoint.hal.meter_modbus import SDM230, Bus, Meter
from chargepoint.hal.proximity import Proximity
from chargepoint.hal.reader_mfrc522 import Mfrc522
from chargepoint.hal.rtc import Rtc

FLASH = ""
FLASH_STALLS = True  # everything waits while a sector is erased


def make(config: dict) -> Composed:
    bus = Bus(UART(2, 9600, tx=17, rx=16, timeout=0, rxbuf=256), 9600)
    evse = outlet(
        pwm=PWM(Pin(25), freq=1000, duty_u16=65535),
        adc=ADC(Pin(34), atten=ADC.ATTN_11DB),
        zero_mv=1300,  # the ADC reads 150 to 2450 mV
        slope_mv=90,
        coil=Pin(26, Pin.OUT, value=0),
        feedback=Pin(27, Pin.IN, Pin.PULL_UP),
        trip=Pin(36, Pin.IN),
        test=Pin(33, Pin.OUT, value=0),
        proximity=Proximity(ADC(Pin(35), atten=ADC.ATTN_11DB)),
        lock=Lock(Pin(32, Pin.OUT, value=0), Pin(13, Pin.OUT, value=0), Pin(39, Pin.IN)),
        meter=Meter(bus, 1, SDM230),
    )
    light = Indicator(Pin(4, Pin.OUT), Pin(22, Pin.OUT), Pin(14, Pin.OUT))
    spi = SPI(2, baudrate=1000000, sck=Pin(18), mosi=Pin(23), miso=Pin(19))
    reader = Mfrc522(spi, Pin(21, Pin.OUT, value=1))
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
        open_updater,
    )
