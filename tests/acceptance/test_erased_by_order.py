"""A student is erased by order: what was said of them is gone everywhere, and the books stand."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from domain.legal_hold import LegalHoldStands
from igp.embedded import Server
from igp.sealing import seal_now
from ledger.ledger import Ledger
from projections.all_views import all_views, sealing_views
from projections.runner import Runner
from replay.rebuild import rebuild
from replay.verify.keyfiles import KeyFiles
from replay.verify.verifying import verify
from tests.api.serving import County, serving
from tests.api.test_nothing_readable import SECRETS, logging_to, tell
from tests.database import MASTER, copied, make_template, opened, running_server
from tests.documents.pdf_text import pages_of
from tests.erasing import NUMBER, erased
from tests.raw_files import files_below, found

ERASED = "已依法刪除"
#: What somebody keeps as their own, and what was never kept at all.
OTHERS = {
    "the usual password", "username", "account name", "password", "new password", "wrong password",
    "participant option", "removed participant option", "reason of a removed participant option",
    "draft", "draft key", "deleted draft", "name of a template", "new name of a template",
    "reason of a template", "course name", "learning performance", "adjusted performance",
    "assessment result",
}  # fmt: skip
WORDS = {name: text for name, text in SECRETS.items() if name not in OTHERS}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("erasure")


@pytest.fixture(scope="module")
def own_server(place: Path) -> Iterator[Server]:
    """A server in whose files nothing stands that other tests recorded."""
    with running_server(place / "server") as server:
        yield server


def pages(county: County, student: str, *who: str) -> Iterator[tuple[str, str, Any]]:
    """Every read about the student by these people: who, path, answer."""
    known = county.a_cm
    ids: dict[str, list[str]] = {"student_id": [student]}
    lists = {
        "placement_id": f"/students/{student}/placements",
        "request_id": f"/students/{student}/placement-requests",
        "meeting_id": f"/students/{student}/meetings?school_year=112",
        "replacement_id": f"/students/{student}/replacements?school_year=112",
        "record_id": f"/students/{student}/courses?school_year=112",
        "note_id": "/me/notes",
        "report_id": "/reports",
    }
    for name, path in lists.items():
        answer = known.get(path)
        assert answer.status_code < 500, path
        ids[name] = [one["id"] for one in answer.json().get("items", ())] or [student]
    ids["file_id"] = [
        one["id"]
        for one in known.get(f"/files?student_id={student}&school_year=112").json().get("items", ())
    ] or [student]
    sections = ("basic_family", "identification", "awards", "needs_assessment", "annual_goal")
    for path, methods in county.client.get("/openapi.json").json()["paths"].items():
        if "get" not in methods or "{key}" in path or "consistency" in path:
            continue
        path = path.removeprefix("/api/v1")
        filled = [path]
        for name, values in {**ids, "section": list(sections)}.items():
            filled = (
                [one.replace("{" + name + "}", value) for one in filled for value in values]
                if "{" + name + "}" in path
                else filled
            )
        for one in filled:
            if "{" in one:
                continue
            for query in _queries(path, student, methods["get"].get("parameters", ())):
                for name in who:
                    yield name, one + query, county.caller(name).get(one + query)


def sealed(ledger: Ledger) -> None:
    """The views of the sealer are there, and everything so far is sealed."""
    runner = Runner(ledger.database, sealing_views(ledger.keyring), ledger.mapper)
    runner.prepare()
    runner.close()
    seal_now(ledger)


def _queries(path: str, student: str, parameters: Iterable[Any]) -> list[str]:
    if path in ("/changes", "/changes/students"):
        span = "?from=112.7.1&to=112.8.31"
        formats = ["", "&format=csv", "&format=pdf"] if path == "/changes" else [""]
        return [span + more for more in formats]
    if path.endswith("/plan"):
        return ["?school_year=112", "?school_year=112&format=pdf"]
    if path.endswith(("/as-of",)):
        return ["?at=2023-08-01T08:00:00%2B08:00", "?at=2023-08-01T09:00:00%2B08:00"]
    if path.endswith("/compare"):
        return ["?from=2023-07-01T08:00:00%2B08:00&to=2023-08-01T09:00:00%2B08:00"]
    if path == "/files":
        return [f"?student_id={student}&school_year=112"]
    return ["?school_year=112" if "school_year" in str(parameters) else ""]


def told(answer: Any) -> str:
    if answer.headers.get("content-type", "") == "application/pdf":
        return "".join(pages_of(answer.content))
    return str(answer.content.decode("utf-8", "replace"))


@pytest.mark.timeout(600)
def test_nothing_of_an_erased_student_is_shown_found_or_kept(
    own_server: Server, place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log, keys = place / "igp.log", place / "keys"
    template = make_template(own_server, "erasure", place / "template")
    (place / "begun").touch()
    begun = (place / "begun").stat().st_mtime - 1
    with ExitStack() as stack:
        administrator = stack.enter_context(psycopg.connect(template.admin, autocommit=True))
        database = stack.enter_context(copied(template, administrator))
        ledger = stack.enter_context(opened(template, database, keys, size=4))
        with logging_to(log), serving(ledger) as county:
            tell(county)
            sealed(ledger)
            student = county.a_office.get("/students").json()["items"][0]["id"]
            again = {"account": county.id_of("a-cm")}
            county.a_office.made(f"/students/{student}/dispatches", again)
            about = f"/drafts/about?student_id={student}"
            assert county.a_cm.put(about, {"content": SECRETS["draft"]}).status_code == 204
            number = SECRETS["corrected national id"]
            assert county.a_cm.put("/drafts/number", {"national_id": number}).status_code == 204
            assert county.a_cm.put("/drafts/else", {"content": "別的"}).status_code == 204
            before = [told(answer) for _, _, answer in pages(county, student, "a-cm")]
            shown = {name for name, text in WORDS.items() if any(text in one for one in before)}
            assert {"corrected name", "note", "address", "content of a meeting"} <= shown

            erased(county.house, county.viewer("eb"), student)
            seal_now(ledger)

            after = [
                (who, path, answer.status_code, told(answer))
                for who, path, answer in pages(county, student, "a-cm", "a-office")
            ]
            assert [(who, path) for who, path, status, _ in after if status >= 500] == []
            assert [
                (who, path, name)
                for who, path, _, text in after
                for name in WORDS
                if WORDS[name] in text
            ] == []
            _shows_that_it_was_erased(county, student, after)
            _lists_and_finds(county, student, number)
            assert county.a_cm.get("/drafts/about").status_code == 404
            assert county.a_cm.get("/drafts/number").status_code == 404
            assert county.a_cm.get("/drafts/else").json() == {"content": "別的"}
            assert county.student(national_id=number, name="新同學") != student
        printed = place / "printed"
        printed.write_text("".join(capfd.readouterr()))
        _books_stand(ledger, keys, place)
        with psycopg.connect(database.admin, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
            files = files_below(own_server.data_dir, place / "server", keys, log, printed,
                                since=begun)  # fmt: skip
            assert found(SECRETS, files) == []
        assert not [file for file in keys.rglob("*") if student in file.name]


def _shows_that_it_was_erased(county: County, student: str, after: list[Any]) -> None:
    page = county.a_office.get(f"/students/{student}").json()
    assert {page[name] for name in ("name", "national_id", "sex", "birth_date")} == {ERASED}
    said = {path for _, path, status, text in after if status == 200 and ERASED in text}
    for part in ("/history", "/placements", "/plan?school_year=112&format=pdf", "/meetings"):
        assert any(part in path for path in said), part
    [note] = county.a_cm.get("/me/notes").json()["items"]
    assert {note["purpose"], note["content"], note["recorder"], note["held_on"]} == {ERASED}
    history = county.a_office.get(f"/students/{student}/history", limit=200).json()["items"]
    [last] = [one for one in history if NUMBER in str(one["fields"])]
    assert (last["kind"], last["section"]) == ("withdrawn", "directory")
    assert last["fields"][0] == {
        "field": "order_number",
        "label": "刪除依據文號",
        "before": None,
        "after": NUMBER,
    }


def _lists_and_finds(county: County, student: str, number: str) -> None:
    listed = county.a_office.get("/students").json()["items"]
    assert [one["name"] for one in listed] == [ERASED]
    for word in (ERASED, "依法", "齉龘", "黌鬱", number):
        for who in ("a-cm", "a-office", "eb"):
            answer = county.caller(who).post("/students/search", {"q": word})
            assert answer.json()["items"] == [], word
        answer = county.a_cm.post("/me/notes/search", {"q": word})
        assert answer.json()["items"] == [], word


def _books_stand(ledger: Ledger, keys: Path, place: Path) -> None:
    master = place / "master.key"
    master.write_bytes(MASTER)
    report = verify(ledger.database.conninfo("owner"), KeyFiles(keys, master))
    assert report.findings == []
    assert report.erased == 1
    views = all_views(ledger.keyring)
    made = rebuild(ledger.database, views, ledger.mapper, [view.name for view in views])
    assert {one.view for one in made if not one.equal} == set()


def test_an_erased_student_takes_no_record_and_is_told_apart(county: County) -> None:
    student, other = county.student(), county.student(number=1)
    county.case_manager("a-cm", student, other)
    erased(county.house, county.viewer("eb"), student)
    placement = {
        "school_year": 112,
        "area": "英語",
        "category": "skip",
        "target_year_grade": 5,
        "placement_grade": 6,
    }
    refused = county.a_cm.post(f"/students/{student}/placements", placement)
    assert (refused.status_code, refused.json()["code"]) == (409, "student-erased")
    assert county.last_refusal()["rule"] == "student-erased"
    assert county.a_cm.made(f"/students/{other}/placements", placement)
    change = {"name": "復名", "reason": "更正"}
    path = f"/directory/students/{student}"
    refused = county.a_office.patch(path, change, version=2)
    assert (refused.status_code, refused.json()["code"]) == (409, "student-erased")
    batch = county.a_cm.post("/students/batch", {"students": [student, other]})
    assert [(one["outcome"], one["code"]) for one in batch.json()["items"]].count(
        ("skipped", "student-erased")
    ) == 1


@pytest.mark.parametrize("kept", ["as_of", "cursor", "report"])
def test_what_names_somebody_erased_since_is_not_made_again(county: County, kept: str) -> None:
    student, other = county.student(), county.student(number=1)
    county.a_office.post(f"/directory/students/{student}/class-changes", {"class_name": "乙班"})
    span = {"from": "112.7.1", "to": "112.8.31"}
    first = county.a_office.get("/changes", **span, limit=1).json()
    history = county.a_office.get(f"/students/{student}/history", limit=1).json()
    report = county.a_office.made("/reports", {"kind": "changes", **span})
    of_other = county.a_office.get("/changes", **span, student=other).json()

    county.student(number=2)
    erased(county.house, county.viewer("eb"), student)

    as_of = first["terms"]["as_of"]
    answer = {
        "as_of": lambda: county.a_office.get("/changes", **span, as_of=as_of, limit=1),
        "cursor": lambda: county.a_office.get(
            f"/students/{student}/history", cursor=history["next_cursor"]
        ),
        "report": lambda: county.a_office.get(f"/reports/{report}", format="csv"),
    }[kept]()
    assert (answer.status_code, answer.json()["code"]) == (409, "report-terms-changed")
    assert "依法刪除" in answer.json()["detail"]
    again = county.a_office.get("/changes", **span, student=other, as_of=of_other["terms"]["as_of"])
    assert again.json() == of_other


def test_a_legal_hold_stands_against_an_erasure(county: County) -> None:
    student = county.student()
    holds = f"/students/{student}/legal-holds"
    placed = {"order_number": "法字第1號", "reason": "訴訟中"}
    assert county.a_office.post(holds, placed).status_code == 403
    assert county.a_office.get(holds).status_code == 403
    assert county.eb.post(holds, {"order_number": "法字第1號"}).status_code == 422
    assert county.eb.post(holds, placed).status_code == 201
    assert county.eb.post(holds, placed).json()["code"] == "legal-hold"
    with pytest.raises(LegalHoldStands):
        erased(county.house, county.viewer("eb"), student)
    assert county.last_refusal()["rule"] == "legal-hold"
    lifted = {"order_number": "法字第2號", "reason": "判決確定"}
    assert county.eb.post(f"{holds}/lifting", lifted).status_code == 200
    shown = county.eb.get(holds).json()
    assert not shown["placed"]
    assert [(one["act"], one["reason"]) for one in shown["items"]] == [
        ("placed", "訴訟中"),
        ("lifted", "判決確定"),
    ]
    erased(county.house, county.viewer("eb"), student)
    shown = county.eb.get(holds).json()
    assert {one["reason"] for one in shown["items"]} == {ERASED}
    assert county.eb.post(holds, placed).json()["code"] == "student-erased"


def test_the_students_own_account_goes_with_the_student(county: County) -> None:
    student = county.student()
    entry = {
        "username": "own-account",
        "name": "陳小明",
        "organisation": "ks-a",
        "roles": ["student"],
        "password": "demo-igp-114",
    }
    account = county.a_office.made("/accounts", entry)
    county.a_office.made(f"/students/{student}/student-account", {"account": account})
    own = county.caller("own-account")
    assert own.get("/me").json()["name"] == "陳小明"
    erased(county.house, county.viewer("eb"), student)
    assert own.get("/me").status_code == 401
    assert county.sign_in("own-account").status_code == 401
    answer = county.a_office.get("/accounts")
    assert answer.status_code == 200
    assert "陳小明" not in answer.text
    assert UUID(account) in {UUID(one["id"]) for one in answer.json()["items"]}
