#define MICROPY_HW_BOARD_NAME               "Charge point, ESP32-POE"
#define MICROPY_HW_MCU_NAME                 "ESP32"

// The application runs in place from its slot; firmware/boot.py mounts it.
#define MICROPY_VFS_ROM                     (1)
#define MICROPY_VFS_ROM_IOCTL               (0)

#define MICROPY_PY_BLUETOOTH                (0)
#define MICROPY_PY_ESPNOW                   (0)
