"""No command tells whoever runs it that a counselling note exists (design D7).

Two ledgers hold the demo county, and one author wrote, corrected, deleted and exported notes in one
of them alone. Every command is then run on both, as every kind of account that may ask, and must
say the same with the same status. A new command without its line here fails.

What the files themselves tell is said in docs/decisions/backup.md.
"""

import io
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import product
from pathlib import Path

import pytest
import typer
from starlette.testclient import TestClient
from typer.core import TyperGroup as Group

from api.app import create_app
from api.sign_in import sign_in
from domain.calendar import TAIPEI
from igp import logs
from igp.cli import app, run
from igp.composition import build
from igp.demo.accounts import PASSWORD
from igp.demo.acts import COUNTY, Desk, viewer_of
from igp.demo.loading import load_demo
from igp.sealing import seal_now
from igp.settings import Settings
from tests.api.twins import ACTS, AUTHOR, Author
from tests.county import County, Office

#: The pupils whom the author writes about, of the demo county; the first has a dispute.
PUPILS = {"a1": "a4", "a2": "a5"}
#: Commands that go on until they are stopped: what they answer is heard over HTTP, in
#: tests/api/test_non_interference.py; a witness has no ledger.
LASTING = {("serve",), ("project",), ("witness",)}
PERIOD = ("--from", "112.8.1", "--to", "114.2.14")
#: Accounts that are not the author's; the last is another school's.
WHO = ("eb", "reviewer", "a-office", "a-cm2", "b-office")
_MINUTE = re.compile(rf"民國{datetime.now(TAIPEI).year - 1911}年\d+月\d+日 \d\d:\d\d")


class Place:
    """The demo county in a folder and a database of its own, after the author's acts."""

    def __init__(self, folder: Path, url: str, acts: Sequence[str]) -> None:
        self.folder, self.url = folder, url
        settings = Settings(mode="test", data_dir=folder, database_url=url, test_seed="twins")
        with build(settings) as running:
            load_demo(running)
            house = running.house
            desk = Desk(running, house, viewer_of(house, AUTHOR))
            self.students = {name: desk.student(key) for name, key in PUPILS.items()}
            client = TestClient(create_app(house), raise_server_exceptions=False)
            runner = running.runner()
            with running.projecting():
                tokens = {who: sign_in(house, who, PASSWORD) for who in (AUTHOR, "eb")}
                office = Office(running.ledger, house, runner, client)
                listed = office.call(tokens["eb"], "GET", "/disputes")
                self.dispute = listed.json()["items"][0]["id"]
                known = County(
                    schools={},
                    accounts={},
                    students=self.students,
                    placements={},
                    requests={},
                    tokens=tokens,
                    disputes={"a1": self.dispute},
                )
                author = Author(office, known)
                for act, which in product(acts, PUPILS):
                    author.does(act, which)
            runner.catch_up()
            runner.close()
            self.notes = [str(note) for _, note, _ in author.notes]
            seal_now(running.ledger)

    def runs(self, line: Sequence[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
        """The status of a command and what it said, this place's own names left out."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(logs, "configure", lambda path: None)
            patch.setattr(sys, "stdin", io.StringIO("an-answer\n" * 3))
            for name, value in (
                ("IGP_MODE", "test"),
                ("IGP_TEST_SEED", "twins"),
                ("IGP_DATA_DIR", str(self.folder)),
                ("DATABASE_URL", self.url),
            ):
                patch.setenv(name, value)
            status = run([one.format(place=self.folder) for one in line])
        told = capsys.readouterr()
        return status, self._plain(told.out), self._plain(told.err)

    def _plain(self, text: str) -> str:
        # A certificate tells the minute of the machine, which stands years after the county's.
        return _MINUTE.sub("…", text.replace(str(self.folder), "…"))


def lines(place: Place, folder: Path) -> list[list[str]]:
    """Command lines, those that read before those that write, what ends the ledger last."""
    student, another = (str(one) for one in place.students.values())
    dispute, note = place.dispute, place.notes[-1]
    periods = folder / "periods.toml"
    periods.write_text('[[periods]]\nkind = "plan"\nlabel = "計畫"\nyears = 0\nsource = "本府函"\n')
    nobody = "00000000-0000-4000-8000-000000000001"
    found: list[list[str]] = [["status"], ["settings"], ["retention"], ["programme", "shipped"]]
    found += [["programme", "check", "kaohsiung-114"], ["replay", "verify"]]
    for who in WHO:
        found += [["changes", *PERIOD, "--format", form, "--as", who] for form in ("table", "json")]
        found.append(["changes", *PERIOD, "--section", "counselling_note", "--as", who])
        for one in (student, note, nobody):
            found.append(["history", one, "--as", who])
            found.append(["replay", "as-of", one, "--at", "114.2.14", "--as", who])
            found.append(["replay", "compare", one, *PERIOD, "--format", "json", "--as", who])
        for one in (dispute, note):
            found.append(
                ["evidence", "build", one, "-o", f"{{place}}/evidence-{who}.zip", "--as", who]
            )
        found.append(["retention", "--periods", str(periods), "--as", who])
    for form in ("csv", "xlsx", "ods", "pdf"):
        found.append(
            ["changes", *PERIOD, "--format", form, "-o", f"{{place}}/a.{form}", "--as", "eb"]
        )
    found += [
        ["evidence", "verify", "{place}/evidence-eb.zip"],
        ["demo"],
        ["init", "--authority", "示範市", "--admin", "eb"],
        ["import", str(COUNTY / "113"), "--dry-run"],
        ["import", str(COUNTY / "113")],
        ["migrate"],
        ["restore", "{place}/nothing"],
        ["ledger", "resume", "--reason", "校時", "--as", "eb"],
        ["programme", "publish", "kaohsiung-114", "--as", "eb"],
        ["programme", "publish-results", "kaohsiung-114", "initial", "--as", "org"],
        ["school-year", "113", "--as", "a-cm2"],
        ["recover", "eb", "--by", "王科長", "--reason", "遺失"],
        ["backup", "-o", "{place}/backup", "--keys", "{place}/keys-apart"],
        ["restore", "{place}/backup"],
        ["erase", note, "--order", "府教字第1號", "--as", "eb", "--yes"],
        ["erase", student, "--order", "府教字第1號", "--as", "eb", "--yes"],
        ["erase", another, "--order", "府教字第1號", "--as", "eb", "--yes"],
        ["replay", "rebuild"],
        ["replay", "verify"],
        ["status"],
    ]
    return found


def commands(group: Group, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, Group):
            yield from commands(command, (*above, name))
        else:
            yield (*above, name)


@pytest.mark.timeout(600)
def test_every_command_says_the_same_whatever_an_author_did_with_notes(
    new_database: Callable[[], str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = Place(tmp_path / "one", new_database(), (*ACTS, "write", "correct"))
    other = Place(tmp_path / "two", new_database(), ())
    assert (one.students, one.dispute) == (other.students, other.dispute)
    assert one.notes
    assert not other.notes
    tried = lines(one, tmp_path)
    known = {*commands(typer.main.get_command(app))} - LASTING
    asked = {tuple(line[: len(name)]) for line in tried for name in known} & known
    assert not known - asked, "tell this test how these commands are tried"
    capsys.readouterr()
    done = set()
    for line in tried:
        first, second = one.runs(line, capsys), other.runs(line, capsys)
        assert first == second, line
        done |= {tuple(line[: len(name)]) for name in known if first[0] == 0} & known
    # What only refuses may be hiding what it would have said.
    assert known - done == {("init",), ("restore",), ("programme", "publish-results")}
    for file in ("evidence-eb.zip", "evidence-reviewer.zip", "a.csv", "a.xlsx", "a.ods", "a.pdf"):
        assert (one.folder / file).read_bytes() == (other.folder / file).read_bytes(), file
