// The module `counter`: instructions between begin() and end(), under QEMU's -icount; lap() is those
// since begin() or the last lap, and collects nothing.
//
// What an allocation takes depends on the holes it passes, and they lie elsewhere after any change of
// the program. So begin() collects the garbage and fills the holes up to the first large piece that is
// free: there the same code takes the same instructions. The next collection frees the filling.

#include "py/gc.h"
#include "py/mpstate.h"
#include "py/runtime.h"

#define COUNTER (*(volatile uint32_t *)0x40028018) // 25 MHz; an instruction takes a nanosecond
#define INSTRUCTIONS (40) // of one count
#define BLOCKS (4) // of the heap in a byte of its table, as in py/gc.c; two bits each, 0 is free
#define HEAD (1) // an object begins
#define ROOM (32 * 1024 / 16 / BLOCKS) // for what is counted: 32 KiB in blocks of 16 bytes

static uint32_t begun;

static void fill_holes(mp_state_mem_area_t *area) {
    size_t bytes = 0, empty = 0; // of the table
    for (; bytes < area->gc_alloc_table_byte_len && empty < ROOM; bytes++) {
        empty = area->gc_alloc_table_start[bytes] ? 0 : empty + 1;
    }
    bytes -= empty;
    for (size_t block = 0; block < bytes * BLOCKS; block++) {
        byte *entry = &area->gc_alloc_table_start[block / BLOCKS];
        int shift = 2 * (block % BLOCKS);
        if ((*entry >> shift & 3) == 0) {
            *entry |= HEAD << shift;
        }
    }
    area->gc_last_free_atb_index = bytes;
    area->gc_last_used_block = MAX(area->gc_last_used_block, bytes * BLOCKS - 1);
}

static mp_obj_t counter_begin(void) {
    gc_collect();
    fill_holes(&MP_STATE_MEM(area));
    begun = COUNTER;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(counter_begin_obj, counter_begin);

static mp_obj_t counter_end(void) {
    uint32_t counts = COUNTER - begun;
    gc_collect(); // so that what is made now lies low, and the next counts begin low too
    return mp_obj_new_int_from_ull((uint64_t)counts * INSTRUCTIONS);
}
static MP_DEFINE_CONST_FUN_OBJ_0(counter_end_obj, counter_end);

static mp_obj_t counter_lap(void) {
    uint32_t counts = COUNTER - begun;
    begun = COUNTER;
    return mp_obj_new_int_from_ull((uint64_t)counts * INSTRUCTIONS);
}
static MP_DEFINE_CONST_FUN_OBJ_0(counter_lap_obj, counter_lap);

static const mp_rom_map_elem_t module_globals[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_counter) },
    { MP_ROM_QSTR(MP_QSTR_begin), MP_ROM_PTR(&counter_begin_obj) },
    { MP_ROM_QSTR(MP_QSTR_end), MP_ROM_PTR(&counter_end_obj) },
    { MP_ROM_QSTR(MP_QSTR_lap), MP_ROM_PTR(&counter_lap_obj) },
};
static MP_DEFINE_CONST_DICT(module_globals_dict, module_globals);

const mp_obj_module_t counter_module = {
    .base = { &mp_type_module }, .globals = (mp_obj_dict_t *)&module_globals_dict,
};
MP_REGISTER_MODULE(MP_QSTR_counter, counter_module);
