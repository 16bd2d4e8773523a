set(IDF_TARGET esp32s3)

set(SDKCONFIG_DEFAULTS
    boards/sdkconfig.base
    boards/sdkconfig.usb
    ${MICROPY_BOARD_DIR}/sdkconfig.esp32
    ${MICROPY_BOARD_DIR}/sdkconfig.flash
    ${MICROPY_BOARD_DIR}/sdkconfig.board
)
