MICROPY_PY_BLUETOOTH = 0
include boards/PYBD_SF6/mpconfigboard.mk
