SRC_USERMOD_C += $(addprefix $(USERMOD_DIR)/, board.c counter.c heap.c uart.c tls.c)
