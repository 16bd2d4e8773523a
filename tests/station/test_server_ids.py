"""The integers by which a 1.6 server knows transactions: any is one, none is a mark of ours."""

from tests.support.pair import Pair

V16 = "ocpp1.6"


def test_1_6_any_integer_of_the_server_is_an_id():
    for server_id in 0, -1, -0x40000000:
        pair = Pair(V16)
        pair.csms.answers["StartTransaction"] = {
            "transactionId": server_id,
            "idTagInfo": {"status": "Accepted"},
        }
        pair.connect()
        for stop in "power", "remote":
            pair.plug(1)
            pair.token("04AABBCC", 1)
            pair.run(5)
            if stop == "power":
                pair.power_cut()
                pair.run(10)
                pair.connect()
            else:
                request = {"transactionId": server_id}
                assert pair.call("RemoteStopTransaction", request)["status"] == "Accepted"
            pair.run(5)
            pair.unplug(1)
            assert pair.sent("StopTransaction")[-1]["transactionId"] == server_id
        assert len(pair.sent("StartTransaction")) == len(pair.sent("StopTransaction")) == 2


def test_1_6_ids_that_an_older_version_has_kept_with_marks_among_them():
    pair = Pair(V16)
    pair.store.slots.save("server_ids", b'{"a": -1, "b": -1073741824, "c": 7}')
    pair.power_cut()
    assert pair.station.outbox.server_ids == {"b": None, "c": 7}
    pair.station.outbox.set_server_id("d", -1)
    pair.station.outbox.set_server_id("e", -0x40000000)
    kept = {"b": None, "c": 7, "d": -1, "e": -0x40000000}
    pair.power_cut()
    assert pair.station.outbox.server_ids == kept
    pair.station.outbox.forget_server_id("c")
    pair.power_cut()
    del kept["c"]
    assert pair.station.outbox.server_ids == kept
