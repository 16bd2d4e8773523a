"""Figures of a footprint, for tests of what is made of them."""

from tools.footprint_figures import CASES, IMAGES, Figures, Worth
from tools.footprint_probe import DEFINITIONS, INTERPRETER
from tools.footprint_rooms import DIRECTORY
from tools.footprint_station import Heap, Life


def figures() -> Figures:
    """As if all had been measured."""
    life = Life({"idle, online": Heap(30_000, 0, 60_000, 50_000)}, {"the boot": 70_000})
    life.peaks["GetVariables of 20"] = 45_000
    sources = {
        "main.py": 100,
        "chargepoint/station/evse.py": 5_000,
        "chargepoint/runtime.py": 900,
        DIRECTORY: 200,
    }
    return Figures(
        image_bytes=dict.fromkeys(IMAGES, 6_200),
        sources={image: sources for image in IMAGES},
        simulator={"simulated drivers": 2_000, "line to the simulator": 3_000},
        resting={INTERPRETER: 2_000, DEFINITIONS: 18_000},
        lives={case: life for case in CASES},
        long={CASES[2]: (98_304, life)},
        smallest={**dict.fromkeys(CASES, 65_536), CASES[3]: 69_632},
        smallest_tls={**dict.fromkeys(CASES, 98_304), CASES[2]: None},
        worth={"linking": Worth(8_000, -7_000), "names": Worth(heap=14_000)},
        instructions={"1.6 in Heartbeat": 1234567},
    )
