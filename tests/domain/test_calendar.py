from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from domain.calendar import (
    TAIPEI,
    DateNotUnderstood,
    RangeBackwards,
    WrittenDate,
    local_date,
    local_range,
    parse_date,
    roc_instant,
    roc_short,
    roc_written,
    school_year,
    school_year_ends,
    school_year_starts,
    semester,
    weekday,
)

DAY = date(2025, 2, 17)


@pytest.mark.parametrize(
    "text",
    [
        "2025-02-17",
        "114.2.17",
        "114/2/17",
        "114-2-17",
        "114.02.17",
        "114-02-17",
        "1140217",
        "民國114年2月17日",
        "民國114年02月17日",
        "中華民國114年2月17日",
        "114年2月17日",
        "民國114.2.17",
        "民國 114 年 2 月 17 日",
        "114 / 2 / 17",
        "  114/2/17\n",
        "１１４．２．１７",
        "１１４／２／１７",
        "１１４。２。１７",
        "１１４０２１７",
        "民國１１４年２月１７日",
        "２０２５－０２－１７",
    ],
)
def test_every_written_form_of_a_day_is_read_as_that_day(text: str) -> None:
    assert parse_date(text) == DAY


@pytest.mark.parametrize(
    "text",
    [
        "114.2.17（一）",
        "2025-02-17 (一)",
        "114/2/17(週一)",
        "民國114年2月17日星期一",
        "1140217（星期一）",
    ],
)
def test_a_weekday_may_follow_and_is_the_days_own(text: str) -> None:
    assert parse_date(text) == DAY
    assert weekday(DAY) == "一"
    with pytest.raises(DateNotUnderstood, match="星期不合"):
        parse_date(text.replace("一", "二"))


def test_a_sunday_is_written_in_two_ways() -> None:
    assert parse_date("114.3.9（日）") == parse_date("114年3月9日星期天") == date(2025, 3, 9)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("990217", date(2010, 2, 17)),
        ("0990217", date(2010, 2, 17)),
        ("99.2.17", date(2010, 2, 17)),
        ("99-02-17", date(2010, 2, 17)),
        ("民國元年1月1日", date(1912, 1, 1)),
        ("民國1年1月1日", date(1912, 1, 1)),
        ("民國元年元月1日", date(1912, 1, 1)),
        ("114年元月1日", date(2025, 1, 1)),
        ("民國前1年12月31日", date(1911, 12, 31)),
        ("民前1年12月31日", date(1911, 12, 31)),
        ("民國前12年1月1日", date(1900, 1, 1)),
        ("113/2/29", date(2024, 2, 29)),
        ("1130229", date(2024, 2, 29)),
        ("2024-02-29", date(2024, 2, 29)),
    ],
)
def test_old_years_and_leap_days_are_read(text: str, day: date) -> None:
    assert parse_date(text) == day


@pytest.mark.parametrize(
    "text",
    ["114/2/29", "114-02-30", "1140230", "民國114年2月29日", "2025-02-29", "114/13/1", "114/0/1"],
)
def test_a_day_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(DateNotUnderstood, match="沒有這一天，請輸入像 114/2/17 的日期"):
        parse_date(text)


@pytest.mark.parametrize(
    "text",
    [
        "2025/2/17",
        "2025.2.17",
        "2025/02/17",
        "２０２５／２／１７",
        "2025-2-17",
        "20250217",
        "2025年2月17日",
        "西元2025年2月17日",
        "民國2025年2月17日",
        "2025-02-17T09:12",
    ],
)
def test_a_western_year_outside_iso_is_refused_with_the_hint_to_type_a_roc_year(text: str) -> None:
    with pytest.raises(DateNotUnderstood, match="請輸入民國年"):
        parse_date(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "明天",
        "114",
        "114/2",
        "114/2-17",
        "114 2 17",
        "5/2/17",
        "1/1/1",
        "11402",
        "40217",
        "114021７7",
        "0114-02-17",
        "0/2/17",
        "00/2/17",
        "民國0年2月17日",
        "民國前0年2月17日",
        "民國前元年1月1日",
        "元年1月1日",
        "民國前9999年1月1日",
        "-114/2/17",
        "114/2/17 09:12",
        "一一四年二月十七日",
        "٢٠٢٥-٠٢-١٧",
        "²⁰/2/",
    ],
)
def test_what_is_no_date_is_refused_with_what_to_type(text: str) -> None:
    with pytest.raises(DateNotUnderstood, match=r"請輸入(像 114/2/17 的日期|民國年)"):
        parse_date(text)


def test_a_refused_date_is_not_repeated_in_the_message() -> None:
    with pytest.raises(DateNotUnderstood) as refused:
        parse_date("王小明 98/13/45")
    assert "王小明" not in str(refused.value)
    assert "98" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None


@pytest.mark.parametrize(
    ("day", "written", "short"),
    [
        (DAY, "民國114年2月17日", "114.2.17"),
        (date(2010, 2, 17), "民國99年2月17日", "99.2.17"),
        (date(1912, 1, 1), "民國1年1月1日", "民國1.1.1"),
        (date(1911, 12, 31), "民國前1年12月31日", "民國前1.12.31"),
        (date(1900, 1, 1), "民國前12年1月1日", "民國前12.1.1"),
    ],
)
def test_dates_are_printed_in_the_roc_calendar(day: date, written: str, short: str) -> None:
    assert roc_written(day) == written
    assert roc_short(day) == short


@given(st.dates(min_value=date(1000, 1, 1), max_value=date(2910, 12, 31)))
def test_what_is_printed_is_read_back_as_the_same_day(day: date) -> None:
    assert parse_date(roc_written(day)) == day
    assert parse_date(roc_short(day)) == day
    assert parse_date(day.isoformat()) == day


@given(st.dates(min_value=date(1921, 1, 1), max_value=date(2910, 12, 31)))
def test_a_bare_roc_date_is_read_back_as_the_same_day(day: date) -> None:
    year = day.year - 1911
    assert parse_date(f"{year}/{day.month}/{day.day}") == day
    assert parse_date(f"{year}-{day.month:02}-{day.day:02}") == day
    assert parse_date(f"{year}{day.month:02}{day.day:02}") == day


@given(st.text(max_size=30) | st.text("0123456789./-年月日民國前元 ", max_size=16))
def test_any_text_is_either_a_date_or_not_understood(text: str) -> None:
    try:
        day = parse_date(text)
    except DateNotUnderstood:
        return
    assert parse_date(roc_written(day)) == day


def test_an_instant_is_printed_in_the_time_of_taipei() -> None:
    assert roc_instant(datetime(2025, 2, 17, 1, 12, 59, tzinfo=UTC)) == "民國114年2月17日 09:12"
    assert roc_instant(datetime(2025, 2, 16, 16, 0, tzinfo=UTC)) == "民國114年2月17日 00:00"
    far_east = timezone(timedelta(hours=23, minutes=59))
    assert roc_instant(datetime(1, 1, 1, 9, 30, tzinfo=far_east)) == "民國前1911年1月1日 09:30"


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2025, 2, 17), (113, 2)),
        (date(2025, 7, 31), (113, 2)),
        (date(2025, 8, 1), (114, 1)),
        (date(2025, 12, 31), (114, 1)),
        (date(2026, 1, 1), (114, 1)),
        (date(2026, 1, 31), (114, 1)),
        (date(2026, 2, 1), (114, 2)),
    ],
)
def test_school_years_start_in_august_and_second_semesters_in_february(
    day: date, expected: tuple[int, int]
) -> None:
    assert semester(day) == expected
    assert school_year(day) == expected[0]


def test_a_school_year_runs_from_the_first_of_august_to_the_end_of_july() -> None:
    assert school_year_starts(113) == date(2024, 8, 1)
    assert school_year_ends(113) == date(2025, 7, 31)


@given(st.dates(min_value=date(1912, 8, 1), max_value=date(2910, 12, 31)))
def test_every_day_lies_in_exactly_the_school_year_it_is_counted_to(day: date) -> None:
    year = school_year(day)
    assert school_year_starts(year) <= day <= school_year_ends(year)
    assert school_year_ends(year) + timedelta(days=1) == school_year_starts(year + 1)


def test_a_range_runs_from_the_first_midnight_to_the_midnight_after_the_last_day() -> None:
    assert local_range(date(2024, 5, 13), date(2024, 8, 5)) == (
        datetime(2024, 5, 12, 16, tzinfo=UTC),
        datetime(2024, 8, 5, 16, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("instant", "inside"),
    [
        (datetime(2024, 3, 30, 23, 59, 59, 999999, tzinfo=TAIPEI), False),
        (datetime(2024, 3, 31, 0, 0, tzinfo=TAIPEI), True),
        (datetime(2024, 3, 31, 23, 59, 59, 500000, tzinfo=TAIPEI), True),
        (datetime(2024, 3, 31, 23, 59, 59, 999999, tzinfo=TAIPEI), True),
        (datetime(2024, 4, 1, 0, 0, tzinfo=TAIPEI), False),
    ],
)
def test_a_day_holds_its_first_and_its_last_instant_and_no_other(
    instant: datetime, inside: bool
) -> None:
    start, before = local_range(date(2024, 3, 31), date(2024, 3, 31))
    assert (start <= instant < before) is inside
    assert (local_date(instant) == date(2024, 3, 31)) is inside


def test_a_leap_day_is_a_day_of_its_own() -> None:
    start, before = local_range(date(2024, 2, 29), date(2024, 2, 29))
    assert before - start == timedelta(hours=24)
    assert local_date(start) == date(2024, 2, 29)
    assert local_date(before) == date(2024, 3, 1)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(1979, 7, 1), 23), (date(1979, 9, 30), 25), (date(1979, 10, 1), 24)]
)
def test_the_days_on_which_taipei_changed_its_clocks_have_their_true_length(
    day: date, hours: int
) -> None:
    start, before = local_range(day, day)
    assert before - start == timedelta(hours=hours)


@given(
    st.dates(min_value=date(1900, 1, 1), max_value=date(2910, 12, 31)),
    st.integers(min_value=0, max_value=800),
    st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=365_000)),
)
def test_an_instant_lies_in_a_range_exactly_when_its_local_date_does(
    from_: date, days: int, since: timedelta
) -> None:
    to = from_ + timedelta(days=days)
    start, before = local_range(from_, to)
    anywhere = datetime(1890, 1, 1, tzinfo=UTC) + since
    for instant in (anywhere, start, before, before - timedelta(microseconds=1)):
        assert (start <= instant < before) is (from_ <= local_date(instant) <= to)


def test_a_range_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(RangeBackwards, match="起日不可晚於迄日"):
        local_range(date(2024, 8, 5), date(2024, 8, 4))


def test_the_local_date_of_an_instant_does_not_depend_on_the_zone_it_is_given_in() -> None:
    new_york = timezone(timedelta(hours=-5))
    assert local_date(datetime(2025, 2, 16, 11, 0, tzinfo=new_york)) == DAY
    assert local_date(datetime(2025, 2, 16, 16, 0, tzinfo=UTC)) == DAY


def test_an_instant_without_a_zone_is_refused() -> None:
    naive = datetime.combine(DAY, datetime.min.time())
    with pytest.raises(ValueError, match="zone"):
        local_date(naive)
    with pytest.raises(ValueError, match="zone"):
        roc_instant(naive)


class Body(BaseModel):
    decided_on: WrittenDate


@pytest.mark.parametrize("text", ["2025-02-17", "114.2.17", "1140217", "民國114年2月17日"])
def test_a_body_takes_any_written_form_and_answers_in_iso(text: str) -> None:
    body = Body.model_validate({"decided_on": text})
    assert body.decided_on == DAY
    assert body.model_dump_json() == '{"decided_on":"2025-02-17"}'


def test_a_body_made_in_the_program_takes_a_date() -> None:
    assert Body(decided_on=DAY).decided_on == DAY


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("2025/2/17", "請輸入民國年，例如 114/2/17。"),
        ("114/2/29", "沒有這一天，請輸入像 114/2/17 的日期。"),
        (1140217, "請輸入像 114/2/17 的日期。"),
        (None, "請輸入像 114/2/17 的日期。"),
        (datetime(2025, 2, 17, tzinfo=UTC), "請輸入像 114/2/17 的日期。"),
    ],
)
def test_a_body_with_no_date_says_in_chinese_what_to_type(value: object, message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Body.model_validate({"decided_on": value})
    [error] = refused.value.errors()
    assert error["msg"] == message
    assert error["type"] == "date-not-understood"
    assert error["loc"] == ("decided_on",)


def test_the_schema_of_a_body_tells_that_roc_dates_are_taken_and_iso_is_given() -> None:
    taken = Body.model_json_schema(mode="validation")["properties"]["decided_on"]
    given_back = Body.model_json_schema(mode="serialization")["properties"]["decided_on"]
    assert "format" not in taken
    assert "114/2/17" in taken["examples"]
    assert given_back["format"] == "date"
