"""Compiles the JSON schemas of PyPI's `ocpp` into one bytes table per dialect.

    python tools/generate_schemas.py            write profiles/*/schema.py
    python tools/generate_schemas.py --check    exit 1 if a file is not up to date

The firmware reads the tables in place (`chargepoint/rpc/schema.py`), so a table costs one
bytes constant of heap. Nodes that are equal are written once: types shared by messages,
lists of values, string limits. A keyword that the table can't carry is an error here, never
a silent gap; the keywords left out on purpose are in _IGNORED.

Table, all numbers little endian:

    header   u16 reference of the directory, u16 reference of customData's type (0: none)
    nodes    children before parents, so that references only point back
    directory, an object node with the actions as its properties; each refers to
             a pair  u16 request node, u16 response node

    node     first byte says the kind:
    'a'      anything
    'b'      boolean
    'd'      string, date-time of RFC 3339
    't'      string, date-time of ISO 8601
    's'      string            u16 most characters (0xFFFF: no limit)
    'e'      string of a list  u16 size, then  FF value FF value ... FF
    'n'      number            u8 flags, u8 minimum, u8 maximum
    'l'      list              u16 reference of the items, u8 fewest, u16 most (0xFFFF: no limit)
    'o'      object            u8 flags, u8 number of required properties, u16 size, then for each
                               property  FF name FE u16 reference (bit 15: required)

    FE and FF occur in no UTF-8 text, so a find() and a look at both ends finds a name or a value.
"""

import argparse
import importlib.metadata
import importlib.resources
import json
import pathlib
import sys

_ROOT = pathlib.Path(__file__).resolve().parent.parent
_DIALECTS = (("v16", "ocpp16"), ("v201", "ocpp201"))
_ISO_8601 = "v16"  # OCPP 1.6, 3.15; later ones have RFC 3339 alone
VERSIONS = tuple(version for version, _ in _DIALECTS)

# Say nothing about what is valid, or (additionalItems beside one schema for all items,
# additionalProperties of a string) have no effect. A "default" is applied by nobody.
_IGNORED = {"$schema", "$id", "id", "title", "description", "comment", "javaType", "default"}
_IGNORED |= {"definitions", "additionalItems"}
_KEYWORDS = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "minItems", "maxItems"},
    # "uri" is not checked: a station finds out by using the address.
    "string": {"enum", "maxLength", "format", "additionalProperties"},
    "integer": {"minimum", "maximum"},
    "number": {"minimum", "maximum", "multipleOf"},
    "boolean": set(),
}

NO_LIMIT = 0xFFFF
REQUIRED = 0x8000
LONGEST = 50  # characters of a name or a value of a list: the walker looks no further
OPEN, CUSTOM = 1, 2  # flags of an object: other properties allowed; customData allowed
# Flags of a number. Draft 6 takes 1.0 for an integer (WHOLE), draft 4 does not (INTEGER).
INTEGER, WHOLE, TENTHS, MINIMUM, MAXIMUM = 1, 2, 4, 8, 16


def load(version: str) -> dict[str, dict]:
    """The schemas of one version ("v16", "v201") by "Action" and "ActionResponse"."""
    folder = importlib.resources.files("ocpp") / version / "schemas"
    schemas = {}
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".json"):
            name = file.name.removesuffix(".json").removesuffix("Request")
            schemas[name] = json.loads(file.read_text("utf-8"))
    return schemas


def compile_table(schemas: dict[str, dict], version: str) -> bytes:
    """One table for all messages of a dialect.

    Raises ValueError for a keyword, a value or a size the format can't carry.
    """
    return bytes(_Compiler(schemas, b"t" if version == _ISO_8601 else b"d").table)


class _Compiler:
    def __init__(self, schemas: dict[str, dict], date_time: bytes):
        self.date_time = date_time
        self.table = bytearray(4)
        self.places: dict[bytes, int] = {}
        self.custom_data = 0
        directory = bytearray()
        for action in sorted(name for name in schemas if not name.endswith("Response")):
            pair = b"".join(
                _u16(self._message(schemas[name])) for name in (action, action + "Response")
            )
            directory += _entry(action, self._place(pair))
        self.table[0:2] = _u16(self._place(b"o\0\0" + _sized(directory)))
        self.table[2:4] = _u16(self.custom_data)

    def _message(self, schema: dict) -> int:
        self.definitions = schema.get("definitions", {})
        self.draft_4 = "draft-04" in schema["$schema"]
        return self._node(schema)

    def _place(self, node: bytes) -> int:
        """Offset of this node in the table; appended when it is new."""
        if node not in self.places:
            self.places[node] = len(self.table)
            self.table += node
            _fit(len(self.table), REQUIRED)
        return self.places[node]

    def _node(self, schema: dict) -> int:
        if "$ref" in schema:
            return self._node(self.definitions[schema["$ref"].removeprefix("#/definitions/")])
        kind = schema.get("type")
        keywords = schema.keys() - _IGNORED - {"type"}
        if kind is None and not keywords:
            return self._place(b"a")
        if not isinstance(kind, str) or kind not in _KEYWORDS or keywords - _KEYWORDS[kind]:
            raise ValueError(f"unknown type or keyword: {kind} {sorted(keywords)}")
        if kind == "object":
            return self._object(schema)
        if kind == "array":
            items = _u16(self._node(schema["items"]))
            few = _fit(schema.get("minItems", 0), 0xFF)
            return self._place(b"l" + items + bytes((few,)) + _limit(schema, "maxItems"))
        if kind == "string":
            return self._place(_string(schema, self.date_time))
        if kind == "boolean":
            return self._place(b"b")
        return self._place(_number(schema, self.draft_4))

    def _object(self, schema: dict) -> int:
        flags = OPEN if schema.get("additionalProperties", True) else 0
        required = set(schema.get("required", ()))
        properties = schema.get("properties", {})
        if required - properties.keys():
            raise ValueError(f"required but not declared: {required - properties.keys()}")
        entries = bytearray()
        for name, child in properties.items():
            node = self._node(child)
            # Nearly every class of 2.0.1 has it: a flag instead of an entry.
            if name == "customData" and name not in required:
                if self.custom_data not in (0, node):
                    raise ValueError("customData has two types")
                self.custom_data = node
                flags |= CUSTOM
            else:
                entries += _entry(name, node | (REQUIRED if name in required else 0))
        head = bytes((ord("o"), flags, _fit(len(required), 0xFF)))
        return self._place(head + _sized(entries))


def _string(schema: dict, date_time: bytes) -> bytes:
    if "enum" in schema:
        values = b"".join(b"\xff" + _word(value) for value in schema["enum"])
        return b"e" + _sized(values + b"\xff")
    text_format = schema.get("format", "uri")
    if text_format == "date-time" and "maxLength" not in schema:
        return date_time
    if text_format != "uri":
        raise ValueError(f"unknown format: {text_format}")
    return b"s" + _limit(schema, "maxLength")


def _number(schema: dict, draft_4: bool) -> bytes:
    flags = 0
    if schema["type"] == "integer":
        flags = INTEGER if draft_4 else WHOLE
    if "multipleOf" in schema:
        if schema["multipleOf"] != 0.1:
            raise ValueError(f"unknown multipleOf: {schema['multipleOf']}")
        flags |= TENTHS
    flags |= MINIMUM if "minimum" in schema else 0
    flags |= MAXIMUM if "maximum" in schema else 0
    bounds = [_fit(schema.get(bound, 0), 0xFF) for bound in ("minimum", "maximum")]
    return bytes([ord("n"), flags, *bounds])


def _fit(number: float, most: int) -> int:
    if number != int(number) or not 0 <= number <= most:
        raise ValueError(f"{number} does not fit the table")
    return int(number)


def _u16(number: int) -> bytes:
    return _fit(number, 0xFFFF).to_bytes(2, "little")


def _sized(content: bytes) -> bytes:
    return _u16(len(content)) + content


def _entry(name: str, reference: int) -> bytes:
    return b"\xff" + _word(name) + b"\xfe" + _u16(reference)


def _word(word: str) -> bytes:
    _fit(len(word), LONGEST)
    return word.encode()


def _limit(schema: dict, keyword: str) -> bytes:
    return _u16(_fit(schema[keyword], NO_LIMIT - 1) if keyword in schema else NO_LIMIT)


def module_text(version: str) -> str:
    """The whole text of the generated module."""
    release = importlib.metadata.version("ocpp")
    table = compile_table(load(version), version)
    source = f"the {version} schemas of PyPI's ocpp {release}"
    return (
        f"# Generated by tools/generate_schemas.py from {source}, do not edit.\n"
        f'TABLE = b"{"".join(map(_escape, table))}"  # noqa: E501\n'
    )


def _escape(byte: int) -> str:
    if chr(byte) in '"\\':
        return "\\" + chr(byte)
    return chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Compile the OCPP schemas to byte tables.")
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 on change")
    check = parser.parse_args(arguments).check
    status = 0
    for version, profile in _DIALECTS:
        path = _ROOT / "firmware" / "chargepoint" / "profiles" / profile / "schema.py"
        text = module_text(version)
        if not check:
            path.write_text(text, "utf-8", newline="\n")
        elif path.read_text("utf-8") != text:
            print(f"{path.relative_to(_ROOT)} is not what the schemas give", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
