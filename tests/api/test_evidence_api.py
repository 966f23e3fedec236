"""The evidence bundle over HTTP: it proves itself, and holds what its reader may see."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from domain.programme import shipped_text
from domain.programme_rules import read
from replay.verify.bundle import Refused
from replay.verify.evidence import Given, check_bundle
from tests.api.hearing import PROGRAMME, Hearing
from tests.api.serving import NOTE, County
from tests.documents.pdf_text import pages_of


@pytest.fixture
def hearing(county: County) -> Hearing:
    return Hearing(county)


def bundle(hearing: Hearing, username: str = "reviewer", **params: Any) -> tuple[bytes, str]:
    answer = hearing.county.caller(username).get(f"{hearing.path}/evidence", **params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/zip"
    return answer.content, answer.headers["Igp-As-Of"]


def files(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def events(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in files(data)["events.jsonl"].splitlines()]


def items(data: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(files(data)["timeline.json"])["items"]
    return found


def test_it_proves_itself_with_the_published_key(hearing: Hearing) -> None:
    hearing.seal()
    data, _ = bundle(hearing)
    key = hearing.reviewer.get("/ledger/key").text.splitlines()
    published = next(line for line in key if "/records" in line)
    answer = check_bundle(data, Given(key=published))
    assert answer.events == len(events(data))
    manifest = json.loads(files(data)["manifest.json"])
    assert manifest["dispute"] == hearing.dispute
    assert manifest["student"] == hearing.student
    nouns = {one["noun"]: one["count"] for one in manifest["scopes"]}
    assert nouns["placement"] == 1
    assert nouns["needs-assessment"] == 0
    assert nouns["student"] == 1
    assert "dispute" not in nouns


def test_it_shows_the_content_that_its_reader_may_see_and_no_other(hearing: Hearing) -> None:
    hearing.seal()
    data, _ = bundle(hearing)
    said = {one["topic"]: one for one in items(data)}
    placement = {one["field"]: one["after"] for one in said["placement.recorded.v1"]["fields"]}
    assert placement["arrangement"] == "至六年二班上英語課程"
    assert said["placement.recorded.v1"]["occurred_on"] == "2024-06-03"
    closed = {
        one["position"]: one["rule"] for one in json.loads(files(data)["manifest.json"])["closed"]
    }
    assert closed == {said["student.registered.v1"]["position"]: "national-id"}
    assert b"A123456789" not in b"".join(files(data).values())
    assert NOTE["content"].encode() not in b"".join(files(data).values())
    topics = {one["topic"] for one in events(data)}
    assert "programme.published.v1" in topics
    assert not {one for one in topics if one.startswith("counselling-note")}


def test_the_same_position_gives_the_same_bytes_while_its_terms_stand(hearing: Hearing) -> None:
    hearing.seal()
    first, token = bundle(hearing)
    path = f"/students/{hearing.student}/placements/{hearing.placement}"
    change = {"placement_grade": 5, "reason": "改為升一級"}
    assert hearing.county.a_office.put(path, change, version=1).status_code == 200
    hearing.seal()
    again, same = bundle(hearing, position=token)
    assert (again, same) == (first, token)
    newer, other = bundle(hearing)
    assert other != token
    assert len(events(newer)) > len(events(first))
    check_bundle(newer)
    stolen = hearing.eb.get(f"{hearing.path}/evidence", position=token)
    assert (stolen.status_code, stolen.json()["code"]) == (422, "not-valid")


def test_another_reach_is_other_terms(hearing: Hearing) -> None:
    hearing.seal()
    _, token = bundle(hearing)
    body = {"account": "reviewer", "sections": ["placement", "awards"], "until": "112.12.31"}
    version = hearing.eb.get(hearing.path).json()["version"]
    account = hearing.county.id_of("reviewer")
    end = f"{hearing.path}/reviewers/{account}/end"
    assert hearing.eb.post(end, {"reason": "改派"}, version=version).status_code == 200
    assert hearing.eb.post(f"{hearing.path}/reviewers", body).status_code == 201
    answer = hearing.reviewer.get(f"{hearing.path}/evidence", position=token)
    assert (answer.status_code, answer.json()["code"]) == (409, "evidence-terms-changed")


def test_a_released_note_is_in_it_until_it_is_taken_back(hearing: Hearing) -> None:
    hearing.release()
    hearing.seal()
    data, token = bundle(hearing)
    check_bundle(data)
    [made] = [one for one in items(data) if one["topic"] == "note-release.made.v1"]
    assert {one["field"]: one["after"] for one in made["fields"]}["content"] == NOTE["content"]
    hearing.take_back()
    stale = hearing.reviewer.get(f"{hearing.path}/evidence", position=token)
    assert (stale.status_code, stale.json()["code"]) == (409, "evidence-terms-changed")
    # Also before the taking back is sealed.
    now, _ = bundle(hearing)
    assert NOTE["content"].encode() not in files(now)["timeline.json"]
    check_bundle(now)
    hearing.seal()
    later, _ = bundle(hearing)
    check_bundle(later)
    assert "release-withdrawn" in {
        one["rule"] for one in json.loads(files(later)["manifest.json"])["closed"]
    }


def test_the_school_and_the_authority_have_their_own(hearing: Hearing) -> None:
    hearing.release()
    hearing.seal()
    for username in ("eb", "a-office"):
        data, _ = bundle(hearing, username)
        check_bundle(data)
    of_school = b"".join(files(bundle(hearing, "a-office")[0]).values())
    assert NOTE["content"].encode() not in of_school
    for caller in (hearing.county.b_office, hearing.county.org, hearing.author):
        answer = caller.get(f"{hearing.path}/evidence")
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_what_is_not_sealed_is_not_handed_out(hearing: Hearing) -> None:
    answer = hearing.reviewer.get(f"{hearing.path}/evidence")
    assert (answer.status_code, answer.json()["code"]) == (503, "not-sealed-yet")


def test_a_flipped_byte_is_refused(hearing: Hearing) -> None:
    hearing.seal()
    data, _ = bundle(hearing)
    for at in range(100, len(data), len(data) // 40):
        broken = bytearray(data)
        broken[at] ^= 1
        with pytest.raises(Refused):
            check_bundle(bytes(broken))


def test_the_verifier_in_it_runs_alone(hearing: Hearing, tmp_path: Path) -> None:
    hearing.seal()
    data, _ = bundle(hearing)
    (tmp_path / "bundle.zip").write_bytes(data)
    (tmp_path / "verify.py").write_bytes(files(data)["verify_evidence.py"])
    run = subprocess.run(
        [sys.executable, "-I", "verify.py", "bundle.zip"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "查核通過" in run.stdout
    assert "公布" in run.stdout


def test_its_paper_is_tagged_and_says_what_happened(hearing: Hearing) -> None:
    hearing.seal()
    data, _ = bundle(hearing)
    with pikepdf.open(io.BytesIO(files(data)["timeline.pdf"])) as pdf:
        assert pdf.Root.MarkInfo.Marked
        metadata = pdf.Root.Metadata.read_bytes().decode()
    assert "pdfuaid" in metadata
    text = files(data)["how-to-check.txt"].decode()
    assert "verify_evidence.py" in text
    assert "無法收回" in text


def test_its_paper_says_whom_and_what_it_is_about_and_that_nobody_changed_what_another_said(
    hearing: Hearing,
) -> None:
    spoken = f"{hearing.path}/statements"
    family = {"side": "applicant", "text": "家長請求重新計分", "given_on": "112.8.1"}
    hearing.eb.made(spoken, family)
    hearing.county.a_office.made(spoken, {"text": "學校已重新核對", "given_on": "112.8.1"})
    hearing.seal()
    data, _ = bundle(hearing)
    check_bundle(data)
    said = [one for one in items(data) if one["topic"] == "dispute.statement-added.v1"]
    befores = {field["before_from"] for one in said for field in one["fields"]}
    assert (len(said), befores) == (2, {None})
    [placed] = [one for one in items(data) if one["topic"] == "placement.recorded.v1"]
    asked = [one["field"] for one in placed["fields"]]
    # As a form has them, not by the names of the program.
    assert asked.index("category") < asked.index("placement_grade") < asked.index("arrangement")
    text = "".join(pages_of(files(data)["timeline.pdf"]))
    student = hearing.eb.get(f"/students/{hearing.student}").json()
    for told in (student["name"], student["organisation"]["name"], "申訴", "審理中"):
        assert told in text
    for told in ("112.7.20（星期四）收到通知", "爭議案：陳述", "模擬時鐘", "未列入", "金鑰指紋"):
        assert told in text
    # By which plan was counted stands there by its name.
    assert f"{read(shipped_text(PROGRAMME)).name}，第 1 版" in text.replace("\n", "")
    assert PROGRAMME not in text
    page = files(data)["how-to-check.txt"].decode()
    assert "安置（placement）：1 筆" in page
    assert "模擬時鐘" in page


def test_the_steps_of_an_application_are_in_it_for_whoever_may_see_them(hearing: Hearing) -> None:
    clock = {"now": "2025-02-17T09:00:00+08:00"}
    assert hearing.eb.post("/simulation/clock", clock).status_code == 200
    student = {"student_id": hearing.student}
    hearing.county.a_office.made(f"/programmes/{PROGRAMME}/applications", student)
    hearing.another_reviewer("second")
    of_second = {"account": "second", "sections": ["application"], "until": "114.12.31"}
    assert hearing.eb.post(f"{hearing.path}/reviewers", of_second).status_code == 201
    third = hearing.another_reviewer("third")
    of_third = of_second | {"account": "third", "sections": ["placement"]}
    assert hearing.eb.post(f"{hearing.path}/reviewers", of_third).status_code == 201
    hearing.seal()
    for username in ("second", "eb"):
        data, _ = bundle(hearing, username)
        check_bundle(data)
        counts = {
            one["noun"]: one["count"] for one in json.loads(files(data)["manifest.json"])["scopes"]
        }
        assert counts["application"] == 1
        assert counts["document"] == 0
        [opened] = [one for one in items(data) if one["topic"] == "application.opened.v1"]
        assert opened["stated"]["event"] == "開案"
        assert opened["stated"]["offices"] == ["主管機關學務", "承辦學校"]
        # Nothing is called by the names of the program.
        assert not [one for one in opened["stated"]["labels"].values() if one.isascii()]
    other = third.get(f"{hearing.path}/evidence").content
    assert "application.opened.v1" not in {one["topic"] for one in items(other)}


def test_the_handing_out_is_recorded_with_the_digest_of_the_file(hearing: Hearing) -> None:
    hearing.seal()
    bundle(hearing)
    with hearing.county.house.ledger.database.connect("projector") as connection:
        row = connection.execute(
            "SELECT topic, position(%s::bytea IN body) > 0 FROM books.access"
            " ORDER BY position DESC LIMIT 1",
            (b'"what":"disputes/evidence"',),
        ).fetchone()
    assert row is not None
    assert row[0].startswith("access.exported")
    assert row[1]


def test_a_stored_report_that_was_used_goes_with_it(hearing: Hearing) -> None:
    asked = {"kind": "changes", "from": "112.7.1", "to": "112.8.31"}
    report = hearing.reviewer.made("/reports", asked)
    hearing.seal()
    data, token = bundle(hearing, report=report)
    check_bundle(data)
    said = json.loads(files(data)[f"reports/{report}.json"])
    assert said["terms"]["digest"]
    again, _ = bundle(hearing, position=token, report=report)
    assert again == data
    without = hearing.reviewer.get(f"{hearing.path}/evidence", position=token)
    assert (without.status_code, without.json()["code"]) == (409, "evidence-terms-changed")
    of_others = hearing.eb.get(f"{hearing.path}/evidence", report=report)
    assert (of_others.status_code, of_others.json()["code"]) == (404, "not-found")
