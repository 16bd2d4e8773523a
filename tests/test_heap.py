"""The heap of a station with two EVSEs, on MicroPython's unix port from a ROMFS image.

Pointers there have 64 bits: a microcontroller needs about half. What grows beyond the table below
has to be paid for by saying so here. `pytest -s tests/test_heap.py` prints the figures.
"""

import functools
import json
import subprocess

import pytest

from tests.conftest import SOAK
from tools import build_romfs, check_rings, module_names
from tools.link_source import together
from tools.portable_tests import INTERPRETER, ROOT

ROUNDS = 1000 if SOAK else 30
# Bytes at most in each dialect, by what tests/on_target/heap_station.py calls them; "lived" is a
# heap in which a life with every message goes through. Here the firmware carries no names of the
# application: they are measured with it, and its table of them
# doubles when it is full: a step of some kilobytes.
BUDGETS = {
    "imported": (66000, 66000),
    "booted": (79500, 79500),
    "idle online": (83500, 82500),
    "in one transaction": (85000, 84000),
    "in two transactions": (86500, 85500),
    "idle after all": (86000, 85000),
    "lived": (114000, 116000),
}
DIALECTS = ("ocpp1.6", "ocpp2.0.1")
# These stations have no network.
OF_THE_LINK = set(
    "link.backoff link.handshake link.masking link.masking_native link.opening link.sender"
    " link.tls link.url link.utf8".split()
)
# The flash here is in memory, see tests/on_target/world.py.
OF_THE_STORE = set(
    "store.ahead store.moving store.ring_boot store.ring_edit store.ring_sectors"
    " store.tape station.unsaved".split()  # the last: only where nothing can be written
)
# No message needs these yet.
NOT_YET = set(
    "crypto.csr crypto.rsa ota.container ota.download ota.ftp ota.http"
    " ota.installation ota.progress ota.receiving ota.slots ota.sources ota.system"
    " ota.trial"
    " profiles.ocpp16.presets".split()
)
# One message may leave behind its answer, the last error or an event that is queued: blocks that
# the next one takes over. Over a round of all nothing is added.
LEFT_BEHIND = 512
FLAT = 0  # bytes


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    path = tmp_path_factory.mktemp("romfs") / "app.romfs"
    path.write_bytes(built()[0])
    return path


@functools.cache
def built() -> tuple[bytes, dict[str, int]]:
    return build_romfs.build("x64", without=(), add=ROOT / "tests" / "on_target")


def run(image, subprotocol: str, job: str, heap: int = 4_000_000, rounds: int = ROUNDS):
    """What a job printed, by name, and the exit status."""
    script = (
        "import sys, vfs\n"
        f"vfs.mount(vfs.VfsRom(open({str(image)!r}, 'rb').read()), '/rom')\n"
        "sys.path.insert(0, '/rom')\n"
        f"import heap_station; heap_station.main({subprotocol!r}, {job!r}, {rounds})\n"
    )
    command = [INTERPRETER, "-X", f"heapsize={heap}", "-c", script]
    done = subprocess.run(
        [str(part) for part in command],
        env={"MICROPYPATH": ".frozen"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    found = dict(lines)
    found["error"] = done.stderr
    return found, done.returncode


@pytest.fixture(scope="module")
def table(image):
    """A function: what the job "table" tells of a dialect, run once."""

    @functools.cache
    def of(subprotocol: str):
        found, status = run(image, subprotocol, "table")
        assert status == 0, found["error"]
        return found

    return of


@pytest.fixture(scope="module", params=DIALECTS)
def station(request, table):
    return request.param, table(request.param)


def test_heap_keeps_its_budgets(station):
    subprotocol, found = station
    print(f"\n{subprotocol}: heap in bytes, budget")
    exceeded = {}
    for name, budgets in BUDGETS.items():
        budget = budgets[DIALECTS.index(subprotocol)]
        if name in found:
            print(f"{name:22} {found[name]:7} {budget:7}")
            if found[name] > budget:
                exceeded[name] = found[name]
    print("garbage of a message:", found["garbage of"])
    assert not exceeded


def test_no_message_leaves_anything_behind(station):
    _, found = station
    assert {k: v for k, v in found["left behind by"].items() if v > LEFT_BEHIND} == {}


def test_heap_is_flat_over_rounds_of_everything(station):
    _, found = station
    curves = {name: curve for name, curve in found.items() if name.startswith("rounds of")}
    assert len(curves["rounds of messages"]) == ROUNDS
    for name, curve in curves.items():
        assert max(curve) - min(curve) <= FLAT, (name, curve)
        assert curve[-1] <= curve[len(curve) // 2], (name, curve)


def test_every_transient_module_is_exercised_by_one_of_the_dialects(table):
    kinds = check_rings.table((ROOT / check_rings.PACKAGE / "modules.py").read_text())
    exercised = set().union(*[table(subprotocol)["exercised"] for subprotocol in DIALECTS])
    in_image = module_names.table(built()[1])
    wanted = set(kinds["TRANSIENT"]) - OF_THE_LINK - OF_THE_STORE - NOT_YET
    wanted = {together(name) for name in wanted}
    called = {in_image["chargepoint." + name.replace(".", "_")]: name for name in wanted}
    assert {called.get("cp." + short, short) for short in exercised} == wanted


@pytest.mark.parametrize("subprotocol", DIALECTS)
def test_a_whole_life_goes_through_in_a_small_heap(image, subprotocol):
    before = run(image, subprotocol, "polls", rounds=1)[0]["taken before"]  # the same for all jobs
    budget = BUDGETS["lived"][DIALECTS.index(subprotocol)]
    found, _ = run(image, subprotocol, "life", before + budget)
    assert found.get("lived"), found["error"]


def test_heap_is_flat_over_changes_of_the_dialect(image):
    found, status = run(image, DIALECTS[0], "switch", rounds=12)
    assert status == 0, found["error"]
    for subprotocol in DIALECTS:
        early, late = found[f"round 3 of {subprotocol}"], found[f"round 11 of {subprotocol}"]
        assert late - early <= FLAT


@pytest.mark.parametrize("subprotocol", DIALECTS)
def test_what_is_polled_brings_nothing_in(image, subprotocol):
    found, status = run(image, subprotocol, "polls", rounds=50)
    assert status == 0, found["error"]
    states = ("idle", "plugged", "charging", "faulted", "offline")
    assert {state: set(found[state]) for state in states} == dict.fromkeys(states, set())
