# The front door. `make` alone prints the targets.

PYTHON ?= python3
JOBS ?= 2
BIN := .venv/bin
READY := .venv/ready
BESIDE = $(MAKE) --no-print-directory -j2 --output-sync=target # two targets at a time

# make sim: OCPP=2.0.1 or 1.6 (default: a session in each), CSMS=ws://... (default: the built-in one),
# CA=root.pem with wss://. ONCE=1 ends after the sessions, with exit status 0 only if they were whole and correct.
SIM_OPTIONS := $(if $(OCPP),--ocpp '$(OCPP)') $(if $(CSMS),--csms '$(CSMS)') $(if $(CA),--ca '$(CA)') $(if $(ONCE),--once)

.PHONY: help
help: ## print this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: sim
sim: venv ## a station, its car and a server: see a charging session (OCPP= CSMS= CA= ONCE=1)
	@$(BIN)/python -m host_sim demo $(SIM_OPTIONS)

.PHONY: test
test: ## all checks and all tests, on CPython and on MicroPython
	@$(BESIDE) venv micropython
	@$(MAKE) --no-print-directory flash-tools check
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

.PHONY: quick
quick: check ## the checks, and the tests of the core on CPython, in less than a minute
	$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal tests/rpc tests/device_model tests/profiles tests/link \
		tests/station tests/store $(addprefix tests/test_,modules.py rings.py runtime.py timestamp.py)

.PHONY: soak
soak: venv micropython ## for hours: random walks of the station, all power cuts, network faults, signatures and targets
	SOAK=1 $(BIN)/python -m pytest -n $(JOBS) --dist worksteal tests/power_loss tests/ota/test_power_cuts.py \
		tests/crypto tests/test_heap.py tests/scenarios/test_invariants.py tests/scenarios/test_network_faults.py \
		tests/scenarios/test_targets.py tests/rpc/test_schema_oracle.py tests/store/test_flips.py \
		tests/scenarios/test_lost_records.py

.PHONY: check check-types check-rest
check: venv micropython ## format, lint, types, firmware compiles, rings, boards
	@$(BESIDE) check-types check-rest

check-types:
	$(BIN)/basedpyright --warnings

check-rest:
	$(BIN)/ruff format --check --output-format concise
	$(BIN)/ruff check --output-format concise
	$(BIN)/python tools/compile_firmware.py
	$(BIN)/python tools/check_rings.py
	$(BIN)/python tools/boards.py

# The real boards: BOARD= as in boards/, FLASH=8MB where a board has several sizes. DRY_RUN=1 prints the
# commands only. ERASE=1 empties an ESP32 first, MPY_SHA256= is the hash of MPY_FIRMWARE=.
DRY := $(if $(DRY_RUN),--dry-run)
STATION_OPTIONS = $(DRY) $(if $(STATION),--station '$(STATION)') $(if $(WIFI),--wifi '$(WIFI)') \
	$(if $(CA),--ca '$(CA)') $(if $(CERT),--cert '$(CERT)') $(if $(KEY),--key '$(KEY)') \
	$(if $(MANUFACTURER_ROOTS),--manufacturer-roots '$(MANUFACTURER_ROOTS)')
# A signed image, which can be updated later: the private key of images, the key file (else of this key), the
# revision of the board, the security counter.
SIGN_OPTIONS = $(if $(IMAGE_KEY),--image-key '$(IMAGE_KEY)') $(if $(UPDATE_KEYS),--update-keys '$(UPDATE_KEYS)') \
	$(if $(HARDWARE),--hardware '$(HARDWARE)') $(if $(COUNTER),--counter '$(COUNTER)')

.PHONY: app
app: venv micropython ## a board's application as a ROMFS image (BOARD= FLASH= IMAGE_KEY= HARDWARE=)
	@$(BIN)/python tools/build_app.py '$(BOARD)' --flash '$(FLASH)' $(SIGN_OPTIONS)

.PHONY: firmware
firmware: venv micropython ## a board's MicroPython (BOARD= MPY_DIR= FLASH= DRY_RUN=1)
	@$(BIN)/python tools/build_firmware.py '$(BOARD)' --mpy-dir '$(MPY_DIR)' --flash '$(FLASH)' $(DRY)

.PHONY: flash
flash: venv micropython flash-tools ## all onto a board (BOARD= PORT= FLASH= STATION= WIFI= IMAGE_KEY= HARDWARE= MPY_FIRMWARE= ERASE=1 DRY_RUN=1)
	@$(BIN)/python tools/flash.py '$(BOARD)' --port '$(PORT)' --flash '$(FLASH)' $(STATION_OPTIONS) $(SIGN_OPTIONS) $(if $(ERASE),--erase) \
		$(if $(MPY_FIRMWARE),--firmware '$(MPY_FIRMWARE)' --sha256 '$(MPY_SHA256)')

.PHONY: monitor
monitor: venv flash-tools ## a board's console, Ctrl-] ends it (PORT=)
	@$(BIN)/mpremote connect '$(or $(PORT),auto)' repl

.PHONY: boards-check
boards-check: venv ## pins, drivers, manifests and partition tables of all boards
	@$(BIN)/python tools/boards.py

.PHONY: flash-tools
flash-tools: venv ## esptool and mpremote, into .venv
	@$(BIN)/python tools/get_flash_tools.py

.PHONY: format
format: venv ## put the source into its format, repair what lint can
	$(BIN)/ruff check --quiet --fix --exit-zero
	$(BIN)/ruff format --quiet

.PHONY: generate
generate: venv ## write all generated tables anew (tools/generate_*.py)
	@for tool in tools/generate_*.py; do echo $$tool; $(BIN)/python $$tool || exit 1; done

.PHONY: venv
venv: $(READY) ## the host's Python environment, .venv

# Only files with a known hash get in. Satisfied already = nothing is asked of the network.
$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	@echo "setting up .venv (once)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	@printf '%s\n' '$(CURDIR)' '$(CURDIR)/firmware' > "$$($(BIN)/python -c 'import site; print(site.getsitepackages()[0])')/checkout.pth"
	@printf '#!/bin/sh\nexec "%s/python" -m host_sim "$$@"\n' '$(CURDIR)/$(BIN)' > $(BIN)/host-sim && chmod +x $(BIN)/host-sim
	@touch $@

.PHONY: micropython
micropython: ## the MicroPython interpreter and mpy-cross, build/micropython
	@$(PYTHON) tools/get_micropython.py

.PHONY: clean
clean: ## remove what tests and tools leave behind
	rm -rf .pytest_cache .ruff_cache .hypothesis build/firmware build/kept
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

.PHONY: distclean
distclean: clean ## remove the environment and the interpreter too
	rm -rf .venv build

include boards/qemu_mps2/qemu.mk
