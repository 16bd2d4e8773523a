"""What holds for every dialect."""

from chargepoint import profiles
from tests.support.facts import KINDS, Station, events

ALL = [profiles.load(name) for name in ("ocpp1.6", "ocpp2.0.1")]


def test_load_gives_the_dialect_of_the_subprotocol():
    assert [profile.SUBPROTOCOL for profile in ALL] == ["ocpp1.6", "ocpp2.0.1"]
    for unknown in ("", "ocpp2.1", "OCPP1.6", None):
        try:
            profiles.load(unknown)
        except ValueError:
            continue
        raise AssertionError(unknown)


def test_every_kind_is_encoded_or_named_as_lost():
    assert {kind for kind, _ in events()} == set(KINDS)
    for profile in ALL:
        lost = profile.LOST.split()
        said = set()
        for kind, data in events():
            if Station(profile).encode(kind, data) is not None:
                said.add(kind)
        assert not said & set(lost)
        assert said | set(lost) == set(KINDS), set(KINDS) - said - set(lost)


def test_what_is_lost_is_said_by_no_one():
    for profile in ALL:
        for kind, data in events():
            if kind in profile.LOST.split():
                assert profile.encode(Station(profile), kind, data) is None


def test_neutral_error_codes_have_a_spelling():
    for code in (
        "FormatViolation GenericError InternalError NotImplemented NotSupported"
        " OccurrenceConstraintViolation PropertyConstraintViolation ProtocolError"
        " RpcFrameworkError SecurityError TypeConstraintViolation"
    ).split():
        for profile in ALL:
            assert profile.error_code(code)


def test_status_of_every_connector_is_told():
    for profile in ALL:
        station = Station(profile)
        for evse in station.evses:
            for connector in evse.connectors:
                assert profile.connector_status(station, evse, connector) == "Available"
