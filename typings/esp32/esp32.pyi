# What the ESP32 boards use of MicroPython's module esp32; as in machine.pyi.
from typing import Any

class Partition:  # ports/esp32/esp32_partition.c
    RUNNING: int  # ports/esp32/esp32_partition.c
    TYPE_DATA: int  # ports/esp32/esp32_partition.c
    def __init__(self, id: int | str, /) -> None: ...  # ports/esp32/esp32_partition.c
    @staticmethod
    def find(type: int = ..., *, label: str | None = ...) -> list[Any]: ...  # ports/esp32/esp32_partition.c
    def info(self, /) -> tuple[int, int, int, int, str, bool]: ...  # ports/esp32/esp32_partition.c
    def get_next_update(self, /) -> Partition: ...  # ports/esp32/esp32_partition.c
    def set_boot(self, /) -> None: ...  # ports/esp32/esp32_partition.c
    def readblocks(self, block: int, buffer: bytearray, offset: int = ..., /) -> None: ...  # ports/esp32/esp32_partition.c
    def writeblocks(self, block: int, data: bytes, offset: int = ..., /) -> None: ...  # ports/esp32/esp32_partition.c
    def ioctl(self, operation: int, argument: int, /) -> int: ...  # ports/esp32/esp32_partition.c
    @staticmethod
    def mark_app_valid_cancel_rollback() -> None: ...  # ports/esp32/esp32_partition.c
