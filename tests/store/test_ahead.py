"""While a contactor is closed nothing is erased: what comes goes where it was erased ahead."""

from chargepoint.store.flash_store import FlashStore
from tests.support.flash import Flash, PowerCut
from tests.support.pair import Ev, Pair

DIALECTS = ("ocpp1.6", "ocpp2.0.1")


class QuietFlash(Flash):
    """`live` is set while nothing may be erased."""

    live = False

    def _erase(self, block):
        assert not self.live, "an erase while a contactor is closed"
        super()._erase(block)


def opened(flash):
    store = FlashStore(flash, lambda n: b"\x01\x02\x03\x04"[:n], 4)
    store.quieten(lambda: flash.live)
    return store


def prepare(flash, store):
    """All that there is to do; how many steps it took."""
    for n in range(1000):
        before = flash.operations
        store.prepare()
        if flash.operations == before:
            return n
    raise AssertionError("it never comes to an end")


def fill(journal, count=100):
    """How many entries it took of 110 bytes."""
    for n in range(count):
        try:
            journal.append(bytes([n]) * 110)
        except OSError as error:
            assert error.args[0] == 28
            return n
    return count


def test_the_journal_takes_what_was_erased_ahead_and_is_full_then():
    flash = QuietFlash(12, 512)
    store = opened(flash)
    flash.live = True
    assert fill(store.journal) < 4 and store.journal.room() < 110  # of the sector that is begun
    flash.live = False
    prepare(flash, store)
    flash.live = True
    room = store.journal.room()
    taken = fill(store.journal)
    assert taken >= 18 and taken * 122 >= room > 0
    seqs = [seq for seq, _ in store.journal.records()]
    store.journal.acknowledge(seqs[-2])  # sectors are free again, and not erased but for one
    assert fill(store.journal) <= 4 and store.journal.room() < 110
    assert store.journal.edit(lambda payload: None) is False
    flash.live = False
    assert store.journal.room() > 1500
    prepare(flash, store)
    flash.live = True
    assert fill(store.journal) >= 12
    assert opened_again(flash).journal.count() == store.journal.count()


def opened_again(flash):
    flash.live = False
    return opened(flash)


def test_slots_wait_in_memory_when_nothing_erased_is_left():
    flash = QuietFlash(40, 4096)
    store = opened(flash)
    prepare(flash, store)
    flash.live = True
    for n in range(100):
        store.slots.save("tx1", b"%d" % n * 100)
        assert store.slots.load("tx1") == b"%d" % n * 100
    assert store.slots._held
    store.slots.save("variables", bytes(1500))  # there is a reserve for what is no state
    assert list(store.slots._held) == [b"tx1"]
    flash.live = False
    prepare(flash, store)
    assert not store.slots._held
    store = opened(flash)
    assert store.slots.load("tx1") == b"99" * 100
    assert store.slots.load("variables") == bytes(1500) and store.damaged == []
    flash.live = True
    for _ in range(100):
        store.slots.save("tx1", bytes(300))
    store.slots.delete("tx1")
    assert store.slots.load("tx1") is None
    flash.live = False
    prepare(flash, store)
    assert store.slots.load("tx1") is None and opened(flash).slots.load("tx1") is None


def test_each_sector_is_erased_once_and_only_when_something_has_changed():
    flash = QuietFlash(16, 512)
    store = opened(flash)
    prepare(flash, store)
    erases, steps = sum(flash.erases), prepare(flash, store)
    assert steps == 0 and sum(flash.erases) == erases
    for n in range(2000):
        store.journal.acknowledge(store.journal.append(bytes(110)))
        if n % 4 == 0:
            prepare(flash, store)
    journal = flash.erases[4:]
    assert max(journal) - min(journal) <= 2 and store.damaged == []


def test_the_power_may_fail_in_each_step():
    operations = 0
    while True:
        flash = QuietFlash(12, 512)
        store = opened(flash)
        seqs = [store.journal.append(bytes([n]) * 110) for n in range(14)]
        store.journal.acknowledge(seqs[5])
        for n in range(12):
            store.slots.save("tx1", b"%d" % n * 20)
        flash.cut_after(operations, operations % 4)
        try:
            prepare(flash, store)
            fill(store.journal, 8)
            prepare(flash, store)
        except PowerCut:
            pass
        else:
            assert operations > 20
            return
        flash.power_up()
        for _ in range(2):
            store = opened(flash)
            assert [seq for seq, _ in store.journal.records()][:8] == seqs[6:]
            assert store.slots.load("tx1") == b"11" * 20
            assert store.damaged in ([], ["journal"])  # torn is what was never promised
            prepare(flash, store)
            assert fill(store.journal, 2) == 2
        operations += 1


# ---- a whole station


FLASH = QuietFlash(32, 4096, 4)  # one for all: it takes much memory in one piece


class QuietPair(Pair):
    """Its flash is as a board's that stalls; it is prepared as `Composed` does it."""

    quiet: FlashStore

    def __init__(self, dialect, variables):
        self.flash = FLASH
        FLASH.live = False
        for sector in range(FLASH.sectors):
            FLASH.ioctl(6, sector)
        super().__init__(dialect, variables, evses=1, make_store=self._open)

    def _open(self, random_bytes):
        self.flash.live = False
        self.quiet = FlashStore(self.flash, random_bytes)
        self.quiet.quieten(self._is_live)
        return self.quiet

    def _is_live(self):
        return bool([1 for evse in self.station.evses if evse.closed or evse.wanted])

    def check(self):
        self.flash.live = self._is_live()
        if not self.flash.live:
            self.quiet.prepare()


def made(dialect, variables):
    pair = QuietPair(dialect, variables)
    pair.connect()
    for _ in range(60):
        pair.run(1)
    return pair


def energy(pair):
    """What the server was told of the one session at its end."""
    if pair.subprotocol == "ocpp1.6":
        assert len(pair.sent("StopTransaction")) == 1
        return pair.sent("StopTransaction")[0]["meterStop"]
    ended = [e for e in pair.sent("TransactionEvent") if e["eventType"] == "Ended"]
    assert len(ended) == 1
    return ended[0]["meterValue"][-1]["sampledValue"][0]["value"]


def charge_for_a_day(dialect, is_online):
    pair = made(
        dialect,
        {
            "SampledDataCtrlr.TxUpdatedInterval": "120",
            "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true",
        },
    )
    if not is_online:
        pair.disconnect()
    pair.plug(1, Ev(max_ma=6000))
    pair.token("04AABBCC", 1)
    name = "MeterValues" if dialect == "ocpp1.6" else "TransactionEvent"
    told = 0
    for _ in range(12):
        pair.run(3600)
        told += len(pair.sent(name))
        pair.forget()  # it takes memory
    assert pair.drivers[0].contactor.closed()
    pair.token("04AABBCC", 1)
    pair.run(5)
    if not is_online:
        pair.connect()
        pair.run(5)
    assert energy(pair) == pair.energy_wh(1)
    assert told + len(pair.sent(name)) >= 360


def test_a_day_long_session_erases_nothing_and_loses_nothing():
    charge_for_a_day("ocpp1.6", False)
    charge_for_a_day("ocpp2.0.1", True)


def test_a_power_cut_when_slots_wait_in_memory_ends_the_session():
    for dialect in DIALECTS:
        pair = made(dialect, {"SampledDataCtrlr.TxUpdatedInterval": "60"})
        pair.plug(1)
        pair.token("04AABBCC", 1)
        for _ in range(4):
            pair.run(3600)
        assert pair.quiet.slots._held
        pair.power_cut()
        pair.connect()
        pair.run(20)
        assert energy(pair) == pair.energy_wh(1)
