"""What is changed to measure what a way to save is worth, and the certificates of a life."""

import ssl

from tools import build_qemu, build_romfs, footprint_tls, footprint_worth
from tools.application_names import Mpy

MODULES = """\
_PREFIX = "chargepoint."
def bind(x, name):
    pass
def done(name):
    release()
def release():
    return _is_transient("chargepoint.cold_Lamp")
def _is_transient(full):
    return full != _PREFIX
"""
LAMP = """\
from ..compat import cold
from ..modules import release
class Lamp:
    def __init__(self):
        self._broken = [release]
    @cold
    def mend(self, tool):
        return self._broken, tool
"""


def test_a_schema_as_objects_says_what_its_bytes_say():
    table = build_romfs.ROOT / "firmware/chargepoint/profiles/ocpp16/schema.py"
    space: dict = {}
    exec(table.read_text(), space)
    found: dict = {}
    exec(footprint_worth.schema_objects(space["TABLE"]), found)
    messages = list(found["TABLE"].values())
    assert len(messages) > 20
    for pair in messages:
        assert {node[0] for node in pair} == {5}  # objects
    kinds = {node[0] for name, node in found.items() if name[0] == "n" and name != "TABLE"}
    assert {1, 2, 3, 4, 5} <= kinds


def test_each_variant_is_another_image_and_its_names_are_known(monkeypatch):
    monkeypatch.setattr(build_qemu, "compile_modules", dict)
    found = footprint_worth.variants(
        {
            "chargepoint/__init__.py": "",
            "chargepoint/compat.py": "def cold(method):\n    return method\n",
            "chargepoint/modules.py": MODULES,
            "chargepoint/station/lamp.py": LAMP,
            "main.py": "from chargepoint.station.lamp import Lamp\nLamp().mend(1)\n",
        }
    )
    usual = found[footprint_worth.USUAL]
    assert {variant.usual for variant in found.values()} <= set(found)
    for name, variant in found.items():
        assert name == footprint_worth.USUAL or variant.files != usual.files, name
    assert "cp/cold_Lamp.mpy" in usual.files
    assert "cp/cold_Lamp.mpy" in found["cold"].files
    flat = found["cold"].flash
    assert flat is not None and "cp/cold_Lamp.mpy" not in flat
    assert "chargepoint/station/lamp.mpy" in found["unlinked"].files
    known = {
        name for data in footprint_worth.all_names(found).values() for name in Mpy(data).names
    }
    for variant in found.values():
        assert {name for data in variant.files.values() for name in Mpy(data).names} <= known


def test_the_servers_certificate_leads_to_the_root_and_names_the_host(tmp_path):
    footprint_tls.make(tmp_path)
    server = footprint_tls.server_context(tmp_path)
    client = ssl.create_default_context(cafile=str(tmp_path / "root.pem"))
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(down, up, server_hostname=footprint_tls.HOST),
        server.wrap_bio(up, down, server_side=True),
    ]
    waiting = set(ends)
    for _ in range(10):
        for end in list(waiting):
            try:
                end.do_handshake()
                waiting.discard(end)
            except ssl.SSLWantReadError:
                continue
    assert not waiting
