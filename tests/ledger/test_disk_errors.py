"""Messages about files carry words of the reader, never those of the system."""

import errno
import os
from pathlib import Path

import pytest

from ledger.disk_errors import why


@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_no_error_of_the_system_is_told_in_english_letters(number: int) -> None:
    said = why(OSError(number, os.strerror(number)))
    assert not any(letter.isascii() and letter.isalpha() for letter in said)
    assert "None" not in why(OSError("no number"))


def test_what_the_system_really_refuses_is_told_in_words(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    told = []
    for path in (tmp_path / "none", file / "below", tmp_path, tmp_path / ("x" * 300)):
        try:
            path.read_bytes()
        except OSError as refused:
            told.append(why(refused))
    assert told == [
        "沒有這個檔案或資料夾",
        "路徑中有一段不是資料夾",
        "這是資料夾，不是檔案",
        "名稱太長",
    ]
