"""One bit of the flash flips while the power is off: no session is left without its end."""

import os

from chargepoint.compat import MICROPYTHON
from tests.support.pair import Pair
from tests.support.refusing import Blocks, Files

V16, V201 = "ocpp1.6", "ocpp2.0.1"
TOKEN = "04AABBCC"
VARIABLES = {
    "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true",
    "SampledDataCtrlr.TxUpdatedInterval": "60",
}
SLOT_SECTORS = 8
COUNT = 12 if MICROPYTHON else 50  # flips of each kind of store and dialect


def begin(pair):
    pair.plug(1)
    pair.token(TOKEN, 1)
    pair.run(150)
    assert pair.drivers[0].contactor.closed()


def end(pair):
    pair.token(TOKEN, 1)
    pair.run(5)
    pair.unplug(1)
    pair.run(5)


def lived(dialect, media):
    """One session began online and ended without a link, one was without it, one still runs."""
    pair = Pair(dialect, VARIABLES, evses=1, meter_ms=60000, make_store=media.open_store)
    pair.connect()
    pair.run(5)
    begin(pair)
    pair.disconnect()
    pair.run(100)
    end(pair)
    begin(pair)
    end(pair)
    begin(pair)
    return pair


def boot(pair):
    pair.power_cut()
    pair.unplug(1)
    pair.connect()
    pair.run(60)


def ends(pair):
    """transaction -> how many ends the server got of it, of those of which it knows the start."""
    found, started, calls = {}, [], {}
    for direction, message in pair.transcript:
        if direction == "out" and message[0] == 2 and message[1] not in calls:
            calls[message[1]] = message[2]
            payload = message[3]
            if message[2] == "TransactionEvent":
                name = payload["transactionInfo"]["transactionId"]
                found[name] = found.get(name, 0) + (payload["eventType"] == "Ended")
                if payload["eventType"] == "Started":
                    started.append(name)
            elif message[2] == "StopTransaction":
                name = payload["transactionId"]
                found[name] = found.get(name, 0) + 1
        elif direction == "in" and message[0] == 3:
            if calls.get(message[1]) == "StartTransaction":
                started.append(message[2]["transactionId"])
    return {name: found.get(name, 0) for name in started}


def kinds():
    yield V201, Files
    yield V16, Blocks
    if not MICROPYTHON:
        yield V16, Files
        yield V201, Blocks


def places(data, seed):
    """Of bytes that are not erased, so many; in the soak all."""
    used = [at for at in range(len(data)) if data[at] != 0xFF]
    if os.getenv("SOAK"):
        return used
    chosen = []
    for _ in range(COUNT):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        chosen.append(used[(seed >> 8) % len(used)])
    return chosen


def flat(media):
    """What lies on it as one, where the journal begins in that, and what puts it back with one bit
    of a byte changed."""
    if isinstance(media, Blocks):
        flash = media.flash
        image, programmed = bytes(flash.data), bytes(flash._programmed)

        def put(at):
            flash.data[:] = image
            flash._programmed[:] = programmed
            flash.data[at] ^= 1 << at % 8

        return image, SLOT_SECTORS * 4096, put
    names = sorted(media.data, key=lambda name: (name == "journal", name))
    files = [bytes(media.data[name]) for name in names]

    def put_files(at):
        media.data = {}
        for name, data in zip(names, files):  # noqa: B905 - MicroPython has no `strict`
            media.data[name] = bytearray(data)
            if 0 <= at < len(data):
                media.data[name][at] ^= 1 << at % 8
            at -= len(data)

    image = b"".join(files)
    return image, len(image) - len(files[-1]), put_files


def test_every_session_has_its_end_whichever_bit_flips():
    for seed, (dialect, make) in enumerate(kinds()):
        with make() as media:
            pair = lived(dialect, media)
            image, journal_at, put = flat(media)
            transcript = list(pair.transcript)
            for at in places(image, seed + 1):
                put(at)
                pair.transcript = list(transcript)
                boot(pair)
                where = dialect, make.__name__, at
                told = ends(pair)
                if dialect == V201 or at >= journal_at:  # 1.6: else the server's id may be lost
                    assert len(told) >= 2 and set(told.values()) == {1}, (where, told)
                assert pair.station.outbox.counts() == [0, 0], where


def test_an_end_that_alone_was_waiting_is_told_by_its_slot():
    for dialect, make in kinds():
        with make() as media:
            pair = Pair(dialect, VARIABLES, evses=1, meter_ms=60000, make_store=media.open_store)
            pair.connect()
            pair.run(5)
            begin(pair)
            pair.run(60)
            pair.disconnect()
            end(pair)
            energy_wh = pair.energy_wh(1)
            journal = pair.store.journal
            entries = list(journal.records())
            assert len(entries) == pair.station.outbox.counts()[0] > 0
            journal.acknowledge(entries[-1][0])  # as if the journal had lost it
            boot(pair)
            assert list(ends(pair).values()) == [1]
            if dialect == V16:
                assert pair.sent("StopTransaction")[0]["meterStop"] == energy_wh
            boot(pair)
            assert list(ends(pair).values()) == [1]  # the slot went when it was told


def test_a_session_that_only_the_journal_knows_is_ended():
    """Both copies of its slot are gone."""
    for dialect, make in kinds():
        with make() as media:
            pair = Pair(dialect, VARIABLES, evses=1, meter_ms=60000, make_store=media.open_store)
            pair.connect()
            pair.run(5)
            pair.disconnect()
            begin(pair)
            pair.store.slots.delete("tx1")
            boot(pair)
            assert list(ends(pair).values()) == [1]
            if dialect == V16:
                stop = pair.sent("StopTransaction")[0]
                assert stop["reason"] == "PowerLoss" and stop["meterStop"] > 0
            else:
                event = pair.sent("TransactionEvent")[-1]
                assert event["transactionInfo"]["stoppedReason"] == "PowerLoss"
