// romslot.map(label): a data partition as memory, for a VfsRom that runs in place.
// MicroPython itself maps one partition only, the one that is called romfs.

#include "py/mperrno.h"
#include "py/objarray.h"
#include "py/runtime.h"

#include "esp_partition.h"

#define SLOTS (2)

// Mapped once, also over soft resets.
static const esp_partition_t *mapped[SLOTS];
static const void *starts[SLOTS];

static mp_obj_t romslot_map(mp_obj_t label) {
    const esp_partition_t *partition = esp_partition_find_first(
        ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_ANY, mp_obj_str_get_str(label));
    if (partition == NULL) {
        mp_raise_OSError(MP_ENOENT);
    }
    for (size_t slot = 0; slot < SLOTS; ++slot) {
        if (mapped[slot] == NULL) {
            esp_partition_mmap_handle_t handle;
            esp_err_t error = esp_partition_mmap(partition, 0, partition->size,
                ESP_PARTITION_MMAP_DATA, &starts[slot], &handle);
            if (error != ESP_OK) {
                mp_raise_OSError(MP_EIO);
            }
            mapped[slot] = partition;
        }
        if (mapped[slot] == partition) {
            return mp_obj_new_memoryview('B', partition->size, (void *)starts[slot]);
        }
    }
    mp_raise_OSError(MP_ENOMEM);
}
static MP_DEFINE_CONST_FUN_OBJ_1(romslot_map_obj, romslot_map);

static const mp_rom_map_elem_t romslot_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_romslot) },
    { MP_ROM_QSTR(MP_QSTR_map), MP_ROM_PTR(&romslot_map_obj) },
};
static MP_DEFINE_CONST_DICT(romslot_globals, romslot_globals_table);

const mp_obj_module_t romslot_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&romslot_globals,
};

MP_REGISTER_MODULE(MP_QSTR_romslot, romslot_module);
