"""RetryBackOff by the letter of part 4, 5.3 and errata 4.12; and whose turn it is (B10)."""

from chargepoint.link import backoff

NO_RANDOM = (3, 0, 10)  # repeat times, random range in s, minimum in s


def waits(turns, count, variables, randoms=()):
    found = []
    for n in range(count):
        value = randoms[n] if randoms else 0
        found.append(next_wait_ms(turns, variables, value))
    return found


def next_wait_ms(turns, variables, random):
    return backoff.next_wait_ms(turns, variables, random.to_bytes(2, "big"))


def test_part4_5_3_doubles_until_repeat_times():
    expected = [10000, 20000, 40000, 80000, 80000, 80000]
    assert waits(backoff.new(), 6, NO_RANDOM) == expected


def test_part4_5_3_a_new_random_part_with_every_doubling():
    # 4 s range: 65535 adds all of it, 0 nothing
    randoms = (65535, 0, 65535, 65535, 65535)
    expected = [14000, 28000, 60000, 60000, 60000]
    assert waits(backoff.new(), 5, (2, 4, 10), randoms) == expected


def test_part4_5_3_the_random_part_spreads_over_the_range():
    first = [next_wait_ms(backoff.new(), (1, 10, 5), r) for r in (0, 6554, 32768, 65535)]
    assert first == [5000, 6000, 10000, 15000]


def test_errata_4_12_a_success_resets_to_the_minimum():
    turns = backoff.new()
    waits(turns, 5, NO_RANDOM)
    backoff.worked(turns, True)
    assert waits(turns, 3, NO_RANDOM) == [10000, 20000, 40000]


def test_TC_B_57_two_losses_with_a_success_between_wait_the_minimum_each():
    turns = backoff.new()
    assert waits(turns, 1, (2, 0, 7)) == [7000]
    backoff.worked(turns, True)
    assert waits(turns, 2, (2, 0, 7)) == [7000, 14000]


def test_part4_5_3_a_connection_that_ends_at_an_unanswered_message_does_not_reset_the_wait():
    turns = backoff.new()
    assert waits(turns, 2, NO_RANDOM) == [10000, 20000]
    assert tried(turns, ["a", "b"], 1, 2) == ["a", "b"]
    backoff.worked(turns, False)
    assert waits(turns, 2, NO_RANDOM) == [40000, 80000]
    assert tried(turns, ["a", "b"], 1, 1) == ["a"]


def test_no_doubling_at_all():
    assert waits(backoff.new(), 3, (0, 0, 5)) == [5000, 5000, 5000]


def test_variables_may_change_between_attempts():
    turns = backoff.new()
    assert waits(turns, 2, (1, 0, 10)) == [10000, 20000]
    assert next_wait_ms(turns, (2, 0, 10), 0) == 40000
    assert next_wait_ms(turns, (0, 0, 10), 0) == 40000


def tried(turns, profiles, attempts, count):
    return [backoff.next_profile(turns, profiles, attempts) for _ in range(count)]


def test_B10_FR_03_each_profile_as_often_as_configured():
    assert tried(backoff.new(), ["a", "b"], 2, 4) == ["a", "a", "b", "b"]


def test_B10_FR_08_then_all_again():
    assert tried(backoff.new(), ["a", "b"], 1, 5) == ["a", "b", "a", "b", "a"]


def test_B10_FR_03_after_a_loss_the_list_begins_at_its_first():
    turns = backoff.new()
    assert tried(turns, ["a", "b"], 1, 2) == ["a", "b"]
    backoff.worked(turns, True)
    assert tried(turns, ["a", "b"], 1, 4) == ["a", "b", "a", "b"]


def test_the_list_may_shrink_or_be_empty():
    turns = backoff.new()
    assert tried(turns, [], 3, 2) == [None, None]
    assert tried(turns, ["a", "b", "c"], 1, 3) == ["a", "b", "c"]
    assert tried(turns, ["a"], 1, 2) == ["a", "a"]
    assert tried(turns, ["b", "c"], 1, 2) == ["c", "b"]
