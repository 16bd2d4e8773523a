"""Which source takes how much of an image: on a small program, and on the whole one."""

import pytest

from tools import build_romfs, footprint_images, footprint_rooms, link_modules
from tools.footprint_rooms import DIRECTORY, by_source, room, shared

TABLE = bytes(range(256)) * 4
SMALL = "def near(x):\n    print(x + 1)\n"
LARGE = "def far(x):\n    return [x + n for n in range(x) if n * x > 3 and n + x < 99] + [x]\n"


def built(**texts: str) -> tuple[dict[str, bytes], dict[str, list], dict[str, str]]:
    """An image of these modules of the package, which main.py uses: its files, bodies, names."""
    sources = {f"chargepoint/{name}.py": text for name, text in texts.items()}
    sources["main.py"] = "from chargepoint.a import near\nprint(near(1))\n"
    sources["chargepoint/__init__.py"] = ""
    bodies = link_modules.parts(sources, ())
    files, names = footprint_images.compiled(bodies)
    return files, bodies, names


def found(**texts: str) -> dict[str, int]:
    files, bodies, names = built(**texts)
    sizes = by_source(files, bodies, names)
    assert sum(sizes.values()) == len(build_romfs.image(files))
    assert sizes[DIRECTORY] == len(build_romfs.image(files)) - sum(map(len, files.values()))
    return sizes


def test_sources_that_are_linked_to_one_module_are_told_apart():
    sizes = found(a=f"from .b import far\n{SMALL}    far(x)\n", b=LARGE)
    assert set(sizes) == {"chargepoint/a.py", "chargepoint/b.py", "main.py", DIRECTORY}
    assert 0 < sizes["chargepoint/a.py"] < sizes["chargepoint/b.py"]


def test_a_table_is_its_sources():
    without = found(a=f"from .b import far\n{SMALL}    far(x)\n", b=LARGE)
    text = f"TABLE = {TABLE!r}\ndef far(x):\n    return TABLE[x]\n"
    sizes = found(a=f"from .b import far\n{SMALL}    far(x)\n", b=text)
    assert len(TABLE) < sizes["chargepoint/b.py"] < len(TABLE) + 100
    assert sizes["chargepoint/a.py"] < without["chargepoint/a.py"] + 50


def test_a_source_that_is_only_a_table_has_no_part_in_the_names():
    sizes = found(a=f"from .b import TABLE\n{SMALL}    TABLE[x]\n", b=f"TABLE = {TABLE!r}\n")
    assert sizes["chargepoint/b.py"] == len(TABLE) + 4  # kind, length, a 0 behind it


def test_cold_methods_count_for_the_source_of_their_class():
    cold = f"class _Lamp:\n  @cold\n  def mend(self):\n    return {TABLE!r}\n"
    sizes = found(
        compat="def cold(method):\n    return method\n",
        modules="def bind(instance, module, name):\n    return print\n",
        a=f"from .compat import cold\n{cold}{SMALL}    _Lamp().mend()\n",
    )
    assert sizes["chargepoint/a.py"] > len(TABLE)
    assert max(sizes[name] for name in sizes if name != "chargepoint/a.py") < 300


def test_a_file_that_is_another_program_is_refused():
    files, bodies, names = built(a=SMALL)
    _, others, _ = built(a=f"from .b import far\n{SMALL}    far(x)\n", b=LARGE)
    with pytest.raises(footprint_rooms.Failure, match="its .mpy has no far where"):
        by_source(files, others, names)
    bodies["chargepoint/__init__.py"].clear()
    with pytest.raises(footprint_rooms.Failure, match="1 definitions, its source 0"):
        by_source(files, bodies, names)


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (10, {"a": 1, "b": 1}, {"a": 5, "b": 5}),
        (10, {"a": 1, "b": 2}, {"a": 3, "b": 7}),
        (7, {"a": 0, "b": 0}, {"a": 3, "b": 4}),
        (7, {"a": 0, "b": 5}, {"a": 0, "b": 7}),
    ],
)
def test_the_common_part_is_shared_in_proportion(total, weights, parts):
    assert shared(total, weights) == parts


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("main.py", "simulated board"),
        ("host/board.py", "simulated board"),
        ("chargepoint/hal/sim.py", "simulated board"),
        ("chargepoint/hal/sim_clock.py", "simulated board"),
        ("chargepoint/hal/hardware.py", "hal"),
        ("chargepoint/__init__.py", "runtime"),
        ("chargepoint/runtime.py", "runtime"),
        ("chargepoint/station/evse.py", "station/evse"),
        ("chargepoint/rpc/schema.py", "rpc"),
        ("chargepoint/profiles/__init__.py", "profiles"),
        ("chargepoint/profiles/ocpp16/__init__.py", "profiles/ocpp16"),
        ("chargepoint/profiles/ocpp16/keys.py", "profiles/ocpp16"),
        ("chargepoint/profiles/ocpp16/schema.py", "profiles/ocpp16/schema"),
        ("chargepoint/device_model/table.py", "device_model/table"),
        (DIRECTORY, DIRECTORY),
    ],
)
def test_the_room_of_a_source(path, name):
    assert room(path) == name


def test_the_rooms_of_the_application_add_up_to_its_image():
    texts = footprint_images.sources(footprint_images.DIALECTS["2.0.1"])
    bodies = build_romfs.linked(texts)
    by_room = footprint_rooms.rooms(footprint_images.by_source(bodies))
    assert sum(by_room.values()) == len(build_romfs.image(footprint_images.compiled(bodies)[0]))
    assert "profiles/ocpp201/schema" in by_room and "profiles/ocpp16" not in by_room
    assert {f"station/{name}" for name in ("evse", "transactions", "trigger")} <= set(by_room)
