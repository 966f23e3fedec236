"""Disputes over HTTP: who opens, sees, states and decides; and exactly a reviewer's reach."""

from typing import Any
from uuid import uuid4

import orjson
import pytest

from domain.access import REVIEWABLE
from domain.programme import shipped_text
from tests.api.serving import NOTE, PASSWORD, PLACEMENT, County

CLOCK = "/simulation/clock"


@pytest.fixture
def heard(county: County) -> County:
    """The county in May 114, its programme published, with a reviewer `rev`."""
    move_clock(county, "2025-05-09T10:00:00+08:00")
    for code in ("kaohsiung-114", "new-taipei-113", "miaoli-103"):
        county.eb.made("/programmes", {"text": shipped_text(code)})
    reviewer(county, "rev")
    return county


def move_clock(county: County, now: str) -> None:
    answer = county.eb.post(CLOCK, {"now": now})
    assert answer.status_code == 200, answer.text


def reviewer(county: County, username: str, *roles: str) -> str:
    entry = {
        "username": username,
        "name": "施審議",
        "organisation": "ks-council",
        "roles": list(roles or ("reviewer",)),
        "password": PASSWORD,
    }
    return county.eb.made("/accounts", entry)


def entry(student: str, **given: Any) -> dict[str, Any]:
    return {
        "student_id": student,
        "programme": "kaohsiung-114",
        "kind": "complaint",
        "decision_id": None,
        "subject": "複選測驗結果",
        "grounds": "英語科計分有疑義",
        "notice_received_on": "114.4.21",
        "filed_on": "114.5.9",
    } | given


def appointed(county: County, dispute: str, *sections: str, until: str = "114.6.30") -> None:
    body = {"account": "rev", "sections": list(sections), "until": until}
    county.eb.made(f"/disputes/{dispute}/reviewers", body)


def version_of(county: County, dispute: str) -> int:
    version: int = county.eb.get(f"/disputes/{dispute}").json()["version"]
    return version


# -- programmes


def test_a_programme_is_published_by_the_authority_and_read_by_everybody(county: County) -> None:
    text = shipped_text("new-taipei-113")
    assert county.a_office.post("/programmes", {"text": text}).status_code == 403
    county.eb.made("/programmes", {"text": text})
    [line] = county.a_office.get("/programmes").json()["items"]
    assert (line["id"], line["version"]) == ("new-taipei-113", 1)
    answer = county.a_office.get("/programmes/new-taipei-113")
    assert answer.headers["ETag"] == '"1"'
    told = answer.json()
    appeal = told["rules"]["disputes"]["appeal"]
    assert (appeal["window"]["days"], appeal["late"]["words"]) == (20, "逾期不予受理")
    assert appeal["source"] == {"document": "實施計畫", "section": "陸 四(一)"}
    assert told["rules"]["disputes"]["recheck"] == "none"
    assert [one["finding"] for one in told["findings"]] == ["weekday-differs:w09.opens"]
    assert told["text"] == text
    assert county.a_office.get("/programmes/nowhere-1").status_code == 404


def test_the_same_text_again_is_no_event_and_another_is_a_new_version(county: County) -> None:
    text = shipped_text("miaoli-103")
    county.eb.made("/programmes", {"text": text})
    again = county.eb.post("/programmes", {"text": text})
    assert (again.status_code, again.json()["version"]) == (201, 1)
    assert county.topics().count("programme.published.v1") == 1
    more = county.eb.post("/programmes", {"text": text + "\n# 修正\n"})
    assert more.json()["version"] == 2
    assert county.eb.get("/programmes/miaoli-103").json()["version"] == 2
    first = county.eb.get("/programmes/miaoli-103", version=1).json()
    assert (first["version"], first["text"]) == (1, text)
    assert county.eb.get("/programmes/miaoli-103", version=3).status_code == 404
    refused = county.eb.post("/programmes", {"text": "code = 1"})
    assert (refused.status_code, refused.json()["code"]) == (422, "programme-not-valid")


# -- opening


def test_an_opening_answers_with_the_last_day_and_how_it_was_counted(heard: County) -> None:
    student = heard.student()
    answer = heard.eb.post("/disputes", entry(student))
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["version"], answer.headers["ETag"]) == (1, '"1"')
    assert told["last_day"] == "2025-05-11"
    assert told["also_accepted_until"] == "2025-05-12"
    assert told["timely"] is True
    counting = told["counting"]
    assert "末日為 114.5.11（星期日）" in counting["text"]
    assert (counting["programme"], counting["programme_version"]) == ("kaohsiung-114", 1)
    assert counting["source"]["section"] == "十五(九)"
    assert (counting["days"], counting["notice_received_on"]) == (20, "2025-04-21")


def test_the_day_of_filing_is_today_and_a_late_one_is_opened_and_said_to_be_late(
    heard: County,
) -> None:
    student = heard.student()
    move_clock(heard, "2025-05-13T09:00:00+08:00")
    told = heard.eb.post("/disputes", entry(student, filed_on=None)).json()
    assert told["counting"]["filed_on"] == "2025-05-13"
    assert told["timely"] is False
    assert heard.eb.get(f"/disputes/{told['id']}").json()["status"] == "open"


def test_where_the_plan_sets_no_window_nothing_is_counted(heard: County) -> None:
    student = heard.student()
    told = heard.eb.post(
        "/disputes", entry(student, programme="miaoli-103", kind="placement_review")
    ).json()
    assert (told["last_day"], told["timely"]) == (None, None)
    assert told["counting"]["text"] == "這份計畫沒有規定期限。"


def test_a_decision_is_counted_by_the_version_that_was_in_force(heard: County) -> None:
    student = heard.student()
    text = shipped_text("kaohsiung-114")
    first = heard.eb.post("/disputes", entry(student)).json()["id"]
    heard.eb.made("/programmes", {"text": text.replace("days = 20", "days = 30")})
    second = heard.eb.post("/disputes", entry(student)).json()
    assert (second["last_day"], second["counting"]["programme_version"]) == ("2025-05-21", 2)
    told = heard.eb.get(f"/disputes/{first}").json()
    assert (told["last_day"], told["counting"]["days"]) == ("2025-05-11", 20)
    assert told["counting"]["programme_version"] == 1


def test_a_dispute_is_opened_by_the_authority_alone(heard: County) -> None:
    student = heard.student()
    heard.case_manager("a-cm", student)
    for who, status in (("a-office", 403), ("a-cm", 403), ("b-office", 404), ("rev", 404)):
        assert heard.caller(who).post("/disputes", entry(student)).status_code == status
    # The organiser knows the students of the process; here is none.
    assert heard.org.post("/disputes", entry(student)).status_code == 404
    assert heard.eb.post("/disputes", entry(str(uuid4()))).status_code == 404


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"programme": "nowhere-1"}, "not-valid", "programme"),
        ({"decision_id": str(uuid4())}, "not-valid", "decision_id"),
        ({"notice_received_on": "114.5.10"}, "date-in-future", "notice_received_on"),
        ({"filed_on": "114.4.20"}, "filed-before-notice", "filed_on"),
        ({"grounds": " "}, "not-valid", "grounds"),
        ({"kind": "recheck", "notice_received_on": None}, "stage-required", "stage"),
        ({"kind": "recheck", "stage": "third"}, "stage-unknown", "stage"),
        ({"conditions": ["spoken"]}, "not-valid", "conditions"),
    ],
)
def test_an_opening_that_is_not_valid_names_the_field(
    heard: County, given: dict[str, Any], code: str, field: str
) -> None:
    answer = heard.eb.post("/disputes", entry(heard.student(), **given))
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["errors"][0]["field"] == field


def test_the_decision_that_is_disputed_is_one_on_this_student(heard: County) -> None:
    student, other = heard.student(), heard.student(number=1)
    placement = heard.a_office.made(f"/students/{student}/placements", PLACEMENT)
    assert heard.eb.post("/disputes", entry(student, decision_id=placement)).status_code == 201
    assert heard.eb.post("/disputes", entry(other, decision_id=placement)).status_code == 422


def test_a_repeated_opening_answers_as_the_first(heard: County) -> None:
    body = entry(heard.student())
    first, again = (heard.eb.post("/disputes", body, key="k1") for _ in range(2))
    assert first.json() == again.json()
    assert heard.topics().count("dispute.opened.v1") == 1


def test_the_parties_words_are_not_readable_in_the_book(heard: County) -> None:
    heard.eb.made("/disputes", entry(heard.student(), grounds="祕密的理由"))
    said = heard.said("dispute.opened.v1")
    assert "祕密" not in orjson.dumps(said).decode()
    assert said["last_day"] == "2025-05-11"


# -- who sees it


def test_authority_school_and_reviewers_see_a_dispute_and_nobody_else(heard: County) -> None:
    student = heard.student()
    heard.case_manager("a-cm", student)
    heard.a_office.made(f"/students/{student}/placements", PLACEMENT)
    dispute = heard.eb.made("/disputes", entry(student))
    path = f"/disputes/{dispute}"
    assert heard.rev.get(path).status_code == 404
    appointed(heard, dispute, "placement")
    for who in ("eb", "a-office", "rev"):
        told = heard.caller(who).get(path)
        assert told.status_code == 200
        assert told.json()["grounds"] == "英語科計分有疑義"
        assert told.json()["student"]["name"] == "陳小明"
        assert [one["id"] for one in heard.caller(who).get("/disputes").json()["items"]] == [
            dispute
        ]
    nothing = heard.eb.get(f"/disputes/{uuid4()}")
    for who in ("a-cm", "b-office", "org", "council"):
        answer = heard.caller(who).get(path)
        assert answer.status_code == 404
        assert answer.json() == nothing.json()
        assert heard.caller(who).get("/disputes").json()["items"] == []
        report = heard.caller(who).get("/changes", **{"from": "114.1.1", "to": "114.12.31"})
        assert "dispute" not in report.text
        assert "dispute" not in heard.caller(who).get(f"/students/{student}/history").text


def test_every_reading_of_a_dispute_is_recorded(heard: County) -> None:
    student = heard.student()
    dispute = heard.eb.made("/disputes", entry(student))
    appointed(heard, dispute, "placement")
    assert heard.rev.get(f"/disputes/{dispute}").status_code == 200
    assert last_read(heard)["capacity"] == "RV"
    assert last_read(heard)["subjects"] == [student]
    assert (last_read(heard)["what"], last_read(heard)["record_id"]) == ("dispute", dispute)
    heard.eb.get("/disputes")
    assert (heard.last_listed()["what"], heard.last_listed()["subjects"]) == (
        "disputes",
        [student],
    )
    heard.b_office.get(f"/disputes/{dispute}")
    refused = heard.last_refusal()
    assert (refused["what"], refused["rule"], refused["subjects"]) == (
        "dispute",
        "not-found",
        [student],
    )


def last_read(county: County) -> dict[str, Any]:
    with county.house.ledger.database.connect("projector") as connection:
        [[body]] = connection.execute(
            "SELECT body FROM books.access WHERE topic LIKE 'access.read.%%'"
            " ORDER BY position DESC LIMIT 1".replace("%%", "%")
        ).fetchall()
    found: dict[str, Any] = orjson.loads(body)
    return found


def test_the_list_is_paged_and_filtered(heard: County) -> None:
    one, other = heard.student(), heard.student("ks-b", number=1)
    first = heard.eb.made("/disputes", entry(one))
    second = heard.eb.made("/disputes", entry(other, filed_on="114.5.8"))
    page = heard.eb.get("/disputes", sort="filed_on", limit=1).json()
    assert [item["id"] for item in page["items"]] == [second]
    rest = heard.eb.get("/disputes", sort="filed_on", limit=1, cursor=page["next_cursor"]).json()
    assert [item["id"] for item in rest["items"]] == [first]
    assert rest["next_cursor"] is None
    for given, found in (
        ({"student": one}, [first]),
        ({"organisation": "ks-b"}, [second]),
        ({"status": "decided"}, []),
        ({"kind": "recheck"}, []),
        ({"programme": "kaohsiung-114"}, [second, first]),
    ):
        items = heard.eb.get("/disputes", **given).json()["items"]
        assert [item["id"] for item in items] == found


# -- a reviewer's reach


def test_a_reviewer_sees_the_named_sections_of_this_student_and_nothing_else(
    heard: County,
) -> None:
    student, other = heard.student(), heard.student(number=1)
    heard.case_manager("a-cm", student, other)
    for one in (student, other):
        heard.a_office.made(f"/students/{one}/placements", PLACEMENT)
        heard.a_cm.made(f"/students/{one}/notes", NOTE | {"school_year": 113})
    dispute = heard.eb.made("/disputes", entry(student))
    gone = f"/students/{student}"
    assert heard.rev.get(gone).status_code == 404
    appointed(heard, dispute, "placement", "awards", "meeting")
    told = heard.rev.get(gone)
    assert (told.status_code, told.json()["name"]) == (200, "陳小明")
    # Whom it concerns beside, the relations do not tell.
    assert [one["kind"] for one in told.json()["relations"]] == ["review"]
    assert len(heard.rev.get(f"{gone}/placements").json()["items"]) == 1
    for path in ("sections/awards", "meetings"):
        assert heard.rev.get(f"{gone}/{path}").status_code == 200, path
    assert heard.rev.get(f"{gone}/placement-requests").json()["items"] == []
    for path in (
        "sections/basic_family",
        "sections/needs_assessment",
        "sections/annual_goal",
        "replacements",
        "courses",
        "plan?school_year=113",
    ):
        assert heard.rev.get(f"{gone}/{path}").status_code == 404, path
    # The notes of others are nothing there.
    notes = heard.rev.get(f"{gone}/notes")
    assert "談到分組學習的壓力" not in notes.text
    assert notes.status_code in (403, 404) or notes.json()["items"] == []
    assert [one["id"] for one in heard.rev.get("/students").json()["items"]] == [student]
    for path in ("", "/placements", "/history", "/sections/awards"):
        assert heard.rev.get(f"/students/{other}{path}").status_code == 404, path
    sections = {
        one["section"]
        for one in heard.rev.get("/changes", **{"from": "112.1.1", "to": "114.12.31"}).json()[
            "items"
        ]
    }
    assert sections <= {"placement", "awards", "meeting", "dispute", "directory"}
    assert {"placement", "dispute"} <= sections


def test_a_reviewer_changes_nothing(heard: County) -> None:
    student = heard.student()
    placement = heard.a_office.made(f"/students/{student}/placements", PLACEMENT)
    dispute = heard.eb.made("/disputes", entry(student))
    appointed(heard, dispute, "placement", "awards")
    path = f"/disputes/{dispute}"
    tried: list[tuple[str, Any, int | None]] = [
        (f"{path}/statements", {"text": "x"}, None),
        (f"{path}/reviewers", {"account": "rev", "sections": ["plan"], "until": "114.6.1"}, None),
        (f"{path}/hearing-closing", {}, 2),
        (f"{path}/decisions", {"outcome": "upheld", "decided_on": "114.5.9", "reasons": "x"}, 2),
        (f"{path}/withdrawal", {"reason": "x"}, 2),
        (f"{path}/reviewers/{heard.id_of('rev')}/end", {"reason": "x"}, 2),
        (f"/students/{student}/placements", PLACEMENT, None),
        (f"/students/{student}/placements/{placement}/withdrawal", {"reason": "x"}, 1),
        ("/disputes", entry(student), None),
    ]
    before = heard.topics()
    for where, body, version in tried:
        answer = heard.rev.post(where, body, version=version)
        assert answer.status_code == 403, where
    put = heard.rev.put(
        f"/students/{student}/sections/awards", {"data": {"entries": []}}, version=0
    )
    assert put.status_code == 403
    assert heard.topics() == before


def test_the_reach_ends_with_its_last_day(heard: County) -> None:
    student = heard.student()
    dispute = heard.eb.made("/disputes", entry(student))
    appointed(heard, dispute, "placement", until="114.5.10")
    move_clock(heard, "2025-05-10T23:59:00+08:00")
    heard.eb.made("/disputes", entry(student))
    assert heard.rev.get(f"/disputes/{dispute}").status_code == 200
    move_clock(heard, "2025-05-11T00:00:00+08:00")
    heard.eb.made("/disputes", entry(student))
    for path in (f"/disputes/{dispute}", f"/students/{student}"):
        assert heard.rev.get(path).status_code == 404
    assert heard.rev.get("/disputes").json()["items"] == []


def test_the_authority_ends_an_appointment_with_a_reason(heard: County) -> None:
    student = heard.student()
    dispute = heard.eb.made("/disputes", entry(student))
    appointed(heard, dispute, "placement")
    end = f"/disputes/{dispute}/reviewers/{heard.id_of('rev')}/end"
    assert heard.eb.post(end, {"reason": "迴避"}).status_code == 428
    assert heard.eb.post(end, {"reason": "迴避"}, version=1).status_code == 412
    assert heard.eb.post(end, {}, version=2).json()["code"] == "reason-required"
    assert heard.a_office.post(end, {"reason": "迴避"}, version=2).status_code == 403
    assert heard.eb.post(end, {"reason": "迴避"}, version=2).status_code == 200
    assert heard.rev.get(f"/disputes/{dispute}").status_code == 404
    again = heard.eb.post(end, {"reason": "迴避"}, version=3)
    assert (again.status_code, again.json()["code"]) == (409, "reviewer-not-appointed")
    stranger = f"/disputes/{dispute}/reviewers/{heard.id_of('a-office')}/end"
    assert heard.eb.post(stranger, {"reason": "x"}, version=3).status_code == 404


def test_only_accounts_of_reviewers_are_appointed_for_what_can_be_shown(heard: County) -> None:
    dispute = heard.eb.made("/disputes", entry(heard.student()))
    reviewers = f"/disputes/{dispute}/reviewers"
    body = {"account": "rev", "sections": ["placement"], "until": "114.6.1"}
    for given, status, code in (
        ({"account": "a-office"}, 409, "not-a-reviewer"),
        ({"account": "nobody"}, 404, "not-found"),
        ({"sections": ["counselling_note"]}, 422, "not-valid"),
        ({"sections": []}, 422, "not-valid"),
        ({"until": "114.5.8"}, 422, "not-valid"),
    ):
        answer = heard.eb.post(reviewers, body | given)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    heard.eb.made(reviewers, body)
    assert heard.eb.post(reviewers, body).json()["code"] == "reviewer-already-appointed"


# -- what is said in it


def test_both_sides_speak_and_the_hearing_closes(heard: County) -> None:
    student = heard.student()
    dispute = heard.eb.made("/disputes", entry(student))
    statements = f"/disputes/{dispute}/statements"
    heard.a_office.made(statements, {"text": "學校依規定計分"})
    paper = {"text": "家長補充書面", "side": "applicant", "given_on": "114.5.8"}
    heard.eb.made(statements, paper)
    heard.eb.made(statements, {"text": "主管機關說明"})
    assert heard.a_office.post(statements, paper).status_code == 403
    assert heard.b_office.post(statements, {"text": "x"}).status_code == 404
    told = heard.eb.get(f"/disputes/{dispute}").json()
    assert [(one["side"], one["text"]) for one in told["statements"]] == [
        ("school", "學校依規定計分"),
        ("applicant", "家長補充書面"),
        ("authority", "主管機關說明"),
    ]
    assert told["statements"][1]["given_on"] == "2025-05-08"
    closing = f"/disputes/{dispute}/hearing-closing"
    assert heard.eb.post(closing, {}).status_code == 428
    assert heard.eb.post(closing, {}, version=4).status_code == 200
    late = heard.a_office.post(statements, {"text": "補充"})
    assert (late.status_code, late.json()["code"]) == (409, "hearing-closed")
    assert heard.eb.get(f"/disputes/{dispute}").json()["hearing_closed_at"] is not None


def test_a_decision_ends_the_dispute_and_its_reviewers_read_it(heard: County) -> None:
    student = heard.student()
    dispute = heard.eb.made("/disputes", entry(student))
    appointed(heard, dispute, "placement")
    decisions = f"/disputes/{dispute}/decisions"
    body = {
        "outcome": "partly_upheld",
        "document_number": "教特字第1140509號",
        "decided_on": "114.5.9",
        "reasons": "重新計分",
    }
    assert heard.eb.post(decisions, body).status_code == 428
    assert heard.eb.post(decisions, body, version=1).status_code == 412
    assert heard.a_office.post(decisions, body, version=2).status_code == 403
    assert heard.eb.post(decisions, body, version=2).status_code == 201
    told = heard.rev.get(f"/disputes/{dispute}").json()
    assert (told["status"], told["decision"]["reasons"]) == ("decided", "重新計分")
    assert told["decision"]["recorded_by"]["name"] == "eb 承辦人"
    again = heard.eb.post(decisions, body, version=3)
    assert (again.status_code, again.json()["code"]) == (409, "dispute-not-open")
    back = heard.eb.post(f"/disputes/{dispute}/withdrawal", {"reason": "x"}, version=3)
    assert back.json()["code"] == "dispute-not-open"


def test_a_dispute_names_the_next_instance_to_whom_may_see_it_and_says_what_lacks_in_words(
    heard: County,
) -> None:
    student = heard.student()
    recheck = entry(student, kind="recheck", conditions=["form", "fee_slip"])
    first = heard.eb.made("/disputes", recheck)
    appointed(heard, first, "placement")
    second = heard.eb.made("/disputes", entry(student, previous_dispute_id=first))
    heard.eb.made("/disputes", entry(student))
    told = heard.eb.get(f"/disputes/{first}").json()
    assert told["next_dispute_ids"] == [second]
    assert told["missing"] == ["return_envelope"]
    assert told["missing_names"] == ["回郵掛號信封（填妥收件人、貼足 36 元郵票）"]
    onward = heard.eb.get(f"/disputes/{second}").json()
    assert (onward["previous_dispute_id"], onward["next_dispute_ids"]) == (first, [])
    # Whoever reviews the first one does not see the second.
    assert heard.rev.get(f"/disputes/{first}").json()["next_dispute_ids"] == []


def test_a_dispute_is_taken_back_with_a_reason(heard: County) -> None:
    dispute = heard.eb.made("/disputes", entry(heard.student()))
    path = f"/disputes/{dispute}/withdrawal"
    assert heard.eb.post(path, {}, version=1).json()["code"] == "reason-required"
    assert heard.eb.post(path, {"reason": "家長撤回"}, version=1).status_code == 200
    assert heard.eb.get(f"/disputes/{dispute}").json()["status"] == "withdrawn"


def test_the_changes_of_a_dispute_name_people_and_days(heard: County) -> None:
    student = heard.student()
    dispute = heard.eb.made("/disputes", entry(student))
    appointed(heard, dispute, "placement")
    wanted = {"from": "114.5.1", "to": "114.5.31", "section": "dispute"}
    items = heard.eb.get("/changes", **wanted).json()["items"]
    assert [one["kind"] for one in items] == ["recorded", "recorded"]
    by_label = {one["label"]: one["after"] for row in items for one in row["fields"]}
    assert by_label["爭議事項"] == "複選測驗結果"
    assert by_label["末日"] == "2025-05-11"
    assert by_label["人員"]["name"] == "施審議"
    table = heard.eb.get("/changes", **wanted, format="csv")
    assert table.status_code == 200
    assert "申訴" in table.text


def test_every_section_that_can_be_named_is_shown_when_it_is(heard: County) -> None:
    student = heard.student()
    heard.case_manager("a-cm", student)
    heard.a_cm.made(f"/students/{student}/notes", NOTE | {"school_year": 113})
    dispute = heard.eb.made("/disputes", entry(student))
    appointed(heard, dispute, *REVIEWABLE)
    programme = "/programmes/kaohsiung-114"
    row = {"school_year": 114, "area": "英語", "category": "skip"}
    row |= {"target_year_grade": 5, "placement_grade": 6}
    heard.a_office.made(f"/students/{student}/placements", row | {"reason": "逾期補填"})
    case = heard.a_office.made(f"{programme}/placement-cases", {"student_id": student})
    application = heard.a_office.made(f"{programme}/applications", {"student_id": student})
    of_programme = {
        "application": f"{programme}/applications/{application}",
        "placement_case": f"{programme}/placement-cases/{case}",
    }
    paths = {
        "placement": "placements",
        "mark": "marks",
        "placement_request": "placement-requests",
        "course_goal": "courses",
        "meeting": "meetings",
        "replacement": "replacements",
    }
    # Relations and the opening of plans stand in the history and on the student's page.
    for section in REVIEWABLE - {"relation", "plan"}:
        path = paths.get(section, f"sections/{section}")
        whole = of_programme.get(section, f"/students/{student}/{path}")
        assert heard.rev.get(whole).status_code == 200, section
    kinds = {one["kind"] for one in heard.rev.get(f"/students/{student}").json()["relations"]}
    assert kinds == {"resource_class", "review"}
    told = heard.rev.get(f"/students/{student}/history").text
    assert "談到分組學習的壓力" not in told
    assert "counselling_note" not in told
