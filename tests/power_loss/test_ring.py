"""The power fails at every operation on the raw flash, each part of it, and again in recovery."""

import pytest

from tests.conftest import SOAK
from tests.power_loss import scenarios
from tests.power_loss.stores import STORES
from tests.power_loss.sweep import Sweep
from tests.power_loss.world import V16, V201

DIALECTS = (V16, V201)


def swept(say, *arguments, **options):
    sweep = Sweep(*arguments, **options)
    sweep.run()
    say(str(sweep))
    assert not sweep.failures
    return sweep


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("scenario", scenarios.ALL)
def test_each_operation_in_each_part(scenario, dialect, say):
    swept(say, STORES["ring"], scenario, dialect)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("scenario", scenarios.ALL)
def test_each_operation_on_a_small_flash_that_wraps(scenario, dialect, say):
    swept(say, STORES["small"], scenario, dialect, parts="all" if SOAK else "one")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_again_in_the_recovery_on_a_small_flash(dialect, say):
    pairs = "all" if SOAK else "100x10"
    swept(say, STORES["small"], "session", dialect, parts="none", pairs=pairs)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("scenario", scenarios.ALL)
def test_again_in_the_recovery(scenario, dialect, say):
    pairs = "1000x50" if SOAK else "30x10"
    swept(say, STORES["ring"], scenario, dialect, parts="none", pairs=pairs)
