import struct

import pytest

from chargepoint.device_model.table import FEATURES, TABLE
from chargepoint.profiles.ocpp16.keys import KEYS
from tools import generate_variables as generator
from tools.variable_ids import VARIABLES, address, read_ids

ROWS = generator.read_rows(VARIABLES)


def test_the_generated_files_are_what_the_csv_gives():
    for path, text in generator.generate().items():
        assert path.read_text() == text, f"python tools/generate_variables.py ({path.name})"
    assert generator.table_bytes(ROWS) == TABLE
    assert generator.keys_bytes(generator.read_rows(generator.KEYS), read_ids()) == KEYS
    assert generator.FEATURES == FEATURES


def test_the_table_reads_back_as_the_csv():
    rows_offset, count, index_size = struct.unpack_from("<HHH", TABLE)
    assert count == len(ROWS) == index_size - 1
    for row in ROWS:
        (number,) = struct.unpack_from("<H", TABLE, 6 + 2 * int(row["id"]))
        found = struct.unpack_from("<HHHHHHHHBBH", TABLE, rows_offset + 20 * (number - 1))
        texts = [pooled(offset) for offset in found[1:8]]
        limits = f"{row['min']},{row['max']}" if row["min"] or row["max"] else ""
        assert found[0] == int(row["id"])
        assert texts[:4] == [row["component"], row["variable"], row["instance"], row["unit"]]
        assert texts[4:] == [limits, row["values"], row["default"]]
        assert generator.TYPES[found[8] & 7] == row["data_type"]
        assert generator.MUTABILITIES[found[8] >> 3 & 3] == row["mutability"]
        assert generator.SCOPES[found[8] >> 5] == row["scope"]
        assert found[9] == generator.feature_number(row["feature"])


def pooled(offset):
    return TABLE[offset + 1 : offset + 1 + TABLE[offset]].decode() if offset else ""


def test_each_row_agrees_with_itself():
    for row in ROWS:
        values = row["values"].split(",") if row["values"] else []
        if row["data_type"].endswith("List"):
            assert values, address(row)
            chosen = row["default"].split(",") if row["default"] else []
            assert set(chosen) <= set(values), address(row)
        if row["data_type"] == "boolean" and row["default"]:
            assert row["default"] in ("true", "false")
        if row["data_type"] in ("integer", "decimal") and row["default"]:
            default = float(row["default"])
            assert float(row["min"] or default) <= default <= float(row["max"] or default)
        assert set(row["flags"].split()) <= set(generator.FLAGS)
        assert len(row["component"]) <= 50 and len(row["variable"]) <= 50
        assert len(row["unit"]) <= 16 and len(row["values"]) <= 1000


def test_rows_that_would_change_what_flash_means_are_refused():
    with pytest.raises(ValueError, match="without gaps"):
        generator.table_bytes(ROWS[1:])
    with pytest.raises(ValueError, match="twice"):
        generator.table_bytes([*ROWS, {**ROWS[0], "id": str(len(ROWS) + 1)}])


def test_ids_that_are_in_the_field_keep_their_meaning():
    """Append-only: these were written to flash by the first version."""
    ids = read_ids()
    for name, number in (
        ("ChargingStation.Available", 1),
        ("ChargingStation.PhaseRotation", 8),
        ("AlignedDataCtrlr.Interval", 24),
        ("ClockCtrlr.TimeSource", 45),
        ("OCPPCommCtrlr.HeartbeatInterval", 57),
        ("SecurityCtrlr.SecurityProfile", 82),
        ("TxCtrlr.TxStopPoint", 93),
        ("ISO15118Ctrlr.ContractValidationOffline", 137),
    ):
        assert ids[name] == number


def test_a_literal_is_the_bytes_it_stands_for():
    data = bytes(range(256)) * 2
    assert eval(generator.literal(data)) == data
    assert max(len(line) for line in generator.literal(data).splitlines()) <= 99
