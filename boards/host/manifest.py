# Freezes the charge point for a MicroPython of the unix port, so that one file is the station.
# Built by hand: make -C ports/unix FROZEN_MANIFEST=<this file>
include("$(MPY_DIR)/extmod/asyncio")
package("chargepoint", base_path="../../firmware")
