# ruff: noqa: F821 - MicroPython's manifest tool defines the names
# pyright: reportUndefinedVariable=false
include("../common/manifest_firmware.py")

# What of the application goes into its image; see docs/porting.md.
DIALECTS = "ocpp201 ocpp16"
BLOCKS = "remote_control remote_trigger authorization_cache data_transfer"
