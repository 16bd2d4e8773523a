# What every board's firmware has frozen in. The application itself is an image of its own.
# ruff: noqa: F821 - MicroPython's manifest tool defines the names
# pyright: reportUndefinedVariable=false
include("$(MPY_DIR)/extmod/asyncio")
freeze("../../firmware", ("boot.py", "main.py"))
freeze("../../firmware/chargepoint/ota", ("slots.py",))  # how boot.py decides
