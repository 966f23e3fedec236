"""A plan file is a row of the annual goal, added and removed by deeds of its own."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from domain import plan_file, section_record
from domain.annual_goal import ANNUAL_GOAL, AnnualGoal
from domain.capacity import Capacity
from domain.command import Actor
from domain.organisation import Stage
from domain.plan_file import (
    LARGEST_FILE,
    AddPlanFile,
    AnnualGoalMissing,
    FileEmpty,
    FileNameNotValid,
    FileTooLarge,
    FileTypeNotAllowed,
    RemovePlanFile,
    checked_form,
    checked_name,
    stands,
)
from domain.plan_file_content import PDF
from domain.refusal import AlreadyWithdrawn, NotAllowed, NotFound, ReasonRequired
from domain.section_record import Record, SaveRecord, StageLocked, WithdrawRecord, evolve
from tests import uploads

TEACHER = Actor(account_id=UUID(int=1), capacity=Capacity.SUBJECT_TEACHER)
MANAGER = Actor(account_id=UUID(int=2), capacity=Capacity.CASE_MANAGER)
STUDENT, GOAL, FILE = UUID(int=3), UUID(int=4), UUID(int=5)


@pytest.fixture
def goal() -> Record:
    command = SaveRecord(
        actor=TEACHER,
        record_id=GOAL,
        student_id=STUDENT,
        school_year=112,
        education_stage=Stage.ELEMENTARY,
        student_stage=Stage.ELEMENTARY,
        today=date(2023, 8, 1),
        data=AnnualGoal(goal_text="能獨立研究"),
    )
    (event,) = section_record.save(ANNUAL_GOAL, None, command)
    return evolve(None, event)


def adding(**more: Any) -> AddPlanFile:
    given = {
        "actor": TEACHER,
        "file_id": FILE,
        "name": "計畫.pdf",
        "form": PDF,
        "size": 17,
        "sha256": "aa",
        "stored_sha256": "bb",
        "student_stage": Stage.ELEMENTARY,
    }
    return AddPlanFile(**given | more)


def removing(**more: Any) -> RemovePlanFile:
    given = {"actor": TEACHER, "file_id": FILE, "reason": "重複", "student_stage": Stage.ELEMENTARY}
    return RemovePlanFile(**given | more)


def test_a_file_is_a_row_of_the_goal_until_it_is_removed(goal: Record) -> None:
    event = plan_file.add(goal, adding())
    assert event.TOPIC == "annual-goal.plan-file-added.v1"
    held = evolve(goal, event)
    assert held.version == 2
    [row] = held.rows("plan_files")
    assert row == {
        "row_id": FILE,
        "file_id": FILE,
        "name": "計畫.pdf",
        "media_type": "application/pdf",
        "size": 17,
        "sha256": "aa",
        "stored_sha256": "bb",
    }
    assert stands(held, FILE)
    gone = evolve(held, plan_file.remove(held, removing()))
    assert gone.rows("plan_files") == ()
    assert not stands(gone, FILE)
    with pytest.raises(AlreadyWithdrawn):
        plan_file.remove(gone, removing())


def test_a_file_needs_a_goal_that_stands(goal: Record) -> None:
    with pytest.raises(AnnualGoalMissing):
        plan_file.add(None, adding())
    withdrawal = WithdrawRecord(actor=TEACHER, reason="重複", student_stage=Stage.ELEMENTARY)
    held = evolve(goal, plan_file.add(goal, adding()))
    withdrawn = evolve(held, section_record.withdraw(ANNUAL_GOAL, held, withdrawal))
    with pytest.raises(AnnualGoalMissing):
        plan_file.add(withdrawn, adding(file_id=UUID(int=6)))
    with pytest.raises(AlreadyWithdrawn):
        plan_file.remove(withdrawn, removing())
    with pytest.raises(NotFound):
        plan_file.remove(None, removing())


def test_who_does_not_write_the_goal_adds_and_removes_no_file(goal: Record) -> None:
    with pytest.raises(NotAllowed):
        plan_file.add(goal, adding(actor=MANAGER))
    with pytest.raises(NotAllowed):
        plan_file.remove(goal, removing(actor=MANAGER))


def test_a_file_is_removed_for_a_reason_and_in_its_own_stage(goal: Record) -> None:
    held = evolve(goal, plan_file.add(goal, adding()))
    with pytest.raises(ReasonRequired):
        plan_file.remove(held, removing(reason=" "))
    for stage in (Stage.JUNIOR_HIGH, None):
        with pytest.raises(StageLocked):
            plan_file.remove(held, removing(student_stage=stage))
        with pytest.raises(StageLocked):
            plan_file.add(held, adding(student_stage=stage))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("計畫.pdf", "計畫.pdf"),
        ("  計畫  書 .pdf ", "計畫 書 .pdf"),
        ("C:\\文件\\計畫.pdf", "計畫.pdf"),
        ("/etc/../計畫.pdf", "計畫.pdf"),
        ("計\x00畫\x1b[2J.pdf", "計畫[2J.pdf"),
        ("計畫\u202e\u200bfdp.pdf", "計畫fdp.pdf"),
        ("e\u0301.pdf", "é.pdf"),
        ("𠮷\ue000.pdf", "𠮷\ue000.pdf"),
    ],
)
def test_a_name_keeps_its_last_part_and_what_can_be_seen(sent: str, kept: str) -> None:
    assert checked_name(sent) == kept


@pytest.mark.parametrize(
    "sent", ["", " ", "/", "folder/", ".pdf", "..pdf", "\u200b.pdf", "長" * 101]
)
def test_a_name_of_nothing_and_one_that_is_too_long_are_refused(sent: str) -> None:
    with pytest.raises(FileNameNotValid):
        checked_name(sent)


def test_the_ending_of_a_name_agrees_with_the_content() -> None:
    for ending, (content, media_type) in uploads.GOOD.items():
        assert checked_form(f"計畫.{ending.upper()}", content).media_type == media_type
    for name in ("計畫.docx", "計畫", "計畫.pdf.exe", "pdf"):
        with pytest.raises(FileTypeNotAllowed):
            checked_form(name, uploads.PDF)


def test_a_file_is_neither_empty_nor_larger_than_20_mb() -> None:
    with pytest.raises(FileEmpty):
        checked_form("計畫.pdf", b"")
    full = uploads.PDF[:-6] + bytes(LARGEST_FILE - len(uploads.PDF)) + uploads.PDF[-6:]
    assert checked_form("計畫.pdf", full) == PDF
    with pytest.raises(FileTooLarge):
        checked_form("計畫.pdf", full + b"\n")
