"""A charge point: OCPP 1.6 and 2.0.1 from one set of files, on MicroPython and CPython."""

VERSION = "0.1.0"
