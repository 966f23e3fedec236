"""Somebody edits a data file of a stopped server: the rows `files` of tests/replay/attacks.csv."""

import csv
import struct
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from igp import embedded
from igp.embedded_cluster import load
from igp.sealing import seal_now
from replay.verify import KeyFiles, Outside, verify
from tests.database import MASTER, Template, make_template, opened
from tests.story import Story

TABLE = Path(__file__).parents[1] / "replay" / "attacks.csv"
ROWS = [
    row
    for row in csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines())
    if row["attacker"] == "files"
]
WAS, IS = b'"capacity":"SYS"', b'"capacity":"HRS"'
PAGE = 8192
#: Of PostgreSQL's check sum of a page (src/include/storage/checksum_impl.h).
BASES = (
    "5B1F36E9 B8525960 02AB50AA 1DE66D2A 79FF467A 9BB9F8A3 217E7CD2 83E13D2C"
    " F8D4474F E39EB970 42C6AE16 993216FA 7B093B5D 98DAFF3C F718902A 0B1C9CDB"
    " E58F764B 187636BC 5D7B3BB1 E73DE7DE 92BEC979 CCA6C0B2 304A0979 85AA43D4"
    " 783125BB 6CA8EAA2 E407EAC6 4B5CFC3E 9FBF8C76 15CA20BE F2CA9FD3 959BD756"
)


@pytest.fixture
def lasting(tmp_path: Path) -> Iterator[tuple[Path, Template]]:
    """A server of the test's own, with a sealed ledger in it."""
    folder = tmp_path / "server"
    server = embedded.start(folder)
    try:
        template = make_template(server, "edited", tmp_path / "template")
        with opened(template, template.database, tmp_path / "keys") as ledger:
            story = Story(ledger)
            story.placement(story.student(story.organisation("ks-a")))
            seal_now(ledger)
        yield folder, template
    finally:
        embedded.stop(folder)


def checksum(page: bytes, number: int) -> int:
    """PostgreSQL's, of the page with that number in its file."""
    sums = [int(base, 16) for base in BASES.split()]
    words = struct.unpack("<2048I", page[:8] + b"\0\0" + page[10:])
    for begin in (*range(0, len(words), 32), None, None):
        row = (0,) * 32 if begin is None else words[begin : begin + 32]
        mixed = [one ^ word for one, word in zip(sums, row, strict=True)]
        sums = [one * 16777619 & 0xFFFFFFFF ^ one >> 17 for one in mixed]
    whole = number
    for one in sums:
        whole ^= one
    return whole % 65535 + 1


def edit(file: Path, *, repair: bool) -> None:
    """Writes another capacity into an event about a student."""
    raw = bytearray(file.read_bytes())
    at = raw.index(WAS, raw.index(b"placement.recorded.v1"))
    begin = at - at % PAGE
    page = raw[begin : begin + PAGE]
    (kept,) = struct.unpack_from("<H", page, 8)
    assert kept == checksum(bytes(page), begin // PAGE)
    page[at - begin : at - begin + len(IS)] = IS
    if repair:
        struct.pack_into("<H", page, 8, checksum(bytes(page), begin // PAGE))
    raw[begin : begin + PAGE] = page
    with file.open("r+b") as stream:
        stream.write(raw)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_an_edited_data_file_is_found_by_whom_the_table_says(
    row: dict[str, str], lasting: tuple[Path, Template], tmp_path: Path
) -> None:
    folder, template = lasting
    admin = template.database.admin
    with psycopg.connect(admin, autocommit=True) as connection:
        [(name,)] = connection.execute("SELECT pg_relation_filepath('books.records')").fetchall()
        query = "SELECT note FROM books.checkpoint WHERE book = 'records'"
        [(note,)] = connection.execute(query.encode()).fetchall()
    master = tmp_path / "master.key"
    master.write_bytes(MASTER)
    keys = KeyFiles(tmp_path / "keys", master)
    outside = Outside(checkpoints=(note.encode(),))
    assert verify(admin, keys, None, outside).findings == []

    embedded.stop(folder)
    edit(load(folder).data / name, repair=row["id"] == "data-file-edited")
    embedded.start(folder)

    by = "（與留存的檢查點比對）"
    found = verify(admin, keys, None, outside).findings
    assert {one.kind for one in found if not one.message.endswith(by)} == set(row["alone"].split())
    assert {one.kind for one in found if one.message.endswith(by)} == set(row["kept"].split())
