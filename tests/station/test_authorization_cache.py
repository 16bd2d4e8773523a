"""The cache of what the server said about tokens."""

from chargepoint import timestamp
from chargepoint.station.cache import clear_cache
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


def cached(station, id_token, token_type="ISO14443"):
    return station.authorization.lookup(IdToken(id_token, token_type), station.now)


def test_C10_FR_01_all_that_the_server_says_is_kept():
    station = plugged()
    station.answer = refused("Blocked")
    station.token("04AA")
    station.answer = accepted("G1")
    station.token("04BB")
    assert cached(station, "04aa") == ("Blocked", "")
    assert cached(station, "04bb") == ("Accepted", "G1")
    assert cached(station, "04BB", "ISO15693") is None
    assert cached(station, "04B") is None


def test_C10_FR_05_a_transactions_answer_is_kept():
    station = plugged()
    station.token("04AA")
    station.idle("Expired")
    assert cached(station, "04AA") == ("Expired", "")


def test_C10_FR_02_the_cache_outlives_a_restart():
    station = plugged()
    station.token("04AA")
    after = FakeStation(slots=station.store.slots)
    assert cached(after, "04AA") == ("Accepted", "")


def test_C10_FR_10_entries_end_with_their_life_time():
    station = plugged({CACHE + "LifeTime": "100"})
    station.token("04AA")
    station.now = 100000
    assert cached(station, "04AA") == ("Accepted", "")
    station.now = 101000
    assert cached(station, "04AA") is None
    station.epoch_s = None  # nobody knows whether it has ended
    assert cached(station, "04AA") == ("Accepted", "")
    station.model.set(CACHE + "LifeTime", 0)
    station.epoch_s = 200000000
    assert cached(station, "04AA") == ("Accepted", "")


def test_C10_FR_13_an_expiry_date_comes_first():
    station = plugged({CACHE + "LifeTime": "100"})
    date = timestamp.format(station.epoch_s + 500)
    station.answer = accepted(cacheExpiryDateTime=date)
    station.token("04AA")
    station.now = 500000
    assert cached(station, "04AA") == ("Accepted", "")
    station.now = 501000
    assert cached(station, "04AA") == ("", "")
    station.token("04AA")
    station.token("04AA")  # the date is over: it is not kept at all
    assert station.store.slots.load("cache") == b""


def test_C10_FR_07_the_cache_is_bounded():
    station = FakeStation()
    remember = station.authorization.remember
    for n in range(40):
        status = "Invalid" if n == 30 else "Accepted"
        remember("T%d" % n, "ISO14443", {"status": status}, 0)
    assert len(station.store.slots.load("cache").split(b"\n")) == 32
    assert cached(station, "T30") is None  # refused ones go first
    assert cached(station, "T6") is None and cached(station, "T7") == ("Accepted", "")
    assert cached(station, "T39") == ("Accepted", "")


def test_an_entry_that_says_nothing_new_spares_the_flash():
    station = FakeStation()
    saves = []
    save = station.store.slots.save
    station.store.slots.save = lambda name, data: (saves.append(name), save(name, data))
    for now in (0, 1000, 3599000, 3600000):
        station.authorization.remember("04AA", "ISO14443", {"status": "Accepted"}, now)
    assert saves == ["cache", "cache"]
    station.authorization.remember("04AA", "ISO14443", {"status": "Blocked"}, 3600000)
    assert saves == ["cache"] * 3


def test_C10_FR_11_the_cache_can_be_switched_off():
    station = plugged({CACHE + "Enabled": "false", AUTH + "LocalPreAuthorize": "true"})
    station.token("04AA")
    assert station.store.slots.load("cache") is None
    assert clear_cache(station, {}, 0) == {"status": "Rejected"}


def test_a_station_without_a_cache_knows_nobody():
    station = plugged({AUTH + "LocalPreAuthorize": "true"})
    station.token("04AA")
    station.model.features = set()
    assert cached(station, "04AA") is None
    before = station.store.slots.load("cache")
    station.token("04BB")
    assert station.store.slots.load("cache") == before


def test_C11_clear_cache():
    station = plugged()
    station.token("04AA")
    assert clear_cache(station, {}, 0) == {"status": "Accepted"}
    assert cached(station, "04AA") is None


def test_a_bad_expiry_date_is_none():
    station = FakeStation()
    # .NET writes the first of them for no date at all, and the second for never
    for date in ("0001-01-01T00:00:00", "9999-12-31T23:59:59.9999999Z", "1970-01-01", "soon"):
        info = {"status": "Accepted", "cacheExpiryDateTime": date}
        station.authorization.remember(date, "ISO14443", info, 0)
        assert cached(station, date) == ("Accepted", "")
