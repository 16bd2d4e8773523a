// The module `nor`: the memory at 0x21000000 as flash that is stricter than a real part.
//
// Flash(first, sectors) is a block device of MicroPython's, a block being a sector. Only what is erased
// is programmed, in whole units; anything else is told on the console and ends the emulator. view(first,
// sectors) is the same memory in place, to be read only. The memory is a file of the host: who ends the
// emulator in the middle of an operation has cut the power in it.

#include <stdlib.h>

#include "py/mperrno.h"
#include "py/objarray.h"
#include "py/runtime.h"
#include "extmod/vfs.h"

#define BASE (0x21000000)
#define SECTOR (4096)
#define SECTORS (4096)
#define UNIT (4)

typedef struct {
    mp_obj_base_t base;
    mp_uint_t first, sectors;
} flash_t;

static void check(bool right, const char *what, mp_uint_t at) {
    if (!right) {
        mp_printf(&mp_plat_print, "flash: %s at 0x%08x\n", what, (unsigned)at);
        exit(1);
    }
}

// The place of so many bytes in a sector, or from its beginning over several.
static mp_uint_t place(flash_t *flash, mp_obj_t block, mp_uint_t offset, mp_uint_t count) {
    mp_uint_t n = mp_obj_get_int(block), at = n * SECTOR + offset;
    check(at + count <= flash->sectors * SECTOR, "outside the device", n);
    check(offset == 0 || offset + count <= SECTOR, "beyond the sector", at);
    return BASE + flash->first * SECTOR + at;
}

static void erase(mp_uint_t at) {
    for (mp_uint_t end = at + SECTOR; at < end; at += UNIT) {
        *(volatile uint32_t *)at = 0xffffffff;
    }
}

static void program(mp_uint_t at, const uint8_t *from, mp_uint_t count) {
    check(count && at % UNIT == 0 && count % UNIT == 0, "no whole units programmed", at);
    for (mp_uint_t i = 0; i < count; i += UNIT) {
        check(*(volatile uint32_t *)(at + i) == 0xffffffff, "programmed without an erase", at + i);
    }
    for (mp_uint_t i = 0; i < count; i += UNIT) {
        uint32_t unit;
        memcpy(&unit, from + i, UNIT);
        *(volatile uint32_t *)(at + i) = unit;
    }
}

static mp_obj_t flash_readblocks(size_t n, const mp_obj_t *a) {
    mp_buffer_info_t to;
    mp_get_buffer_raise(a[2], &to, MP_BUFFER_WRITE);
    mp_uint_t offset = n > 3 ? mp_obj_get_int(a[3]) : 0;
    memcpy(to.buf, (void *)place(MP_OBJ_TO_PTR(a[0]), a[1], offset, to.len), to.len);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(flash_readblocks_obj, 3, 4, flash_readblocks);

// With an offset it only programs; without one it erases before.
static mp_obj_t flash_writeblocks(size_t n, const mp_obj_t *a) {
    mp_buffer_info_t from;
    mp_get_buffer_raise(a[2], &from, MP_BUFFER_READ);
    mp_uint_t at = place(MP_OBJ_TO_PTR(a[0]), a[1], n > 3 ? mp_obj_get_int(a[3]) : 0, from.len);
    for (mp_uint_t i = 0; n == 3 && i < from.len; i += SECTOR) {
        erase(at + i);
    }
    program(at, from.buf, from.len);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(flash_writeblocks_obj, 3, 4, flash_writeblocks);

static mp_obj_t flash_ioctl(mp_obj_t self, mp_obj_t request, mp_obj_t argument) {
    flash_t *flash = MP_OBJ_TO_PTR(self);
    switch (mp_obj_get_int(request)) {
        case MP_BLOCKDEV_IOCTL_INIT:
        case MP_BLOCKDEV_IOCTL_DEINIT:
        case MP_BLOCKDEV_IOCTL_SYNC:
            return MP_OBJ_NEW_SMALL_INT(0);
        case MP_BLOCKDEV_IOCTL_BLOCK_COUNT:
            return MP_OBJ_NEW_SMALL_INT(flash->sectors);
        case MP_BLOCKDEV_IOCTL_BLOCK_SIZE:
            return MP_OBJ_NEW_SMALL_INT(SECTOR);
        case MP_BLOCKDEV_IOCTL_BLOCK_ERASE:
            erase(place(flash, argument, 0, SECTOR));
            return MP_OBJ_NEW_SMALL_INT(0);
        default:
            mp_raise_OSError(MP_EINVAL);
    }
}
static MP_DEFINE_CONST_FUN_OBJ_3(flash_ioctl_obj, flash_ioctl);

static void range(const mp_obj_t *a, mp_uint_t *first, mp_uint_t *sectors) {
    *first = mp_obj_get_int(a[0]);
    *sectors = mp_obj_get_int(a[1]);
    if (*first >= SECTORS || *sectors > SECTORS - *first) {
        mp_raise_ValueError(MP_ERROR_TEXT("no such sectors"));
    }
}

static mp_obj_t flash_make_new(const mp_obj_type_t *type, size_t n, size_t n_kw, const mp_obj_t *a) {
    mp_arg_check_num(n, n_kw, 2, 2, false);
    flash_t *flash = mp_obj_malloc(flash_t, type);
    range(a, &flash->first, &flash->sectors);
    return MP_OBJ_FROM_PTR(flash);
}

static const mp_rom_map_elem_t flash_locals[] = {
    { MP_ROM_QSTR(MP_QSTR_readblocks), MP_ROM_PTR(&flash_readblocks_obj) },
    { MP_ROM_QSTR(MP_QSTR_writeblocks), MP_ROM_PTR(&flash_writeblocks_obj) },
    { MP_ROM_QSTR(MP_QSTR_ioctl), MP_ROM_PTR(&flash_ioctl_obj) },
};
static MP_DEFINE_CONST_DICT(flash_locals_dict, flash_locals);

static MP_DEFINE_CONST_OBJ_TYPE(flash_type, MP_QSTR_Flash, MP_TYPE_FLAG_NONE,
    make_new, flash_make_new, locals_dict, &flash_locals_dict);

static mp_obj_t nor_view(mp_obj_t first_in, mp_obj_t sectors_in) {
    mp_obj_t a[2] = { first_in, sectors_in };
    mp_uint_t first, sectors;
    range(a, &first, &sectors);
    return mp_obj_new_memoryview('B', sectors * SECTOR, (void *)(BASE + first * SECTOR));
}
static MP_DEFINE_CONST_FUN_OBJ_2(nor_view_obj, nor_view);

static const mp_rom_map_elem_t module_globals[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_nor) },
    { MP_ROM_QSTR(MP_QSTR_Flash), MP_ROM_PTR(&flash_type) },
    { MP_ROM_QSTR(MP_QSTR_view), MP_ROM_PTR(&nor_view_obj) },
};
static MP_DEFINE_CONST_DICT(module_globals_dict, module_globals);

const mp_obj_module_t nor_module = {
    .base = { &mp_type_module }, .globals = (mp_obj_dict_t *)&module_globals_dict,
};
MP_REGISTER_MODULE(MP_QSTR_nor, nor_module);
