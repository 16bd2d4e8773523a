"""What docs/footprint.md says around its tables.

Reasons are written so that they stay true when the figures move. Each is shown only where its
budget is not met; how much it is, footprint_page.py says from what was measured.
"""

from __future__ import annotations

from tools.footprint_search import STEP_BYTES
from tools.footprint_station import FRAMES, LIVES

HEAD = """\
# Footprint

Written by `make footprint`, which measures all of it anew on the emulated Cortex-M3. Programs read
`build/footprint.json`, where the same figures are. All figures are bytes.
"""
BUDGETS = f"""\
A kB of the budgets is 1000 bytes, but a whole heap is told in KiB (65,536 bytes are 64 KiB), as a
board's configuration has it. Of the image with both dialects the worse one counts.

Flash, heap idle and heap peak are without the simulator's parts, which a real board has not: the
simulated drivers and the board's end of the line to the simulator. A real board's own drivers and
`main.py` come in their place. The whole heap is the one that the emulated board was configured
with, the simulator's parts included; what is left without them is told too. It is the smallest,
in steps of {STEP_BYTES:,} bytes, in which two whole lives went through, with all the messages
below, while in one step less a life did not.
"""
WAY = {
    "rom_bytes": """\
What would get there: fewer and larger modules of cold methods, for each has names of its own; a
dialect of 1.6 that translates less; leaving out a block that a board does not need, which its
`manifest.py` may do.
""",
    "heap_idle_bytes": """\
Why: each function, method and class that is always in memory is an object in the heap, though its
code runs in flash. What would get there: more cold methods and transient modules, which take
flash instead, and time when they are needed; or definitions that are frozen into the firmware,
which take no heap but tie the application to one firmware.
""",
    "heap_peak_bytes": """\
Why: the message, what is made of it and the modules that are imported for it live at once, beside
what is always there. What would get there: less that is always there, smaller modules for
what happens then, and dropping one before the next is imported.
""",
    "heap_size_bytes": """\
What would get there: a lower peak, and making what lives long before what comes and goes, so that
less is left lying between free pieces.
""",
    "heap_size_tls_bytes": """\
Why: mbedTLS has its buffers in the same heap, and a record that is received may have 16 KiB. What
would get there: all that brings down the heap without TLS, and an mbedTLS that is built for
shorter records, where the server is known to send no longer ones.
""",
}
HEAP = f"""\
## Heap at rest

After a collection, in the life of a station with two EVSEs, without the simulator's parts. These
are measured on the board, alone, and taken off. The least of {LIVES} lives is told: the rest is
chance, for the stack of a suspended coroutine may hold on to a module that is over.
"""
PEAKS = f"""\
## Heap at the worst moments

The most that lived at once, without garbage, to 256 bytes (`boards/qemu_mps2/c/heap.c`), also
without the simulator's parts; the highest of {LIVES} lives. "As long as can be" is a request of
exactly the receive limit, 4096 bytes. There is no local list and no smart charging yet: the
station parses such a request and refuses it with NotSupported. So these two rows say what a
longest request takes, and not what SendLocalList and SetChargingProfile will take.
"""
LONG = f"""\
## Fragmentation

A whole life, and then {FRAMES:,} messages both ways, of seven kinds that a server sends every
day: in a heap of 64 KiB, or the next in steps of 4 KiB in which it went through. With the
simulator's parts.
"""
ROM = """\
## Flash

The image is linked: a few modules have what many sources say. A function, a class and a table
count for their source with the bytes that they have in the image; what a module has in common
(its names, and what runs when it is imported) is shared in proportion to their functions and
classes. The budget stands against the whole image less the simulated board.
"""
WORTH = """\
## What the ways to save are worth

An image is built without each, and lives once; heap after a short life in OCPP 2.0.1, in which all
was used. Linking is compared with cold methods that stay in memory, for it is what makes them,
and line numbers without repacking, which takes none. A figure below zero is what a way costs.
"""
INSTRUCTIONS = """\
## Instructions

Of each common message both ways and of its parts, counted by the emulator (`make instructions`
compares them with the recorded ones).
"""
