"""計畫檔案: files that are uploaded to the annual goal of a school year (IGP manual 3.11, 4.13).

A file is a row of the goal's group `plan_files`, its id the row's id. It is never replaced: a
later upload stands beside it, and a withdrawal takes it off the list. Its bytes lie in a book of
their own (`ledger.files`); what they must be is said here.
"""

import re
import unicodedata
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from domain.annual_goal import ANNUAL_GOAL
from domain.organisation import Stage
from domain.plan_file_content import Form, form_of
from domain.refusal import AlreadyWithdrawn, NotFound, NotValid, Refusal
from domain.rules import LONGEST_WORD, permit, require_reason
from domain.section import RowEvent
from domain.section_record import Record, check_stage, is_live
from domain.versioning import Change

#: Bytes of one file (IGP manual 4.13).
LARGEST_FILE = 20 * 1024 * 1024

(_FILES,) = (group for group in ANNUAL_GOAL.groups if group.field == "plan_files")

#: Controls, invisible marks and those that turn the direction of writing: with one of these a name
#: can show another ending than it has. Private and new characters stand in names of people.
_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


class AnnualGoalMissing(Refusal):
    """A file is uploaded for a school year that has no annual goal."""

    CODE = "annual-goal-missing"
    TITLE = "請先儲存這個學年度的學年目標，再上傳計畫檔案"


class FileNameNotValid(NotValid):
    CODE = "file-name-not-valid"
    TITLE = "檔名不正確，請更改檔名後再上傳"


class FileEmpty(NotValid):
    CODE = "file-empty"
    TITLE = "檔案是空的，請重新選擇"


class FileTooLarge(NotValid):
    CODE = "file-too-large"
    STATUS = 413
    TITLE = f"檔案最大 {LARGEST_FILE // 1024**2} MB，請縮小後再上傳"


class FileTypeNotAllowed(NotValid):
    """Neither the ending of the name nor the content decides alone: they must agree."""

    CODE = "file-type-not-allowed"
    TITLE = "只能上傳 PDF、ODT、DOC、DOCX、ODS、XLS、XLSX、JPG 或 PNG 檔，且副檔名須與內容相符"


class AddPlanFile(Change):
    """`name` and `form` come from `checked_name` and `checked_form`; digests are hex SHA-256."""

    file_id: UUID
    name: str
    form: Form
    size: int
    sha256: str
    stored_sha256: str
    student_stage: Stage | None


class RemovePlanFile(Change):
    """`student_stage` is the stage in which the student's records may be written today."""

    file_id: UUID
    student_stage: Stage | None


def checked_name(name: str) -> str:
    """The name as it is kept: without folders, control characters and invisible marks.

    Raises `FileNameNotValid`.
    """
    plain = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    plain = "".join(one for one in plain if unicodedata.category(one) not in _INVISIBLE)
    plain = " ".join(plain.split())
    if not plain.rsplit(".", 1)[0].strip(". "):
        raise FileNameNotValid(field="file")
    if len(plain) > LONGEST_WORD:
        raise FileNameNotValid(f"檔名最多 {LONGEST_WORD} 字，請更改檔名後再上傳。", "file")
    return plain


def checked_form(name: str, content: bytes) -> Form:
    """What the file is. Raises `FileEmpty`, `FileTooLarge`, `FileTypeNotAllowed` and what
    `form_of` raises."""
    if not content:
        raise FileEmpty(field="file")
    if len(content) > LARGEST_FILE:
        raise FileTooLarge(field="file")
    form = form_of(content)
    if form is None or PurePosixPath(name).suffix.lower() not in form.endings:
        raise FileTypeNotAllowed(field="file")
    return form


def add(goal: Record | None, command: AddPlanFile) -> RowEvent:
    """Raises `NotAllowed`, `AnnualGoalMissing`, `StageLocked`."""
    permit(ANNUAL_GOAL.code, "edit", command.actor.capacity)
    if goal is None or not is_live(goal):
        raise AnnualGoalMissing
    check_stage(goal.education_stage, command.student_stage)
    said = {
        "file_id": command.file_id,
        "name": command.name,
        "media_type": command.form.media_type,
        "size": command.size,
        "sha256": command.sha256,
        "stored_sha256": command.stored_sha256,
    }
    return _FILES.added(**_header(goal, command), row_id=command.file_id, **said)


def remove(goal: Record | None, command: RemovePlanFile) -> RowEvent:
    """Raises `NotAllowed`, `NotFound`, `ReasonRequired`, `AlreadyWithdrawn`, `StageLocked`."""
    permit(ANNUAL_GOAL.code, "withdraw", command.actor.capacity)
    if goal is None:
        raise NotFound
    require_reason(command)
    if not stands(goal, command.file_id):
        raise AlreadyWithdrawn
    check_stage(goal.education_stage, command.student_stage)
    return _FILES.removed(**_header(goal, command), row_id=command.file_id)


def stands(goal: Record, file_id: UUID) -> bool:
    """Whether the file is on the list of the goal, and the goal stands."""
    return is_live(goal) and any(row["row_id"] == file_id for row in goal.rows(_FILES.field))


def _header(goal: Record, command: Change) -> dict[str, Any]:
    return command.envelope(goal.record_id, goal.version + 1) | {
        "student_id": goal.student_id,
        "school_year": goal.school_year,
        "education_stage": goal.education_stage,
    }
