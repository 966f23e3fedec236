"""Scans that a programme asks for: a student's, or a school's own (Kaohsiung 5, 8.4).

A scan is a record with one event, and a second where an order took it; its bytes lie in the book of
files (`ledger.files`). It is never replaced: a better scan is another record, and the step that
names it says which one counts. The name that a file was sent with is not kept, for it may hold a
person's.
"""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from domain.calendar import WrittenDate
from domain.command import Actor
from domain.event import Encrypted, Event
from domain.plan_file_content import Form
from domain.process import (
    Found,
    Ground,
    Record,
    StepEvent,
    StepForm,
    define,
    evolving,
    process,
)
from domain.programme_data import Code
from domain.programme_rules import Programme
from domain.refusal import NotValid, Refusal
from domain.rules import check_document_number, check_not_future, permit_authority
from domain.section import Word
from domain.upload_rules import UploadKind

#: A student's scan belongs to the student's application; a school's own has no student.
OF_STUDENT, OF_SCHOOL = "document", "school_document"

process(OF_STUDENT, "application")
process(OF_SCHOOL, None)
EVOLVES = {one: evolving(one) for one in (OF_STUDENT, OF_SCHOOL)}


def evolve(record: Record | None, event: Event) -> Record:
    """Of a scan of either sort."""
    if not isinstance(event, StepEvent) or event.PROCESS not in EVOLVES:
        raise TypeError(f"{event.TOPIC} does not belong to a scan")
    return EVOLVES[event.PROCESS](record, event)


#: The state of what was uploaded, and of what an order took.
KEPT, GONE = "kept", "erased"


class KindNotKnown(NotValid):
    CODE = "document-kind-not-valid"
    TITLE = "請選擇這份計畫所列的上傳資料種類"


class DocumentNotKnown(NotValid):
    """A step names a scan that is not there, or is another student's or school's."""

    CODE = "document-not-known"
    TITLE = "請先上傳這份資料，再辦理這個步驟"


class NotErasableAlone(Refusal):
    """It was uploaded when a student's scans had no key of their own, or is a plan file, which has
    none."""

    CODE = "document-not-erasable"
    TITLE = "這份資料沒有自己的金鑰，不能單獨刪除"
    OLD_SCAN = (
        "這份掃描檔上傳時，各檔案還沒有自己的金鑰，是以學生的金鑰加密，所以不能單獨刪除。"
        "銷毀學生的金鑰（igp erase 學生的識別碼）時才會一併刪除。"
    )
    PLAN_FILE = (
        "這是學年目標的計畫檔案，以學生的金鑰加密，所以不能單獨刪除。請先由教師在計畫檔案的"
        "清單移除，即無法再下載；銷毀學生的金鑰（igp erase 學生的識別碼）時才會一併刪除。"
    )


class DocumentErased(Refusal):
    """The key was destroyed by a lawful order, and the scan with it."""

    CODE = "document-erased"
    TITLE = "這份資料已依法刪除"


class UploadedDocument(StepForm):
    """What is said of a scan. `stored_sha256` is of its bytes as they lie there, encrypted."""

    document_kind: Code = Field(title="上傳資料種類")
    file_id: UUID = Field(title="檔案")
    media_type: str = Field(title="檔案格式")
    size: int = Field(title="檔案大小")
    sha256: Encrypted[str] = Field(title="內容摘要值")
    stored_sha256: str = Field(title="儲存內容摘要值")


def _nothing(ground: Ground, form: UploadedDocument) -> Found:
    return Found()


def _erase(ground: Ground, form: "EraseDocument") -> Found:
    return Found()


ADDED = {
    one: define(one, "added", "上傳資料", UploadedDocument, _nothing)
    for one in (OF_STUDENT, OF_SCHOOL)
}


class EraseDocument(StepForm):
    """A lawful order takes one scan: number (文號) and date of the document that orders it."""

    order_number: Word = Field(title="公文文號")
    order_date: WrittenDate | None = Field(None, title="公文日期")


ERASED = {
    one: define(one, "erased", "依法刪除", EraseDocument, _erase) for one in (OF_STUDENT, OF_SCHOOL)
}


def erased(record: Record, actor: Actor, number: str, day: date | None, today: date) -> StepEvent:
    """The order that takes a scan. Raises `NotAllowed`, `NotValid`, `DateInFuture`,
    `DocumentErased`."""
    permit_authority(actor)
    checked = check_document_number(number)
    check_not_future(day, today, "order_date")
    if record.state == GONE:
        raise DocumentErased
    said: dict[str, Any] = {"order_number": checked}
    if day is not None:
        said["order_date"] = day
    if record.student_id is not None:
        said["student_id"] = record.student_id
    return ERASED[record.process].event(
        originator_id=record.record_id,
        originator_version=record.version + 1,
        by=actor.account_id,
        capacity=actor.capacity,
        programme=record.programme,
        rules=record.steps[0].rules,
        state=GONE,
        **said,
    )


def kind_of(programme: Programme, code: str, process: str) -> UploadKind:
    """The kind of a scan. Raises `KindNotKnown` for none, or one of the other sort."""
    known = None if isinstance(programme.uploads, str) else programme.uploads.kind(code)
    if known is None or (known.of == "student") is not (process == OF_STUDENT):
        raise KindNotKnown(field="kind")
    return known


def added(
    process: str,
    actor: Actor,
    programme: Programme,
    rules: int,
    said: UploadedDocument,
    *,
    student_id: UUID | None,
    organisation_id: UUID,
) -> StepEvent:
    """The event of a scan; its record has the id of the file."""
    owner = {} if student_id is None else {"student_id": student_id}
    return ADDED[process].event(
        originator_id=said.file_id,
        originator_version=1,
        by=actor.account_id,
        capacity=actor.capacity,
        programme=programme.code,
        rules=rules,
        state=KEPT,
        organisation_id=organisation_id,
        **owner,
        **{name: getattr(said, name) for name in said.model_fields_set},
    )


def described(file_id: UUID, kind: str, form: Form, size: int, digests: tuple[str, str]) -> Any:
    """What is said of a scan: `digests` are of its content, and as it is stored."""
    return UploadedDocument(
        document_kind=kind,
        file_id=file_id,
        media_type=form.media_type,
        size=size,
        sha256=digests[0],
        stored_sha256=digests[1],
    )


def said_of(record: Record) -> Any:
    """The event of a scan."""
    return record.steps[0]


def is_named(field: str) -> bool:
    """Whether a field of a form names a scan, or several."""
    return field.endswith(("_document", "_documents"))


def named_in(form: StepForm) -> dict[UUID, str]:
    """The scans that a form names, with the field."""
    named: dict[UUID, str] = {}
    for field in type(form).model_fields:
        if is_named(field):
            value = getattr(form, field)
            for one in value if isinstance(value, tuple) else (value,):
                if one is not None:
                    named[one] = field
    return named


#: Fields that are called otherwise than the kind of scan which they name.
_KIND_OF = {
    "minutes": "committee_minutes",
    "request": "placement_request",
    "other_area": "other_area_form",
    "entrustment": "entrustment_letter",
    "accommodation_proof": "disability_proof",
    "talent": "talent_evidence",
}


def kinds_of(programme: Programme, process: str, field: str) -> tuple[UploadKind, ...]:
    """The kinds of scans that a field of a step's form may name: those that the plan says of it,
    or the one that it is called by; none where the plan knows neither."""
    if isinstance(programme.uploads, str):
        return ()
    said = tuple(one for one in programme.uploads.kinds if field in one.fields)
    if said:
        return said
    stem = field.removesuffix("s").removesuffix("_document")
    code = f"{process.removesuffix('_batch')}_roster" if stem == "roster" else stem
    known = programme.uploads.kind(_KIND_OF.get(code, code))
    return () if known is None else (known,)


def check_kinds(ground: Ground, process: str, form: StepForm) -> None:
    """Raises `DocumentNotKnown` for a scan of a kind that its field does not name."""
    for document, field in named_in(form).items():
        fitting = {one.code for one in kinds_of(ground.programme, process, field)}
        if fitting and said_of(ground.documents[document]).document_kind not in fitting:
            raise DocumentNotKnown("這份上傳資料是另一種，請重新選擇。", field)
