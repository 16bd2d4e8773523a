SRC_USERMOD_C += $(addprefix $(USERMOD_DIR)/, board.c uart.c tls.c)
