"""The folder that survives: its lock, and the registers in it."""

import json
import os

import pytest

from host_sim import state_dir as module
from host_sim.state_dir import MAX_UNCOUNTED_S, StateDir, StateDirError
from host_sim.world import MJ_PER_WH, Evse


def evse(energy_wh=0, power_w=0):
    evse = Evse(1, 3, 32, 1)
    evse.register_mj, evse.power_w = energy_wh * MJ_PER_WH, power_w
    return evse


def test_a_new_meter_reads_0_and_an_old_one_what_it_read(tmp_path):
    first = StateDir(tmp_path / "a" / "b")
    fresh = evse()
    assert first.restore([fresh]) is None and fresh.energy_wh == 0
    first.save([evse(1234)], 5000, 1)
    first.close()
    second = StateDir(tmp_path / "a" / "b")
    old = evse()
    assert second.restore([old]) == 5000 and old.energy_wh == 1234
    second.close()


def test_what_was_counted_after_the_last_save_is_added(tmp_path):
    folder = StateDir(tmp_path)
    folder.save([evse(1000, 36_000)], 0, 10)
    saved_s = json.loads((tmp_path / "meters.json").read_text())["saved_s"]
    journal = folder.flash / "journal"
    journal.write_bytes(b"x")
    for age_s, counted_s in ((-1, 0), (0.05, 0.05), (2.5, 2.5), (9999, MAX_UNCOUNTED_S)):
        os.utime(journal, (saved_s + age_s, saved_s + age_s))
        found = evse()
        folder.restore([found])
        counted_mj = found.register_mj - 1000 * MJ_PER_WH
        # mW times seconds, of a clock ten times fast; file times are coarse
        assert 0 <= counted_mj / 36_000_000 / 10 - counted_s <= 0.02
    folder.close()


def test_a_full_disk_is_told_once(tmp_path, capsys):
    folder = StateDir(tmp_path)
    (tmp_path / "meters.new").symlink_to("/dev/full")
    for _ in range(3):
        folder.save([evse(1000)], 0, 1)
    folder.close()
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "not kept: No space left" in said


def test_a_folder_in_use_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_LOCK_PATIENCE_S", 0)
    first = StateDir(tmp_path)
    with pytest.raises(StateDirError, match="in use"):
        StateDir(tmp_path)
    first.close()
    StateDir(tmp_path).close()


def test_a_folder_that_can_not_be_made_is_refused(tmp_path):
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(StateDirError, match="--state-dir"):
        StateDir(file)


@pytest.mark.parametrize("text", ["{", "{}", "[]", "null", '{"saved_s": 0, "evses": {"1": 5}}'])
def test_registers_that_can_not_be_read_are_no_silent_zero(tmp_path, text):
    (tmp_path / "meters.json").write_text(text)
    folder = StateDir(tmp_path)
    with pytest.raises(StateDirError, match="meters.json"):
        folder.restore([evse()])
    folder.close()


def test_a_temporary_folder_goes_with_the_simulator():
    folder = StateDir(None)
    assert folder.flash.is_dir()
    folder.close()
    assert not folder.path.exists()


def test_what_is_on_the_flash_is_for_its_owner_alone(tmp_path):
    (tmp_path / "flash").mkdir(mode=0o755)
    old = tmp_path / "flash" / "credential.0"  # of an older version
    old.touch(0o644)
    StateDir(tmp_path).close()
    assert (tmp_path / "flash").stat().st_mode & 0o777 == 0o700
    assert old.stat().st_mode & 0o777 == 0o600
