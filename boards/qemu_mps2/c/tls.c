// What mbedTLS asks of a board. The entropy is a pseudo-random sequence: for tests, and for nothing else.

#include <time.h>

#include "py/mphal.h"
#include "shared/timeutils/timeutils.h"
#include "mbedtls/platform_time.h"
#include "mbedtls/platform_util.h"
#include "board.h"

int mbedtls_hardware_poll(void *data, unsigned char *output, size_t count, size_t *got) {
    board_random(output, count);
    *got = count;
    return 0;
}

mbedtls_ms_time_t mbedtls_ms_time(void) {
    return mp_hal_time_ns() / 1000000;
}

time_t board_epoch_s(time_t *to) {
    return mp_hal_time_ns() / 1000000000;
}

struct tm *mbedtls_platform_gmtime_r(const mbedtls_time_t *epoch_s, struct tm *to) {
    timeutils_struct_time_t time;
    timeutils_seconds_since_2000_to_struct_time(*epoch_s - TIMEUTILS_SECONDS_1970_TO_2000, &time);
    to->tm_year = time.tm_year - 1900;
    to->tm_mon = time.tm_mon - 1;
    to->tm_mday = time.tm_mday;
    to->tm_hour = time.tm_hour;
    to->tm_min = time.tm_min;
    to->tm_sec = time.tm_sec;
    return to;
}
