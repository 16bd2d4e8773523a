"""Validates OCPP payloads of 1.6 and 2.0.1 against the JSON schemas that PyPI's `ocpp` carries.

Differs from the check inside `ocpp` in three ways: `format: date-time` is enforced, numbers are
compared as decimals in every message (so `multipleOf: 0.1` is exact), and what is wrong comes
back with its path. Knows nothing about the order of messages (see `csms_rules`).
"""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

from jsonschema import Draft4Validator, FormatChecker
from jsonschema.exceptions import ValidationError, best_match

DIALECTS = ("2.0.1", "1.6")

_PACKAGES = {"1.6": "ocpp.v16", "2.0.1": "ocpp.v201"}
_REQUEST_SUFFIX = {"1.6": "", "2.0.1": "Request"}
_DATE_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)"
)

# 1.6 keeps the two misspelt names on the wire.
_OCCURRENCE = {"1.6": "OccurenceConstraintViolation", "2.0.1": "OccurrenceConstraintViolation"}
_FORMAT = {"1.6": "FormationViolation", "2.0.1": "FormatViolation"}
_KEYWORD_CODES = {
    "type": "TypeConstraintViolation",
    "required": "occurrence",
    "minItems": "occurrence",
    "maxItems": "occurrence",
    "additionalProperties": "format",
}

ERROR_CODES = {
    "1.6": frozenset(
        "NotImplemented NotSupported InternalError ProtocolError SecurityError FormationViolation "
        "FormatViolation PropertyConstraintViolation OccurenceConstraintViolation "
        "OccurrenceConstraintViolation TypeConstraintViolation GenericError".split()
    ),
    "2.0.1": frozenset(
        "NotImplemented NotSupported InternalError ProtocolError SecurityError FormatViolation "
        "FormationViolation PropertyConstraintViolation OccurrenceConstraintViolation "
        "TypeConstraintViolation GenericError RpcFrameworkError "
        "MessageTypeNotSupported".split()
    ),
}


def format_violation(dialect: str) -> str:
    """The dialect's spelling of the error code for a payload that can't be parsed."""
    return _FORMAT[dialect]


def is_date_time(value: object) -> bool:
    """True for an RFC 3339 date-time that exists in the calendar; not a str counts as valid."""
    if not isinstance(value, str):
        return True
    match = _DATE_TIME.fullmatch(value)
    if match is None:
        return False
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    zone = match.group(8)
    if hour > 23 or minute > 59 or second > 59:
        return False
    if len(zone) > 1 and (int(zone[1:3]) > 23 or int(zone[4:]) > 59):
        return False
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def is_utc(value: object) -> bool:
    """True for a date-time as a station must write it: UTC with `Z`, at most three decimals."""
    if not isinstance(value, str) or not is_date_time(value):
        return False
    match = _DATE_TIME.fullmatch(value)
    return match is not None and match.group(8) == "Z" and len(match.group(7) or "") <= 3


_FORMATS = FormatChecker(formats=())
_FORMATS.checks("date-time")(is_date_time)


@cache
def actions(dialect: str) -> frozenset[str]:
    """The names of all messages of the dialect."""
    folder = resources.files(_PACKAGES[dialect]) / "schemas"
    names = (entry.name.removesuffix(".json") for entry in folder.iterdir())
    suffix = "Response"
    return frozenset(name.removesuffix(suffix) for name in names if name.endswith(suffix))


@cache
def _validator(dialect: str, action: str, is_answer: bool) -> Draft4Validator:
    suffix = "Response" if is_answer else _REQUEST_SUFFIX[dialect]
    path = resources.files(_PACKAGES[dialect]) / "schemas" / f"{action}{suffix}.json"
    schema = json.loads(path.read_text("utf-8-sig"), parse_float=Decimal)
    # `ocpp` reads every set as draft 4, in which 1.0 is not an integer: the stricter reading.
    return Draft4Validator(schema, format_checker=_FORMATS)


def check(dialect: str, action: str, payload: Any, is_answer: bool) -> tuple[str, str] | None:
    """None when the payload is valid, else (OCPP error code, what is wrong and where).

    Args:
        dialect: "1.6" or "2.0.1".
        payload: as `json.loads` gives it.
        is_answer: True for the payload of a CALLRESULT.
    """
    if action not in actions(dialect):
        return "NotImplemented", f"{action!r} is not a message of OCPP {dialect}"
    exact = json.loads(json.dumps(payload), parse_float=Decimal)
    error = best_match(_validator(dialect, action, is_answer).iter_errors(exact))
    if error is None:
        return None
    code = _KEYWORD_CODES.get(str(error.validator), "PropertyConstraintViolation")
    code = {"occurrence": _OCCURRENCE[dialect], "format": _FORMAT[dialect]}.get(code, code)
    return code, f"{error_path(error)}: {error.message[:200]}"


def error_path(error: ValidationError) -> str:
    """`meterValue[0].timestamp`, or `payload` for the top."""
    path = ""
    for part in error.absolute_path:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path.lstrip(".") or "payload"


def timestamps(payload: Any, path: str = "") -> list[tuple[str, str]]:
    """Every (path, text) in the payload that is shaped like a date-time, at any depth."""
    found: list[tuple[str, str]] = []
    if isinstance(payload, dict):
        for key, value in payload.items():
            found += timestamps(value, f"{path}.{key}" if path else key)
    elif isinstance(payload, list):
        for index, value in enumerate(payload):
            found += timestamps(value, f"{path}[{index}]")
    elif isinstance(payload, str) and _DATE_TIME.fullmatch(payload):
        found.append((path, payload))
    return found


def empty_fields(payload: Any, path: str = "") -> list[str]:
    """Paths of fields that are null, [] or {}: optional ones are to be left out instead."""
    found: list[str] = []
    items = payload.items() if isinstance(payload, dict) else enumerate(payload)
    for key, value in items:
        here = f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}".lstrip(".")
        if value is None or value == [] or value == {}:
            found.append(here)
        elif isinstance(value, (dict, list)):
            found += empty_fields(value, here)
    return found
