from datetime import date

import pytest

from domain.retention import Period, RetentionNotValid, kept_until, read, shipped


def period(years: int | None) -> Period:
    return Period(kind="plan", label="個別輔導計畫", years=years, source="示範")


def test_no_document_prints_a_period_and_each_says_where_it_was_looked_for() -> None:
    assert {one.years for one in shipped()} == {None}
    assert all("未載明" in one.source for one in shipped())


def test_the_longest_period_counts_from_the_end_of_the_last_school_year() -> None:
    # School year 113 ends on 114.7.31.
    assert kept_until([period(0)], 113) == date(2025, 7, 31)
    assert kept_until([period(3), period(10)], 113) == date(2035, 7, 31)


def test_where_a_period_is_not_stated_nothing_has_ended() -> None:
    assert kept_until(shipped(), 113) is None
    assert kept_until([period(3), period(None)], 113) is None
    assert kept_until([period(3)], None) is None
    assert kept_until([], 113) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("periods", "不是正確的 TOML"),
        ("[other]", "periods"),
        ('[[periods]]\nkind = "plan"\nlabel = "計畫"', "source"),
        ('[[periods]]\nkind = "plan"\nlabel = "計畫"\nsource = "示範"\nyears = "3"', "years"),
    ],
)
def test_a_file_of_another_form_is_told_where(text: str, told: str) -> None:
    with pytest.raises(RetentionNotValid, match=told):
        read(text)
