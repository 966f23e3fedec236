"""Nobody but its author can tell that a counselling note exists (design D7).

Two histories start from one county and differ only in what one author does with notes, drafts and
own exports. Then the other accounts make the same calls over every route of `/openapi.json`,
reads and writes, in step; each answer must be the same to the byte, headers and problems included,
`Date` apart. The routes are read from the app, so a new one without an entry fails here.

A second test does the same across the daily commitment to the notes ledgers.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest

from domain import plan_form
from domain.course_goal import Semester, course_id
from domain.mark import mark_id
from domain.programme import shipped_text
from domain.stream_ids import natural_id
from igp.metrics import LedgerCollector
from igp.sealing import seal_now
from ledger import notes_commitment
from ledger.database import Connection
from projections.all_views import all_views, sealing_views
from tests import dispute_story
from tests.county import (
    PASSWORD,
    PATIENCE_SECONDS,
    County,
    Office,
    complete_profiles,
    enter,
    open_office,
    populate,
)
from tests.database import Template, copied
from tests.story import Story

AUTHOR = "a-cm"
LONG = bool(os.environ.get("IGP_LONG"))
EXAMPLES = 200 if LONG else 10
#: By how many of the others a route is called in one example; in the long suite by all of them.
#: Who they are moves on from route to route and from example to example.
CALLERS = 12 if LONG else 3

#: Routes that are not in the documentation.
HIDDEN = ("/healthz", "/readyz", "/openapi.json", "/api/v1/nothing-here")

NOTE = {
    "school_year": 112,
    "held_on": "112.7.20",
    "purpose": "學習適應",
    "participants": ["導師"],
    "recorder": "個管教師",
    "content": "與學生談課程安排。",
}
PLACEMENT = {
    "school_year": 112,
    "area": "英語",
    "category": "skip",
    "target_year_grade": 5,
    "placement_grade": 6,
    "arrangement": "抽離",
}
COURSE = {"school_year": 112, "subject": "mathematics", "course_name": "數學專題"}

SECTION = "/students/{student_id}/sections/{section}"
MEETING = {
    "school_year": 112,
    "held_at": "2023-07-20T10:00:00+08:00",
    "topic": "個別輔導計畫會議",
    "purpose": "擬定計畫",
    "recorder_name": "個管教師",
    "participants": ["導師"],
    "content": "討論課程安排。",
}
IMPORTED = [
    {
        "section": "basic_family",
        "records": [
            {
                "school_year": 110,
                "education_stage": "elementary",
                "data": {"student_name": "林小安", "sex": "male", "birth_date": "2013-05-06"}
                | {"school_name": "苓雅示範國小", "grade": 3},
            }
        ],
    }
]
MARK = {
    "programme": "kaohsiung-114",
    "school_year": 112,
    "semester": "first",
    "area": "數學",
    "grade": 4,
    "enrolled_grade": 4,
    "score": 90,
    "given_by": "registrar",
}
REPLACEMENT = {"school_year": 112, "assessed_needs": "需要調整", "outcome": "維持原安置"}

#: What each write is tried with, beside `{}`. A route that takes no body has None; one over
#: sections has a body for each of those that it is tried with.
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/me/password"): {"current_password": "wrong-password", "new_password": PASSWORD},
    ("POST", "/me/password-resets/former-password"): {"former_password": "wrong-password"},
    ("POST", "/me/sessions/{session_id}/end"): None,
    ("POST", "/me/sessions/end-others"): None,
    ("POST", "/me/passkeys/{passkey_id}/removal"): {"current_password": "wrong-password"},
    ("POST", "/accounts/{account_id}/passkeys/removal"): {"reason": "遺失"},
    ("POST", "/token/passkey"): {"step_token": "unknown", "credential": {}},
    ("POST", "/password-resets"): {
        "username": "a-math",
        "code": "ABCD-EFGH-JKLM",
        "new_password": PASSWORD,
    },
    ("POST", "/accounts/{account_id}/password-reset"): None,
    ("PUT", "/drafts/{key}"): {"text": "草稿"},
    ("DELETE", "/drafts/{key}"): None,
    ("POST", "/organisations"): {
        "code": "ks-new",
        "name": "新設示範國小",
        "kind": "school",
        "county": "示範市",
        "stage": "elementary",
    },
    ("PATCH", "/organisations/{code}"): {"name": "更名示範國小"},
    ("POST", "/accounts"): {
        "username": "new-teacher",
        "name": "新老師",
        "organisation": "ks-a",
        "roles": ["teacher"],
        "password": PASSWORD,
    },
    ("PATCH", "/accounts/{account_id}"): {"duties": ["行政"]},
    ("POST", "/accounts/{account_id}/closing"): {"reason": "離職"},
    ("POST", "/accounts/{account_id}/case-manager-appointments"): {"kind": "resource_class"},
    ("POST", "/accounts/{account_id}/case-manager-appointments/end"): {
        "kind": "resource_class",
        "reason": "調整",
    },
    ("POST", "/directory/students"): {
        "national_id": "F131232216",
        "name": "新學生",
        "sex": "male",
        "birth_date": "102.5.1",
        "organisation": "ks-a",
        "stage": "elementary",
        "grade": 4,
    },
    ("PATCH", "/directory/students/{student_id}"): {"name": "林大安", "reason": "更名"},
    ("POST", "/directory/students/{student_id}/class-changes"): {"class_name": "五年三班"},
    ("POST", "/directory/students/{student_id}/transfers"): {"organisation": "ks-b", "grade": 5},
    ("POST", "/students"): {"national_id": "A123456789", "school_year": 112},
    ("POST", "/students/batch"): {"national_ids": ["A123456789"]},
    ("POST", "/students/search"): {"q": "林"},
    ("POST", "/school-years/batch"): {"school_year": 112, "organisation": "ks-a"},
    ("POST", "/sections/{section}/search"): {"expand": "all"},
    ("POST", "/students/{student_id}/dispatches"): {"account": "a-cm2"},
    ("POST", "/students/{student_id}/dispatches/{account_id}/end"): {"reason": "調整"},
    ("POST", "/students/{student_id}/teaching-assignments"): {
        "account": "a-math",
        "subject": "自然",
        "school_year": 112,
    },
    ("POST", "/students/{student_id}/teaching-assignments/{account_id}/end"): {"reason": "調整"},
    ("POST", "/students/{student_id}/student-account"): {"account": "a-cm2"},
    ("POST", "/students/{student_id}/student-account/{account_id}/end"): {"reason": "轉學"},
    ("POST", "/students/{student_id}/school-years"): {"school_year": 111},
    ("POST", "/students/{student_id}/legal-holds"): {"order_number": "法字第1號", "reason": "訴訟"},
    ("POST", "/students/{student_id}/legal-holds/lifting"): {
        "order_number": "法字第2號",
        "reason": "判決確定",
    },
    ("PUT", SECTION): {
        "basic_family": {
            "data": {"student_name": "林小安", "sex": "male", "birth_date": "102.5.6"}
            | {"school_name": "苓雅示範國小", "grade": 5, "phone": "0912345678"},
            "reason": "更正",
        },
        "needs_assessment": {"data": {"guidance_recommendations": "加廣"}, "reason": "更正"},
    },
    ("PATCH", SECTION): {
        "basic_family": {"data": {"address": "示範市示範路"}, "reason": "補充"},
        "needs_assessment": {"data": {"needs": {"affective_guidance": ["interpersonal"]}}},
    },
    ("POST", SECTION + "/withdrawal"): {"basic_family": {"reason": "誤建"}, "needs_assessment": {}},
    ("POST", "/students/{student_id}/copies"): {
        "school_year": 112,
        "recipient": "guardian",
        "format": "pdf",
        "reason": "家長申請",
    },
    ("POST", "/students/{student_id}/plan-imports"): {
        "format": plan_form.FORMAT,
        "school_year": 110,
        "sections": IMPORTED,
        "digest": plan_form.digest(110, IMPORTED),
    },
    ("POST", "/students/{student_id}/notes"): NOTE,
    ("PUT", "/students/{student_id}/notes/{note_id}"): {"content": "改寫", "reason": "補充"},
    ("POST", "/students/{student_id}/notes/{note_id}/withdrawal"): {"reason": "重複"},
    ("POST", "/students/{student_id}/notes/{note_id}/moves"): {
        "student_id": "{a2}",
        "reason": "填錯學生",
    },
    ("POST", "/notes/withdrawals"): {"ids": ["{note}"], "reason": "重複"},
    ("POST", "/students/{student_id}/notes/search"): {"q": "課程"},
    ("POST", "/me/notes/search"): {"q": "課程"},
    ("POST", "/participant-options"): {"name": "外聘講師"},
    ("POST", "/participant-options/{option_id}/withdrawal"): {},
    ("POST", "/students/{student_id}/meetings"): MEETING,
    ("PUT", "/students/{student_id}/meetings/{meeting_id}"): {"topic": "改題", "reason": "更正"},
    ("POST", "/students/{student_id}/meetings/{meeting_id}/withdrawal"): {"reason": "重複"},
    ("POST", "/students/{student_id}/meetings/withdrawal"): {
        "records": [{"id": "{placement}", "version": 1}],
        "reason": "重複",
    },
    ("POST", "/students/{student_id}/replacements"): REPLACEMENT,
    ("PUT", "/students/{student_id}/replacements/{replacement_id}"): {
        "outcome": "暫緩",
        "reason": "更正",
    },
    ("POST", "/students/{student_id}/replacements/{replacement_id}/withdrawal"): {"reason": "重複"},
    ("POST", "/students/{student_id}/courses"): COURSE,
    ("PUT", "/students/{student_id}/courses/{record_id}"): {
        "course_name": "改名",
        "reason": "更正",
    },
    ("POST", "/students/{student_id}/courses/{record_id}/withdrawal"): {"reason": "重複"},
    ("POST", "/students/{student_id}/courses/{record_id}/shares"): {
        "account": "a-cm2",
        "relation": "same_field",
    },
    ("POST", "/students/{student_id}/courses/{record_id}/shares/{account_id}/end"): {
        "reason": "調整"
    },
    ("POST", "/students/{student_id}/courses/{record_id}/template-imports"): {
        "template_id": "{course}"
    },
    ("POST", "/course-templates"): {
        "course_id": "{course}",
        "student_id": "{a1}",
        "name": "數學專題",
    },
    ("PATCH", "/course-templates/{template_id}"): {"name": "改名", "reason": "更正"},
    ("POST", "/course-templates/{template_id}/withdrawal"): {"reason": "重複"},
    ("POST", "/files"): {"student_id": "{a2}", "school_year": "112"},
    ("POST", "/files/{file_id}/withdrawal"): {"reason": "重複"},
    ("POST", "/students/{student_id}/placements"): PLACEMENT,
    ("PUT", "/students/{student_id}/placements/{placement_id}"): {
        "placement_grade": 7,
        "reason": "調整",
    },
    ("POST", "/students/{student_id}/placements/{placement_id}/withdrawal"): {"reason": "誤植"},
    ("POST", "/students/{student_id}/placements/{placement_id}/moves"): {
        "student_id": "{a2}",
        "reason": "填錯學生",
    },
    ("POST", "/students/{student_id}/marks"): MARK,
    ("PUT", "/students/{student_id}/marks/{mark_id}"): {"score": 91, "reason": "更正"},
    ("POST", "/students/{student_id}/marks/{mark_id}/withdrawal"): {"reason": "誤植"},
    ("PUT", "/students/{student_id}/skip-status"): {
        "programme": "kaohsiung-114",
        "school_year": 114,
        "from_grade": 5,
        "to_grade": 7,
        "letter_number": "高市教特字第 1140001 號",
        "letter_date": "112.7.1",
    },
    ("POST", "/students/{student_id}/skip-status/withdrawal"): {"reason": "回歸原年級"},
    ("POST", "/students/{student_id}/placement-requests"): {
        "kind": "abandonment",
        "placement_id": "{placement}",
        "letter_number": None,
        "reason": "家長提出",
        "new_placement": None,
    },
    ("POST", "/placement-requests/{request_id}/decisions"): {
        "body": "school_committee",
        "outcome": "passed",
        "decided_on": "112.7.31",
    },
    ("POST", "/placement-requests/{request_id}/withdrawal"): {"reason": "撤回"},
    ("POST", "/programmes"): {"text": shipped_text("taipei-99")},
    ("POST", "/programmes/{pid}/round/{step}"): {
        "window": "w18",
        "closes": "114.3.21",
        "cause": "停止上班上課",
    },
    ("POST", "/programmes/{pid}/gifted-groups/{code}/{step}"): {"members": ["教學組長"]},
    ("POST", "/programmes/{pid}/applications"): {"student_id": "{a1}"},
    ("POST", "/programmes/{pid}/applications/{aid}/{step}"): {"reason": "家庭因素"},
    ("POST", "/programmes/{pid}/step-batches/{batch_step}"): {
        "rows": [{"application": str(UUID(int=1)), "version": 0}],
    },
    ("POST", "/programmes/{pid}/placement-cases"): {"student_id": "{a1}"},
    ("POST", "/programmes/{pid}/placement-cases/{cid}/{case_step}"): {"comments": "請補正"},
    ("POST", "/programmes/{pid}/placement-cases/{cid}/igp/{plan_step}"): {"goals": "閱讀"},
    ("POST", "/programmes/{pid}/placement-meetings/{code}/{meeting_step}"): {
        "attendees": 1,
        "offices": ["特教組長"],
    },
    ("POST", "/programmes/{pid}/tracking-reports"): {
        "student_id": "{a1}",
        "school_year": 113,
        "semester": 1,
        "tracking_report_document": "{a1}",
        "report_signs": ["principal"],
    },
    ("POST", "/programmes/{pid}/documents"): {"kind": "proposal", "organisation": "ks-a"},
    ("POST", "/programmes/{pid}/batches/{organisation}/{stage}/{step}"): {
        "semester": "first",
        "problem": "調課困難",
    },
    ("POST", "/disputes"): {
        "student_id": "{a1}",
        "programme": "kaohsiung-114",
        "kind": "complaint",
        "subject": "測驗結果",
        "grounds": "計分有疑義",
        "notice_received_on": "112.7.20",
    },
    ("POST", "/disputes/{dispute_id}/reviewers"): {
        "account": "reviewer",
        "sections": ["placement", "meeting"],
        "until": "112.12.31",
    },
    ("POST", "/disputes/{dispute_id}/reviewers/{account_id}/end"): {"reason": "迴避"},
    ("POST", "/disputes/{dispute_id}/statements"): {"text": "補充說明"},
    ("POST", "/disputes/{dispute_id}/hearing-closing"): {},
    ("POST", "/disputes/{dispute_id}/note-releases"): {"note_id": "{note}"},
    ("POST", "/disputes/{dispute_id}/note-releases/{note_id}/withdrawal"): {"reason": "收回"},
    ("POST", "/disputes/{dispute_id}/decisions"): {
        "outcome": "dismissed",
        "decided_on": "112.7.31",
        "reasons": "計分無誤",
    },
    ("POST", "/disputes/{dispute_id}/withdrawal"): {"reason": "撤回"},
    ("POST", "/reports"): {"kind": "changes", "from": "112.7.1", "to": "112.8.31"},
    ("POST", "/simulation/clock"): {"now": "2023-07-01T00:00:00+08:00"},
    ("POST", "/token"): {"username": "a-hr", "password": PASSWORD},
    ("DELETE", "/token"): None,
}

CASE_LISTS = ("attendance", "letters", "tasks", "tracking")
#: What each read is asked with, beside nothing.
QUERIES: dict[str, list[str]] = {
    "/access-reviews": ["?limit=1", "?sort=-acts"],
    "/me/reads": ["?limit=2"],
    "/me/password-resets": ["?limit=1"],
    "/fill-status": ["?limit=1&sort=-gifted_students"],
    "/disputes/{dispute_id}/note-releases": ["?limit=1"],
    "/programmes/{pid}/rosters/{roster}": ["?limit=1"],
    **{f"/programmes/{{pid}}/rosters/{one}": ["?limit=1"] for one in CASE_LISTS},
    "/programmes/{pid}/batches": ["?limit=1", "?sort=-students"],
    "/programmes/{pid}/documents": ["?limit=1&sort=kind", "?organisation=ks-a"],
    "/students/{student_id}/legal-holds": ["?limit=1&sort=-recorded_at"],
    "/students/{student_id}/access-log": ["?limit=2", "?from=112.7.1&to=112.8.31"],
    "/changes": [
        "?from=112.7.1&to=112.8.31",
        "?from=112.7.1&to=112.8.31&section=counselling_note",
        "?from=112.7.1&to=112.8.31&format=csv",
        "?from=112.7.1&to=112.8.31&limit=2",
    ],
    "/ledger/records/consistency": ["?from=1&to=7", "?from=7&to=1", "?from=1&to=99999999"],
    "/ledger/notes/consistency": ["?from=0&to=1"],
    "/changes/students": ["?from=112.7.1&to=112.8.31"],
    "/students": ["?limit=1", "?school_year=112"],
    "/students/{student_id}/marks": ["?grade=4", "?withdrawn=true"],
    "/students/{student_id}/graduation-score": ["?programme=kaohsiung-114"],
    "/students/{student_id}/as-of": ["?at=112.8.1", "?at=112.7.31", "?at=119.1.1"],
    "/students/{student_id}/compare": ["?from=112.7.31&to=112.8.1"],
    "/programmes/{pid}/papers/{paper}": ["?organisation=ks-a"],
    "/students/{student_id}/plan": [
        "?school_year=112",
        "?school_year=112&format=pdf",
        "?school_year=112&format=odt&own_notes=true",
    ],
}

#: Calls that end what the script goes on with come last.
LAST = (("POST", "/me/password"), ("POST", "/token"), ("DELETE", "/token"))


class Twins:
    """Two offices over copies of one county; `step` makes the same call in both."""

    def __init__(self, one: Office, other: Office, county: County) -> None:
        self.one, self.other, self.county = one, other, county
        self.calls = 0

    def step(self, who: str, method: str, path: str, **given: Any) -> Any:
        token = self.county.tokens[who]
        if path.startswith("/me/reads") or "access-" in path:
            # Nobody waits for who-read-what; here it must not hang on how busy the machine is.
            for office in (self.one, self.other):
                while office.client.get("/readyz").status_code != 200:
                    pass
        first = self.one.call(token, method, path, **given)
        second = self.other.call(token, method, path, **given)
        self.compare(first, second, f"{method} {path} as {who}")
        self.calls += 1
        return first

    def compare(self, first: Any, second: Any, told: str) -> None:
        assert first.status_code == second.status_code, told
        assert headers_of(first) == headers_of(second), told
        assert first.content == second.content, told


def headers_of(answer: Any) -> list[tuple[str, str]]:
    return [pair for pair in answer.headers.multi_items() if pair[0].lower() != "date"]


class Author:
    """The one whose acts differ between the histories."""

    def __init__(self, office: Office, county: County) -> None:
        self._office, self._county = office, county
        self.notes: list[tuple[str, UUID, int]] = []
        self.options: list[UUID] = []

    def does(self, act: str, which: str) -> None:
        student = self._county.students[which]
        notes = f"/students/{student}/notes"
        match act:
            case "write":
                made = self._call("POST", notes, json=NOTE).json()
                self.notes.append((which, UUID(made["id"]), 1))
            case "correct" if self.notes:
                which, note, version = self.notes[-1]
                body = {"content": f"第 {version} 次改寫", "reason": "補充"}
                path = f"/students/{self._county.students[which]}/notes/{note}"
                headers = {"If-Match": f'"{version}"'}
                if self._call("PUT", path, json=body, headers=headers).status_code == 200:
                    self.notes[-1] = (which, note, version + 1)
            case "withdraw" if self.notes:
                which, note, version = self.notes.pop()
                path = f"/students/{self._county.students[which]}/notes/{note}/withdrawal"
                headers = {"If-Match": f'"{version}"'}
                self._call("POST", path, json={"reason": "重複"}, headers=headers)
            case "read":
                self._call("GET", notes)
                self._call("GET", "/me/notes")
            case "pry":
                self._call("GET", f"{notes}/{uuid4()}")
            case "option":
                self._call("GET", "/participant-options")
                name = {"name": f"外聘講師{len(self.options)}"}
                made = self._call("POST", "/participant-options", json=name).json()
                self.options.append(UUID(made["id"]))
            case "unoption" if self.options:
                path = f"/participant-options/{self.options[-1]}/withdrawal"
                self._call("POST", path, headers={"If-Match": '"1"'})
            case "preview" if self.notes:
                dispute = self._county.disputes["a1"]
                self._call("GET", f"/disputes/{dispute}/note-releases/{self.notes[-1][1]}")
            case "draft":
                self._call("PUT", "/drafts/note", json={"content": "尚未完成"})
            case "export":
                plan = f"/students/{student}/plan?school_year=112&format=pdf"
                self._call("GET", plan + "&own_notes=true")

    def looks(self) -> None:
        """Reads that hold own notes where there are any, and are in the book of access alike."""
        for path in ("/changes?from=112.7.1&to=112.8.31", "/me/reads?limit=3"):
            self._call("GET", path)
        self._call("GET", "/changes?from=112.7.1&to=112.8.31&format=csv")
        self._call("GET", f"/students/{self._county.students['a1']}/history")

    def _call(self, method: str, path: str, **given: Any) -> Any:
        return self._office.call(self._county.tokens[AUTHOR], method, path, **given)


ACTS = (
    "write",
    "correct",
    "withdraw",
    "read",
    "preview",
    "pry",
    "option",
    "unoption",
    "draft",
    "export",
)
histories = st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from(["a1", "a2"])), max_size=8)


@pytest.fixture(scope="module")
def county(
    template: Template, administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Template, County]]:
    """A county that every example starts from, with notes of other authors in it."""
    keys = tmp_path_factory.mktemp("county") / "keys"
    with pytest.MonkeyPatch.context() as patch, copied(template, administrator) as database:
        # Whether a day is closed must not hang on how busy the machine is.
        patch.setattr("api.change_report.PATIENCE_SECONDS", PATIENCE_SECONDS)
        with open_office(template, database, keys) as office:
            made = populate(office.ledger, office.house)
            for who in ("a-math", AUTHOR):
                path = f"/students/{made.students['a1']}/notes"
                assert office.call(made.tokens[who], "POST", path, json=NOTE).status_code == 201
            _begin_plan(office, made)
            _open_dispute(office, made)
        # Seeded anew, or the same accounts would draw the same ids once more.
        yield Template(database, keys, seed=b"histories"), made


def _open_dispute(office: Office, county: County) -> None:
    """A dispute about a student with notes, and somebody who was appointed to look into it."""
    story, student = Story(office.ledger), county.students["a1"]
    reviewer = story.account(county.schools["ks-council"], "reviewer", name="施審議")
    complete_profiles(story, {"reviewer": reviewer})
    county.accounts["reviewer"] = reviewer
    county.tokens["reviewer"] = enter(office.house, reviewer, "reviewer")
    text = shipped_text("kaohsiung-114")
    dispute_story.programme(story, "kaohsiung-114", text)
    dispute = dispute_story.opened(
        story, student, county.schools["ks-a"], programme="kaohsiung-114"
    )
    sections = ("placement", "meeting", "annual_goal", "relation")
    done = dispute_story.appointed(story, dispute, student, reviewer, *sections)
    county.disputes["a1"] = dispute
    assert office.house.waiting.passed(done.position)


def _begin_plan(office: Office, county: County) -> None:
    """A plan with a record in its first version in each of the sections that are tried."""
    token, student = county.tokens[AUTHOR], county.students["a1"]
    begun = Story(office.ledger).plan(student)
    assert office.house.waiting.passed(begun.position)
    path = f"/students/{student}/school-years"
    answer = office.call(token, "POST", path, json={"school_year": 112})
    assert answer.status_code == 201, answer.text
    path = f"/students/{student}/sections/needs_assessment"
    body = {"data": {"guidance_recommendations": "加深"}}
    answer = office.call(token, "PUT", path, json=body, headers={"If-Match": '"0"'})
    assert (answer.status_code, answer.json()["version"]) == (200, 1), answer.text
    token, path = county.tokens["a-math"], f"/students/{student}/sections/annual_goal"
    body = {"data": {"goal_text": "探究"}}
    headers = {"If-Match": '"0"'}
    answer = office.call(token, "PUT", f"{path}?school_year=112", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    answer = office.call(token, "POST", f"/students/{student}/courses", json=COURSE)
    assert answer.json()["id"] == str(course_id(student, 112, 1)), answer.text


@pytest.mark.timeout(7200 if LONG else 900)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    # A difference is told by its call; to look for a shorter history takes minutes.
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(one=histories, other=histories, turn=st.integers(0, 10**6))
def test_whatever_an_author_does_with_notes_nobody_else_is_answered_otherwise(
    county: tuple[Template, County],
    administrator: Connection,
    tmp_path_factory: pytest.TempPathFactory,
    one: list[tuple[str, str]],
    other: list[tuple[str, str]],
    turn: int,
) -> None:
    template, made = county
    with ExitStack() as stack:
        offices = []
        # Of the author's own: names of the list of participants first, then notes.
        notes: list[UUID] = []
        for history in ([*one, ("write", "a1")], other):
            database = stack.enter_context(copied(template, administrator))
            keys = tmp_path_factory.mktemp("twin") / "keys"
            office = stack.enter_context(open_office(template, database, keys))
            author = Author(office, made)
            for act, which in history:
                author.does(act, which)
            notes[:0] = author.options
            notes.extend(note for _, note, _ in author.notes)
            seal_now(office.ledger)
            author.looks()
            offices.append(office)
        twins = Twins(offices[0], offices[1], made)
        _compare_hidden(twins)
        _a_plan_is_kept(twins)
        every_route(twins, notes, turn)
        _compare_hidden(twins)
    assert twins.calls > 100


@pytest.mark.timeout(900)
def test_across_the_daily_commitment_nobody_else_is_answered_otherwise(
    county: tuple[Template, County],
    administrator: Connection,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One author writes on both sides of midnight, or not at all. The 64 digits themselves, which
    tell nothing without the salt (tests/ledger/test_notes_commitment.py), are the same here, for
    every root of the shared book hangs on them."""
    days: list[str] = []

    def digits(scope: bytes, day: object, ledgers: object) -> str:
        days.append(str(day))
        return "0" * 64

    monkeypatch.setattr(notes_commitment, "commitment", digits)
    template, made = county
    with ExitStack() as stack:
        offices = []
        for _ in range(2):
            database = stack.enter_context(copied(template, administrator))
            keys = tmp_path_factory.mktemp("midnight") / "keys"
            offices.append(stack.enter_context(open_office(template, database, keys)))
        twins, author = Twins(offices[0], offices[1], made), Author(offices[0], made)
        # The second move makes up for the midnight that the first one passed.
        for now in ("2023-08-02T09:00:00+08:00", "2023-08-02T10:00:00+08:00"):
            for act in ("option", "write", "correct", "read", "draft", "export", "write"):
                author.does(act, "a1")
            moved = twins.step("eb", "POST", "/simulation/clock", json={"now": now})
            assert moved.status_code == 200, moved.text
        assert days == ["2023-08-02"] * 2
        notes = [*author.options, *(note for _, note, _ in author.notes)]
        _compare_hidden(twins)
        _a_plan_is_kept(twins)
        every_route(twins, notes, 0)
        _compare_hidden(twins)
        assert _sizes(offices[0]) == _sizes(offices[1])
    assert twins.calls > 100


def _sizes(office: Office) -> list[Any]:
    """What the shared books hold, but for the bytes of the bodies."""
    rows: list[Any] = []
    with office.ledger.database.connect("projector") as connection:
        for book in ("records", "access"):
            rows += connection.execute(
                "SELECT position, stream_id, stream_version, topic, subject, length(body)"
                f" FROM books.{book} ORDER BY position".encode()
            ).fetchall()
    return rows


def _a_plan_is_kept(twins: Twins) -> None:
    """Two sections are saved by who may, while others are refused: whoever else calls later."""
    student = twins.county.students["a1"]
    for section, data in (
        ("awards", {"awards": [{"event_name": "科學展覽", "prize": "特優"}]}),
        ("interest_analysis", {"interests": ["reading"]}),
    ):
        path = f"/students/{student}/sections/{section}"
        for who, status in (("a-math", 403), ("b-office", 404), ("a-gh", 200), ("itinerant", 412)):
            first = {"json": {"data": data}, "headers": {"If-Match": '"0"'}}
            assert twins.step(who, "PUT", path, **first).status_code == status
        assert twins.step("a-office", "GET", path).status_code == 200


def every_route(
    twins: Twins, notes: list[UUID], turn: int, others: Sequence[str] | None = None
) -> None:
    """The others over every route, reads before writes, what ends a session last."""
    documented = twins.one.client.get("/openapi.json").json()["paths"]
    routes = [
        (method.upper(), path.removeprefix("/api/v1"))
        for path, methods in documented.items()
        for method in methods
    ]
    missing = {route for route in routes if route[0] != "GET"} - BODIES.keys()
    assert not missing, f"tell this test what to send to {sorted(missing)}"
    others = others or [name for name in twins.county.accounts if name != AUTHOR]
    order = sorted(routes, key=lambda route: (route[0] != "GET", route in LAST))
    for number, (method, path) in enumerate(order):
        first = turn + number * CALLERS
        for who in {others[(first + step) % len(others)]: None for step in range(CALLERS)}:
            for filled in _filled(path, twins.county, notes, turn + number):
                _one_route(twins, who, method, path, filled, notes)


def _filled(path: str, county: County, notes: list[UUID], turn: int) -> list[str]:
    """The path with ids in it: of what exists, of what nobody made, and of the author's own."""
    unknown = UUID(int=turn + 1)
    pools: dict[str, list[str]] = {
        "{student_id}": [str(county.students[("a1", "b1")[turn % 2]])],
        "{note_id}": [*map(str, notes[-1:]), str(unknown)],
        "{placement_id}": [str(county.placements["a1"])],
        "{request_id}": [str(county.requests["a1"])],
        "{account_id}": [str(county.accounts[(AUTHOR, "a-math", "a-cm2")[turn % 3]])],
        "{report_id}": [str(unknown)],
        "{dispute_id}": [str(county.disputes["a1"]), str(unknown)],
        "{pid}": ["kaohsiung-114"],
        "{aid}": [str(natural_id("application", "kaohsiung-114", county.students["a1"]))],
        "{cid}": [str(natural_id("placement_case", "kaohsiung-114", county.students["a1"]))],
        "{batch_step}": ["ticket-issued", "initial-decision-made"],
        "{case_step}": ["desk-review-returned", "submitted"],
        "{plan_step}": ["drafted"],
        "{meeting_step}": ["attendance-announced"],
        "{step}": [
            "window-postponed"
            if "/round/" in path
            else "proposal-filed"
            if "/batches/" in path
            else "withdrawn"
        ],
        "{organisation}": ["ks-a"],
        "{stage}": ["placement"],
        "{roster}": ["initial", "uploads-placement"],
        "{paper}": ["ticket-initial", "receipt-second"],
        "{document_id}": [str(unknown)],
        "{option_id}": [*map(str, notes[:1]), str(unknown)],
        "{meeting_id}": [str(unknown)],
        "{replacement_id}": [str(unknown)],
        "{mark_id}": [
            str(mark_id(county.students["a1"], "數學", 4, Semester.FIRST, "own")),
            str(unknown),
        ],
        "{file_id}": [str(unknown)],
        "{record_id}": [
            str(course_id(county.students["a1"], 112, 1)),
            *map(str, notes[-1:]),
            str(unknown),
        ],
        "{template_id}": [str(unknown)],
        "{section}": ["basic_family", "needs_assessment"],
        "{table}": ["subjects"],
        "{code}": ["ks-a"],
        "{key}": ["note"],
        "{session_id}": [str(unknown)],
        "{passkey_id}": [str(unknown)],
    }
    used = [name for name in pools if name in path]
    filled = []
    for values in product(*(pools[name] for name in used)):
        one = path
        for name, value in zip(used, values, strict=True):
            one = one.replace(name, value)
        assert "{" not in one, f"tell this test what to put into {path}"
        filled.append(one)
    return filled


def _one_route(
    twins: Twins, who: str, method: str, path: str, filled: str, notes: list[UUID]
) -> None:
    if method == "GET":
        for query in ["", *QUERIES.get(path, [])]:
            twins.step(who, "GET", filled + query)
        return
    given = BODIES[method, path]
    if path.startswith(SECTION):
        given = given[filled.split("/")[4]]
    body = _body(given, twins.county, notes)
    if path == "/token" and method == "POST":
        twins.step(who, method, filled, data=body)
        return
    if path in ("/files", "/programmes/{pid}/documents") and method == "POST":
        file = {"file": ("計畫.pdf", b"%PDF-1.7\n%%EOF\n")}
        twins.step(who, method, filled, data=body, files=file)
    headers = {"If-Match": '"1"', "Idempotency-Key": f"{who} {method} {path}"}
    if body is None:
        twins.step(who, method, filled, headers=headers)
        return
    twins.step(who, method, filled, json=body, headers=headers)
    if path.endswith(("/notes", "/placements")):
        # The repeat of a request, and a body that does not validate.
        twins.step(who, method, filled, json=body, headers=headers)
        twins.step(who, method, filled, json={})


def _body(body: Any, county: County, notes: list[UUID]) -> Any:
    known = {
        "{a1}": str(county.students["a1"]),
        "{a2}": str(county.students["a2"]),
        "{course}": str(course_id(county.students["a1"], 112, 1)),
        "{note}": str(notes[-1]) if notes else str(UUID(int=1)),
        "{placement}": str(county.placements["a1"]),
    }
    match body:
        case str():
            return known.get(body, body)
        case dict():
            return {name: _body(value, county, notes) for name, value in body.items()}
        case list():
            return [_body(value, county, notes) for value in body]
    return body


def _compare_hidden(twins: Twins) -> None:
    """Health, readiness, the documentation, an unknown address, and what Prometheus is told."""
    for path in HIDDEN:
        first, second = twins.one.client.get(path), twins.other.client.get(path)
        assert (first.status_code, first.content) == (second.status_code, second.content), path
        assert headers_of(first) == headers_of(second), path
    assert _metrics(twins.one) == _metrics(twins.other)


def _metrics(office: Office) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    keyring = office.ledger.keyring
    views = [*all_views(keyring), *sealing_views(keyring)]
    registry.register(LedgerCollector(office.ledger.database, views))
    return generate_latest(registry)
