# Out-of-tree board of MicroPython's qemu port; tools/build_qemu.py calls its makefile.
QEMU_ARCH = arm
QEMU_MACHINE = mps2-an385

CFLAGS += -mthumb -mcpu=cortex-m3 -mfloat-abi=soft
CFLAGS += -DQEMU_SOC_MPS2
CFLAGS += -DMICROPY_HW_MCU_NAME='"Cortex-M3"'
CFLAGS += -DMP_CONFIGFILE='"mpconfigboard.h"' -I$(BOARD_DIR)

LDSCRIPT = $(BOARD_DIR)/mps2.ld
SRC_BOARD_O = shared/runtime/gchelper_native.o shared/runtime/gchelper_thumb2.o
SRC_BOARD_O += shared/timeutils/timeutils.o
MPY_CROSS_FLAGS += -march=armv7m

MICROPY_VFS_LFS2 = 1
MICROPY_PY_SSL = 1
MICROPY_SSL_MBEDTLS = 1
MBEDTLS_CONFIG_FILE = \"$(BOARD_DIR)/c/mbedtls_config_port.h\"
USER_C_MODULES = $(BOARD_DIR)

# c/heap.c watches them.
LDFLAGS += -Wl,--wrap=gc_alloc,--wrap=gc_realloc,--wrap=gc_free,--wrap=gc_collect

# board.c has the main() of this board; the port's file gives the rest.
$(BUILD)/main.o: CFLAGS += -Dmain=port_main
# c/uart.c has the console.
LDFLAGS += -Wl,--wrap=uart_rx_chr
