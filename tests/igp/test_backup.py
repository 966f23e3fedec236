"""A backup becomes the same ledger elsewhere, is proved there, and a wrong one never serves."""

import errno
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from igp import logs
from igp.cli import run
from igp.composition import build
from igp.parts import NotReady
from igp.settings import CHECKOUT, Settings
from ledger.checkpoints import Signing
from ledger.growing import Growing
from ledger.keys import KeysError
from ledger.leaf import leaf, leaf_hash
from ledger.ledger import Ledger
from ledger.recorder import stored_from
from tests.county import PASSWORD, County, Office, office, populate
from tests.igp.test_serving import clear_away

NOTE = {
    "school_year": 112,
    "held_on": "112.7.20",
    "purpose": "學習適應",
    "participants": ["導師"],
    "recorder": "個管教師",
    "content": "與學生談課程安排。",
}


def environment(settings: Settings) -> dict[str, str]:
    assert settings.database_url is not None
    return {
        "IGP_MODE": settings.mode,
        "IGP_DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url.get_secret_value(),
    }


def shown(made: Office, county: County) -> dict[str, Any]:
    """What people see of the county, who signs in as everybody has to."""
    token = made.client.post("/api/v1/token", data={"username": "a-cm", "password": PASSWORD})
    assert token.status_code == 200, token.text
    with made.ledger.database.connect("owner") as connection:
        newest = connection.execute("SELECT max(position) FROM books.records").fetchall()[0][0]
    assert made.house.waiting.passed(newest)
    student = county.students["a1"]
    answers = {}
    for path in (
        f"/students/{student}/history",
        f"/students/{student}/notes",
        f"/students/{student}/placements",
        "/changes?from=112.7.1&to=112.8.31",
        "/me",
    ):
        answer = made.call(token.json()["access_token"], "GET", path)
        assert answer.status_code == 200, answer.text
        answers[path] = {**answer.json(), "next_cursor": None, "terms": None}
    return answers


def checkpoint(ledger: Ledger, events: int = 0, *, forged: bool = False) -> str:
    """What the ledger would sign of its records, and of so many events more."""
    tree = Growing()
    with ledger.database.connect("owner") as connection:
        for stream, *row in connection.execute(
            "SELECT stream_id, position, recorded_at, stream_version, subject, topic, body"
            " FROM books.records ORDER BY position"
        ):
            tree.add(leaf_hash(leaf(stored_from("records", stream, None, row))))
    for number in range(events):
        tree.add(bytes([number]) * 32)
    signing = Signing(ledger)
    root = bytes(32) if forged else tree.root()
    return str(signing.sign(signing.origin("records"), tree.size, root))


@dataclass(frozen=True)
class Kept:
    """A ledger that was backed up, with what it showed, and checkpoints of three histories."""

    settings: Settings
    county: County
    folder: Path
    keys: Path
    shown: dict[str, Any]
    same: Path
    later: Path
    other: Path


@pytest.fixture(scope="module")
def kept(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Kept:
    base = tmp_path_factory.mktemp("kept")
    settings = Settings(mode="test", data_dir=base / "data", database_url=new_database())
    with build(settings) as running, office(running.ledger) as made:
        county = populate(running.ledger, running.house)
        for who in ("a-cm", "a-math"):
            path = f"/students/{county.students['a1']}/notes"
            assert made.call(county.tokens[who], "POST", path, json=NOTE).status_code == 201
        seen = shown(made, county)
        files = []
        for name, events, forged in (("same", 0, False), ("later", 3, False), ("other", 0, True)):
            file = base / f"{name}.checkpoint"
            file.write_text(checkpoint(running.ledger, events, forged=forged), encoding="utf-8")
            files.append(file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "configure", lambda path: None)
        for name, value in environment(settings).items():
            patch.setenv(name, value)
        command = ["backup", "-o", str(base / "backup"), "--keys", str(base / "elsewhere")]
        assert run(command) == 0
    return Kept(settings, county, base / "backup", base / "elsewhere", seen, *files)


@pytest.fixture
def place(
    kept: Kept, new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """An empty place with the master key, in which commands run."""
    settings = Settings(mode="test", data_dir=tmp_path / "data", database_url=new_database())
    settings.data_dir.mkdir(mode=0o700)
    shutil.copy(kept.settings.master_key, settings.master_key)
    monkeypatch.setattr(logs, "configure", lambda path: None)
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    return settings


@pytest.fixture
def backup(kept: Kept, tmp_path: Path) -> Path:
    """A copy of the backup to spoil."""
    return Path(shutil.copytree(kept.folder, tmp_path / "backup"))


def restored(kept: Kept, *more: str, folder: Path | None = None) -> int:
    return run(["restore", str(folder or kept.folder), "--keys", str(kept.keys), *more])


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """All that was said so far."""
    return lambda: "".join(capsys.readouterr())


def test_a_restored_ledger_is_verified_and_shows_the_same(
    kept: Kept, place: Settings, told: Callable[[], str]
) -> None:
    assert restored(kept, "--verify", "--checkpoint", str(kept.same)) == 0
    said = told()
    assert "查核通過" in said
    assert "相符" in said
    # It may be older than an order.
    assert "再執行一次 igp erase" in said
    assert run(["status"]) == 0
    assert "檢視尚未建立" in told()
    with build(place) as running:
        running.catch_up()
        with office(running.ledger) as made:
            assert shown(made, kept.county) == kept.shown
            # It goes on: a note is written as if nothing had been.
            token = made.client.post(
                "/api/v1/token", data={"username": "a-cm", "password": PASSWORD}
            ).json()["access_token"]
            path = f"/students/{kept.county.students['a1']}/notes"
            assert made.call(token, "POST", path, json=NOTE).status_code == 201
    assert run(["replay", "verify"]) == 0


def test_who_was_signed_in_when_the_backup_was_made_is_not_any_more(
    kept: Kept, place: Settings
) -> None:
    assert restored(kept) == 0
    with build(place) as running, office(running.ledger) as made:
        assert made.call(kept.county.tokens["a-cm"], "GET", "/me").status_code == 401


def test_a_backup_tells_nothing_of_notes_and_holds_no_key(kept: Kept) -> None:
    manifest = json.loads((kept.folder / "manifest.json").read_text())
    assert set(manifest) == {
        "format",
        "ledger",
        "clock",
        "program",
        "made_at",
        "migrations",
        "records",
        "access",
        "ends_at",
        "checkpoint",
        "tables",
    }
    assert all(set(one) == {"table", "columns", "file", "sha256"} for one in manifest["tables"])
    names = {path.name for path in kept.folder.iterdir()}
    assert names == {"manifest.json", *(one["file"] for one in manifest["tables"])}
    master = kept.settings.master_key.read_bytes()
    for folder in (kept.folder, kept.keys):
        assert folder.stat().st_mode & 0o077 == 0
        for path in folder.glob("**/*"):
            assert path.stat().st_mode & 0o077 == 0
            assert path.is_dir() or master not in path.read_bytes()


def test_keys_are_never_put_beside_the_database(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Callable[[], str]
) -> None:
    for name, value in environment(kept.settings).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(logs, "configure", lambda path: None)
    for one, other in (("all", "all"), ("all", "all/keys"), ("all/database", "all")):
        command = ["backup", "-o", str(tmp_path / one), "--keys", str(tmp_path / other)]
        assert run(command) == 2
        assert "金鑰不可與資料庫的備份放在同一個資料夾" in told()
        assert not (tmp_path / "all").exists()
    assert run(["backup", "-o", str(tmp_path / "alone")]) == 0
    said = told()
    assert "主金鑰不在備份中" in said
    assert "--keys" in said
    # Nothing is written over.
    assert run(["backup", "-o", str(tmp_path / "alone")]) == 2


def test_a_backup_that_finds_no_room_says_so_and_is_none(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Callable[[], str]
) -> None:
    for name, value in environment(kept.settings).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(logs, "configure", lambda path: None)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("ledger.durable.os.fsync", full)
    assert run(["backup", "-o", str(tmp_path / "full")]) == 2
    assert "備份沒有完成（磁碟空間不足）" in told()
    assert not (tmp_path / "full" / "manifest.json").exists()
    (tmp_path / "file").touch()
    assert run(["backup", "-o", str(tmp_path / "file" / "below")]) == 2
    assert "（路徑中有一段不是資料夾）" in told()


def test_a_ledger_that_is_there_is_not_written_over(
    kept: Kept, place: Settings, told: Callable[[], str]
) -> None:
    build(place).close()
    assert restored(kept) == 2
    assert "不會覆寫" in told()
    build(place).close()


@pytest.mark.parametrize("spoiled", ["books.records.copy", "books.notes.copy"])
def test_a_file_that_was_changed_is_refused_and_nothing_is_restored(
    kept: Kept, place: Settings, backup: Path, spoiled: str, told: Callable[[], str]
) -> None:
    content = bytearray((backup / spoiled).read_bytes())
    content[len(content) // 2] ^= 1
    (backup / spoiled).write_bytes(content)
    assert restored(kept, folder=backup) == 2
    assert spoiled in told()
    assert not place.restoring.exists()
    assert not place.keys.exists()


def resealed(folder: Path, file: str, content: bytes) -> None:
    """Somebody changes a file of a backup and what the manifest says of it."""
    (folder / file).write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    for one in manifest["tables"]:
        if one["file"] == file:
            one["sha256"] = hashlib.sha256(content).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_a_file_that_was_changed_with_its_digest_is_found_and_does_not_serve(
    kept: Kept, place: Settings, backup: Path, told: Callable[[], str]
) -> None:
    content = (backup / "books.records.copy").read_bytes()
    at = content.index(b'"school_year":112')
    changed = content[:at] + b'"school_year":113' + content[at + 17 :]
    resealed(backup, "books.records.copy", changed)
    assert restored(kept, "--checkpoint", str(kept.same), folder=backup) == 1
    assert "與保存的檢查點不符" in told()
    with pytest.raises(NotReady, match="還原"):
        build(place)
    assert run(["serve"]) == 2
    assert "還原沒有完成" in told()


def test_rows_that_are_none_are_refused_and_leave_the_place_empty(
    kept: Kept, place: Settings, backup: Path, told: Callable[[], str]
) -> None:
    resealed(backup, "books.records.copy", (backup / "books.records.copy").read_bytes()[:-40])
    assert restored(kept, folder=backup) == 2
    assert "books.records.copy" in told()
    with psycopg.connect(environment(place)["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT FROM books.birth").fetchall() == []
    with pytest.raises(NotReady):
        build(place)


def test_a_backup_that_was_not_finished_is_none(
    kept: Kept, place: Settings, backup: Path, told: Callable[[], str]
) -> None:
    (backup / "manifest.json").unlink()
    assert restored(kept, folder=backup) == 2
    assert "不是完整的備份" in told()


def test_a_backup_of_a_newer_program_is_refused(
    kept: Kept, place: Settings, backup: Path, told: Callable[[], str]
) -> None:
    manifest = json.loads((backup / "manifest.json").read_text())
    manifest["migrations"].append("9999.tomorrow")
    (backup / "manifest.json").write_text(json.dumps(manifest))
    assert restored(kept, folder=backup) == 2
    assert "9999.tomorrow" in told()


def test_a_restore_that_is_older_than_a_kept_checkpoint_says_so(
    kept: Kept, place: Settings, told: Callable[[], str]
) -> None:
    assert restored(kept, "--checkpoint", str(kept.later)) == 1
    said = told()
    assert "比保存的檢查點舊" in said
    assert "最後一筆在民國112年8月1日 08:00，缺少之後的 3 筆" in said
    assert "查核通過" in said
    # What is there is sound, and perhaps all there is: it may serve.
    build(place).close()


def test_another_history_than_the_kept_one_does_not_serve(
    kept: Kept, place: Settings, told: Callable[[], str]
) -> None:
    assert restored(kept, "--checkpoint", str(kept.other)) == 1
    assert "與保存的檢查點不符" in told()
    with pytest.raises(NotReady):
        build(place)


def test_a_checkpoint_of_another_ledger_or_none_at_all_is_bad_input(
    kept: Kept, place: Settings, tmp_path: Path, told: Callable[[], str]
) -> None:
    other = tmp_path / "other"
    text = kept.same.read_text(encoding="utf-8")
    ledger = text.split("/")[1]
    other.write_text(text.replace(ledger, str(UUID(int=1))), encoding="utf-8")
    for file in (other, kept.settings.master_key, tmp_path / "nothing"):
        assert restored(kept, "--checkpoint", str(file)) == 2
    assert "另一個紀錄簿" in told()
    assert not place.restoring.exists()


def test_a_checkpoint_that_somebody_else_signed_proves_nothing(
    kept: Kept, place: Settings, tmp_path: Path, told: Callable[[], str]
) -> None:
    forged = tmp_path / "forged"
    lines = kept.same.read_text(encoding="utf-8").split("\n")
    lines[1] = str(int(lines[1]) - 1)
    forged.write_text("\n".join(lines), encoding="utf-8")
    assert restored(kept, "--checkpoint", str(forged)) == 1
    assert "不是由這個紀錄簿的金鑰簽署" in told()


def test_an_old_backup_of_keys_does_not_bring_back_who_was_erased(
    kept: Kept,
    place: Settings,
    new_database: Callable[[], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    told: Callable[[], str],
) -> None:
    assert restored(kept) == 0
    student = str(kept.county.students["a1"])
    files = [f"student/{student[:2]}/{student}.{which}" for which in ("record", "note")]
    assert all((place.keys / name).exists() for name in files)
    assert run(["erase", student, "--order", "府教特字第1號", "--yes", "--as", "eb"]) == 0
    assert run(["backup", "-o", str(tmp_path / "after")]) == 0

    elsewhere = Settings(mode="test", data_dir=tmp_path / "again", database_url=new_database())
    elsewhere.data_dir.mkdir(mode=0o700)
    shutil.copy(kept.settings.master_key, elsewhere.master_key)
    for name, value in environment(elsewhere).items():
        monkeypatch.setenv(name, value)
    assert all((kept.keys / name).exists() for name in files)
    assert restored(kept, folder=tmp_path / "after") == 0
    assert not any((elsewhere.keys / name).exists() for name in files)
    assert "查核通過" in told()


def test_without_its_keys_a_restored_ledger_does_not_start(
    kept: Kept, place: Settings, told: Callable[[], str]
) -> None:
    assert run(["restore", str(kept.folder)]) == 0
    assert "還沒有金鑰" in told()
    with pytest.raises(KeysError, match="由備份還原金鑰"):
        build(place)
    shutil.copytree(kept.keys, place.keys, dirs_exist_ok=True)
    with build(place) as running:
        # Without keys nothing was projected yet.
        running.catch_up()
        with office(running.ledger) as made:
            assert shown(made, kept.county) == kept.shown


def test_keys_of_another_ledger_are_refused(
    kept: Kept, place: Settings, tmp_path: Path, told: Callable[[], str]
) -> None:
    keys = Path(shutil.copytree(kept.keys, tmp_path / "keys"))
    manifest = json.loads((keys / "keys.json").read_text())
    (keys / "keys.json").write_text(json.dumps(manifest | {"ledger": str(UUID(int=1))}))
    assert run(["restore", str(kept.folder), "--keys", str(keys)]) == 2
    assert "另一個紀錄簿" in told()
    assert not place.restoring.exists()


def test_a_backup_goes_into_the_program_s_own_server_and_out_of_it(
    kept: Kept, place: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the servers that the program brings along, each with a data folder of its own."""
    monkeypatch.delenv("DATABASE_URL")
    assert restored(kept) == 0
    again, keys = tmp_path / "backup-2", tmp_path / "keys-2"
    assert run(["backup", "-o", str(again), "--keys", str(keys)]) == 0
    settings = Settings(mode="test", data_dir=tmp_path / "second")
    settings.data_dir.mkdir(mode=0o700)
    shutil.copy(kept.settings.master_key, settings.master_key)
    monkeypatch.setenv("IGP_DATA_DIR", str(settings.data_dir))
    try:
        assert (
            run(["restore", str(again), "--keys", str(keys), "--checkpoint", str(kept.same)]) == 0
        )
        with build(settings) as running:
            running.catch_up()
            with office(running.ledger) as made:
                assert shown(made, kept.county) == kept.shown
    finally:
        for folder in (place.data_dir, settings.data_dir):
            clear_away(folder)


KILLED = """
import os, signal, sys
import {module} as module
real = module.{name}
def last_thing(*given, **more):
    if {before}:
        os.kill(os.getpid(), signal.SIGKILL)
    made = real(*given, **more)
    os.kill(os.getpid(), signal.SIGKILL)
module.{name} = last_thing
from igp.cli import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("module", "name", "before"),
    [
        ("igp.restore", "migrate", True),
        ("igp.restore", "load", True),
        ("ledger.dump", "_count_on", True),
        ("igp.restore", "load", False),
        ("igp.restore", "copy_key_files", False),
        ("igp.restore", "prove", True),
        ("igp.restore", "prove", False),
    ],
)
def test_a_restore_that_was_killed_serves_nothing_and_is_finished_by_the_next(
    kept: Kept, place: Settings, module: str, name: str, before: bool, told: Callable[[], str]
) -> None:
    script = KILLED.format(module=module, name=name, before=before)
    killed = subprocess.run(
        [sys.executable, "-c", script, "restore", str(kept.folder), "--keys", str(kept.keys)],
        cwd=CHECKOUT,
        env=os.environ | environment(place),
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    with pytest.raises(NotReady, match="還原沒有完成"):
        build(place)
    assert run(["status"]) == 2
    assert restored(kept) == 0
    assert "查核通過" in told()
    with build(place) as running:
        running.catch_up()
        with office(running.ledger) as made:
            assert shown(made, kept.county) == kept.shown
