"""`igp erase`: an order is recorded and carried out, and whatever interrupts it is made good."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from api.acting import Asked
from api.document_uploads import ProgrammeDocumentEntry, upload
from api.legal_holds import LegalHoldEntry, place
from api.students import read
from domain import organisation, student
from domain.event import ERASED
from domain.ledger_life import SYSTEM
from igp import erasures
from igp.cli import run
from igp.composition import Running, build
from igp.demo.acts import COUNTY
from igp.erasures import finish_erasures, orders
from igp.housekeeping import housekeeping
from igp.identity import acting_as
from igp.importing.running import decided, recorded
from igp.settings import Settings
from ledger.files import digest
from ledger.keys import Keyring
from tests.erasing import NUMBER, ordered
from tests.uploads import pdf

#: How often a test looks whether something was done meanwhile.
LOOKS = 2000
EB = ["--as", "eb", "--yes"]


@pytest.fixture
def somebody(commands: Settings) -> UUID:
    """A student of the county."""
    with build(commands) as running, running.projecting():
        recorded(running, decided(running, COUNTY / "112").register)
        return first(running)


def first(running: Running) -> UUID:
    with running.database.connect("projector") as connection:
        row = connection.execute(
            "SELECT subject FROM books.records WHERE topic = 'student.registered.v1'"
            " ORDER BY position LIMIT 1"
        ).fetchone()
    assert row is not None
    found: UUID = row[0]
    return found


def keys_of(settings: Settings, one: UUID) -> list[str]:
    return sorted(file.suffix for file in settings.keys.rglob(f"{one}.*"))


def topics(running: Running) -> list[str]:
    with running.database.connect("projector") as connection:
        rows = connection.execute("SELECT topic FROM books.records ORDER BY position").fetchall()
    return [topic for (topic,) in rows]


def reserved(running: Running, one: UUID) -> bool:
    with running.ledger.pool.connection() as connection:
        return bool(
            connection.execute(
                "SELECT 1 FROM desk.national_id_reservation WHERE student_id = %s", (one,)
            ).fetchall()
        )


def test_an_order_is_recorded_and_carried_out_and_verify_says_so(
    somebody: UUID, commands: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["erase", str(somebody), "--order", NUMBER, "--order-date", "112.7.31", *EB]) == 0
    told = capsys.readouterr().out
    assert NUMBER in told
    assert "不會收回" in told
    assert keys_of(commands, somebody) == []
    with build(commands) as running:
        assert not reserved(running, somebody)
        state = running.ledger.state(student.evolve, somebody)
        assert state is not None
        assert state.erased
        assert state.name == ERASED
        before = topics(running)
    assert run(["replay", "verify"]) == 0
    assert "已依法刪除：1 位學生" in capsys.readouterr().out
    assert run(["replay", "rebuild"]) == 0
    # Once more: nothing is recorded twice.
    assert run(["erase", str(somebody), "--order", NUMBER, *EB]) == 0
    assert "先前已依法刪除" in capsys.readouterr().out
    with build(commands) as running:
        assert topics(running).count("student.erased.v1") == before.count("student.erased.v1") == 1


def test_one_scan_is_taken_by_command_and_the_student_stays(
    somebody: UUID, commands: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["programme", "publish", "kaohsiung-114", "--as", "eb"]) == 0
    content = pdf("傳錯的掃描")
    with build(commands) as running, running.projecting():
        running.catch_up()
        school = known_school(running, somebody)
        entry = ProgrammeDocumentEntry(
            kind="igp", student_id=somebody, name="x.pdf", sha256=digest(content), content=content
        )
        with acting_as(running, school) as viewer:
            done = upload(running.house, viewer, "kaohsiung-114", Asked(body=entry))
    scan = done.outcome.record_id
    assert scan is not None
    assert keys_of(commands, scan) == [".record"]
    asked = ["--document", str(scan), "--order", NUMBER, *EB]
    # One or the other, and a scan that there is.
    assert run(["erase", str(somebody), *asked]) == 2
    assert run(["erase", "--order", NUMBER, *EB]) == 2
    assert run(["erase", "--document", str(somebody), "--order", NUMBER, *EB]) == 1
    capsys.readouterr()
    assert run(["erase", *asked]) == 0
    assert NUMBER in capsys.readouterr().out
    assert keys_of(commands, scan) == []
    assert keys_of(commands, somebody) == [".note", ".record"]
    assert run(["erase", *asked]) == 0
    assert "先前已依法刪除" in capsys.readouterr().out
    assert run(["replay", "verify"]) == 0
    with build(commands) as running:
        assert topics(running).count("document.erased.v1") == 1


def known_school(running: Running, one: UUID) -> str:
    """The username of the school administrator of a student's school."""
    state = running.ledger.state(student.evolve, one)
    assert state is not None
    office = running.ledger.state(organisation.evolve, state.organisation_id)
    assert office is not None
    return f"{office.code.removeprefix('ks-')}-office"


def test_it_asks_before_it_erases_and_says_who_may(
    somebody: UUID,
    commands: Settings,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = ["erase", str(somebody), "--order", NUMBER]
    for typed, status in (("no\n", 2), (f"{UUID(int=1)}\n", 2)):
        monkeypatch.setattr("sys.stdin", _Typed(typed))
        assert run([*asked, "--as", "eb"]) == status
    assert "沒有變更任何資料" in capsys.readouterr().err
    assert run([*asked, "--as", "a-office", "--yes"]) == 1
    assert "沒有這項作業的權限" in capsys.readouterr().err
    assert run([*asked, "--yes"]) == 2
    assert run(["erase", "林小安", "--order", NUMBER, *EB]) == 2
    assert run(["erase", str(somebody), "--order", " ", *EB]) == 2
    assert run(["erase", str(somebody), "--order", NUMBER, "--order-date", "昨天", *EB]) == 2
    assert run(["erase", str(UUID(int=9)), "--order", NUMBER, *EB]) == 1
    assert keys_of(commands, somebody) == [".note", ".record"]
    monkeypatch.setattr("sys.stdin", _Typed(f"{somebody}\n"))
    assert run([*asked, "--as", "eb"]) == 0
    assert keys_of(commands, somebody) == []


def test_it_asks_nobody_who_may_not_and_nothing_that_cannot_be(
    somebody: UUID,
    commands: Settings,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", _Unasked())
    order = ["--order", NUMBER, "--as"]
    for target in ([], ["--document"]):
        for known, who in ((somebody, "a-office"), (somebody, "nobody"), (UUID(int=9), "eb")):
            assert run(["erase", *target, str(known), *order, who]) in (1, 2)
    with build(commands) as running, running.projecting():
        running.catch_up()
        with acting_as(running, "eb") as viewer:
            entry = LegalHoldEntry(order_number="法字第1號", reason="訴訟中")
            place(running.house, viewer, somebody, Asked(body=entry))
    assert run(["erase", str(somebody), *order, "eb"]) == 1
    assert "法字第1號" in capsys.readouterr().err
    assert keys_of(commands, somebody) == [".note", ".record"]


def test_an_order_that_stands_is_finished_without_asking(
    told_but_not_done: UUID,
    commands: Settings,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", _Unasked())
    assert run(["erase", str(told_but_not_done), "--order", NUMBER, "--as", "eb"]) == 0
    assert "先前已依法刪除" in capsys.readouterr().out
    assert keys_of(commands, told_but_not_done) == []


class _Unasked:
    """A standard input that nobody may read."""

    def isatty(self) -> bool:
        return False

    def readline(self) -> str:
        raise AssertionError("nobody was to be asked")


class _Typed:
    """A standard input that is no terminal."""

    def __init__(self, text: str) -> None:
        self._text = text

    def isatty(self) -> bool:
        return False

    def readline(self) -> str:
        return self._text


def test_what_stands_against_it_is_named_and_ends_with_status_1(
    somebody: UUID, commands: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with build(commands) as running, running.projecting():
        running.catch_up()
        with acting_as(running, "eb") as viewer:
            entry = LegalHoldEntry(order_number="法字第1號", reason="訴訟中")
            place(running.house, viewer, somebody, Asked(body=entry))
    assert run(["erase", str(somebody), "--order", NUMBER, *EB]) == 1
    told = capsys.readouterr().err
    assert "法字第1號" in told
    assert "解除保全" in told
    assert keys_of(commands, somebody) == [".note", ".record"]


@pytest.fixture
def told_but_not_done(somebody: UUID, commands: Settings) -> UUID:
    """The order stands in the book, and the process ended there."""
    with build(commands) as running, running.projecting():
        running.catch_up()
        with acting_as(running, "eb") as viewer:
            ordered(running.house, viewer, somebody)
    return somebody


class Killed(BaseException):
    """The process ends here."""


def _die(*_: object) -> None:
    raise Killed


#: After which step the process ends.
STEPS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "the event": lambda patch: patch.setattr(erasures, "drop_about", _die),
    "the drafts": lambda patch: patch.setattr(erasures, "finish", _die),
    "what stands beside": lambda patch: patch.setattr(Keyring, "destroy_student", _die),
    "one key": lambda patch: patch.setattr(Keyring, "_destroy", _half),
}


def _half(ring: Keyring, names: list[str]) -> bool:
    (ring._folder / names[0]).unlink()
    raise Killed


@pytest.mark.parametrize("step", STEPS)
def test_the_next_start_finishes_what_a_killed_process_left(
    told_but_not_done: UUID, commands: Settings, step: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        STEPS[step](patch)
        with pytest.raises(Killed):
            build(commands)
    assert keys_of(commands, told_but_not_done) != []
    with build(commands) as running:
        assert not reserved(running, told_but_not_done)
    assert keys_of(commands, told_but_not_done) == []
    assert run(["replay", "verify"]) == 0


def test_verify_finds_an_order_that_was_not_carried_out(
    told_but_not_done: UUID, commands: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["replay", "verify"]) == 1
    assert "key-not-destroyed" in capsys.readouterr().out


def test_keys_that_come_back_with_a_backup_are_destroyed_at_the_next_start(
    somebody: UUID, commands: Settings, tmp_path: Path
) -> None:
    shutil.copytree(commands.keys, tmp_path / "backup")
    assert run(["erase", str(somebody), "--order", NUMBER, *EB]) == 0
    shutil.rmtree(commands.keys)
    shutil.copytree(tmp_path / "backup", commands.keys)
    assert keys_of(commands, somebody) == [".note", ".record"]
    with build(commands) as running:
        assert keys_of(commands, somebody) == []
        state = running.ledger.state(student.evolve, somebody)
        assert state is not None
        assert state.name == ERASED


@pytest.fixture
def meanwhile(somebody: UUID, commands: Settings) -> Iterator[Running]:
    """A process that has the student in memory."""
    with build(commands) as running, running.projecting():
        running.catch_up()
        state = running.ledger.state(student.evolve, somebody)
        assert state is not None
        assert state.name != ERASED
        yield running


def test_a_server_that_runs_meanwhile_shows_nothing_from_then_on(
    meanwhile: Running, somebody: UUID, commands: Settings
) -> None:
    assert run(["erase", str(somebody), "--order", NUMBER, *EB]) == 0
    state = meanwhile.ledger.state(student.evolve, somebody)
    assert state is not None
    assert state.name == ERASED
    assert meanwhile.ledger.keyring.key("student.record", somebody) is None
    with acting_as(meanwhile, "eb") as viewer:
        assert read(meanwhile.house, viewer, somebody).name == str(ERASED)


def test_a_server_forgets_and_finishes_by_itself(meanwhile: Running, somebody: UUID) -> None:
    with acting_as(meanwhile, "eb") as viewer:
        ordered(meanwhile.house, viewer, somebody)
    with housekeeping(meanwhile.ledger, every=0.01):
        for _ in range(LOOKS):
            if not meanwhile.ledger.keyring.stands("student.note", somebody):
                break
            time.sleep(0.01)
    assert [one.student for one in orders(meanwhile.ledger)] == [somebody]
    assert finish_erasures(meanwhile.ledger) == 0
    assert not [
        one for one in meanwhile.ledger._states.values() if one.key == ("student.record", somebody)
    ]


def test_the_program_itself_is_never_erased(meanwhile: Running) -> None:
    assert orders(meanwhile.ledger) == []
    assert meanwhile.ledger.keyring.stands("account.record", SYSTEM)
