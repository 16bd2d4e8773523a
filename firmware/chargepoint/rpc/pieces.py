"""A payload whose last member is a list: whole while it is short, else pieces of its JSON text.

Transient. So a long message is never in memory whole: its items are made while it is sent.
"""

import json

from ..compat import const

_FEW = const(2)


def with_list(payload: dict, key: str, items, count: int):
    """`payload` with a last member `key`, the list of what the iterator gives, `count` at most.

    A dict or, for more than a few, an iterator of pieces of text; None if there is no item.
    """
    if count > _FEW:
        for first in items:
            return _pieces(payload, key, _text(first), items)
        return None
    found = list(items)
    if not found:
        return None
    payload[key] = found
    return payload


def _pieces(payload: dict, key: str, first: str, items):
    beginning = _text(payload)[:-1] + ("," if payload else "")
    yield '%s"%s":[' % (beginning, key)
    yield first
    for item in items:
        yield "," + _text(item)
    yield "]}"


def _text(value) -> str:
    return json.dumps(value, separators=(",", ":"))
