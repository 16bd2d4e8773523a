"""ClearCache through the whole station."""

from tests.support.pair import Pair

DIALECTS = ("ocpp1.6", "ocpp2.0.1")


def session(pair):
    pair.plug(1)
    pair.token("04AABBCC", 1)
    pair.run(10)


def test_C11_the_cache_forgets_and_the_queue_does_not():
    for dialect in DIALECTS:
        pair = Pair(dialect)
        pair.connect()
        session(pair)
        pair.disconnect()
        pair.run(10)
        pair.unplug(1)
        pair.csms.slow = True
        pair.connect()
        waiting = pair.station.outbox.counts()[0]
        assert waiting > 0 and pair.store.slots.load("cache")
        assert pair.call("ClearCache", {}) == {"status": "Accepted"}
        assert pair.station.outbox.counts()[0] == waiting
        assert not pair.store.slots.load("cache")


def test_C11_a_cleared_token_is_unknown_offline():
    for dialect in DIALECTS:
        for clear in False, True:
            pair = Pair(dialect, {"AuthCtrlr.LocalAuthorizeOffline": "true"})
            pair.connect()
            session(pair)
            pair.unplug(1)
            pair.run(5)
            if clear:
                pair.call("ClearCache", {})
            pair.disconnect()
            session(pair)
            assert pair.drivers[0].contactor.closed() == (not clear)


def test_C11_FR_04_without_a_cache_it_is_rejected():
    for dialect in DIALECTS:
        pair = Pair(dialect, {"AuthCacheCtrlr.Enabled": "false"})
        pair.connect()
        assert pair.call("ClearCache", {}) == {"status": "Rejected"}
