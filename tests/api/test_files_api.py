"""What may go wrong with a file: forms that are none, requests that meet, bytes that changed."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api.scanning import scan_by
from tests.api.serving import NATIONAL_IDS, County
from tests.uploads import GOAL, PDF, pdf, raw_form, upload

NOBODY = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def student(county: County) -> str:
    student = county.student()
    county.case_manager("a-cm", student)
    county.subject_teacher("a-eng", student)
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[0], "school_year": 112})
    path = f"/students/{student}/sections/annual_goal?school_year=112"
    assert county.a_eng.put(path, {"data": GOAL}, version=0).status_code == 200
    return student


def files_of(county: County, student: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = county.a_eng.get(
        "/files", student_id=student, school_year=112
    ).json()["items"]
    return items


def test_what_is_no_form_with_one_file_is_refused_and_its_field_named(
    county: County, student: str
) -> None:
    good = {"student_id": student, "school_year": "112"}
    file = ("計畫.pdf", PDF)
    for form, field, code in (
        ({"json": good}, "", "not-a-form"),
        ({"content": b"x"}, "", "not-a-form"),
        ({"data": good}, "", "not-a-form"),
        ({"data": good, "files": {"other": file}}, "other", "unknown-field"),
        ({"data": good, "files": [("file", file), ("file", file)]}, "", "not-a-form"),
        ({"data": good, "files": {"file": (None, "no file")}}, "file", "required"),
        ({"files": {"file": file}}, "student_id", "required"),
        ({"data": good | {"student_id": "x"}, "files": {"file": file}}, "student_id", "not-an-id"),
        (
            {"data": good | {"school_year": "x"}, "files": {"file": file}},
            "school_year",
            "not-a-number",
        ),
        ({"data": good | {"title": "x"}, "files": {"file": file}}, "title", "unknown-field"),
        ({"data": good | {"content": "x"}, "files": {"file": file}}, "content", "unknown-field"),
        ({"data": good | {"sha256": "x"}, "files": {"file": file}}, "sha256", "unknown-field"),
        (
            {"data": {**good, "school_year": ["112", "111"]}, "files": {"file": file}},
            "school_year",
            "unknown-field",
        ),
    ):
        refused = county.client.post("/api/v1/files", headers=county.a_eng.headers, **form)
        assert refused.status_code == 422, f"{field} {code}: {refused.text}"
        problem = refused.json()
        assert (problem["errors"][0]["field"], problem["errors"][0]["code"]) == (field, code)
        assert problem["errors"][0]["message"]
    assert files_of(county, student) == []


def test_a_torn_form_is_refused(county: County, student: str) -> None:
    whole = raw_form(student, 'name="file"; filename="a.pdf"')
    headers = county.a_eng.headers | whole["headers"]
    for content in (whole["content"][:-20], b"--part\r\n\r\n\r\n--part--", b"--other--", b""):
        refused = county.client.post("/api/v1/files", headers=headers, content=content)
        assert refused.status_code == 422, refused.text
    headers["Content-Type"] = "multipart/form-data"
    refused = county.client.post("/api/v1/files", headers=headers, content=whole["content"])
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "not-a-form")
    assert files_of(county, student) == []


def test_a_file_never_lies_on_the_disk_unencrypted(
    county: County, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise AssertionError("the file was written to the disk")

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", refuse)
    large = pdf("x" * 5_000_000)
    done = upload(county.a_eng, county, student, large)
    assert done.status_code == 201, done.text
    assert county.a_eng.get(f"/files/{done.json()['id']}").content == large


def test_files_that_are_sent_at_once_are_all_kept(county: County, student: str) -> None:
    def send(number: int) -> int:
        content = pdf(f"第 {number} 份")
        return int(upload(county.a_eng, county, student, content, f"{number}.pdf").status_code)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(send, range(8))) == {201}
    assert sorted(one["name"] for one in files_of(county, student)) == [
        f"{number}.pdf" for number in range(8)
    ]


def test_a_file_is_withdrawn_once_however_requests_meet(county: County, student: str) -> None:
    made = upload(county.a_eng, county, student).json()["id"]
    path = f"/files/{made}/withdrawal"
    with ThreadPoolExecutor(5) as pool:
        answers = list(
            pool.map(lambda _: county.a_eng.post(path, {"reason": "重複"}, version=1), range(5))
        )
    assert sorted(one.status_code for one in answers) == [200, 412, 412, 412, 412]
    assert county.topics().count("annual-goal.plan-file-removed.v1") == 1


@pytest.mark.parametrize("what", ["altered", "gone"])
def test_a_file_that_is_not_what_it_was_is_not_given_out(
    county: County, student: str, what: str
) -> None:
    made = upload(county.a_eng, county, student).json()["id"]
    change = {
        "altered": "UPDATE books.files SET body = set_byte(body, 15, get_byte(body, 15) # 1)",
        "gone": "DELETE FROM books.files",
    }[what]
    with county.house.ledger.database.connect("owner") as connection:
        connection.execute("ALTER TABLE books.files DISABLE TRIGGER append_only")
        connection.execute(change.encode())
    answer = county.a_eng.get(f"/files/{made}")
    if what == "gone":
        # Nothing says any more to which student it belonged; verify names the event.
        assert answer.status_code == 404
    else:
        assert (answer.status_code, answer.json()["code"]) == (500, "file-altered")


def test_with_the_key_of_the_student_the_file_is_gone(county: County, student: str) -> None:
    made = upload(county.a_eng, county, student).json()["id"]
    keyring = county.house.ledger.keyring
    (key,) = keyring._folder.rglob(f"{student}.record")
    key.unlink()
    keyring.forget()
    answer = county.a_eng.get(f"/files/{made}")
    assert (answer.status_code, answer.json()["code"]) == (409, "file-erased")
    assert PDF not in answer.content
    [item] = files_of(county, student)
    assert (item["name"], item["sha256"]) == ("已依法刪除", "已依法刪除")


def test_a_program_that_looks_at_files_decides(county: County, student: str) -> None:
    for command, status, code in (
        ("/bin/false", 422, "file-refused-by-scan"),
        ("/nowhere/scanner", 503, "scan-unavailable"),
    ):
        county.house.scan = scan_by(command)
        refused = upload(county.a_eng, county, student)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
        assert files_of(county, student) == []
    county.house.scan = scan_by("/bin/true")
    assert upload(county.a_eng, county, student).status_code == 201


def test_an_id_of_something_else_is_an_id_of_no_file(county: County, student: str) -> None:
    for wrong in (student, NOBODY, county.id_of("a-eng"), "nonsense"):
        nothing = county.a_eng.get(f"/files/{wrong}")
        gone = county.a_eng.post(f"/files/{wrong}/withdrawal", {"reason": "重複"}, version=1)
        assert (nothing.status_code, gone.status_code) == (404, 404)
        assert nothing.content == gone.content
