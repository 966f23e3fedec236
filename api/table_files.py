"""A table that is handed over as a file: it is made, then recorded, then sent."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import BinaryIO, cast
from urllib.parse import quote

from fastapi import Response
from fastapi.responses import StreamingResponse

from api.house import House
from documents.formats import FORMATS
from documents.table import Table, TooManyRows
from domain.refusal import NotValid

#: What a route that offers files answers with, for its documentation.
CONTENT: dict[str, dict[str, str]] = {one.media_type: {} for one in FORMATS.values()}

_SPOOL_BYTES = 8 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024


class ReportTooLong(NotValid):
    """The format cannot hold so many rows; the message says which can."""

    CODE = TooManyRows.CODE


def table_file(house: House, table: Table, format: str, record: Callable[[], None]) -> BinaryIO:
    """The file of a table, once `record` has written down that it is taken out. The caller closes
    it. Raises `ReportTooLong` and what `record` raises."""
    file = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES))  # noqa: SIM115
    try:
        try:
            FORMATS[format].write(table.saying(house.remarks), file)
        except TooManyRows as error:
            raise ReportTooLong(str(error), field="format") from None
        record()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def sent(file: BinaryIO, stem: str, name: str, format: str) -> Response:
    """The file as a download: `name` for people, `stem` for programs without Chinese."""
    return StreamingResponse(
        _chunks(file),
        media_type=FORMATS[format].media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{stem}{FORMATS[format].suffix}";'
            f" filename*=UTF-8''{quote(name)}"
        },
    )


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with closing(file):
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk
