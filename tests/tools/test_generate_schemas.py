import pathlib

import pytest

from chargepoint.profiles.ocpp16 import schema as schema_16
from chargepoint.profiles.ocpp201 import schema as schema_201
from tools import generate_schemas

_PROFILES = pathlib.Path(__file__).parents[2] / "firmware" / "chargepoint" / "profiles"
_DRAFT = {"$schema": "http://json-schema.org/draft-06/schema#", "type": "object"}


def _compile(**properties):
    message = {**_DRAFT, "properties": properties}
    return generate_schemas.compile_table({"A": message, "AResponse": _DRAFT}, "v201")


@pytest.mark.parametrize("version, profile", (("v16", "ocpp16"), ("v201", "ocpp201")))
def test_committed_tables_are_what_the_schemas_give(version, profile):
    path = _PROFILES / profile / "schema.py"
    assert path.read_bytes() == generate_schemas.module_text(version).encode()


def test_all_messages_are_there_in_24_kb():
    assert len(generate_schemas.load("v16")) == 78
    assert len(generate_schemas.load("v201")) == 128
    assert len(schema_16.TABLE) + len(schema_201.TABLE) <= 24_000


def test_equal_nodes_are_written_once():
    def name():
        return {"type": "object", "properties": {"name": {"type": "string", "maxLength": 20}}}

    one, two = _compile(first=name()), _compile(first=name(), other=name())
    assert len(two) - len(one) == len(b"\xffother\xfe\0\0")


@pytest.mark.parametrize(
    "schema",
    (
        {"type": "string", "pattern": "^a"},
        {"type": "string", "format": "email"},
        {"type": "string", "format": "date-time", "maxLength": 30},
        {"type": "string", "maxLength": 65_535},
        {"type": "number", "multipleOf": 0.01},
        {"type": "number", "minimum": -1},
        {"type": "number", "maximum": 99.5},
        {"type": "array", "items": {"type": "string"}, "minItems": 300},
        {"type": "object", "required": ["a"]},
        {"type": ["string", "null"]},
        {"type": "null"},
        {"type": "string", "enum": ["x" * 51]},
        {"oneOf": []},
    ),
)
def test_what_a_table_can_not_carry_is_refused(schema):
    with pytest.raises(ValueError):
        _compile(property=schema)


def test_one_type_of_custom_data_only():
    with pytest.raises(ValueError):
        _compile(customData={"type": "string"}, a={**_DRAFT, "properties": {"customData": _DRAFT}})


def test_check_tells_a_stale_file(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(generate_schemas, "_ROOT", tmp_path)
    for profile in ("ocpp16", "ocpp201"):
        (tmp_path / "firmware" / "chargepoint" / "profiles" / profile).mkdir(parents=True)
    assert generate_schemas.main([]) == 0
    assert generate_schemas.main(["--check"]) == 0
    path = tmp_path / "firmware" / "chargepoint" / "profiles" / "ocpp16" / "schema.py"
    path.write_text(path.read_text() + "\n")
    assert generate_schemas.main(["--check"]) == 1
    assert "ocpp16/schema.py" in capsys.readouterr().err
