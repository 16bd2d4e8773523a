from chargepoint import timestamp

MOMENTS = (
    (0, "2020-01-01T00:00:00Z"),
    (5183999, "2020-02-29T23:59:59Z"),
    (5184000, "2020-03-01T00:00:00Z"),
    (200188800, "2026-05-06T00:00:00Z"),
    (1073741823, "2054-01-09T13:37:03Z"),
    (-1, "2019-12-31T23:59:59Z"),
)


def test_seconds_become_text_and_come_back():
    for epoch_s, text in MOMENTS:
        assert timestamp.format(epoch_s) == text, text
        assert timestamp.parse(text) == epoch_s, text


def test_every_day_of_a_century_follows_the_one_before():
    days_in_month = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    epoch_s = 0
    for year in range(2020, 2121):
        leap = year % 4 == 0 and year != 2100
        for month in range(1, 13):
            for day in range(1, days_in_month[month - 1] + (leap and month == 2) + 1):
                assert timestamp.format(epoch_s) == "%d-%02d-%02dT00:00:00Z" % (year, month, day)
                epoch_s += 86400


FORMS = (
    "2026-05-06T02:30:00+02:30",
    "2026-05-05T20:00:00-04:00",
    "2026-05-06T00:00:00.123456Z",
    "2026-05-06t00:00:00z",
    "2026-05-06T00:00:00-00:00",
)
ISO_FORMS = (
    "2026-05-06T00:00:00",
    "2026-05-06T00:00:00.123456",  # datetime.utcnow().isoformat()
    "2026-05-06T02:30:00+0230",
    "2026-05-06T02:00:00.5+02",
    "2026-05-06 00:00:00Z",
    "2026-05-06T00:00:00,5Z",
    "2026-05-06T00:00Z",
    "2026-05-06T00:00",
    "2026-05-06T02:00+02:00",
    "2026-05-05T23:59:60Z",
)


def test_offsets_fractions_and_small_letters_are_read():
    for text in FORMS:
        assert timestamp.parse(text) == 200188800, text
        assert timestamp.is_rfc_3339(text), text


def test_1_6_3_15_the_other_forms_of_iso_8601_are_read():
    for text in ISO_FORMS:
        assert timestamp.parse(text) == 200188800, text
        assert not timestamp.is_rfc_3339(text), text


def test_what_is_no_timestamp_is_refused():
    for text in (
        "",
        "2026-05-06",
        "2026-05-06T",
        "2026-05-06T00",
        "2026-05-06T00:",
        "2026-05-06T00:0",
        "2026-05-06T00:00:",
        "2026-05-06T00:00:0",
        "2026-05-06T00:00:61Z",
        "2026-05-06T00:00:00.Z",
        "2026-05-06T00:00:00.",
        "2026-05-06T00:00.5Z",
        "2026-05-06T00:00:00+2",
        "2026-05-06T00:00:00+020",
        "2026-05-06T00:00:00+2:00",
        "2026-05-06T00:00:00+02.00",
        "2026-05-06T00:00:00+02:00:00",
        "2026-05-06T00:00:00+24:00",
        "2026-05-06T00:00:00+00:60",
        "2026-05-06T00:00:00Z+02:00",
        "2026-05-06_00:00:00Z",
        "2026-05-06T00.00:00Z",
        "2026/05/06T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:00Zx",
        "2026-01-01T00:00:00Z\n",
        "2O26-01-01T00:00:00Z",
        None,
        7,
    ):
        try:
            timestamp.parse(text)
        except ValueError as error:
            assert "date and time" in str(error)
        else:
            raise AssertionError("taken: %r" % (text,))
        if isinstance(text, str):
            assert not timestamp.is_rfc_3339(text)
