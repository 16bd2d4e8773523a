#include "boards/NUCLEO_F767ZI/mpconfigboard.h"

#undef MICROPY_HW_BOARD_NAME
#define MICROPY_HW_BOARD_NAME "Charge point, NUCLEO-F767ZI"

// Two slots for the application's image, see slots.ld; firmware/boot.py picks one.
#define MICROPY_HW_ROMFS_ENABLE_INTERNAL_FLASH (1)
#define MICROPY_HW_ROMFS_ENABLE_PART0 (1)
#define MICROPY_HW_ROMFS_ENABLE_PART1 (1)
