"""An ESP32-S3 module with Wi-Fi: one socket with lock, Modbus meter, MFRC522, RGB light."""

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
from chargepoint.hal.meter_modbus import SDM630, Bus, Meter
from chargepoint.hal.proximity import Proximity
from chargepoint.hal.reader_mfrc522 import Mfrc522
from chargepoint.hal.rtc import Rtc

FLASH = ""
FLASH_STALLS = True  # everything waits while a sector is erased


def make(config: dict) -> Composed:
    bus = Bus(UART(1, 9600, tx=10, rx=9, timeout=0, rxbuf=256), 9600)
    evse = outlet(
        pwm=PWM(Pin(4), freq=1000, duty_u16=65535),
        adc=ADC(Pin(1), atten=ADC.ATTN_11DB),
        zero_mv=1500,  # the ADC reads up to 3100 mV
        slope_mv=110,
        coil=Pin(5, Pin.OUT, value=0),
        feedback=Pin(6, Pin.IN, Pin.PULL_UP),
        trip=Pin(7, Pin.IN),
        test=Pin(15, Pin.OUT, value=0),
        proximity=Proximity(ADC(Pin(2), atten=ADC.ATTN_11DB)),
        lock=Lock(Pin(16, Pin.OUT, value=0), Pin(17, Pin.OUT, value=0), Pin(18, Pin.IN)),
        meter=Meter(bus, 1, SDM630),
    )
    light = Indicator(Pin(39, Pin.OUT), Pin(40, Pin.OUT), Pin(41, Pin.OUT))
    spi = SPI(1, baudrate=1000000, sck=Pin(12), mosi=Pin(11), miso=Pin(13))
    reader = Mfrc522(spi, Pin(14, Pin.OUT, value=1))
    nic = network.WLAN(network.STA_IF)
    return Composed(
        config,
        ((EvseLayout(3, 32, ("sType2",)), evse, light),),
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
