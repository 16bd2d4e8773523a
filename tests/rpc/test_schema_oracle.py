"""The walker and its tables against jsonschema: random and mutated payloads, no exceptions.

jsonschema reads the schemas themselves, so what the generator loses shows as a disagreement. Its
date-time check needs rfc3339-validator, and is taken with one correction: that package lets a line
feed after the time stamp pass; 1.6 has ISO 8601 instead. Numbers with a fraction reach jsonschema
as decimals where draft 4 is used (all `multipleOf` are there), so that tenths are decided on the
text that was sent.
"""

import copy
import datetime
import decimal
import json
import random
import re

import jsonschema
import pytest

from chargepoint.profiles.ocpp16 import schema as schema_16
from chargepoint.profiles.ocpp201 import schema as schema_201
from chargepoint.rpc.schema import check
from tests.conftest import SOAK
from tools import generate_schemas

_TABLES = {"v16": schema_16.TABLE, "v201": schema_201.TABLE}
_SCHEMAS = {version: generate_schemas.load(version) for version in _TABLES}
_ROUNDS = 16 if SOAK else 2
_PAYLOADS = 8000  # of each round and dialect

_TEXTS = ("", " ", "a", "Accepted", "accepted", "é", "😀", "\ud800", "\0", "\xff", "ÿþ", "x" * 51)
_NUMBERS = (0, 1, -1, 2**31, 10**30, 1.0, -0.0, 0.1, -0.1, 0.5, 0.05, 16.3, 1e3, 1e15, 99.99, 100)
_NUMBERS += (100.1, 101, 255, -3.0, 7.123456, 0.30001, 32.1, 1234567.8, 1234567.89, 2.5e-7, 1e25)
_VALUES = (None, True, False, [], {}, [{}], [None], {"customData": {}}, [1], {"a": 1})
_VALUES += _TEXTS + _NUMBERS
_TIMES = ("2024-02-29T23:59:59Z", "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z")
_TIMES += ("2000-02-29T00:00:00+00:00", "2024-04-31T00:00:00Z", "2024-12-31T23:59:60Z")
_TIMES += ("2024-01-01t00:00:00z", "2024-01-01 00:00:00Z", "2024-01-01T00:00:00")
_TIMES += ("2024-01-01T24:00:00Z", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00.123456789012Z")
_TIMES += ("2024-01-01T00:00:00,5Z", "2024-01-01T00:00:00+23:59", "2024-01-01T00:00:00-24:00")
_TIMES += ("2024-01-01T00:00:00+00:60", "2024-01-01T00:00:00+0000", "2024-1-1T00:00:00Z")
_TIMES += ("0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2024-00-10T00:00:00Z")
_TIMES += ("2024-13-10T00:00:00Z", "2024-01-00T00:00:00Z", "2024-01-01T00:00:00Z\n", "2024-01-01")
_TIMES += ("٢٠٢٤-01-01T00:00:00Z", "2024-01-01T00:00:00.5+01:00", "2024-01-01T00:00:00Zx", "Z")


class _Oracle:
    """jsonschema for one message."""

    formats = jsonschema.FormatChecker(("date-time",))
    iso_formats = jsonschema.FormatChecker(())

    def __init__(self, schema, version):
        self.draft_4 = "draft-04" in schema["$schema"]
        if self.draft_4:
            schema = json.loads(json.dumps(schema), parse_float=decimal.Decimal)
        draft = jsonschema.Draft4Validator if self.draft_4 else jsonschema.Draft6Validator
        draft.check_schema(schema)
        self.validator = draft(
            schema, format_checker=self.iso_formats if version == "v16" else self.formats
        )

    def accepts(self, text):
        payload = json.loads(text, parse_float=decimal.Decimal if self.draft_4 else None)
        with decimal.localcontext(prec=60):
            return self.validator.is_valid(payload)


_date_time = _Oracle.formats.checkers["date-time"][0]


@_Oracle.formats.checks("date-time")
def _strict_date_time(value):
    return not isinstance(value, str) or _date_time(value) and not value.endswith("\n")


_ISO_8601 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(:[0-5]\d([.,]\d+)?|:60([.,]\d+)?)?"
    r"([Zz]|[+-]([01]\d|2[0-3])(:?[0-5]\d)?)?",
    re.ASCII,
)


@_Oracle.iso_formats.checks("date-time", ValueError)
def _iso_date_time(value):
    if not isinstance(value, str):
        return True
    found = _ISO_8601.fullmatch(value)
    if found is None:
        return False
    year = "2000" if found[1].startswith("0000") else found[1][:4]  # Python begins with 1
    return bool(datetime.datetime.fromisoformat(year + found[1][4:] + "T" + found[2]))


class _Payloads:
    """Payloads of one dialect, from its schemas; the same ones for the same seed."""

    def __init__(self, schemas, seed):
        self.schemas = schemas
        self.names = sorted(schemas)
        self.random = random.Random(seed)
        self.paths = {}

    def text(self, name):
        """JSON text of a payload: one of five valid, else changed at 1 to 3 places.

        The first place is drawn from all that the schema has, so that deep ones get their share.
        """
        root = self._valid(name, self.random.choice(self._paths(name)))
        if self.random.random() < 0.8:
            self._change(*self.target)
            for _ in range(self.random.choice((0, 0, 0, 1, 2))):
                container, key, schema = self.random.choice(self.sites)
                # An earlier change may have taken the place away, which is fine.
                if isinstance(container, list) or key in container:
                    self._change(container, key, schema)
        return json.dumps(root[0], ensure_ascii=self.random.random() < 0.5)

    def limits(self, name):
        """JSON texts with every place of the schema in turn at and beyond each of its limits."""
        for path in self._paths(name):
            root = self._valid(name, path)
            container, key, schema = self.target
            value = container[key]
            for container[key] in (value, *_at_limits(schema, value)):
                yield json.dumps(root[0])
            if isinstance(container, dict):
                del container[key]
                yield json.dumps(root[0])

    def _paths(self, name):
        self.definitions = self.schemas[name].get("definitions", {})
        if name not in self.paths:
            self.paths[name] = list(self._all_paths(self.schemas[name], ()))
        return self.paths[name]

    def _valid(self, name, path):
        """A list with a valid payload that has the path; its places are noted."""
        self.sites = []
        root = [None]
        self._fill(root, 0, self.schemas[name], path)
        return root

    def _resolve(self, schema):
        while "$ref" in schema:
            schema = self.definitions[schema["$ref"].removeprefix("#/definitions/")]
        return schema

    def _all_paths(self, schema, path):
        schema = self._resolve(schema)
        yield path
        for name, child in schema.get("properties", {}).items():
            yield from self._all_paths(child, (*path, name))
        if "items" in schema:
            yield from self._all_paths(schema["items"], (*path, 0))

    def _fill(self, container, key, schema, path):
        """Put a valid value at container[key], with what is on the path, and note all places."""
        chance = self.random.random
        schema = self._resolve(schema)
        self.sites.append((container, key, schema))
        if path == ():
            self.target = self.sites[-1]
        step, rest = (path[0], path[1:]) if path else (None, None)
        kind = schema.get("type")
        if kind == "object":
            container[key] = value = {}
            properties = schema.get("properties", {})
            for name in self.random.sample(sorted(properties), len(properties)):
                if name == step:
                    self._fill(value, name, properties[name], rest)
                elif name in schema.get("required", ()) or chance() < 0.2:
                    self._fill(value, name, properties[name], None)
            if schema.get("additionalProperties", True) and chance() < 0.5:
                value["anything"] = copy.deepcopy(self.random.choice(_VALUES))
        elif kind == "array":
            few = max(schema.get("minItems", 0), path not in (None, ()))
            count = self.random.randint(few, min(schema.get("maxItems", 2), 2))
            value = container[key] = [None] * count
            for i in range(count):
                self._fill(value, i, schema["items"], rest if i == step else None)
        else:
            container[key] = self._scalar(schema)

    def _scalar(self, schema):
        chance = self.random.random
        kind = schema.get("type")
        if "enum" in schema:
            return self.random.choice(schema["enum"])
        if schema.get("format") == "date-time":
            return f"20{self.random.randint(10, 99)}-0{self.random.randint(1, 9)}-15T10:20:30Z"
        if kind == "string":
            return self._letters(self.random.randint(0, min(schema.get("maxLength", 20), 20)))
        if kind == "boolean":
            return chance() < 0.5
        if kind == "integer":
            return self.random.randint(0, 100)
        if kind == "number":
            return self.random.choice((self.random.randint(0, 100), self._tenths(), 100, 0))
        return copy.deepcopy(self.random.choice(_VALUES))

    def _tenths(self):
        return self.random.randint(0, 1000) / 10

    def _letters(self, count):
        alphabet = self.random.choice(("abcXYZ019-_. ", "äß☃", "😀𝄞a"))
        return "".join(self.random.choice(alphabet) for _ in range(count))

    def _change(self, container, key, schema):
        value = container[key]
        pick = self.random.choice
        what = self.random.random()
        if what < 0.10:
            container[key] = copy.deepcopy(pick(_VALUES))
        elif what < 0.25 and isinstance(container, dict):
            del container[key]
        elif what < 0.30 and isinstance(container, dict):
            container[pick((key.upper(), key + "s", key[:-1], "\xff" + key, key + "\0"))] = value
        elif isinstance(value, dict):
            name = pick((*_TEXTS, "status", "id", "customData", "vendorId", "x" * 300))
            value[name] = copy.deepcopy(pick((*_VALUES, {"vendorId": "v"}, {"vendorId": 1})))
        elif isinstance(value, list):
            most = schema.get("maxItems", 5) if self.random.random() < 0.2 else 5
            count = pick((0, 1, most, most + 1))
            container[key] = (value or [{}])[:1] * count
        elif "enum" in schema:
            other = pick(schema["enum"])
            container[key] = pick(
                (
                    other,
                    other.lower(),
                    other + "s",
                    other[1:],
                    "",
                    other + "\xff",
                    "\xff",
                    other * 3,
                )
            )
        elif schema.get("format") == "date-time":
            container[key] = self._time()
        elif schema.get("type") == "string":
            most = schema.get("maxLength", 100)
            container[key] = self._letters(max(0, most + pick((-1, 0, 1, 2))))
        elif schema.get("type") in ("integer", "number"):
            container[key] = pick((*_NUMBERS, self._tenths(), self._tenths() + 0.01))
            bound = pick((schema.get("minimum"), schema.get("maximum")))
            if bound is not None:
                container[key] = bound + pick((-1, -0.5, 0, 0.5, 1))
        else:
            container[key] = copy.deepcopy(pick(_VALUES))

    def _time(self):
        if self.random.random() < 0.5:
            return self.random.choice(_TIMES)
        time = list("2024-01-01T00:00:00.25+01:00")
        for _ in range(self.random.choice((1, 1, 2))):
            time[self.random.randrange(len(time))] = self.random.choice(
                "0123456789-+:.TtZz \r\x1a"
            )
        return "".join(time)


def _at_limits(schema, value):
    """Values at and just beyond the limits of a schema; value is a valid one."""
    yield None
    if "enum" in schema:
        yield from schema["enum"]
        yield value + "x"
    elif "maxLength" in schema:
        yield "x" * schema["maxLength"]
        yield "x" * (schema["maxLength"] + 1)
    elif "format" in schema:
        yield "yesterday"
    elif isinstance(value, list):
        yield []
        for count in (0, 1) if "maxItems" in schema else ():
            yield (value or [{}])[:1] * (schema["maxItems"] + count)
    elif isinstance(value, dict):
        yield {**value, "anything": 1}
        yield {**value, "customData": {"vendorId": "v"}}
    elif not isinstance(value, str):
        yield from (-1, -0.05, 0.5, 1.0, 100, 101, True)


def _compare(version, table, texts):
    """Payloads (name, text) on which walker and jsonschema differ; numbers accepted and given."""
    oracles = {}
    differences = []
    accepted = count = 0
    for name, text in texts:
        if name not in oracles:
            oracles[name] = _Oracle(_SCHEMAS[version][name], version)
        valid = oracles[name].accepts(text)
        count += 1
        accepted += valid
        answer = check(table, name, json.loads(text))
        if valid != (answer is None):
            differences.append((name, answer, text))
    return differences, accepted, count


def _random_texts(version, seed, count):
    payloads = _Payloads(_SCHEMAS[version], seed)
    for i in range(count):
        name = payloads.names[i % len(payloads.names)]
        yield name, payloads.text(name)


def _limit_texts(version, names):
    payloads = _Payloads(_SCHEMAS[version], 0)
    return ((name, text) for name in names for text in payloads.limits(name))


@pytest.mark.parametrize("seed", range(_ROUNDS))
@pytest.mark.parametrize("version", sorted(_TABLES))
def test_walker_agrees_with_jsonschema_on_random_payloads(version, seed):
    texts = _random_texts(version, seed, _PAYLOADS)
    differences, accepted, _ = _compare(version, _TABLES[version], texts)
    assert differences == []
    # Neither side of the comparison may run dry.
    assert 0.25 * _PAYLOADS < accepted < 0.75 * _PAYLOADS


@pytest.mark.parametrize("version", sorted(_TABLES))
def test_walker_agrees_with_jsonschema_at_every_limit(version):
    texts = _limit_texts(version, sorted(_SCHEMAS[version]))
    differences, accepted, count = _compare(version, _TABLES[version], texts)
    assert differences == []
    assert 0.25 * count < accepted < 0.75 * count


# A change of one constraint: message, what to do with its schema. Each must be noticed.
_CHANGES = {
    "type": (
        "v16",
        "CancelReservation",
        lambda s: s["properties"]["reservationId"].update(type="number"),
    ),
    "required": ("v16", "Authorize", lambda s: s.update(required=[])),
    "more required": ("v201", "Heartbeat", lambda s: s.update(required=["customData"])),
    "unknown property": ("v16", "Heartbeat", lambda s: s.update(additionalProperties=True)),
    "enum": ("v16", "Reset", lambda s: s["properties"]["type"]["enum"].pop()),
    "maxLength": ("v16", "Authorize", lambda s: s["properties"]["idTag"].update(maxLength=21)),
    "minItems": ("v201", "SetVariables", lambda s: _first(s, "minItems").pop("minItems")),
    "maxItems": ("v201", "Authorize", lambda s: _first(s, "maxItems").update(maxItems=5)),
    "minimum": ("v201", "NotifyEVChargingNeeds", lambda s: _first(s, "minimum").pop("minimum")),
    "maximum": ("v201", "NotifyEVChargingNeeds", lambda s: _first(s, "maximum").pop("maximum")),
    "multipleOf": ("v16", "SetChargingProfile", lambda s: _first(s, "multipleOf").clear()),
    "format": ("v16", "HeartbeatResponse", lambda s: _first(s, "format").pop("format")),
    "draft": ("v16", "CancelReservation", lambda s: s.update({"$schema": "draft-06"})),
}


def _first(schema, keyword):
    """The first schema in a schema that has the keyword."""
    if keyword in schema:
        return schema
    for part in schema.values():
        for child in part if isinstance(part, list) else (part,):
            found = _first(child, keyword) if isinstance(child, dict) else None
            if found:
                return found
    return None


@pytest.mark.parametrize("changed", sorted(_CHANGES))
def test_oracle_notices_a_table_with_one_constraint_changed(changed):
    version, name, change = _CHANGES[changed]
    schemas = dict(_SCHEMAS[version])
    schemas[name] = copy.deepcopy(schemas[name])
    change(schemas[name])
    table = generate_schemas.compile_table(schemas, version)
    assert _compare(version, table, _limit_texts(version, [name]))[0] != []
