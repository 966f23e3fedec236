"""The demo county of contract 6: what is in it, and that loading it is done once."""

import csv
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from api import access_reviews
from api.change_report import Asker
from api.changes import ChangeFilters, asker_of, reports_of, wanted_of
from api.register import student_of_number
from api.sign_in import account_of_name
from domain.national_id import is_valid
from domain.programme import shipped
from domain.sections import SECTIONS
from igp.cli import run
from igp.composition import SIMULATED_START, Running, build
from igp.demo import loading
from igp.demo.accounts import ACCOUNTS, PASSWORD
from igp.demo.acts import COUNTY, viewer_of
from igp.demo.loading import NotLoadable, load_demo, missing_steps, passed_over
from igp.demo.people import NATIONAL_IDS
from igp.demo.steps import STEPS, Step, at
from igp.importing.running import decided, recorded
from igp.serving import _with_demo
from igp.settings import Settings
from projections import directory, disputes, placements, plan_records, programmes
from projections.changes import ChangesView
from projections.fill_status import FillStatusView
from projections.plan_records import PlanRecordsView
from tests.projections.view_case import rebuilt, rows

USERNAMES = {
    "eb",
    "org",
    "council",
    "reviewer",
    "a-office",
    "b-office",
    "a-cm",
    "a-cm2",
    "b-cm",
    "itinerant",
    "a-gh",
    "a-hr",
    "a-math",
    "a-eng",
    "b-math",
}


@pytest.fixture(scope="module")
def demo(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """The whole demo county, in mode `test`: its clock stands at 114.2.14 08:00."""
    folder = tmp_path_factory.mktemp("demo")
    with build(Settings(mode="test", data_dir=folder, database_url=new_database())) as running:
        load_demo(running)
        yield running


def head(running: Running) -> tuple[int, int, int]:
    """Where the three books end."""
    with running.database.connect("projector") as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM books.records), (SELECT count(*) FROM books.notes),"
            " (SELECT count(*) FROM books.access)"
        ).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


def report(running: Running, who: str, **filters: Any) -> list[dict[str, Any]]:
    house = running.house
    viewer = replace(viewer_of(house, who))
    asked = ChangeFilters.model_validate({"from": "113.5.13", "to": "113.8.5"} | filters)
    reports, asker = reports_of(house), asker_of(viewer)
    terms = reports.terms(asker, wanted_of(house, viewer, asked), None)
    return list(reports.whole(asker, terms).items())


def others(base: Path) -> Path:
    """An import folder of somebody else's."""
    folder = base / "in"
    folder.mkdir()
    header = (COUNTY / "112" / "accounts.csv").read_text(encoding="utf-8").splitlines()[0]
    (folder / "organisations.csv").write_text(
        "code,name,kind,county,stage,parent\nother,教育局,authority,示範市,,\n", encoding="utf-8"
    )
    (folder / "accounts.csv").write_text(
        f"{header}\nboss,主任,other,authority_administrator,,,,,,password-1\n", encoding="utf-8"
    )
    return folder


def students(running: Running) -> list[directory.StudentCard]:
    viewer = viewer_of(running.house, "eb")
    with viewer.looking(running.house) as connection:
        return directory.students(connection)


def test_every_step_has_an_instant_of_its_own_between_start_and_end() -> None:
    instants = [step.at for step in STEPS]
    assert instants == sorted(set(instants))
    assert instants[0] == SIMULATED_START == at("112.8.1 08:00")
    assert instants[-1] == at("114.2.14 08:00")
    assert {step.who for step in STEPS} <= USERNAMES | {None}


def test_the_accounts_are_those_of_the_contract(demo: Running) -> None:
    assert {username for username, _ in ACCOUNTS} == USERNAMES
    with demo.house.reader.connection() as connection:
        connection.execute("SET search_path = views")
        known = directory.accounts_of(connection, None)
    ids = {account_of_name(demo.ledger, username) for username in USERNAMES}
    assert {one.account_id for one in known} == ids
    with demo.ledger.pool.connection() as connection:
        hashes = connection.execute("SELECT password_hash FROM desk.credential").fetchall()
    assert all(demo.house.passwords.fits(PASSWORD, hashed) for (hashed,) in set(hashes))


def test_there_are_24_students_over_grades_1_to_7(demo: Running) -> None:
    assert all(map(is_valid, NATIONAL_IDS.values()))
    cards = students(demo)
    assert len(cards) == len(NATIONAL_IDS) == 24
    assert {card.grade for card in cards} == set(range(1, 8))
    with open(COUNTY / "113" / "students.csv", encoding="utf-8") as file:
        names = {row["name"] for row in csv.DictReader(file)}
    assert any("𠮷" in name for name in names)
    assert any("‧" in name for name in names)


def test_the_itinerant_case_manager_has_one_student_in_each_school(demo: Running) -> None:
    viewer = viewer_of(demo.house, "itinerant")
    with viewer.looking(demo.house) as connection:
        seen = directory.students(connection)
        schools = {one.organisation_id: one.code for one in directory.organisations(connection)}
    assert Counter(schools[card.organisation] for card in seen) == {
        "ks-a": 1,
        "ks-b": 1,
        "ks-j": 1,
    }


def test_the_worked_example_of_the_handbook_stands_in_one_school(demo: Running) -> None:
    kinds = {"origin": ["school"], "section": ["placement", "placement_request"]}
    for who, school in (("b-office", {}), ("eb", {"organisation": ["ks-b"]})):
        items = report(demo, who, **kinds, **school)
        lines = Counter(item["student"]["name"] for item in items)
        assert lines == {"許詠晴": 1, "鄭宇皓": 1, "謝沛蓁": 2, "曾子睿": 1, "廖妤婕": 1}
        assert [item["kind"] for item in items] == [
            "corrected",
            "withdrawn",
            "recorded",
            "corrected",
            "corrected",
            "abandonment",
        ]
    others = {item["organisation"]["code"] for item in report(demo, "eb", **kinds)}
    assert others == {"ks-a", "ks-b"}


def test_the_edges_of_the_example_are_exact(demo: Running) -> None:
    day = {"organisation": ["ks-b"], "section": ["placement", "placement_request"]}
    before = report(demo, "eb", **day, **{"from": "113.5.12", "to": "113.5.12"})
    assert [item["recorded_at"] for item in before] == ["2024-05-12T23:59:59.000000+08:00"]
    first, *_, last = report(demo, "eb", **day, origin=["school"])
    assert first["recorded_at"] == "2024-05-13T00:00:00.000000+08:00"
    assert last["recorded_at"] == "2024-08-05T23:59:59.000000+08:00"
    after = report(demo, "eb", **day, **{"from": "113.8.6", "to": "113.8.6"})
    boundary = datetime.fromisoformat(after[0]["recorded_at"]).astimezone(UTC)
    assert boundary == datetime(2024, 8, 5, 16, tzinfo=UTC)
    assert len(after) == 3


def test_the_organisers_act_is_not_the_schools(demo: Running) -> None:
    by_organiser = report(demo, "eb", origin=["organiser"])
    assert {item["recorded_at"][:10] for item in by_organiser} == {"2024-06-01"}
    assert {item["student"]["name"] for item in by_organiser} == {"邱奕辰"}


def test_notes_are_by_several_authors_and_show_to_each_alone(demo: Running) -> None:
    house = demo.house
    whole = {"from": "112.8.1", "to": "114.2.14", "section": ["counselling_note"]}
    authors = [who for who in USERNAMES if report(demo, who, **whole)]
    assert set(authors) == {
        step.who for step in STEPS if step.who and "note" in step.act.__qualname__
    }
    assert len(authors) >= 5
    for who in authors:
        own = viewer_of(house, who).account_id
        assert {item["author"]["id"] for item in report(demo, who, **whole)} == {own}


def test_one_dispute_is_open_and_its_reviewer_sees_what_was_named(demo: Running) -> None:
    house = demo.house
    viewer = viewer_of(house, "reviewer")
    with viewer.looking(house) as connection:
        [dispute] = disputes.disputes(connection)
        [student] = directory.students(connection)
        assert dispute.student == student.student_id
        placed = placements.placements_of(connection, student.student_id)
        known = {one.section for one in plan_records.records_of(connection, student.student_id)}
    assert dispute.status == "open"
    assert (dispute.row["last_day"], dispute.row["also_accepted_until"]) == (
        "2025-02-09",
        "2025-02-10",
    )
    assert dispute.row["timely"] is True
    assert [one["side"] for one in dispute.row["statements"]] == ["applicant", "school"]
    assert len(placed) == 2
    assert known <= {"needs_assessment", "course_goal", "meeting"}
    for who, sees in (("eb", 1), ("a-office", 1), ("b-office", 0), ("a-cm", 0), ("org", 0)):
        looking = viewer_of(house, who)
        with looking.looking(house) as connection:
            assert len(disputes.disputes(connection)) == sees, who
            codes = [one.code for one in programmes.programmes(connection)]
    assert codes == list(shipped())


def test_one_reading_of_the_evening_is_listed_for_the_school_and_says_why(demo: Running) -> None:
    demo.catch_up()
    for username in ("a-office", "eb"):
        found = access_reviews.read(
            demo.house, viewer_of(demo.house, username), None, None, "-last_at", 50, None
        )
        [one] = found.items
        assert (one.rule.label, one.acts) == ("在上午 7 時至下午 7 時以外查閱", 2)
        assert one.reader.name == "劉怡君"
        assert [named.name for named in one.students] == ["張簡子晴"]
        assert [capacity.label for capacity in one.capacities] == ["個案管理教師"]
    elsewhere = viewer_of(demo.house, "b-office")
    assert access_reviews.read(demo.house, elsewhere, None, None, "-last_at", 50, None).items == []


def test_the_evidence_of_the_dispute_is_built_and_checked_by_command(
    demo: Running,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = demo.settings
    assert settings.database_url is not None
    monkeypatch.setenv("IGP_MODE", "test")
    monkeypatch.setenv("IGP_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    reviewer = viewer_of(demo.house, "reviewer")
    with reviewer.looking(demo.house) as connection:
        [known] = disputes.disputes(connection)
    file = tmp_path / "evidence.zip"
    build_it = ["evidence", "build", str(known.dispute_id), "-o", str(file), "--as", "reviewer"]
    assert run(build_it) == 0
    assert run(build_it) == 2, "a file that is there is not overwritten"
    assert run([*build_it[:4], str(tmp_path / "none" / "x.zip"), "--as", "reviewer"]) == 2
    assert "沒有資料夾" in capsys.readouterr().err
    assert run(["evidence", "verify", str(file)]) == 0
    assert "查核通過" in capsys.readouterr().out
    # Who does not see the dispute gets the answer of nothing.
    other = tmp_path / "other.zip"
    assert run([*build_it[:4], str(other), "--as", "a-math"]) == 1
    assert "找不到這筆資料" in capsys.readouterr().err
    assert not other.exists()
    broken = bytearray(file.read_bytes())
    broken[len(broken) // 2] ^= 1
    other.write_bytes(bytes(broken))
    assert run(["evidence", "verify", str(other)]) == 1
    assert run(["evidence", "verify", str(tmp_path / "none.zip")]) == 2
    assert run(["evidence", "build", "no-id", "-o", str(tmp_path / "x")]) == 2


def test_the_clock_stands_at_the_end_and_all_is_closed(demo: Running) -> None:
    assert demo.ledger.now() >= at("114.2.14 08:00")
    asker = Asker(viewer_of(demo.house, "eb").account_id, frozenset())
    wanted = wanted_of(
        demo.house,
        viewer_of(demo.house, "eb"),
        ChangeFilters.model_validate({"from": date(2024, 5, 13), "to": date(2024, 8, 5)}),
    )
    assert reports_of(demo.house).terms(asker, wanted, None).closed


def test_loading_it_twice_changes_nothing(demo: Running) -> None:
    before = head(demo)
    assert (missing_steps(demo), passed_over(demo)) == ((), ())
    assert load_demo(demo) == 0
    assert decided(demo, COUNTY / "113").lines == []
    assert head(demo) == before


@pytest.mark.parametrize("after", [1, 12, 40])
def test_a_loading_that_was_interrupted_goes_on_where_it_stopped(
    running: Running, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    few = (*STEPS[:45], STEPS[-1])
    monkeypatch.setattr(loading, "STEPS", few)
    act = few[after].act

    class PowerCutError(Exception):
        pass

    def cut(desk: Any) -> None:
        raise PowerCutError

    # First the clock has moved and nothing more; then the step is done, but not the next.
    broken = (*few[:after], Step(few[after].at, few[after].who, cut), *few[after + 1 :])
    monkeypatch.setattr(loading, "STEPS", broken)
    with pytest.raises(PowerCutError):
        load_demo(running)
    monkeypatch.setattr(loading, "STEPS", few)
    assert missing_steps(running) == few[after:]

    def cut_after(desk: Any) -> None:
        act(desk)
        raise PowerCutError

    broken = (*few[:after], Step(few[after].at, few[after].who, cut_after), *few[after + 1 :])
    monkeypatch.setattr(loading, "STEPS", broken)
    with pytest.raises(PowerCutError):
        load_demo(running)
    monkeypatch.setattr(loading, "STEPS", few)
    assert missing_steps(running) == few[after + 1 :]
    assert load_demo(running) == len(few) - after - 1
    assert load_demo(running) == 0


def test_a_loading_that_is_asked_to_stop_ends_between_two_steps(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "STEPS", (*STEPS[:6], STEPS[-1]))
    asked = iter([False, False, True])
    assert load_demo(running, stop=lambda: next(asked)) == 2
    assert missing_steps(running) == (*STEPS[2:6], STEPS[-1])
    assert load_demo(running) == 5


def test_a_ledger_with_other_data_is_served_without_the_demo(
    running: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(running, decided(running, others(tmp_path)).register)
    assert not _with_demo(running, Event())
    assert "其他資料" in capsys.readouterr().out


def test_steps_that_are_added_later_are_done_at_the_end_and_of_those_in_the_past_one_is_told(
    running: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(loading, "STEPS", (*STEPS[:16], *STEPS[18:20]))
    load_demo(running)
    assert passed_over(running) == ()
    assert "IGP_DATA_DIR" not in capsys.readouterr().out
    monkeypatch.setattr(loading, "STEPS", STEPS[:30])
    assert missing_steps(running) == STEPS[20:30]
    assert load_demo(running) == 10
    # The clock never goes back for what a newer program puts between: a new folder has it all.
    assert passed_over(running) == STEPS[16:18]
    before = head(running)
    capsys.readouterr()
    assert _with_demo(running, Event())
    assert head(running) == before
    told = capsys.readouterr().out
    assert ("新增了 2 步" in told, "IGP_DATA_DIR" in told) == (True, True)


def test_the_demo_goes_into_no_ledger_of_others(
    commands: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(["import", str(others(tmp_path))]) == 0
    assert run(["demo"]) == 2
    assert "其他資料" in capsys.readouterr().err
    with build(commands) as running, pytest.raises(NotLoadable):
        missing_steps(running)


def test_the_plans_are_the_same_when_every_view_is_built_again(demo: Running) -> None:
    for view in (PlanRecordsView(), FillStatusView(), ChangesView()):
        living = rows(demo.ledger, view)
        assert all(living.values())
        assert rebuilt(demo.ledger, view, batch=1000) == living


def test_two_plans_are_whole(demo: Running) -> None:
    whole = {code for code, section in SECTIONS.items() if section.per != "record"}
    for key, who in (("a4", "a-cm"), ("a1", "a-gh")):
        viewer = viewer_of(demo.house, who)
        student = student_of_number(demo.house.ledger, NATIONAL_IDS[key])
        assert student is not None
        with viewer.looking(demo.house) as connection:
            records = plan_records.records_of(connection, student)
        missing = whole - {one.section for one in records}
        assert missing <= {"career_interest", "awards"} if key == "a1" else not missing
