// The module `heap`: how much of the heap lives at once, for tools/footprint.py.
//
// The linker puts the functions here in front of those of py/gc.c (mpconfigboard.mk). Where the
// loader has asked for it, what lives is counted at each allocation: what lived after the latest
// collection, and what was allocated since, garbage or not. Where that would be a new maximum, a
// collection finds out first; so the maximum has no garbage in it, and is missed by less than
// RESOLUTION bytes. In other runs each function costs a comparison.

#include "py/gc.h"
#include "py/mpstate.h"
#include "py/runtime.h"
#include "board.h"

#define RESOLUTION (256)
#define ROUNDED(bytes) (((bytes) + MICROPY_BYTES_PER_GC_BLOCK - 1) & ~(MICROPY_BYTES_PER_GC_BLOCK - 1))

void *__real_gc_alloc(size_t bytes, unsigned int flags);
void *__real_gc_realloc(void *old, size_t bytes, bool may_move);
void __real_gc_free(void *block);
void __real_gc_collect(void);

static bool watched;
static int live_bytes; // and garbage since the latest collection
static int most_bytes;

void heap_watch(bool on) {
    watched = on;
}

void __wrap_gc_collect(void) {
    __real_gc_collect();
    if (watched) {
        gc_info_t info;
        gc_info(&info);
        live_bytes = info.used;
    }
}

// Before an allocation; whether it may be a new maximum. Then live_bytes has no garbage.
static bool may_be_most(int bytes) {
    if (live_bytes + bytes < most_bytes + RESOLUTION || MP_STATE_THREAD(gc_lock_depth)) {
        return false;
    }
    gc_collect();
    return true;
}

static void note(int bytes) {
    if (bytes > most_bytes) {
        most_bytes = bytes;
    }
}

void *__wrap_gc_alloc(size_t bytes, unsigned int flags) {
    if (!watched || bytes == 0) {
        return __real_gc_alloc(bytes, flags);
    }
    int size = ROUNDED(bytes);
    bool exact = may_be_most(size);
    void *block = __real_gc_alloc(bytes, flags);
    if (block) {
        live_bytes += size;
        if (exact) {
            note(live_bytes);
        }
    }
    return block;
}

void *__wrap_gc_realloc(void *old, size_t bytes, bool may_move) {
    if (!watched) {
        return __real_gc_realloc(old, bytes, may_move);
    }
    if (old == NULL) {
        return gc_alloc(bytes, 0);
    }
    int old_size = gc_nbytes(old), size = ROUNDED(bytes);
    bool exact = size > old_size && may_be_most(size);
    void *block = __real_gc_realloc(old, bytes, may_move);
    if (block || bytes == 0) {
        if (exact) { // while it is copied, both are there
            note(live_bytes + size - (block == old ? old_size : 0));
        }
        live_bytes += size - old_size;
    }
    return block;
}

void __wrap_gc_free(void *block) {
    if (watched && block) {
        live_bytes -= gc_nbytes(block);
    }
    __real_gc_free(block);
}

// heap.measure(): bytes that live, the most that lived at once since the last time (0 if that is not
// watched), free bytes, and the bytes of the largest free block. Collects the garbage.
static mp_obj_t heap_measure(void) {
    int most = watched ? most_bytes : 0;
    gc_collect();
    gc_info_t info;
    gc_info(&info);
    most_bytes = info.used;
    mp_obj_t values[] = {
        MP_OBJ_NEW_SMALL_INT(info.used), MP_OBJ_NEW_SMALL_INT(most), MP_OBJ_NEW_SMALL_INT(info.free),
        MP_OBJ_NEW_SMALL_INT(info.max_free * MICROPY_BYTES_PER_GC_BLOCK),
    };
    return mp_obj_new_tuple(MP_ARRAY_SIZE(values), values);
}
static MP_DEFINE_CONST_FUN_OBJ_0(heap_measure_obj, heap_measure);

static const mp_rom_map_elem_t module_globals[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_heap) },
    { MP_ROM_QSTR(MP_QSTR_measure), MP_ROM_PTR(&heap_measure_obj) },
};
static MP_DEFINE_CONST_DICT(module_globals_dict, module_globals);

const mp_obj_module_t heap_module = {
    .base = { &mp_type_module }, .globals = (mp_obj_dict_t *)&module_globals_dict,
};
MP_REGISTER_MODULE(MP_QSTR_heap, heap_module);
