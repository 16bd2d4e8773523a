"""NUCLEO-H743ZI, Ethernet. Pins and drivers are those of boards/common/nucleo144.py."""

from nucleo144 import FLASH, FLASH_STALLS, make

__all__ = ("FLASH", "FLASH_STALLS", "make")
