// The port's configuration, and what a charge point needs beside it.
// After a change here the build folder must go: MicroPython's makefiles do not see this file.

#include "ports/qemu/mpconfigport.h"

#undef MICROPY_PY_TIME
#define MICROPY_PY_TIME (1)
#undef MICROPY_PY_SELECT
#define MICROPY_PY_SELECT (1)
#undef MICROPY_PY_ASYNCIO
#define MICROPY_PY_ASYNCIO (1)

// SHA-1 for WebSocket comes with TLS.
#define MICROPY_PY_HASHLIB_SHA1 (1)
#define MICROPY_TRACKED_ALLOC (1)

#define MICROPY_PY_OS_URANDOM (1)
#define MICROPY_PY_OS_INCLUDEFILE "os_urandom.h"

void board_wait(int timeout_ms);
#define MICROPY_INTERNAL_WFE(timeout_ms) board_wait(timeout_ms)
