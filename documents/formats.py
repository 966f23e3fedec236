"""The file formats on offer, by the code that stands in `?format=` and `--format`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import BinaryIO

from documents.csv_file import write_csv
from documents.ods_file import write_ods
from documents.pdf_file import write_pdf
from documents.table import Table
from documents.xlsx_file import write_xlsx

_NOT_IN_FILE_NAMES = re.compile(r'[\\/:*?"<>|\s\x00-\x1f]+')


@dataclass(frozen=True)
class Format:
    """How a table becomes a file: the writer (to a binary stream), media type, suffix with dot."""

    write: Callable[[Table, BinaryIO], None]
    media_type: str
    suffix: str


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "csv": Format(write_csv, "text/csv; charset=utf-8", ".csv"),
        "xlsx": Format(
            write_xlsx,
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            ".xlsx",
        ),
        "ods": Format(write_ods, "application/vnd.oasis.opendocument.spreadsheet", ".ods"),
        "pdf": Format(write_pdf, "application/pdf", ".pdf"),
    }
)


def file_name(title: str, from_date: date | None, to_date: date | None, format: str) -> str:
    """`學生異動紀錄表_1130513-1130805.pdf`; without dates the title alone.

    Dates are ROC digits, which sort. Holds no character that a file system refuses; for a
    header it still needs RFC 6266's `filename*`. Raises `KeyError` for an unknown format.
    """
    name = _NOT_IN_FILE_NAMES.sub("_", title).strip("._") or "資料表"
    days = [_digits(day) for day in (from_date, to_date) if day is not None]
    if days:
        name += "_" + "-".join(days)
    return name + FORMATS[format].suffix


def _digits(day: date) -> str:
    """1130513; before 民國元年, where these digits do not reach, 19111231."""
    year = day.year - 1911 if day.year > 1911 else day.year
    return f"{year:03d}{day:%m%d}"
