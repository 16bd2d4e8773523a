"""Starts the station of this board. Frozen into the firmware, or a file beside the application."""

try:
    from start import run  # pyright: ignore[reportMissingImports]
except ImportError as error:
    print("no application (%s): put it on the board with make flash" % error)
else:
    run()
