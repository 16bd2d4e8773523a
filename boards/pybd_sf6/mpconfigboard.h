#include "boards/PYBD_SF6/mpconfigboard.h"

#undef MICROPY_HW_BOARD_NAME
#define MICROPY_HW_BOARD_NAME "Charge point, PYBD-SF6"

// Two slots for the application's image in the mapped QSPI flash; firmware/boot.py picks one.
#undef MICROPY_HW_ROMFS_PART0_SIZE
#define MICROPY_HW_ROMFS_PART0_SIZE (0x80000)
#define MICROPY_HW_ROMFS_ENABLE_PART1 (1)
#define MICROPY_HW_ROMFS_PART1_START ((uintptr_t)(&_micropy_hw_romfs_part0_start) + 0x80000)
#define MICROPY_HW_ROMFS_PART1_SIZE (0x80000)
