"""Who may charge and who may stop."""

from chargepoint.station.evse import IdToken
from tests.support.fake_station import FakeStation

AUTH = "AuthCtrlr."
CACHE = "AuthCacheCtrlr."


def accepted(group=None, **more):
    info = {"status": "Accepted"}
    if group:
        info["groupIdToken"] = {"idToken": group, "type": "Central"}
    info.update(more)
    return {"idTokenInfo": info}


def refused(status="Invalid"):
    return {"idTokenInfo": {"status": status}}


def plugged(variables=None, evses=1):
    station = FakeStation(variables, evses)
    station.plug()
    return station


def asked(station):
    return [data["idToken"]["idToken"] for kind, data in station.events() if kind == "Authorize"]


def authorized(station, evse_id=1):
    token = station.evses[evse_id - 1].authorized
    return None if token is None else token.id_token


def cached(station, id_token, token_type="ISO14443"):
    return station.authorization.lookup(IdToken(id_token, token_type), station.now)


# ---- online


def test_C01_FR_02_an_unknown_token_is_asked_about():
    station = plugged()
    station.token("04AA")
    assert station.events() == [
        ("Authorize", {"idToken": {"idToken": "04AA", "type": "ISO14443"}})
    ]
    assert authorized(station) == "04AA"


def test_a_refused_token_starts_nothing():
    for status in "Blocked Expired Invalid Unknown ConcurrentTx NotAtThisTime".split():
        station = plugged()
        station.answer = refused(status)
        station.token("04AA")
        assert authorized(station) is None and station.records() == []


def test_C01_FR_03_the_same_token_stops_without_asking():
    station = plugged()
    station.token("04AA")
    station.token("04aa")
    assert asked(station) == ["04AA"]
    assert station.told()[-1] == ("Ended", "StopAuthorized")


def test_another_token_stops_nothing():
    station = plugged()
    station.token("04AA")
    station.token("04BB")
    assert authorized(station) == "04AA" and station.evses[0].closed


def test_a_token_is_asked_about_once_at_a_time():
    station = plugged(evses=2)
    station.answer = "later"
    station.token("04AA")
    station.token("04AA")
    assert asked(station) == ["04AA"]
    station.on_answer(accepted(), 0)
    assert authorized(station) == "04AA"
    station.answer = accepted()
    station.token("04AA")
    assert authorized(station) is None


def test_C01_FR_20_only_on_the_evses_that_the_server_names():
    station = FakeStation(evses=2)
    station.plug(1)
    station.plug(2)
    station.answer = accepted(evseId=[2])
    station.token("04AA")
    assert (authorized(station, 1), authorized(station, 2)) == (None, "04AA")
    station.token("04BB", 1)
    assert authorized(station, 1) is None


def test_C01_FR_20_holds_for_a_token_that_waits():
    station = FakeStation(evses=2)
    station.answer = accepted(evseId=[2])
    station.token("04AA")
    station.plug(1)
    assert authorized(station, 1) is None
    station.plug(2)
    assert authorized(station, 2) == "04AA"


def test_C01_FR_23_a_transaction_is_not_taken_over():
    station = plugged({"TxCtrlr.TxStopPoint": "EVConnected"})
    station.token("04AA")
    station.token("04AA")
    station.token("04BB")
    assert authorized(station) is None
    station.token("04AA")
    assert authorized(station) == "04AA"
    assert station.told()[-2:] == [("Updated", "Authorized"), ("Updated", "ChargingStateChanged")]


# ---- where


def test_the_evse_with_a_waiting_ev_is_chosen():
    station = FakeStation(evses=3)
    station.plug(3)
    station.token("04AA")
    assert authorized(station, 3) == "04AA"
    station.plug(2)
    station.token("04BB")
    assert authorized(station, 2) == "04BB"
    station.token("04CC")
    assert authorized(station, 1) is None
    assert station.transactions.lobby.authorized.id_token == "04CC"
    station.plug(1)
    assert authorized(station, 1) == "04CC"


def test_the_only_evse_needs_no_waiting():
    station = FakeStation()
    station.token("04AA")
    assert authorized(station) == "04AA"


def test_the_evse_that_is_named_is_meant():
    station = FakeStation(evses=2)
    station.plug(1)
    station.token("04AA", 2)
    assert (authorized(station, 1), authorized(station, 2)) == (None, "04AA")
    station.token("04AA", 1)  # elsewhere it stops nothing
    assert (authorized(station, 1), authorized(station, 2)) == ("04AA", "04AA")


# ---- groups


def test_C09_FR_03_a_group_member_stops_after_asking():
    station = plugged()
    station.answer = accepted("G1")
    station.token("04AA")
    station.token("04BB")
    assert asked(station) == ["04AA", "04BB"]
    ended = station.records()[-1]
    assert (ended.event_type, ended.id_token) == ("Ended", "04BB")
    assert ended.stopped_reason == "Local"


def test_C09_FR_07_a_known_group_member_stops_without_asking():
    station = plugged()
    station.answer = accepted("G1")
    station.authorization.remember("04BB", "ISO14443", accepted("g1")["idTokenInfo"], 0)
    station.token("04AA")
    station.online = False
    station.token("04BB")
    assert asked(station) == ["04AA"]
    assert station.told()[-1] == ("Ended", "StopAuthorized")


def test_C09_FR_11_a_refused_group_member_stops_nothing():
    station = plugged()
    station.answer = accepted("G1")
    station.token("04AA")
    station.answer = refused("Blocked")
    station.answer["idTokenInfo"]["groupIdToken"] = {"idToken": "G1", "type": "Central"}
    station.token("04BB")
    assert authorized(station) == "04AA"


def test_C09_FR_12_the_group_may_come_with_the_transaction():
    station = plugged()
    station.token("04AA")
    record = station.records()[0]
    station.transactions.on_answer(record, accepted("G1"), 0)
    station.answer = accepted("G1")
    station.token("04BB")
    assert station.told()[-1] == ("Ended", "StopAuthorized")


def test_no_group_is_no_group():
    station = plugged()
    station.token("04AA")
    station.token("04BB")
    assert authorized(station) == "04AA"


def test_C16_a_master_pass_stops_all_and_starts_none():
    station = FakeStation({AUTH + "MasterPassGroupId": "MASTER"}, evses=2)
    station.answer = accepted("Master")
    station.plug(1)
    station.token("POLICE", 1)
    assert authorized(station) is None
    station.answer = accepted()
    station.token("04AA", 1)
    station.plug(2)
    station.token("04BB", 2)
    station.answer = accepted("Master")
    station.token("POLICE")
    ended = station.records()[-2:]
    assert [record.event_type for record in ended] == ["Ended"] * 2
    assert [record.stopped_reason for record in ended] == ["MasterPass"] * 2
    assert [record.trigger_reason for record in ended] == ["StopAuthorized"] * 2


# ---- locally


def test_C12_local_pre_authorize_asks_nobody():
    station = plugged({AUTH + "LocalPreAuthorize": "true"})
    station.authorization.remember("04AA", "ISO14443", accepted()["idTokenInfo"], 0)
    station.token("04aa")
    assert asked(station) == [] and authorized(station) == "04aa"


def test_without_local_pre_authorize_a_known_token_is_asked_about():
    station = plugged()
    station.authorization.remember("04AA", "ISO14443", accepted()["idTokenInfo"], 0)
    station.token("04AA")
    assert asked(station) == ["04AA"]


def test_C10_FR_03_a_token_refused_before_is_asked_about():
    station = plugged({AUTH + "LocalPreAuthorize": "true"})
    station.authorization.remember("04AA", "ISO14443", refused()["idTokenInfo"], 0)
    station.token("04AA")
    assert authorized(station) == "04AA"
    assert cached(station, "04AA") == ("Accepted", "")
    station = plugged({CACHE + "DisablePostAuthorize": "true"})
    station.authorization.remember("04AA", "ISO14443", refused()["idTokenInfo"], 0)
    station.token("04AA")
    assert asked(station) == [] and authorized(station) is None


def test_offline_authorization():
    for known, local, unknown, expected in (
        ("Accepted", "true", "false", "04AA"),
        ("Accepted", "false", "false", None),
        ("Accepted", "false", "true", None),
        ("Blocked", "true", "true", None),
        (None, "true", "false", None),
        (None, "true", "true", "04AA"),  # C15.FR.08
    ):
        station = plugged(
            {AUTH + "LocalAuthorizeOffline": local, AUTH + "OfflineTxForUnknownIdEnabled": unknown}
        )
        if known:
            station.authorization.remember("04AA", "ISO14443", refused(known)["idTokenInfo"], 0)
        station.online = False
        station.token("04AA")
        assert authorized(station) == expected, (known, local, unknown)
        assert cached(station, "04AA") == ((known, "") if known else None)  # C15.FR.01


def test_an_answer_that_never_comes_leaves_the_decision_to_the_station():
    station = plugged()
    station.authorization.remember("04AA", "ISO14443", accepted()["idTokenInfo"], 0)
    station.answer = None
    station.token("04AA")
    assert authorized(station) == "04AA"
    station.unplug()
    station.plug()
    station.token("04BB")
    assert authorized(station) is None


def test_E08_offline_the_same_token_stops():
    station = plugged()
    station.token("04AA")
    station.online = False
    station.token("04AA")
    assert station.told()[-1] == ("Ended", "StopAuthorized")


def test_disable_remote_authorization():
    station = plugged({AUTH + "DisableRemoteAuthorization": "true"})
    station.token("04AA")
    assert asked(station) == [] and authorized(station) is None
    station.authorization.remember("04AA", "ISO14443", accepted()["idTokenInfo"], 0)
    station.token("04AA")
    assert asked(station) == [] and authorized(station) == "04AA"


def test_C02_C05_some_types_are_never_asked_about_nor_cached():
    for token_type in ("NoAuthorization", "Central"):
        station = plugged()
        station.token("X", 0, token_type)
        assert asked(station) == [] and authorized(station) == "X"
        station.idle("Accepted")
        assert cached(station, "X", token_type) is None


# ---- remote start


def test_F01_FR_02_a_remote_start_is_not_checked():
    station = plugged()
    station.authorization.on_remote_start(station.evses[0], "04AA", "ISO14443", 9, 0)
    assert asked(station) == [] and authorized(station) == "04AA"


def test_F01_FR_01_unless_it_is_to_be():
    station = plugged({AUTH + "AuthorizeRemoteStart": "true"})
    station.answer = refused()
    station.authorization.on_remote_start(station.evses[0], "04AA", "ISO14443", 9, 0)
    assert asked(station) == ["04AA"] and authorized(station) is None
    station.answer = accepted()
    station.authorization.on_remote_start(station.evses[0], "04AA", "ISO14443", 9, 0)
    station.settle()
    assert station.records()[0].remote_start_id == 9
    assert station.records()[0].trigger_reason == "RemoteStart"
