include boards/NUCLEO_F767ZI/mpconfigboard.mk

LD_FILES = boards/stm32f767.ld boards/common_ifs.ld $(BOARD_DIR)/slots.ld
MICROPY_VFS_LFS2 = 1
