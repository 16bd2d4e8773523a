include boards/NUCLEO_H743ZI/mpconfigboard.mk

LD_FILES = boards/stm32h743.ld boards/common_basic.ld $(BOARD_DIR)/slots.ld
