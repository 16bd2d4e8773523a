# Freezes the charge point for a MicroPython of the unix port, so that one file is the station.
# Built by hand: make -C ports/unix FROZEN_MANIFEST=<this file>
# ruff: noqa: F821 - MicroPython's manifest tool defines the names
# pyright: reportUndefinedVariable=false
include("$(MPY_DIR)/extmod/asyncio")
package("chargepoint", base_path="../../firmware")
