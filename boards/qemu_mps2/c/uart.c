// The console, UART 0, and the module `uart`: the UARTs 1 to 4 as streams that select and asyncio can
// wait for.
//
// UART(n) never waits: what can't be done yet gives None. UART(n, True) is for lines: reading waits,
// and the end of a line is the end of the stream, once; so json.load() takes one line from it.
// Writing waits too.

#include "py/mperrno.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stream.h"
#include "shared/runtime/interrupt_char.h"
#include "ports/qemu/uart.h"
#include "board.h"

#define CONSOLE (0)
#define FIRST (1)
#define COUNT (5)
#define RING (512) // a power of two

#define TX_FULL (1 << 0)
#define RX_FULL (1 << 1)
#define RX_INTERRUPT (1 << 1)
#define ENABLE (1 << 0 | 1 << 1 | 1 << 3) // send, receive, interrupt at a byte received

typedef struct {
    volatile uint32_t data, state, control, interrupt, divider;
} registers_t;

typedef struct {
    mp_obj_base_t base;
    registers_t *registers;
    bool lines, blocked;
    volatile uint16_t head, tail; // the ring is empty when they are equal
    uint8_t ring[RING];
} uart_t;

static uart_t uarts[COUNT];

void uart_start(void) {
    static const uint32_t addresses[COUNT] = {
        0x40004000, 0x40005000, 0x40006000, 0x40007000, 0x40009000,
    };
    for (int i = 0; i < COUNT; i++) {
        uarts[i].registers = (registers_t *)addresses[i];
        uarts[i].registers->divider = 16;
        uarts[i].registers->control = ENABLE;
    }
}

bool uart_is_blocked(void) {
    bool blocked = false;
    for (int i = 0; i < COUNT; i++) {
        blocked |= uarts[i].blocked;
    }
    return blocked;
}

// What does not fit stays in the UART, and QEMU keeps the rest.
static void fill(uart_t *uart) {
    while (uart->registers->state & RX_FULL && (uint16_t)(uart->head - uart->tail) < RING) {
        int byte = uart->registers->data;
        if (uart == &uarts[CONSOLE] && byte == mp_interrupt_char) {
            mp_sched_keyboard_interrupt();
        } else {
            uart->ring[uart->head % RING] = byte;
            uart->head++;
        }
    }
}

void uart_interrupt(void) {
    for (int i = 0; i < COUNT; i++) {
        uarts[i].registers->interrupt = RX_INTERRUPT;
        fill(&uarts[i]);
    }
    board_event = true;
}

// The next byte, -1 if there is none; it stays until drop().
static int peek(uart_t *uart) {
    return uart->head == uart->tail ? -1 : uart->ring[uart->tail % RING];
}

static void drop(uart_t *uart) {
    uart->tail++;
    __asm volatile ("cpsid i" ::: "memory");
    fill(uart);
    __asm volatile ("cpsie i" ::: "memory");
}

// In the place of the port's function: the port waits without sleep, and knows no interrupt.
int __wrap_uart_rx_chr(void) {
    int byte = peek(&uarts[CONSOLE]);
    if (byte < 0) {
        mp_event_wait_indefinite();
        return UART_RX_NO_CHAR;
    }
    drop(&uarts[CONSOLE]);
    return byte;
}

// To be called only if nothing has been done at all: the caller looks at the error in any case.
static mp_uint_t not_now(int *error) {
    *error = MP_EAGAIN;
    return MP_STREAM_ERROR;
}

static mp_uint_t uart_read(mp_obj_t self, void *buffer, mp_uint_t size, int *error) {
    uart_t *uart = MP_OBJ_TO_PTR(self);
    for (mp_uint_t i = 0; i < size; i++) {
        int byte;
        while ((byte = peek(uart)) < 0 && uart->lines) {
            mp_event_wait_indefinite();
        }
        if (byte < 0) {
            return i ? i : not_now(error);
        }
        bool end = byte == '\n' && uart->lines;
        if (end && i) { // this time what is before it, next time the end
            return i;
        }
        drop(uart);
        if (end) {
            return 0;
        }
        ((uint8_t *)buffer)[i] = byte;
    }
    return size;
}

static mp_uint_t uart_write(mp_obj_t self, const void *buffer, mp_uint_t size, int *error) {
    uart_t *uart = MP_OBJ_TO_PTR(self);
    for (mp_uint_t i = 0; i < size; i++) {
        while ((uart->blocked = uart->registers->state & TX_FULL)) {
            if (!uart->lines) {
                return i ? i : not_now(error);
            }
            mp_event_wait_indefinite();
        }
        uart->registers->data = ((const uint8_t *)buffer)[i];
    }
    return size;
}

static mp_uint_t uart_ioctl(mp_obj_t self, mp_uint_t request, uintptr_t argument, int *error) {
    uart_t *uart = MP_OBJ_TO_PTR(self);
    if (request == MP_STREAM_POLL) {
        uart->blocked = argument & MP_STREAM_POLL_WR && uart->registers->state & TX_FULL;
        return (argument & MP_STREAM_POLL_RD && uart->head != uart->tail ? MP_STREAM_POLL_RD : 0)
               | (argument & MP_STREAM_POLL_WR && !uart->blocked ? MP_STREAM_POLL_WR : 0);
    }
    if (request == MP_STREAM_CLOSE || request == MP_STREAM_FLUSH) {
        return 0;
    }
    *error = MP_EINVAL;
    return MP_STREAM_ERROR;
}

static mp_obj_t uart_make_new(const mp_obj_type_t *type, size_t n, size_t n_kw, const mp_obj_t *a) {
    mp_arg_check_num(n, n_kw, 1, 2, false);
    mp_int_t number = mp_obj_get_int(a[0]);
    if (number < FIRST || number >= COUNT) {
        mp_raise_ValueError(MP_ERROR_TEXT("no such UART"));
    }
    uart_t *uart = &uarts[number];
    uart->base.type = type;
    uart->lines = n > 1 && mp_obj_is_true(a[1]);
    return MP_OBJ_FROM_PTR(uart);
}

static const mp_rom_map_elem_t uart_locals[] = {
    { MP_ROM_QSTR(MP_QSTR_read), MP_ROM_PTR(&mp_stream_read_obj) },
    { MP_ROM_QSTR(MP_QSTR_readinto), MP_ROM_PTR(&mp_stream_readinto_obj) },
    { MP_ROM_QSTR(MP_QSTR_write), MP_ROM_PTR(&mp_stream_write_obj) },
    { MP_ROM_QSTR(MP_QSTR_ioctl), MP_ROM_PTR(&mp_stream_ioctl_obj) },
};
static MP_DEFINE_CONST_DICT(uart_locals_dict, uart_locals);

static const mp_stream_p_t uart_stream = {
    .read = uart_read, .write = uart_write, .ioctl = uart_ioctl,
};

static MP_DEFINE_CONST_OBJ_TYPE(uart_type, MP_QSTR_UART, MP_TYPE_FLAG_NONE,
    make_new, uart_make_new, protocol, &uart_stream, locals_dict, &uart_locals_dict);

static const mp_rom_map_elem_t module_globals[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_uart) },
    { MP_ROM_QSTR(MP_QSTR_UART), MP_ROM_PTR(&uart_type) },
};
static MP_DEFINE_CONST_DICT(module_globals_dict, module_globals);

const mp_obj_module_t uart_module = {
    .base = { &mp_type_module }, .globals = (mp_obj_dict_t *)&module_globals_dict,
};
MP_REGISTER_MODULE(MP_QSTR_uart, uart_module);
