"""The smallest image and the largest, on the emulated board: a session, and what each refuses."""

import pytest

from host_sim.csms import CallError
from host_sim.qemu import BUILT_VARIABLE
from tests.scenarios import stage
from tests.scenarios.stage import TOKEN, Stage, whole
from tools import boards, build_qemu, build_romfs

ALL = tuple(sorted(boards.built()))
DIALECTS = {"1.6": "ocpp16", "2.0.1": "ocpp201"}
ID_TOKEN = {"idToken": TOKEN, "type": "ISO14443"}
FIRMWARE = {"location": "http://x/y", "retrieveDateTime": "2087-01-01T00:00:00Z"}
# Of each block that may be left out: an action of it and its payload in each dialect.
ACTIONS = {
    "authorization_cache": (("ClearCache", {}), ("ClearCache", {})),
    "data_transfer": (("DataTransfer", {"vendorId": "x"}), ("DataTransfer", {"vendorId": "x"})),
    "firmware": (
        ("UpdateFirmware", {"location": "http://x/y", "retrieveDate": "2087-01-01T00:00:00Z"}),
        ("UpdateFirmware", {"requestId": 1, "firmware": FIRMWARE}),
    ),
    "remote_control": (
        ("UnlockConnector", {"connectorId": 1}),
        ("UnlockConnector", {"evseId": 1, "connectorId": 1}),
    ),
    "remote_trigger": (
        ("TriggerMessage", {"requestedMessage": "Heartbeat"}),
        ("TriggerMessage", {"requestedMessage": "Heartbeat"}),
    ),
}


async def refusal(s: Stage, action: str, payload: dict) -> str:
    """The error code of the answer, "" if it is none."""
    try:
        await s.call(action, payload)
    except CallError as error:
        return error.code
    return ""


async def check(s: Stage, blocks: tuple[str, ...]) -> None:
    await s.charge()
    await s.clock(61)
    await s.unplug()
    whole(await s.ended(), 0, (await s.evse())["energy_wh"])
    for block, actions in ACTIONS.items():
        code = await refusal(s, *actions[0 if s.is_1_6 else 1])
        assert code == ("" if block in blocks else "NotSupported"), block
    assert await s.call("GetLocalListVersion", {}) == (
        {"listVersion": -1} if s.is_1_6 else {"versionNumber": 0}
    )
    assert await refusal(s, "ClearChargingProfile", {}) == "NotSupported"
    assert await s.is_refused("Nonsense", {})
    wanted = {"type": "Everything"} if s.is_1_6 else {"requestId": "1", "reportBase": "x"}
    assert await s.is_refused("Reset" if s.is_1_6 else "GetBaseReport", wanted)
    await (features_16 if s.is_1_6 else features_201)(s, blocks)


async def features_16(s: Stage, blocks: tuple[str, ...]) -> None:
    keys = ["SupportedFeatureProfiles", "AuthorizationCacheEnabled", "HeartbeatInterval"]
    answer = await s.call("GetConfiguration", {"key": keys})
    values = {entry["key"]: entry["value"] for entry in answer["configurationKey"]}
    profiles = ["Core"]
    profiles += ["FirmwareManagement"] if "firmware" in blocks else []
    profiles += ["RemoteTrigger"] if "remote_trigger" in blocks else []
    assert values["SupportedFeatureProfiles"] == ",".join(profiles)
    assert ("AuthorizationCacheEnabled" in values) == ("authorization_cache" in blocks)
    unknown = [] if "authorization_cache" in blocks else ["AuthorizationCacheEnabled"]
    assert answer.get("unknownKey", []) == unknown
    change = {"key": "HeartbeatInterval", "value": "77"}
    assert await s.call("ChangeConfiguration", change) == {"status": "Accepted"}


async def features_201(s: Stage, blocks: tuple[str, ...]) -> None:
    asked = {"component": {"name": "AuthCacheCtrlr"}, "variable": {"name": "Available"}}
    answer = await s.call("GetVariables", {"getVariableData": [asked]})
    status = answer["getVariableResult"][0]["attributeStatus"]
    assert status == ("Accepted" if "authorization_cache" in blocks else "UnknownComponent")
    report = {"requestId": 1, "reportBase": "FullInventory"}
    assert await s.call("GetBaseReport", report) == {"status": "Accepted"}

    def last():
        parts = s.station.payloads("NotifyReport")
        return bool(parts) and not parts[-1].get("tbc")

    await s.told(last, "the report")
    told = [item for part in s.station.payloads("NotifyReport") for item in part["reportData"]]
    components = {item["component"]["name"] for item in told}
    assert ("AuthCacheCtrlr" in components) == ("authorization_cache" in blocks)
    assert {"ChargingStation", "TxCtrlr", "OCPPCommCtrlr"} <= components
    assert not {"SmartChargingCtrlr", "LocalAuthListCtrlr"} & components


def test_every_block_is_asked_for():
    assert set(ACTIONS) == set(ALL)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_smallest(dialect, emulated, tmp_path, monkeypatch, capfd):
    _, _, sizes = build_qemu.build((DIALECTS[dialect],), blocks=(), folder=tmp_path)
    monkeypatch.setenv(BUILT_VARIABLE, str(tmp_path))
    other = {"ocpp16", "ocpp201"} - {DIALECTS[dialect]}
    left_out = [module for block in ALL for module in boards.built()[block]] + list(other)
    assert not [name for name in sizes for part in left_out if part.replace(".", "/") in name]
    stage.play("qemu", dialect, lambda s: check(s, ()), capfd)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_largest(dialect, emulated, tmp_path, monkeypatch, capfd):
    build_qemu.build(build_romfs.DIALECTS, blocks=ALL, folder=tmp_path)
    monkeypatch.setenv(BUILT_VARIABLE, str(tmp_path))
    stage.play("qemu", dialect, lambda s: check(s, ALL), capfd)
