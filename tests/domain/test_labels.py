from datetime import date
from enum import Enum

import pytest

from domain import (
    access,
    account,
    capacity,
    case_manager,
    counselling_note,
    dispute_words,
    labels,
    organisation,
    placement,
    placement_request,
    student,
)
from domain import dispute_events as disputes
from domain.dispatch import DispatchEnded, StudentDispatched
from domain.dispute import Status as DisputeStatus
from domain.dispute_rules import DisputeKind
from domain.event import ERASED, Event
from domain.labels import label, written
from domain.plan import PlanOpened
from domain.student_account import StudentAccountEnded, StudentAccountLinked
from domain.teaching_assignment import TeachingAssigned, TeachingAssignmentEnded

EVENTS: list[type[Event]] = [
    placement.PlacementRecorded,
    placement.PlacementCorrected,
    placement.PlacementWithdrawn,
    placement.PlacementEnded,
    placement_request.PlacementRequestRecorded,
    placement_request.PlacementRequestDecided,
    counselling_note.CounsellingNoteRecorded,
    counselling_note.CounsellingNoteCorrected,
    counselling_note.CounsellingNoteWithdrawn,
    counselling_note.CounsellingNoteRead,
    counselling_note.CounsellingNoteRefused,
    counselling_note.CounsellingNotesExported,
    student.StudentRegistered,
    student.StudentDetailsCorrected,
    student.StudentClassChanged,
    student.StudentTransferred,
    StudentDispatched,
    DispatchEnded,
    TeachingAssigned,
    TeachingAssignmentEnded,
    StudentAccountLinked,
    StudentAccountEnded,
    PlanOpened,
    disputes.DisputeOpened,
    disputes.ReviewerAppointed,
    disputes.ReviewerEnded,
    disputes.StatementAdded,
    disputes.HearingClosed,
    disputes.DisputeDecided,
    disputes.DisputeWithdrawn,
]


def test_every_section_of_the_matrix_has_a_name() -> None:
    assert set(labels.SECTIONS) == set(access.MATRIX)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.TOPIC)
def test_every_field_of_an_event_has_a_name(event: type[Event]) -> None:
    assert event.SECTION is not None
    for field in event.model_fields.keys() - Event.model_fields.keys():
        assert label(event.SECTION, field) != field


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        (placement.Category, labels.CATEGORIES),
        (placement.Status, labels.PLACEMENT_STATUSES),
        (placement_request.Kind, labels.REQUEST_KINDS),
        (placement_request.Status, labels.REQUEST_STATUSES),
        (placement_request.Body, labels.BODIES),
        (placement_request.Outcome, labels.OUTCOMES),
        (case_manager.Kind, labels.CASE_MANAGER_KINDS),
        (organisation.Kind, labels.ORGANISATION_KINDS),
        (account.Role, labels.ROLES),
        (student.Sex, labels.SEXES),
        (capacity.Capacity, labels.CAPACITIES),
        (DisputeKind, dispute_words.DISPUTE_KINDS),
        (DisputeStatus, dispute_words.DISPUTE_STATUSES),
        (disputes.Outcome, dispute_words.DISPUTE_OUTCOMES),
        (disputes.Side, dispute_words.DISPUTE_SIDES),
    ],
)
def test_every_code_has_its_word(codes: type[Enum], words: dict[str, str]) -> None:
    assert {code.value for code in codes} == set(words)


def test_every_stage_has_its_word() -> None:
    assert {stage.value for stage in organisation.Stage} <= set(labels.STAGES)


@pytest.mark.parametrize(
    ("section", "field", "value", "text"),
    [
        ("placement", "category", placement.Category.SKIP, "跳級"),
        ("placement", "category", "exemption", "免修"),
        ("placement", "placement_grade", 6, "六年級"),
        ("placement", "target_year_grade", 12, "十二年級"),
        ("placement", "placement_grade", 13, "13"),
        ("placement", "area", "英語", "英語"),
        ("placement", "occurred_on", date(2024, 6, 3), "民國113年6月3日"),
        ("placement", "occurred_on", "2024-06-03", "民國113年6月3日"),
        ("placement", "arrangement", ERASED, "已依法刪除"),
        ("placement", "arrangement", None, ""),
        ("placement", "outcome", "superseded", "已重新安置"),
        ("placement", "outcome", "refused", "未通過"),
        ("placement", "school_year", 113, "113"),
        ("placement_request", "outcome", "noted", "備查"),
        ("placement_request", "body", "council", "鑑輔會"),
        ("placement_request", "final", True, "是"),
        ("relation", "kind", "itinerant", "資優巡迴輔導"),
        ("directory", "birth_date", "已依法刪除", "已依法刪除"),
        ("directory", "sex", "female", "女"),
        ("directory", "stage", "junior_high", "國中"),
        ("account", "roles", ("teacher", "student"), "教師、學生"),
        ("relation", "account_id", {"id": "5f0c", "name": "林個管"}, "林個管"),
        ("directory", "organisation_id", {"code": "ks-a", "name": None}, "ks-a"),
        ("counselling_note", "participants", ["學生", "導師"], "學生、導師"),
        ("application", "guardians", [{"name": "王示範"}], "姓名：王示範"),
    ],
)
def test_values_are_written_as_a_person_reads_them(
    section: str, field: str, value: object, text: str
) -> None:
    assert written(section, field, value) == text


def test_a_field_of_the_report_is_called_as_the_contract_says() -> None:
    assert label("placement", "placement_grade") == "安置年級"
    assert label("placement", "occurred_on") == "發生日期"
    assert label("course_goal", "rows.education_stage") == "教育階段"
    assert label("nowhere", "nothing") == "nothing"
