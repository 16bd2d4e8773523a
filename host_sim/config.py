"""The configuration of a simulated station: a TOML file, options over it, and what is allowed.

Everything is checked here, before anything starts. A `ConfigError` is one line that names the
option or the file and key, and what is allowed.
"""

from __future__ import annotations

import csv
import difflib
import math
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chargepoint.crypto import pem
from chargepoint.crypto.der import Invalid
from chargepoint.device_model import presets
from chargepoint.device_model.model import BUILT, DeviceModel, EvseLayout, Layout
from chargepoint.hal.sim import MemorySlots
from chargepoint.ota import container
from chargepoint.profiles.ocpp16 import presets as key_presets
from host_sim import config_allowed, config_connection
from host_sim.config_connection import BUILTIN, SUBPROTOCOLS, ConfigError, csms_url, subprotocols

_TOOLS = Path(__file__).resolve().parent.parent / "tools"
FEATURES = (
    "local_auth_list",
    "reservation",
    "smart_charging",
    "firmware",
    "diagnostics",
    "remote_trigger",
    "monitoring",
    "certificates",
    "display",
    "tariff_cost",
    "data_transfer",
    "remote_control",
    "authorization_cache",
)
CONNECTOR_TYPES = (
    "cCCS1 cCCS2 cG105 cTesla cType1 cType2 sBS1361 sCEE-7-7 sType2 sType3"
    " s309-1P-16A s309-1P-32A s309-3P-16A s309-3P-32A Other1PhMax16A Other1PhOver16A Other3Ph"
    " Pan wInductive wResonant Undetermined Unknown"
).split()
TARGETS = ("cpython", "unix", "qemu")
SECRET_NAMES = ("securityctrlr.basicauthpassword", "authorizationkey")
_STATION_KEYS = ("id", "vendor", "model", "serial", "csms", "ocpp", "security_profile")
_EVSE_KEYS = ("phases", "max_current", "connectors")
_FIRMWARE_KEYS = ("keys", "product", "hardware", "roots")
_TABLES = ("station", "evse", "variables", "configuration", "features", "firmware")
_MAX_EVSES = 64
_MAX_ROOTS = 4


@dataclass
class EvseConfig:
    phases: int = 3
    max_current: int = 32
    connectors: tuple[str, ...] = ("cType2",)


@dataclass
class FirmwareConfig:
    """Which images the station takes. keys: of a key file; roots: of the manufacturer, in PEM."""

    keys: bytes = b""
    product: str = "host-sim"
    hardware: str = "A"
    roots: Path | None = None


@dataclass
class Config:
    """A whole and valid configuration. `speed` None is `max`; `csms` may be ("builtin",)."""

    id: str = "SIM-0001"
    vendor: str = "ocpp-micropython"
    model: str = "host-sim"
    serial: str = "0001"
    csms: tuple[str, ...] = (BUILTIN,)
    ocpp: tuple[str, ...] = SUBPROTOCOLS
    security_profile: int | None = None
    evses: tuple[EvseConfig, ...] = (EvseConfig(), EvseConfig())
    # what the station leaves the factory with: (values by name, allow_unknown)
    variables: tuple[dict[str, Any], bool] = field(default_factory=lambda: ({}, False))
    configuration: tuple[dict[str, Any], bool] = field(default_factory=lambda: ({}, False))
    has_credential: bool = False
    features: dict[str, bool] = field(default_factory=dict)
    firmware: FirmwareConfig = field(default_factory=FirmwareConfig)
    state_dir: Path | None = None
    control: tuple[str, int] = ("127.0.0.1", 0)
    speed: float | None = 1
    target: str = "cpython"
    basic_auth: str | None = None
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    plugged: tuple[int, ...] = ()
    source: str = ""  # the file, as an error begins with it
    notes: list[str] = field(default_factory=list)  # what is no error and yet to be told

    @property
    def profile_of(self) -> int:
        """The security profile, from the file or from what there is."""
        if self.security_profile is not None:
            return self.security_profile
        if self.cert is not None:
            return 3
        if self.csms[0].startswith("wss:"):
            return 2
        return 1 if self.basic_auth is not None or self.has_credential else 0

    @property
    def secrets(self) -> list[str]:
        """Texts that may be shown to nobody."""
        found = [self.basic_auth]
        for values, _ in (self.variables, self.configuration):
            for name, value in values.items():
                if name.lower() in SECRET_NAMES:
                    found.append(str(value))
        return [text for text in found if text]


def load(path: Path | None, csms: str | None = None) -> Config:
    """The configuration of a file, or the built-in example. Raises ConfigError.

    csms: of the option, which wins over the file; values of the file must fit it.
    """
    if path is None:
        return Config(csms=(csms or BUILTIN,))
    where = str(path)
    try:
        document = tomllib.loads(path.read_text("utf-8-sig"))  # some editors write a BOM
    except OSError as error:
        raise ConfigError(f"--config {where}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{where}: not valid TOML: allowed: a text in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where}: not valid TOML: {error}") from None
    for name, value in document.items():
        _known(where, f"table [{name}]", name, _TABLES)
        if name == "evse":
            _check(where, "evse", _is_list_of(value, dict), "one [[evse]] table for each EVSE")
        else:
            _check(where, name, isinstance(value, dict), f"a table [{name}]")
    config = Config(source=f"{where}: ")
    _station(where, document.get("station", {}), config)
    if csms is not None:
        config.csms = (csms,)
    if "evse" in document:
        config.evses = _evses(where, document["evse"])
    _values(where, document, config)
    _features(where, document.get("features", {}), config)
    _firmware(path, document.get("firmware", {}), config.firmware)
    return config


def check_together(config: Config) -> None:
    """What no single option can tell. Raises ConfigError."""
    for evse_id in config.plugged:
        if not 1 <= evse_id <= len(config.evses):
            raise ConfigError(f"--plugged {evse_id}: allowed: EVSE 1 to {len(config.evses)}")
    if "ocpp1.6" in config.ocpp and len(config.vendor) > 20:
        raise ConfigError(
            f"{config.source}station.vendor {config.vendor!r}: allowed: at most 20 characters"
            " with ocpp1.6"
        )
    config_connection.check(config)


def identity(where: str, text: str) -> str:
    good = 0 < len(text) <= 48 and ":" not in text and text.isprintable() and text.strip() == text
    if not good:
        raise ConfigError(f"{where} {text!r}: allowed: 1 to 48 characters without ':'")
    return text


def password(where: str, text: str) -> str:
    """One as OCPP has it: of any characters (A00.FR.205). Raises ConfigError."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ConfigError(f"{where}: allowed: text in UTF-8") from None
    if not 16 <= len(text) <= 40:
        raise ConfigError(f"{where}: allowed: 16 to 40 characters")
    return text


def _station(where: str, table: dict[str, Any], config: Config) -> None:
    for name, value in table.items():
        at = f"{where}: station.{name}"
        _known(where, f"station.{name}", name, _STATION_KEYS)
        if name in ("vendor", "model", "serial", "id"):
            limit = {"vendor": 50, "model": 20, "serial": 25, "id": 48}[name]
            good = isinstance(value, str) and 0 < len(value) <= limit
            _check(where, f"station.{name}", good, f"a text of 1 to {limit} characters")
            setattr(config, name, identity(at, value) if name == "id" else value)
        elif name == "csms":
            good = _is_list_of(value, str) and 1 <= len(value) <= 4
            _check(where, "station.csms", good, "a list of 1 to 4 URLs")
            if value == [BUILTIN]:
                config.csms = (BUILTIN,)
            else:
                config.csms = tuple(csms_url(at, url) for url in value)
        elif name == "ocpp":
            _check(where, "station.ocpp", _is_list_of(value, str), "a list of texts")
            config.ocpp = subprotocols(at, value)
        else:
            good = _is_int(value) and 0 <= value <= 3
            _check(where, "station.security_profile", good, "0, 1, 2 or 3")
            config.security_profile = value


def _evses(where: str, tables: list[dict[str, Any]]) -> tuple[EvseConfig, ...]:
    _check(where, "evse", 1 <= len(tables) <= _MAX_EVSES, f"1 to {_MAX_EVSES} [[evse]] tables")
    evses = []
    for number, table in enumerate(tables, 1):
        evse = EvseConfig()
        for name, value in table.items():
            key = f"evse {number}: {name}"
            _known(where, key, name, _EVSE_KEYS)
            if name == "phases":
                _check(where, key, _is_int(value) and 1 <= value <= 3, "1, 2 or 3")
                evse.phases = value
            elif name == "max_current":
                good = _is_number(value) and 6 <= value <= 1000 and value == int(value)
                _check(where, key, good, "a whole number from 6 to 1000 (ampere)")
                evse.max_current = int(value)
            else:
                good = _is_list_of(value, str) and 1 <= len(value) <= 8
                _check(where, key, good, "a list of 1 to 8 connector types")
                for item in value:
                    _known(where, key, item, CONNECTOR_TYPES)
                evse.connectors = tuple(value)
        evses.append(evse)
    return tuple(evses)


def _values(where: str, document: dict[str, Any], config: Config) -> None:
    """[configuration] and [variables], tried on a device model as the station will have it."""
    for section in ("configuration", "variables"):
        values = dict(document.get(section, {}))
        allow_unknown = values.pop("allow_unknown", False)
        good = isinstance(allow_unknown, bool)
        _check(where, f"{section}.allow_unknown", good, "true or false")
        of_keys = section == "configuration"
        preset = key_presets.preset if of_keys else presets.preset
        model = _scratch_model(config)
        for name, value in list(values.items()):
            good = isinstance(value, str | int | float) or _is_list_of(value, str)
            _check(
                where,
                f"{section}.{name}",
                good,
                "a text, a number, true, false or a list of texts",
            )
            if of_keys and config_allowed.derived(model, name) == presets.text_of(value):
                del values[name]  # what it is anyway
                continue
            try:
                preset(model, {name: value}, allow_unknown)
            except ValueError as error:
                why = str(error)
                if why == presets.REFUSED % name:
                    allowed = config_allowed.of_key if of_keys else config_allowed.of_name
                    why = f'"{name}" must be {allowed(model, name)}'
                text = f"{where}: [{section}] {why}"
                raise ConfigError(text + _hint(section, name, why)) from None
        setattr(config, section, (values, allow_unknown))
    if model.preset_credential is not None or config.configuration[0].get("AuthorizationKey"):
        config.has_credential = True


def _scratch_model(config: Config) -> DeviceModel:
    evses = [EvseLayout(evse.phases, evse.max_current, evse.connectors) for evse in config.evses]
    layout = Layout("", "", "", "", config.id, tuple(evses))
    model = DeviceModel(layout, MemorySlots())
    model.network_slots = tuple(range(len(config.csms)))
    model.max_security_profile = 3
    return model


def _hint(section: str, name: str, error: str) -> str:
    """For an unknown name: what may have been meant, and what else is allowed."""
    if "there is no such" not in error or "EVSE" in error:
        return ""
    file, column = ("variables.csv", None) if section == "variables" else ("keys16.csv", "key")
    names = {}
    with (_TOOLS / file).open(newline="") as rows:
        for row in csv.DictReader(rows):
            instance = f"[{row['instance']}]" if row.get("instance") else ""
            full = row[column] if column else f"{row['component']}.{row['variable']}{instance}"
            names[full.lower()] = full
    near = difflib.get_close_matches(name.lower(), names, 3, 0.5)
    hint = "; did you mean " + ", ".join(names[item] for item in near) + "?" if near else ""
    return f"{hint}; allowed: a known name, or any with allow_unknown = true in [{section}]"


def _features(where: str, table: dict[str, Any], config: Config) -> None:
    table = dict(table)
    allow_unknown = table.pop("allow_unknown", False)
    _check(where, "features.allow_unknown", isinstance(allow_unknown, bool), "true or false")
    for name, value in table.items():
        if name not in FEATURES and allow_unknown is True:
            continue
        _known(where, f"features.{name}", name, FEATURES)
        _check(where, f"features.{name}", isinstance(value, bool), "true or false")
        config.features[name] = value
        if value and name not in BUILT:
            config.notes.append(
                f"{where}: features.{name}: this block is not built yet, and stays off;"
                f" built are {', '.join(BUILT)}"
            )


def _firmware(path: Path, table: dict[str, Any], config: FirmwareConfig) -> None:
    """Paths are from the folder of the file."""
    where = str(path)
    for name, value in table.items():
        key = f"firmware.{name}"
        _known(where, key, name, _FIRMWARE_KEYS)
        _check(where, key, isinstance(value, str) and value != "", "a text")
        if name in ("product", "hardware"):
            good = len(value) <= 32 and all("!" <= letter <= "~" for letter in value)
            _check(where, key, good, "a word of 1 to 32 printable ASCII characters")
            setattr(config, name, value)
            continue
        file = path.parent / value
        try:
            data = file.read_bytes()
            if name == "keys":
                container.keys(data)
                config.keys = data
            else:
                pem.decode(data, "CERTIFICATE", _MAX_ROOTS)
                config.roots = file.absolute()
        except (OSError, container.Refused, Invalid):
            kind = "a file of tools/image.py pin" if name == "keys" else "certificates in PEM form"
            raise ConfigError(f"{where}: {key} {value!r}: allowed: {kind}") from None


def _known(where: str, key: str, name: str, names: Any) -> None:
    if name not in names:
        near = difflib.get_close_matches(name, names, 1, 0.6)
        hint = f"did you mean {near[0]}? " if near else ""
        raise ConfigError(f"{where}: {key}: unknown {name!r}; {hint}allowed: {', '.join(names)}")


def _check(where: str, key: str, good: bool, allowed: str) -> None:
    if not good:
        raise ConfigError(f"{where}: {key}: allowed: {allowed}")


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return _is_int(value) or (isinstance(value, float) and math.isfinite(value))


def _is_list_of(value: object, kind: type) -> bool:
    return isinstance(value, list) and all(isinstance(item, kind) for item in value)
