# ruff: noqa: F821 - MicroPython's manifests know these names
# pyright: reportUndefinedVariable=false
# What is frozen into the firmware; the application is an image of its own (tools/build_qemu.py).
include("$(MPY_DIR)/extmod/asyncio")
freeze("$(BOARD_DIR)/frozen")
# Which image boots is decided as on a real board.
freeze("../../firmware", ("boot.py",))
freeze("../../firmware/chargepoint/ota", ("slots.py",))
