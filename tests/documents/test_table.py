"""The neutral table: what it takes in, and how its values read."""

from datetime import UTC, date, datetime

import pytest

from documents.table import RowDoesNotFit, Table, checked_rows, legible, written
from tests.documents.tables import COLUMNS, ROW, remark, table_of


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("王\x00小\x0b明", "王\ufffd小\ufffd明"),
        ("一\r\n二\r三", "一\n二\n三"),
        ("\ufffe\uffff", "\ufffd\ufffd"),
        ("高\ud842宇", "高\ufffd宇"),
        ("𫝀\U000e0100 ‧\t", "𫝀\U000e0100 ‧\t"),
    ],
)
def test_what_no_xml_file_may_hold_is_replaced_and_all_else_kept(text: str, shown: str) -> None:
    assert legible(text) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (-5, "-5"),
        (date(2025, 2, 17), "114.2.17"),
        (date(1911, 12, 31), "民國前1.12.31"),
        (datetime(2025, 2, 16, 16, 0, 0, tzinfo=UTC), "114.2.17 00:00:00"),
        (datetime(2025, 2, 17, 1, 12, 44, 999999, tzinfo=UTC), "114.2.17 09:12:44"),
    ],
)
def test_dates_read_in_the_roc_calendar_and_instants_in_taipei_cut_to_the_second(
    value: object, shown: str
) -> None:
    assert written(value) == shown


@pytest.mark.parametrize(
    ("row", "place"),
    [
        (ROW[:4], "row 1 has 4 values for 5 columns"),
        (("1", *ROW[1:]), "row 1: column number holds integer, not str"),
        ((True, *ROW[1:]), "row 1: column number holds integer, not bool"),
        ((*ROW[:2], ROW[3], *ROW[3:]), "row 1: column born_on holds date, not datetime"),
        (
            (*ROW[:3], datetime(2025, 2, 17, 9, 0), "祕密"),  # noqa: DTZ001
            "row 1: column recorded_at holds instant, not datetime",
        ),
        (remark(5), "row 1: column remark holds text, not int"),  # type: ignore[arg-type]
    ],
)
def test_a_row_that_does_not_fit_is_named_without_its_values(
    row: tuple[object, ...], place: str
) -> None:
    with pytest.raises(RowDoesNotFit) as raised:
        list(checked_rows(table_of(row)))
    assert str(raised.value) == place


def test_a_table_is_dated_with_a_zone_and_has_columns() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Table("名冊", COLUMNS, (), datetime(2025, 2, 17))  # noqa: DTZ001
    with pytest.raises(ValueError, match="column"):
        Table("名冊", (), (), datetime(2025, 2, 17, tzinfo=UTC))


def test_the_repr_of_a_table_names_nobody() -> None:
    shown = repr(table_of(ROW, terms=[("調閱人員", "吳承辦")]))
    assert "王小明" not in shown
    assert "吳承辦" not in shown
