# Included by the Makefile.

QEMU_OPTIONS := $(if $(HEAP),--heap $(HEAP)) $(if $(OCPP),--dialects $(OCPP))

.PHONY: qemu
qemu: venv micropython ## charge in each dialect in the emulator, bytes of flash and heap (HEAP= OCPP=)
	@$(BIN)/python tools/run_qemu.py $(QEMU_OPTIONS)

.PHONY: instructions
instructions: venv micropython ## instructions of each message, compared with those recorded (WRITE=1 records them)
	@$(BIN)/python tools/instructions.py $(if $(WRITE),--write)

.PHONY: footprint
footprint: venv micropython ## flash and heap beside the budgets: docs/footprint.md (some ten minutes)
	@$(BIN)/python tools/footprint.py
