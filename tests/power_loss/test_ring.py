"""The power fails at every operation on the raw flash, each part of it, and again in recovery."""

import pytest

from tests.conftest import SOAK
from tests.power_loss.stores import STORES
from tests.power_loss.sweep import Sweep
from tests.power_loss.world import V16, V201

DIALECTS = (V16, V201)
SHORT = ("session", "day", "reboots", "resumes")
EACH = [(scenario, dialect) for scenario in SHORT for dialect in DIALECTS]
# Those on an old and on a full flash take longest: one dialect each, both in the soak.
LONG = [("aged", V16), ("full", V201)] + ([("aged", V201), ("full", V16)] if SOAK else [])


def swept(say, store, scenario, dialect, **options):
    sweep = Sweep(STORES[store], scenario, dialect, **options)
    sweep.run()
    say(str(sweep))
    assert not sweep.failures, "repeat one: python -m tests.power_loss.sweep %s %s %s at=%s" % (
        (store, scenario, dialect, sweep.failures[0])
    )
    assert sweep.cuts > 100


@pytest.mark.parametrize("scenario, dialect", EACH)
def test_each_operation_in_each_part(scenario, dialect, say):
    swept(say, "ring", scenario, dialect)


@pytest.mark.parametrize("scenario, dialect", LONG)
def test_each_operation_where_sectors_are_taken_again(scenario, dialect, say):
    swept(say, "small", scenario, dialect, parts="all" if SOAK else "one")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_again_in_the_recovery_on_a_small_flash(dialect, say):
    swept(say, "small", "session", dialect, parts="none", pairs="all" if SOAK else "40x10")


@pytest.mark.parametrize("scenario, dialect", EACH + LONG if SOAK else EACH[:4])
def test_again_in_the_recovery(scenario, dialect, say):
    swept(say, "ring", scenario, dialect, parts="none", pairs="100x50" if SOAK else "15x10")
