"""What differs between the interpreters, and nothing else."""

import sys

MICROPYTHON = sys.implementation.name == "micropython"

if MICROPYTHON:
    import micropython  # type: ignore
    from micropython import const
else:

    def const(value):
        return value

    class micropython:  # noqa: N801 - stands for the module of that name
        """The decorators of the native code emitters, which do nothing here."""

        @staticmethod
        def native(function):
            return function

        @staticmethod
        def viper(function):
            return function


def utf8(text: str):
    """The bytes of a text to be read, without a copy where the interpreter can do that."""
    if MICROPYTHON:
        return memoryview(text)  # type: ignore
    return memoryview(text.encode())


def cold(method):
    """A method that seldom runs: in an image it is in memory only while it does.

    tools/link_cold.py puts it into a transient module; here nothing changes.
    """
    return method


__all__ = ("MICROPYTHON", "cold", "const", "micropython", "utf8")
