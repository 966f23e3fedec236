"""`igp replay as-of` and `igp replay compare`: what the API answers, at the terminal."""

import json
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from domain.calendar import TAIPEI, roc_short
from igp import logs
from igp.as_of import records_of
from igp.cli import run
from igp.composition import build
from igp.demo.acts import COUNTY, Desk, correct, move_clock, place, viewer_of
from igp.demo.steps import at
from igp.importing.running import decided, recorded
from igp.settings import Settings

NOBODY = "00000000-0000-4000-8000-000000000001"


@pytest.fixture(scope="module")
def county(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A ledger that holds the county's accounts and students."""
    folder = tmp_path_factory.mktemp("as_of")
    settings = Settings(mode="test", data_dir=folder, database_url=new_database())
    with build(settings) as running, running.projecting():
        recorded(running, decided(running, COUNTY / "112").register)
    return settings


@pytest.fixture
def student(county: Settings, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """A student with a case manager, in the environment in which commands find the county."""
    monkeypatch.setattr(logs, "configure", lambda path: None)
    assert county.database_url is not None
    monkeypatch.setenv("IGP_MODE", "test")
    monkeypatch.setenv("IGP_DATA_DIR", str(county.data_dir))
    monkeypatch.setenv("DATABASE_URL", county.database_url.get_secret_value())
    with build(county) as running, running.database.connect("projector") as connection:
        row = connection.execute(
            "SELECT student_id FROM views.student s JOIN views.organisation o"
            " ON o.organisation_id = s.organisation JOIN views.reach r ON r.target = s.student_id"
            " WHERE o.code = 'ks-a' AND r.capacity = 'CM' ORDER BY 1 LIMIT 1"
        ).fetchone()
    assert row is not None
    assert isinstance(row[0], UUID)
    return row[0]


def today(county: Settings) -> str:
    with build(county) as running:
        return roc_short(running.house.ledger.now().astimezone(TAIPEI).date())


def reads(county: Settings) -> int:
    with build(county) as running, running.database.connect("projector") as connection:
        row = connection.execute("SELECT count(*) FROM books.access").fetchone()
    assert row is not None
    return int(row[0])


def test_the_record_of_a_day_is_shown_with_roc_dates_and_read_once_for_the_record(
    county: Settings, student: UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    day, before = today(county), reads(county)
    assert run(["replay", "as-of", str(student), "--at", day, "--as", "a-office"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"{day} ")
    assert "苓雅示範國小" in shown
    assert "個案管理教師" in shown
    assert reads(county) == before + 1


def test_json_is_what_the_api_answers(
    county: Settings, student: UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    day = today(county)
    asked = ["--format", "json", "--as", "a-office"]
    assert run(["replay", "as-of", str(student), "--at", day, *asked]) == 0
    stood = json.loads(capsys.readouterr().out)
    assert stood["student"]["id"] == str(student)
    assert run(["replay", "compare", str(student), "--from", "112.1.1", "--to", day, *asked]) == 0
    compared = json.loads(capsys.readouterr().out)
    assert {one["kind"] for one in compared["records"]} == {"added"}
    assert len(compared["relations"]["began"]) == len(stood["relations"])


def test_two_days_are_compared_on_the_screen(
    county: Settings, student: UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    day = today(county)
    asked = ["--from", "112.1.1", "--to", day, "--as", "a-office"]
    assert run(["replay", "compare", str(student), *asked]) == 0
    shown = capsys.readouterr().out
    for word in ("通報資料", "新增", "服務關係", "開始"):
        assert word in shown


@pytest.mark.parametrize(
    ("who", "of", "at", "status"),
    [
        ("b-office", None, "112.8.1", 1),
        ("a-office", NOBODY, "112.8.1", 1),
        ("a-office", None, "nonsense", 2),
        ("a-office", "nobody", "112.8.1", 2),
    ],
)
def test_who_may_not_look_and_what_is_no_question_end_with_the_right_status(
    student: UUID,
    capsys: pytest.CaptureFixture[str],
    who: str,
    of: str | None,
    at: str,
    status: int,
) -> None:
    asked = [of or str(student), "--at", at, "--as", who]
    assert run(["replay", "as-of", *asked]) == status
    told = capsys.readouterr()
    assert told.out == ""
    if status == 1:
        assert told.err.strip() == "找不到這筆資料"


def test_a_day_that_has_not_come_is_refused(
    county: Settings, student: UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    with build(county) as running:
        tomorrow = running.house.ledger.now().astimezone(TAIPEI).date() + timedelta(days=1)
    asked = ["--at", roc_short(tomorrow), "--as", "a-office"]
    assert run(["replay", "as-of", str(student), *asked]) == 2
    assert "還沒有到" in capsys.readouterr().err


def test_people_that_a_record_names_by_id_are_called_by_their_names() -> None:
    teacher, stranger = str(UUID(int=3)), str(UUID(int=4))
    record = {
        "data": {"teachers": [teacher, stranger]},
        "updated_at": "2025-02-14T08:00:00+08:00",
        "updated_by": {"id": teacher, "name": "彭志豪"},
        "could_see_then": True,
    }
    found = {
        "people": [{"id": teacher, "name": "彭志豪"}],
        "sections": [{"section": "course_goal", "title": "課程目標", "records": [record]}],
        "placements": [],
        "placement_requests": [],
    }
    [[title, content, *_]] = records_of(found)
    assert (title, content) == ("課程目標", f"授課教師：彭志豪、{stranger}")


def test_what_came_back_to_what_it_was_is_told_on_the_screen(
    county: Settings, student: UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    with build(county) as running, running.projecting():
        office, authority = (
            Desk(running, running.house, viewer_of(running.house, one))
            for one in ("a-office", "eb")
        )
        place("a4", "英語", "skip", (4, 5))(office)
        move_clock(authority, at("112.8.3 09:00"))
        correct("a4", "英語", "誤植", placement_grade=6)(office)
        correct("a4", "英語", "更正", placement_grade=5)(office)
        placed = str(office.student("a4"))
    asked = ["--from", "112.8.1", "--to", "112.8.3", "--as", "a-office"]
    assert run(["replay", "compare", placed, *asked]) == 0
    shown = "".join(capsys.readouterr().out.split())
    assert "內容相同，其間曾有異動" in shown
    assert "誤植" in shown
    assert "更正" in shown
