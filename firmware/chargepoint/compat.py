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


__all__ = ("MICROPYTHON", "const", "micropython")
