// mbedTLS as on other microcontrollers; faster curves for 3 KB of code.
#ifndef MBEDTLS_CONFIG_PORT_H
#define MBEDTLS_CONFIG_PORT_H

#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_PLATFORM_GMTIME_R_ALT
#define MBEDTLS_PLATFORM_MS_TIME_ALT
#include <time.h>
time_t board_epoch_s(time_t *to);
#define MBEDTLS_PLATFORM_TIME_MACRO board_epoch_s

#define MICROPY_MBEDTLS_CONFIG_BARE_METAL (1)
#include "extmod/mbedtls/mbedtls_config_common.h"

#endif
