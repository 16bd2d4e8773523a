"""The OCPP messages that went over the link, numbered, with secrets masked.

A secret is masked where the protocol carries it, and, as a second line, wherever the text of a
secret that is known to this process appears.
"""

from __future__ import annotations

import json
from collections import deque
from typing import Any

MASK = "********"
_KEPT = 20_000
_KEPT_BYTES = 32_000_000  # of text
_SECRET_FIELDS = {"password", "apnPassword", "Authorization", "sharedSecret"}
_SECRET_VARIABLES = {"basicauthpassword", "authorizationkey"}
_SECRET_NAMES = _SECRET_VARIABLES | {name.lower() for name in _SECRET_FIELDS}
_DEEPEST = 100  # levels of JSON; OCPP's own messages have about ten
_SHORTEST_SECRET = 6  # shorter ones would garble ordinary text


class MessageLog:
    """Messages since the start; the oldest are forgotten beyond a bound."""

    def __init__(self) -> None:
        self._messages: deque[dict] = deque()
        self._sizes: deque[int] = deque()
        self._bytes = 0
        self._number = 0
        self._secrets: set[str] = set()

    def add_secret(self, text: str | None) -> None:
        if text and len(text) >= _SHORTEST_SECRET:
            self._secrets.add(text)

    def add(self, direction: str, text: str, time: str) -> dict:
        """Keep a message ("in" or "out"); the entry as the control interface shows it."""
        self._number += 1
        entry = {
            "n": self._number,
            "time": time,
            "direction": direction,
            "message": self.masked_message(text),
        }
        self._messages.append(entry)
        self._sizes.append(len(text))
        self._bytes += len(text)
        while len(self._messages) > _KEPT or self._bytes > _KEPT_BYTES:
            self._messages.popleft()
            self._bytes -= self._sizes.popleft()
        return entry

    def since(self, number: int) -> list[dict]:
        if not self._messages or number >= self._number:
            return []
        first = self._messages[0]["n"]
        return list(self._messages)[max(0, number - first + 1) :]

    def masked_message(self, text: str) -> Any:
        """What `text` says, without its secrets; a text that is no JSON stays text.

        So does one that is nested beyond all use: a hostile server may send it.
        """
        try:
            message = json.loads(text, parse_constant=_no_constant)
            self._mask(message, _DEEPEST)
        except (ValueError, RecursionError):
            if any(name in text.lower() for name in _SECRET_NAMES):
                return MASK  # where the secret is can't be told
            return self.masked(text)
        return json.loads(self.masked(json.dumps(message)))

    def masked(self, text: str) -> str:
        """Any line of text, without the secrets known."""
        for secret in self._secrets:
            for form in (secret, json.dumps(secret)[1:-1]):
                text = text.replace(form, MASK)
        return text

    def _mask(self, value: Any, depth: int) -> None:
        """Raises ValueError if there are more than `depth` levels."""
        if not depth:
            raise ValueError("nested too deep")
        if isinstance(value, list):
            for item in value:
                self._mask(item, depth - 1)
            return
        if not isinstance(value, dict):
            return
        for name, item in value.items():
            if name in _SECRET_FIELDS and isinstance(item, str):
                self._hide(value, name)
            else:
                self._mask(item, depth - 1)
        variable = value.get("variable")
        names = [value.get("key"), variable.get("name") if isinstance(variable, dict) else None]
        if any(isinstance(name, str) and name.lower() in _SECRET_VARIABLES for name in names):
            for name in ("value", "attributeValue"):
                if isinstance(value.get(name), str):
                    self._hide(value, name)

    def _hide(self, value: dict, name: str) -> None:
        self.add_secret(value[name])
        value[name] = MASK


def _no_constant(text: str) -> None:
    raise ValueError(text)  # NaN and Infinity are no JSON, and would make ours none
