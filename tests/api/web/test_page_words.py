"""The words of the pages: dates with their era and weekday, and what is left as it is."""

import pytest

from api.web import words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("114.2.17", "民國114年2月17日（一）"),
        ("114年2月17日 09:12", "民國114年2月17日 09:12"),
        ("114年2月17日 09:12　期初會議", "民國114年2月17日 09:12　期初會議"),
        ("114.13.17", "114.13.17"),
        ("版本 1.2.3", "版本 1.2.3"),
        ("", ""),
    ],
)
def test_a_day_in_a_record_has_its_era(text: str, shown: str) -> None:
    assert words.labelled(text) == shown


def test_a_day_is_read_with_its_weekday_and_typed_without() -> None:
    assert words.roc("2025-02-17") == "民國114年2月17日（一）"
    assert words.roc_typed("2025-02-17") == "114/2/17"
    assert words.roc_typed("114/2/3x") == "114/2/3x"
    assert words.roc("已依法刪除") == "已依法刪除"
    assert (words.roc(None), words.roc_typed(None), words.minute(None)) == ("", "", "")


def test_what_a_typed_day_was_understood_as_is_said_and_nothing_else() -> None:
    assert words.roc_echo("1140217") == "民國114年2月17日（一）"
    assert words.roc_echo("114/2/30") == ""
    assert words.roc_echo("2025-02-17") == "民國114年2月17日（一）"


def test_an_instant_is_read_in_taipei() -> None:
    assert words.minute("2025-02-16T23:30:00+00:00") == "民國114年2月17日 07:30"
    assert words.clock("2025-02-16T23:30:00+00:00") == "07:30"
    assert words.local_day("2025-02-16T23:30:00+00:00") == "民國114年2月17日（一）"
    assert words.minute("已依法刪除") == "已依法刪除"
