"""The counts of instructions: what is compared with the record, and how the real ones stand."""

import pytest

from tools import get_arm_toolchain, instructions

RECORDED = {"in Heartbeat response": 1000, "out Heartbeat": 2000, "parse": 50000}


@pytest.fixture(scope="module")
def board():
    """Firmware and image of the emulated board."""
    return instructions.build()


@pytest.fixture(scope="module")
def counts(board):
    return instructions.run(*board)


def test_growth_within_two_percent_passes_and_beyond_fails():
    counts = {"in Heartbeat response": 1020, "out Heartbeat": 2041, "parse": 50000}
    failures, notes = instructions.compare(RECORDED, counts)
    assert failures == ["out Heartbeat: 2,041 instructions, 2,000 are recorded: +2.0%"]
    assert notes == []


def test_what_shrank_by_more_than_two_percent_is_told_but_passes():
    counts = {"in Heartbeat response": 980, "out Heartbeat": 2000, "parse": 25000}
    failures, notes = instructions.compare(RECORDED, counts)
    assert failures == []
    assert notes == ["parse: 25,000 instructions, 50,000 are recorded: -50.0%"]


def test_what_is_not_recorded_or_not_counted_any_more_fails():
    counts = {"in Heartbeat response": 1000, "parse": 50000, "out Authorize": 3000}
    failures, _ = instructions.compare(RECORDED, counts)
    assert failures == [
        "out Authorize: 3,000 instructions, not recorded",
        "out Heartbeat: recorded, but not counted any more",
    ]


def test_table_is_read_as_it_was_written():
    counts = {"mask 1 KiB, native": 51410, "out Heartbeat": 2000}
    assert instructions.load(instructions.dump(counts)) == counts


def test_table_of_another_compiler_is_not_compared():
    table = instructions.dump(RECORDED).replace(get_arm_toolchain.pinned_version(), "13.2.rel1-2")
    with pytest.raises(instructions.Failure, match="13.2.rel1-2.*make instructions WRITE=1"):
        instructions.load(table)


def test_counts_are_read_up_to_the_end():
    console = "1000 in Heartbeat response\n51410 mask 1 KiB, native\nend\n"
    expected = {"in Heartbeat response": 1000, "mask 1 KiB, native": 51410}
    assert instructions.read(console) == expected


@pytest.mark.parametrize(
    ("console", "errors", "told"),
    [
        ("1000 parse\nTraceback (most recent call last):\nMemoryError: \n", "", "MemoryError"),
        ("1000 parse\n", "", "1000 parse"),
        ("", "qemu-system-arm: no such image", "no such image"),
        ("", "", "nothing was printed"),
    ],
)
def test_a_run_that_did_not_come_to_its_end_fails(console, errors, told):
    with pytest.raises(instructions.Failure, match=told):
        instructions.read(console, errors)


@pytest.mark.parametrize(
    ("now", "status", "told"),
    [
        (51000, 0, "3 counts, 0 not as recorded"),
        (52000, 1, "parse: 52,000 instructions, 50,000 are recorded: +4.0%"),
        (40000, 0, "if that is wanted, record it: make instructions WRITE=1"),
    ],
)
def test_command_compares_with_the_table(now, status, told, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(instructions, "TABLE", tmp_path / "counts.csv")
    instructions.TABLE.write_text(instructions.dump(RECORDED))
    monkeypatch.setattr(instructions, "measure", lambda: RECORDED | {"parse": now})
    assert instructions.main([]) == status
    assert told in capsys.readouterr().out.splitlines()


def test_command_records(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(instructions, "ROOT", tmp_path)
    monkeypatch.setattr(instructions, "TABLE", tmp_path / "counts.csv")
    monkeypatch.setattr(instructions, "measure", lambda: RECORDED)
    assert instructions.main([]) == 1
    assert "there is no counts.csv" in capsys.readouterr().err
    assert instructions.main(["--write"]) == 0
    assert instructions.main([]) == 0
    assert instructions.load(instructions.TABLE.read_text()) == RECORDED


def test_two_runs_are_the_same_to_the_digit(board, counts):
    assert instructions.run(*board) == counts


def test_no_count_has_grown_by_more_than_two_percent(counts):
    failures, _ = instructions.compare(instructions.load(instructions.recorded_text()), counts)
    assert not failures, "\n".join([*failures, f"to record them: {instructions.RECORD}"])


@pytest.mark.parametrize("dialect", ["1.6", "2.0.1"])
def test_each_dialect_has_its_common_messages_both_ways(dialect, counts):
    start = {"1.6": "RemoteStartTransaction", "2.0.1": "RequestStartTransaction"}[dialect]
    asked = {"1.6": "GetConfiguration", "2.0.1": "GetVariables"}[dialect]
    messages = {"1.6": ("StartTransaction", "MeterValues", "StopTransaction")}.get(
        dialect,
        (
            "TransactionEvent Started Authorized",
            "TransactionEvent Updated MeterValuePeriodic",
            "TransactionEvent Ended StopAuthorized",
        ),
    )
    told = ("Authorize", "BootNotification", "Heartbeat", "StatusNotification")
    wanted = {f"{dialect} in {action}" for action in (start, asked, "TriggerMessage", "Reset")}
    wanted |= {f"{dialect} in {action} response" for action in told}
    wanted |= {f"{dialect} out {action}" for action in (*told, *messages)}
    assert wanted <= counts.keys()


def test_native_masking_is_faster_than_its_plain_twin(counts):
    assert counts["mask 1 KiB, native"] * 10 < counts["mask 1 KiB, plain"]


def test_signatures_keep_their_budgets(counts):
    assert counts["RSA-2048 PSS verified"] <= 15_000_000
    assert counts["RSA-2048 PKCS #1 v1.5 verified"] <= 15_000_000
    assert counts["P-256 verified"] <= 65_000_000


def test_no_step_of_a_check_is_long(counts):
    """The pilot is polled between them, every 20 ms."""
    longest = {name: count for name, count in counts.items() if name.startswith("longest step: ")}
    assert len(longest) == 8
    assert max(longest.values()) <= 1_000_000
