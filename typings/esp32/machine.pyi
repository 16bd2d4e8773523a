# What the ESP32 boards use of MicroPython's module machine. After each name: the C files that it was taken
# from, by which tests/typings checks it. What is called by position only ends in a slash.
from collections.abc import Callable
from typing import NoReturn, overload

def reset() -> NoReturn: ...  # extmod/modmachine.c

class Pin:  # ports/esp32/machine_pin.c
    IN: int
    OUT: int
    OPEN_DRAIN: int
    PULL_UP: int
    PULL_DOWN: int
    IRQ_RISING: int
    IRQ_FALLING: int
    def __init__(
        self,
        id: int | str,
        /,
        mode: int | None = ...,
        pull: int | None = ...,
        *,
        value: int = ...,
        drive: int = ...,
        hold: bool = ...,
    ) -> None: ...
    @overload
    def value(self, /) -> int: ...
    @overload
    def value(self, level: int, /) -> None: ...
    def irq(
        self, /, handler: Callable[[Pin], None] | None = ..., trigger: int = ..., wake: int | None = ...
    ) -> object: ...

class ADC:  # extmod/machine_adc.c ports/esp32/machine_adc.c
    ATTN_0DB: int
    ATTN_2_5DB: int
    ATTN_6DB: int
    ATTN_11DB: int
    def __init__(self, pin: Pin | int, /, *, atten: int = ...) -> None: ...
    def read_u16(self, /) -> int: ...
    def read_uv(self, /) -> int: ...

class PWM:  # extmod/machine_pwm.c ports/esp32/machine_pwm.c
    def __init__(
        self, pin: Pin | int, /, freq: int = ..., *, duty: int = ..., duty_u16: int = ..., duty_ns: int = ...
    ) -> None: ...
    def deinit(self, /) -> None: ...
    @overload
    def freq(self, /) -> int: ...
    @overload
    def freq(self, hz: int, /) -> None: ...
    @overload
    def duty_u16(self, /) -> int: ...
    @overload
    def duty_u16(self, duty: int, /) -> None: ...

class UART:  # extmod/machine_uart.c ports/esp32/machine_uart.c
    def __init__(
        self,
        id: int,
        /,
        baudrate: int = ...,
        bits: int = ...,
        parity: int | None = ...,
        stop: int = ...,
        *,
        tx: Pin | int = ...,
        rx: Pin | int = ...,
        rts: Pin | int = ...,
        cts: Pin | int = ...,
        txbuf: int = ...,
        rxbuf: int = ...,
        timeout: int = ...,
        timeout_char: int = ...,
        invert: int = ...,
        flow: int = ...,
    ) -> None: ...
    def any(self, /) -> int: ...
    def flush(self, /) -> None: ...
    def readinto(self, buffer: bytearray | memoryview, count: int = ..., /) -> int | None: ...
    def write(self, data: bytes | bytearray | memoryview, /) -> int | None: ...

class SPI:  # extmod/machine_spi.c ports/esp32/machine_hw_spi.c
    def __init__(
        self,
        id: int,
        baudrate: int = ...,
        *,
        polarity: int = ...,
        phase: int = ...,
        bits: int = ...,
        firstbit: int = ...,
        sck: Pin = ...,
        mosi: Pin = ...,
        miso: Pin = ...,
    ) -> None: ...
    def write_readinto(self, out: bytes | bytearray, into: bytearray, /) -> None: ...

class RTC:  # ports/esp32/machine_rtc.c
    @overload
    def datetime(self, /) -> tuple[int, ...]: ...
    @overload
    def datetime(self, value: tuple[int, ...], /) -> None: ...

class WDT:  # extmod/machine_wdt.c
    def __init__(self, id: int = ..., timeout: int = ...) -> None: ...
    def feed(self, /) -> None: ...
