"""What every route of the API is tried with, by tests that call all of them."""

from typing import Any
from uuid import UUID

from domain import plan_form
from domain.programme import shipped_text
from tests.county import PASSWORD

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

CASE_LISTS = ("additions", "attendance", "letters", "tasks", "tracking")
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
