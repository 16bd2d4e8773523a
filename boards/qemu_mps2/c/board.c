// How the board starts, what time it is, and how it sleeps.
//
// Time is counted by the 25 MHz counter of the FPGA; SysTick only ends the sleep. Under QEMU's
// -icount the counter counts instructions, so it is the instrument of measurements too. The size of
// the heap, the seed of the random numbers (there is no source of entropy) and the time of day are
// parameters that QEMU's loader leaves in memory.

#include "py/gc.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stackctrl.h"
#include "shared/runtime/pyexec.h"
#include "board.h"

#define MHZ (25)
#define STACK_BYTES (16 * 1024)
#define SLEEP_MS (500) // SysTick has 24 bits
#define BLOCKED_MS (2) // an output that has no room says nothing when it has

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define COUNTER REGISTER(0x40028018)
#define PRESCALE REGISTER(0x4002801C)
#define SYSTICK_CONTROL REGISTER(0xE000E010)
#define SYSTICK_RELOAD REGISTER(0xE000E014)
#define SYSTICK_VALUE REGISTER(0xE000E018)
#define INTERRUPT_ENABLE REGISTER(0xE000E100)
#define VECTOR_TABLE REGISTER(0xE000ED08)

extern const uint32_t isr_vector[16]; // of the port
extern char _heap[];
extern struct {
    uint32_t heap_bytes;
    uint32_t seed[2];
    uint32_t epoch_s; // when it starts
    uint32_t watch_heap;
} _parameters;

volatile bool board_event;
static uint32_t vectors[64] __attribute__((aligned(256)));
static uint64_t random_state;

static void tick(void) {
    board_event = true;
}

static uint64_t cycles(void) {
    static uint32_t low, high; // read at least every 500 ms while idle, wraps after 171 s
    uint32_t now = COUNTER;
    high += now < low;
    low = now;
    return (uint64_t)high << 32 | now;
}

mp_uint_t mp_hal_ticks_cpu(void) {
    return cycles();
}

mp_uint_t mp_hal_ticks_us(void) {
    return cycles() / MHZ;
}

mp_uint_t mp_hal_ticks_ms(void) {
    return cycles() / (MHZ * 1000);
}

uint64_t mp_hal_time_ns(void) {
    return _parameters.epoch_s * 1000000000ull + cycles() * (1000 / MHZ);
}

void mp_hal_delay_us(mp_uint_t us) {
    for (uint64_t end = cycles() + (uint64_t)us * MHZ; cycles() < end;) {
    }
}

void mp_hal_delay_ms(mp_uint_t ms) {
    for (uint64_t end = cycles() + (uint64_t)ms * MHZ * 1000; cycles() < end;) {
        mp_event_wait_ms((end - cycles()) / (MHZ * 1000));
    }
}

void board_wait(int timeout_ms) {
    int longest_ms = uart_is_blocked() ? BLOCKED_MS : SLEEP_MS;
    if (timeout_ms < 0 || timeout_ms > longest_ms) {
        timeout_ms = longest_ms;
    }
    if (timeout_ms == 0) {
        return;
    }
    cycles();
    SYSTICK_CONTROL = 0; // else the old interval goes on
    SYSTICK_RELOAD = timeout_ms * MHZ * 1000 - 1;
    SYSTICK_VALUE = 0;
    SYSTICK_CONTROL = 7;
    // An interrupt between the look and the sleep stays pending, and so ends the sleep.
    __asm volatile ("cpsid i" ::: "memory");
    if (!board_event) {
        __asm volatile ("wfi" ::: "memory");
    }
    board_event = false;
    __asm volatile ("cpsie i" ::: "memory");
}

void board_random(uint8_t *to, size_t count) {
    for (size_t i = 0; i < count; i++) {
        random_state ^= random_state << 13;
        random_state ^= random_state >> 7;
        random_state ^= random_state << 17;
        to[i] = random_state >> 32;
    }
}

int main(void) {
    size_t heap_bytes = _parameters.heap_bytes ? _parameters.heap_bytes : MICROPY_HEAP_SIZE;
    random_state = (uint64_t)_parameters.seed[1] << 32 | (_parameters.seed[0] + 1);
    for (size_t i = 0; i < MP_ARRAY_SIZE(vectors); i++) {
        vectors[i] = i < 15 ? isr_vector[i] : i == 15 ? (uint32_t)tick : (uint32_t)uart_interrupt;
    }
    VECTOR_TABLE = (uint32_t)vectors;
    PRESCALE = 0;
    uart_start();
    INTERRUPT_ENABLE = 1 << 0 | 1 << 2 | 1 << 4 | 1 << 18 | 1 << 20; // bytes for the UARTs 0 to 4

    mp_stack_ctrl_init();
    mp_stack_set_limit(STACK_BYTES);
    for (;;) { // a soft reset
        gc_init(_heap, _heap + heap_bytes);
        heap_watch(_parameters.watch_heap);
        MP_STATE_VM(m_tracked_head) = NULL;
        mp_init();
        pyexec_frozen_module("boot.py", false);
        pyexec_frozen_module("_boot.py", false);
        if (pyexec_mode_kind == PYEXEC_MODE_FRIENDLY_REPL) { // else a program has the console
            pyexec_frozen_module("_main.py", true);
        }
        while ((pyexec_mode_kind == PYEXEC_MODE_RAW_REPL ? pyexec_raw_repl() : pyexec_friendly_repl()) == 0) {
        }
        mp_hal_stdout_tx_str("MPY: soft reboot\r\n");
        gc_sweep_all();
        mp_deinit();
    }
}
