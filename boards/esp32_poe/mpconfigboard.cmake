set(SDKCONFIG_DEFAULTS
    boards/sdkconfig.base
    ${MICROPY_BOARD_DIR}/sdkconfig.esp32
    ${MICROPY_BOARD_DIR}/sdkconfig.flash
    ${MICROPY_BOARD_DIR}/sdkconfig.board
)
