"""Nothing is recorded about an erased student, by whatever address; what meets an erasure comes
before it or not at all."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import orjson
import pytest

from api.drafts import drop_about
from api.viewer import Viewer
from domain.refusal import Refusal
from igp.sealing import seal_now
from ledger.database import Connection
from projections.all_views import sealing_views
from projections.runner import Runner
from tests.acceptance.trying import NOBODY, Trying, trying
from tests.api.calls import BODIES, SECTION
from tests.api.serving import NATIONAL_IDS, NOTE, County
from tests.api.test_disputes_api import entry, heard, version_of
from tests.api.twins import begin_plan, body_of, paths_of
from tests.database import Template, copied
from tests.documents.pdf_text import pages_of
from tests.erasing import erased, ordered

__all__ = ["heard"]

#: What is asked and not changed, or what is no record of the student.
ASKED = ("/search", "/token", "/drafts", "/me/", "/simulation", "/reports", "/programmes")
WHO = ("a-cm", "a-math", "a-office", "eb")


@pytest.mark.timeout(600)
def test_every_write_about_an_erased_student_is_refused(
    template: Template, administrator: Connection, tmp_path: Path
) -> None:
    with (
        copied(template, administrator) as database,
        trying(template, database, tmp_path / "keys") as office,
    ):
        # An open one would stand against the erasure.
        office.county.disputes.setdefault("a1", UUID(NOBODY))
        begin_plan(office.office, office.county)
        note = office.made("a-cm", f"/students/{office.student('a1')}/notes", NOTE)
        house = office.office.house
        viewer = Viewer.of(house, office.account("eb"), house.ledger.now())
        erased(house, viewer, office.student("a1"))
        before = office.rows(_ABOUT)
        answers = list(_tried(office, note))
        assert [told for told, answer in answers if answer.status_code >= 500] == []
        assert [told for told, answer in answers if answer.status_code < 300] == []
        codes = [answer.json()["code"] for _, answer in answers if answer.status_code == 409]
        assert codes.count("student-erased") > 20
        student = office.student("a1")
        after = [row for row in office.rows(_ABOUT) if row not in before]
        assert [row for row in after if str(row[0]) == student] == []


_ABOUT = "SELECT subject, topic, position FROM books.records WHERE subject IS NOT NULL"


def _tried(office: Trying, note: str) -> Any:
    """Every write whose path or body names the student, by everybody."""
    notes = [UUID(note)]
    for (method, path), given in BODIES.items():
        if any(part in path for part in ASKED):
            continue
        for filled in paths_of(path, office.county, notes, 0):
            body = given[filled.split("/")[4]] if path.startswith(SECTION) else given
            body = body_of(body, office.county, notes)
            if office.student("a1") not in filled + orjson.dumps(body).decode():
                continue
            for who in WHO:
                yield (who, method, filled), office.call(who, method, filled, body, version=1)


def test_an_open_dispute_stands_against_an_erasure(heard: County) -> None:
    student = heard.student()
    dispute = heard.eb.made("/disputes", entry(student))
    with pytest.raises(Refusal, match=dispute):
        erased(heard.house, heard.viewer("eb"), student)
    assert heard.last_refusal()["rule"] == "dispute-open"
    withdrawal = f"/disputes/{dispute}/withdrawal"
    done = heard.eb.post(withdrawal, {"reason": "撤回"}, version=version_of(heard, dispute))
    assert done.status_code == 200, done.text
    erased(heard.house, heard.viewer("eb"), student)
    refused = heard.eb.post("/disputes", entry(student))
    assert (refused.status_code, refused.json()["code"]) == (409, "student-erased")
    for page in ("", "/timeline"):
        answer = heard.eb.get(f"/disputes/{dispute}{page}")
        assert answer.status_code == 200, answer.text
        assert entry(student)["grounds"] not in answer.text
    _no_bundle_opens_it(heard, dispute, str(entry(student)["grounds"]))


def _no_bundle_opens_it(county: County, dispute: str, word: str) -> None:
    ledger = county.house.ledger
    runner = Runner(ledger.database, sealing_views(ledger.keyring), ledger.mapper)
    runner.prepare()
    runner.close()
    seal_now(ledger)
    answer = county.eb.get(f"/disputes/{dispute}/evidence")
    assert answer.status_code == 200, answer.text
    with ZipFile(BytesIO(answer.content)) as bundle:
        for name in bundle.namelist():
            content = bundle.read(name)
            text = "".join(pages_of(content)) if name.endswith(".pdf") else content.decode()
            assert word not in text, name


@pytest.mark.parametrize("what", ["dispute", "hold"])
def test_what_meets_an_erasure_comes_before_it_or_not_at_all(heard: County, what: str) -> None:
    viewer = heard.viewer("eb")
    outcomes = set()
    for number in range(len(NATIONAL_IDS)):
        student = heard.student(number=number)
        hold = {"order_number": "法字第1號", "reason": "訴訟中"}
        path, body = {
            "dispute": ("/disputes", entry(student)),
            "hold": (f"/students/{student}/legal-holds", hold),
        }[what]

        def order(student: str = student) -> str:
            try:
                ordered(heard.house, viewer, student)
            except Refusal as refusal:
                return refusal.CODE
            return "erased"

        with ThreadPoolExecutor(2) as pool:
            asked = pool.submit(heard.eb.post, path, body)
            told = pool.submit(order)
            answer = asked.result()
            outcomes.add((answer.status_code, told.result()))
    against = {"dispute": "dispute-open", "hold": "legal-hold"}[what]
    assert outcomes <= {(201, against), (409, "erased")}


def test_a_draft_that_says_whom_it_is_about_ends_with_the_student(county: County) -> None:
    student, other = county.student(), county.student(number=1)
    county.case_manager("a-cm", student)
    for about, path in ((student, "/drafts/one"), (None, "/drafts/two")):
        query = "" if about is None else f"?student_id={about}"
        kept = county.a_cm.put(path + query, NOTE)
        assert (kept.status_code, kept.headers["ETag"]) == (204, '"1"')
        assert county.a_cm.get(path).json() == NOTE
    # Of whom one may not see nothing is said, not even in a draft.
    refused = county.a_cm.put(f"/drafts/three?student_id={other}", NOTE)
    assert (refused.status_code, refused.json()["code"]) == (404, "not-found")

    # The order alone, and then the key alone: the row itself is what a backup brings back.
    ordered(county.house, county.viewer("eb"), student)
    county.house.ledger.keyring.destroy_student(UUID(student))
    assert county.a_cm.get("/drafts/one").status_code == 404
    assert county.a_cm.get("/drafts/two").json() == NOTE
    refused = county.a_cm.put(f"/drafts/one?student_id={student}", NOTE)
    assert (refused.status_code, refused.json()["code"]) == (409, "student-erased")
    assert county.a_cm.put("/drafts/one", NOTE).headers["ETag"] == '"2"'
    assert county.a_cm.get("/drafts/one").json() == NOTE

    # A row that nobody can open holds an order back from nothing.
    with county.house.ledger.database.connect("owner") as connection:
        connection.execute("UPDATE desk.draft SET body = overlay(body PLACING 'AAAA' FROM 40)")
    drop_about(county.house.ledger, UUID(student), [])


def test_the_book_of_access_keeps_nothing_by_which_a_number_could_be_tried(county: County) -> None:
    """A digest of the word gave away the national ID of whoever was found by it, erased or not."""
    county.student()
    hashes = set()
    for word in (NATIONAL_IDS[0], "陳小明", "林"):
        county.a_office.post("/students/search", {"q": word})
        said = county.last_listed()
        assert said["searched"] is True
        hashes.add(said["filter_hash"])
    assert len(hashes) == 1
