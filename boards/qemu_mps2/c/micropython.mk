SRC_USERMOD_C += $(addprefix $(USERMOD_DIR)/, board.c counter.c heap.c nor.c tls.c uart.c)
