# What the STM32 boards use of MicroPython's module machine. After each name: the C files that it was taken
# from, by which tests/typings checks it. What is called by position only ends in a slash.
from collections.abc import Callable
from typing import NoReturn, overload

def reset() -> NoReturn: ...  # extmod/modmachine.c

class _Pins:  # ports/stm32/pin.c
    def __getattr__(self, name: str) -> Pin: ...

class Pin:  # ports/stm32/pin.c
    cpu: _Pins
    board: _Pins
    IN: int
    OUT: int
    OPEN_DRAIN: int
    PULL_UP: int
    PULL_DOWN: int
    IRQ_RISING: int
    IRQ_FALLING: int
    @overload
    def __init__(self, id: Pin | str, /) -> None: ...
    @overload
    def __init__(
        self, id: Pin | str, /, mode: int, pull: int | None = ..., *, value: int = ..., alt: int = ...
    ) -> None: ...
    @overload
    def value(self, /) -> int: ...
    @overload
    def value(self, level: int, /) -> None: ...
    def irq(
        self, /, handler: Callable[[Pin], None] | None = ..., trigger: int = ..., hard: bool = ...
    ) -> object: ...

class ADC:  # extmod/machine_adc.c ports/stm32/machine_adc.c
    def __init__(self, pin: Pin | int, /) -> None: ...
    def read_u16(self, /) -> int: ...

# There is no machine.PWM before MicroPython 1.28.

class UART:  # extmod/machine_uart.c ports/stm32/machine_uart.c
    # The pins are those of the board; write() returns when the last bit has left.
    def __init__(
        self,
        id: int | str,
        /,
        baudrate: int,
        bits: int = ...,
        parity: int | None = ...,
        stop: int = ...,
        *,
        flow: int = ...,
        timeout: int = ...,
        timeout_char: int = ...,
        rxbuf: int = ...,
    ) -> None: ...
    def any(self, /) -> int: ...
    def flush(self, /) -> None: ...
    def readinto(self, buffer: bytearray | memoryview, count: int = ..., /) -> int | None: ...
    def write(self, data: bytes | bytearray | memoryview, /) -> int | None: ...

class SPI:  # extmod/machine_spi.c ports/stm32/machine_spi.c
    # The pins are those of the board.
    def __init__(
        self,
        id: int | str,
        baudrate: int = ...,
        *,
        polarity: int = ...,
        phase: int = ...,
        bits: int = ...,
        firstbit: int = ...,
    ) -> None: ...
    def write_readinto(self, out: bytes | bytearray, into: bytearray, /) -> None: ...

class RTC:  # ports/stm32/rtc.c
    @overload
    def datetime(self, /) -> tuple[int, ...]: ...
    @overload
    def datetime(self, value: tuple[int, ...], /) -> None: ...

class WDT:  # extmod/machine_wdt.c
    def __init__(self, id: int = ..., timeout: int = ...) -> None: ...
    def feed(self, /) -> None: ...
