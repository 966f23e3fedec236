"""計畫檔案 of the annual goal over HTTP (IGP manual 3.11, 4.13)."""

import hashlib
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from api.acting import Asked
from api.erasure import ErasureOrder, erase_document
from domain.plan_file import LARGEST_FILE
from domain.programme_document import NotErasableAlone
from domain.refusal import NotAllowed
from tests import uploads
from tests.api.serving import NATIONAL_IDS, County
from tests.erasing import NUMBER
from tests.uploads import GOAL, GOOD, PDF, raw_form, upload

NOBODY = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def student(county: County) -> str:
    """A student whose annual goal of 112 `a-eng` wrote; `a-cm` keeps the plan."""
    student = county.student()
    county.case_manager("a-cm", student)
    county.subject_teacher("a-eng", student)
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[0], "school_year": 112})
    path = f"/students/{student}/sections/annual_goal?school_year=112"
    done = county.a_eng.put(path, {"data": GOAL}, version=0)
    assert done.status_code == 200, done.text
    return student


def listed(county: County, student: str, who: str = "a-eng") -> list[dict[str, Any]]:
    answer = county.caller(who).get("/files", student_id=student, school_year=112)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def file_events(county: County) -> int:
    return county.topics().count("annual-goal.plan-file-added.v1")


@pytest.mark.accepts("IGP-111")
def test_a_later_file_stands_beside_the_earlier_one_and_is_shown_first(
    county: County, student: str
) -> None:
    contents = (uploads.pdf("第一版"), uploads.pdf("第二版"))
    made = []
    for number, content in enumerate(contents, start=1):
        done = upload(county.a_eng, county, student, content, f"計畫 第{number}版.pdf")
        assert done.status_code == 201, done.text
        made.append(done.json()["id"])
    items = listed(county, student)
    assert [one["id"] for one in items] == made[::-1]
    for item, content, number in zip(items, contents[::-1], (2, 1), strict=True):
        assert item["name"] == f"計畫 第{number}版.pdf"
        assert (item["size"], item["media_type"]) == (len(content), "application/pdf")
        assert item["sha256"] == hashlib.sha256(content).hexdigest()
        assert item["uploaded_by"] == {"id": county.id_of("a-eng"), "name": "a-eng 老師"}
        assert county.a_eng.get(f"/files/{item['id']}").content == content
    # It has no key of its own, so that no order takes it alone; whoever asks is told why.
    order = Asked(body=ErasureOrder(order_number=NUMBER))
    with pytest.raises(NotAllowed):
        erase_document(county.house, county.viewer("a-office"), UUID(made[0]), order)
    with pytest.raises(NotErasableAlone, match="計畫檔案"):
        erase_document(county.house, county.viewer("eb"), UUID(made[0]), order)
    path = f"/students/{student}/sections/annual_goal"
    section = county.a_cm.get(path, school_year=112).json()
    assert [row["file_id"] for row in section["data"]["plan_files"]] == made[::-1]
    # What the form sends back is a save of the goal, and leaves the files alone.
    body = {"data": section["data"] | {"goal_text": "改寫的目標"}, "reason": "修正"}
    saved = county.a_eng.put(f"{path}?school_year=112", body, version=section["version"])
    assert saved.status_code == 200, saved.text
    assert [one["id"] for one in listed(county, student)] == made[::-1]


NOT_ALLOWED = (
    ("計畫.exe", b"MZ\x90\0" + bytes(200), 422, "file-type-not-allowed"),
    ("計畫.txt", "只是文字".encode(), 422, "file-type-not-allowed"),
    ("計畫.pdf", b"<html><script>alert(1)</script>", 422, "file-type-not-allowed"),
    ("計畫.docx", PDF, 422, "file-type-not-allowed"),
    ("計畫.pdf.exe", PDF, 422, "file-type-not-allowed"),
    ("計畫.pdf", b"", 422, "file-empty"),
    ("計畫.docm", uploads.docx({"word/vbaProject.bin": b"x"}), 422, "file-with-macros"),
    ("計畫.docx", uploads.docx({"word/vbaProject.bin": b"x"}), 422, "file-with-macros"),
    ("計畫.docx", uploads.docx({"../../evil": b"x"}), 422, "file-damaged"),
    (".pdf", PDF, 422, "file-name-not-valid"),
    ("計畫.pdf", PDF + bytes(LARGEST_FILE) + b"%%EOF", 413, "file-too-large"),
    ("計畫.pdf", bytes(LARGEST_FILE + 1024**2), 413, "body-too-large"),
)


@pytest.mark.accepts("IGP-112")
def test_a_file_that_is_not_allowed_is_refused_and_nothing_is_stored(
    county: County, student: str
) -> None:
    before = county.topics()
    for name, content, status, code in NOT_ALLOWED:
        refused = upload(county.a_eng, county, student, content, name)
        assert (refused.status_code, refused.json()["code"]) == (status, code), f"{name} {code}"
    assert county.topics() == before
    assert kept(county) == 0


def kept(county: County) -> int:
    with county.house.ledger.database.connect("projector") as connection:
        row = connection.execute("SELECT count(*) FROM books.files").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.accepts("IGP-112")
def test_every_kind_of_the_list_is_taken_up_to_its_largest_size(
    county: County, student: str
) -> None:
    for ending, (content, media_type) in GOOD.items():
        done = upload(county.a_eng, county, student, content, f"計畫.{ending}")
        assert done.status_code == 201, f"{ending}: {done.text}"
        answer = county.a_eng.get(f"/files/{done.json()['id']}")
        assert (answer.content, answer.headers["content-type"]) == (content, media_type)
    full = uploads.pdf()
    full = full.replace(b"%%EOF", bytes(LARGEST_FILE - len(full)) + b"%%EOF")
    assert len(full) == LARGEST_FILE
    done = upload(county.a_eng, county, student, full)
    assert done.status_code == 201, done.text
    assert county.a_eng.get(f"/files/{done.json()['id']}").content == full


def test_who_may_see_the_goal_fetches_its_files_and_its_teachers_alone_upload(
    county: County, student: str
) -> None:
    made = upload(county.a_eng, county, student).json()["id"]
    for who in ("a-cm", "a-office"):
        assert county.caller(who).get(f"/files/{made}").content == PDF
        assert len(listed(county, student, who)) == 1
        refused = upload(county.caller(who), county, student)
        assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")
        gone = f"/files/{made}/withdrawal"
        assert county.caller(who).post(gone, {"reason": "重複"}, version=1).status_code == 403
    for who in ("b-office", "eb", "org"):
        caller = county.caller(who)
        nothing = caller.get(f"/files/{NOBODY}")
        assert nothing.status_code == 404
        for hidden in (
            caller.get(f"/files/{made}"),
            caller.get("/files", student_id=student, school_year=112),
            upload(caller, county, student, b"nonsense"),
            caller.post(f"/files/{made}/withdrawal", "nonsense"),
        ):
            assert (hidden.status_code, hidden.content) == (404, nothing.content)
    assert file_events(county) == 1


def test_a_file_leaves_as_an_attachment_under_its_name_and_its_reading_is_recorded(
    county: County, student: str
) -> None:
    name = "𠮷林 100%.pdf"
    made = upload(county.a_eng, county, student, name=name).json()["id"]
    before = reads(county)
    answer = county.a_cm.get(f"/files/{made}")
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"__ 100_.pdf\"; filename*=UTF-8''%F0%A0%AE%B7%E6%9E%97%20100%25.pdf"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["etag"] == '"1"'
    assert reads(county) == before + 1


def reads(county: County) -> int:
    with county.house.ledger.database.connect("projector") as connection:
        row = connection.execute(
            "SELECT count(*) FROM books.access WHERE topic = 'access.read.v2'"
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_a_name_is_kept_without_folders_and_invisible_marks(county: County, student: str) -> None:
    for sent, kept_as in (
        ("C:\\文件\\計畫.pdf", "計畫.pdf"),
        ("../../etc/計畫.pdf", "計畫.pdf"),
        ("計畫\u202efdp.exe.pdf", "計畫fdp.exe.pdf"),
        ("計\u0007畫 \t .pdf", "計畫 .pdf"),
        ("\ue000\U0003149f計畫.PDF", "\ue000\U0003149f計畫.PDF"),
    ):
        form = raw_form(student, f'name="file"; filename="{sent}"')
        form["headers"] |= county.a_eng.headers
        done = county.client.post("/api/v1/files", **form)
        assert done.status_code == 201, done.text
        assert listed(county, student)[0]["name"] == kept_as
    refused = upload(county.a_eng, county, student, name="長" * 97 + ".pdf")
    assert (refused.status_code, refused.json()["code"]) == (422, "file-name-not-valid")


def test_a_file_needs_an_annual_goal_that_stands(county: County, student: str) -> None:
    refused = upload(county.a_eng, county, student, school_year=111)
    assert (refused.status_code, refused.json()["code"]) == (409, "annual-goal-missing")
    made = upload(county.a_eng, county, student).json()["id"]
    goal = f"/students/{student}/sections/annual_goal/withdrawal?school_year=112"
    assert county.a_eng.post(goal, {"reason": "重複"}, version=2).status_code == 200
    refused = upload(county.a_eng, county, student)
    assert (refused.status_code, refused.json()["code"]) == (409, "annual-goal-missing")
    assert county.a_eng.get(f"/files/{made}").status_code == 404
    assert listed(county, student) == []


def test_a_withdrawn_file_is_gone_from_the_list_and_stays_in_the_book(
    county: County, student: str
) -> None:
    made = upload(county.a_eng, county, student).json()["id"]
    other = upload(county.a_eng, county, student).json()["id"]
    path = f"/files/{made}/withdrawal"
    assert county.a_eng.post(path, {"reason": "重複"}).status_code == 428
    assert county.a_eng.post(path, {"reason": "重複"}, version=3).status_code == 412
    unsaid = county.a_eng.post(path, {}, version=1)
    assert (unsaid.status_code, unsaid.json()["code"]) == (422, "reason-required")
    done = county.a_eng.post(path, {"reason": "重複"}, version=1)
    assert (done.status_code, done.json()) == (200, {"id": made, "version": 2})
    assert [one["id"] for one in listed(county, student)] == [other]
    assert county.a_eng.get(f"/files/{made}").status_code == 404
    assert county.a_eng.post(path, {"reason": "重複"}, version=1).status_code == 412
    again = county.a_eng.post(path, {"reason": "重複"}, version=2)
    assert (again.status_code, again.json()["code"]) == (409, "already-withdrawn")
    assert kept(county) == 2


def test_the_same_upload_sent_again_has_one_effect(county: County, student: str) -> None:
    first = upload(county.a_eng, county, student, key="once")
    # The form is written anew, with another boundary between its parts.
    again = upload(county.a_eng, county, student, key="once")
    assert (again.status_code, again.content) == (201, first.content)
    other = upload(county.a_eng, county, student, uploads.pdf("別的"), key="once")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert (file_events(county), kept(county)) == (1, 1)


def test_files_of_another_stage_are_for_reading(county: County, student: str) -> None:
    made = upload(county.a_eng, county, student).json()["id"]
    promoted = county.a_office.post(
        f"/directory/students/{student}/class-changes", {"stage": "junior_high", "grade": 7}
    )
    assert promoted.status_code == 200, promoted.text
    for refused in (
        upload(county.a_eng, county, student),
        county.a_eng.post(f"/files/{made}/withdrawal", {"reason": "重複"}, version=1),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "stage-locked")
    assert county.a_eng.get(f"/files/{made}").content == PDF


@pytest.fixture
def scanned(county: County) -> Iterator[list[bytes]]:
    """The house with a scan; what it was shown."""
    from api.scanning import FileRefusedByScan

    shown: list[bytes] = []

    def scan(content: bytes) -> None:
        shown.append(content)
        if b"EICAR" in content:
            raise FileRefusedByScan(field="file")

    before = county.house.scan
    county.house.scan = scan
    yield shown
    county.house.scan = before


def test_what_the_scan_refuses_is_not_stored(
    county: County, student: str, scanned: list[bytes]
) -> None:
    refused = upload(county.a_eng, county, student, uploads.pdf("EICAR"))
    assert (refused.status_code, refused.json()["code"]) == (422, "file-refused-by-scan")
    assert (file_events(county), kept(county)) == (0, 0)
    assert upload(county.a_eng, county, student).status_code == 201
    assert scanned == [uploads.pdf("EICAR"), PDF]
