"""`/files`: the plan files of the annual goal, uploaded, listed, fetched, withdrawn (4.13)."""

import hmac
import threading
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.acting import Acting, Asked, Decided, Deed, Done, Reason, perform
from api.audit import record_read, refusals_recorded
from api.file_items import FileItem, Files, FoundFile, found_file, items_of
from api.house import House
from api.http import PostedChange, Written, problems, response_of, writes
from api.paging import Cursor, Limit, sorted_page
from api.query import SchoolYear
from api.sections import Which, permitted, which
from api.seeing import student_seen
from api.stages import ground
from api.uploads import FileBody, uploaded
from api.viewer import SignedIn, TheHouse, Viewer
from domain import plan_file
from domain.access import allows
from domain.annual_goal import ANNUAL_GOAL
from domain.command import Actor
from domain.plan_file import AddPlanFile, RemovePlanFile, checked_form, checked_name, stands
from domain.plan_file_content import Form
from domain.refusal import NotFound, Refusal
from domain.section_record import evolve
from domain.student import Student
from ledger import files
from ledger.encryption import NONCE_BYTES, NotAuthentic
from ledger.files import Place

router = APIRouter(prefix="/files", tags=["plan"])

#: Uploads to one goal go one after another, for each is an event of the same stream: a page sends
#: several files at once. Other processes are met by deciding again.
_TURNS = tuple(threading.Lock() for _ in range(64))


class PlanFileEntry(FileBody):
    """A file for the annual goal of a student's school year."""

    student_id: UUID
    school_year: int


class FileErased(Refusal):
    """The student's key was destroyed by a lawful order, and the file with it."""

    CODE = "file-erased"
    TITLE = "這個檔案已依法刪除"


class FileAltered(Refusal):
    """The bytes are not those of the event. Run `igp replay verify` and keep its output."""

    CODE = "file-altered"
    STATUS = 500
    TITLE = "這個檔案與紀錄不符，請通知系統管理員執行 igp replay verify"


_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["student_id", "school_year", "file"],
                    "additionalProperties": False,
                    "properties": {
                        "student_id": {"type": "string", "format": "uuid"},
                        "school_year": {"type": "integer"},
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "PDF、ODT、DOC、DOCX、ODS、XLS、XLSX、JPG 或 PNG，"
                            "最大 20 MB；檔名隨檔案一併送出。",
                        },
                    },
                }
            }
        },
    }
}


@router.post(
    "",
    status_code=201,
    response_model=Written,
    responses={
        202: {"description": "已記錄，檢視尚未更新。", "model": Written},
        **problems(403, 409, 413, 422),
    },
    openapi_extra=_FORM,
)
def post_file(
    house: TheHouse, viewer: SignedIn, asked: Annotated[Asked, uploaded(PlanFileEntry)]
) -> Response:
    """上傳一份計畫檔案到學年目標；先前的檔案仍保留。"""
    return response_of(house, viewer, upload(house, viewer, asked))


Sort = Literal["uploaded_at", "-uploaded_at", "name", "-name", "size", "-size"]


@router.get("")
def list_files(
    house: TheHouse,
    viewer: SignedIn,
    student_id: UUID,
    school_year: SchoolYear,
    sort: Annotated[Sort, Query()] = "-uploaded_at",
    limit: Limit = 200,
    cursor: Cursor = None,
) -> Files:
    """一個學年度的計畫檔案。"""
    page, after = sorted_page(
        house,
        viewer,
        read_list(house, viewer, student_id, school_year),
        sort,
        what="files",
        wanted={"student": student_id, "school_year": school_year},
        limit=limit,
        cursor=cursor,
    )
    return Files(items=page, next_cursor=after)


@router.get(
    "/{file_id}",
    response_class=Response,
    responses={
        200: {"description": "檔案內容。", "content": {"application/octet-stream": {}}},
        **problems(409),
    },
)
def get_file(house: TheHouse, viewer: SignedIn, file_id: UUID) -> Response:
    """下載一份計畫檔案。"""
    return attachment(*read(house, viewer, file_id))


@router.post("/{file_id}/withdrawal", **writes(Reason, 200))
def post_file_withdrawal(
    house: TheHouse, viewer: SignedIn, file_id: UUID, asked: PostedChange
) -> Response:
    """自清單移除一份計畫檔案；須說明原因，歷程與內容仍保留。"""
    return response_of(house, viewer, withdraw(house, viewer, file_id, asked))


def upload(house: House, viewer: Viewer, asked: Asked) -> Done:
    """A file from a `PlanFileEntry`."""
    entry = asked.body
    assert isinstance(entry, PlanFileEntry)
    judged: Form | None = None

    def see(acting: Acting) -> Which:
        return which(acting, entry.student_id, ANNUAL_GOAL.code, entry.school_year, None)

    def permit(acting: Acting, seen: Which) -> Actor:
        return permitted(acting, seen.student, ANNUAL_GOAL.code, "edit")

    def decide(acting: Acting, seen: Which, actor: Actor, given: PlanFileEntry) -> Decided:
        nonlocal judged
        name = checked_name(given.name)
        if judged is None:
            judged = checked_form(name, given.content)
            house.scan(given.content)
        now = ground(acting, given.student_id, None)
        place = Place(seen.record_id, given.student_id)
        file_id = acting.new_id()
        stored = _encrypted(acting, place, file_id, given.content)
        command = AddPlanFile(
            actor=actor,
            file_id=file_id,
            name=name,
            form=judged,
            size=len(given.content),
            sha256=given.sha256,
            stored_sha256=files.digest(stored),
            student_stage=now.stage,
        )
        event = plan_file.add(acting.state(evolve, seen.record_id), command)
        return Decided(
            (event,),
            file_id,
            1,
            beside=files.keep(file_id, place, stored),
            after=now.unmoved(seen.record_id),
        )

    deed = Deed(
        what="file.upload",
        body=PlanFileEntry,
        see=see,
        permit=permit,
        decide=decide,
        students=(entry.student_id,),
    )
    with _TURNS[hash((entry.student_id, entry.school_year)) % len(_TURNS)]:
        return perform(house, viewer, asked, deed)


def _encrypted(acting: Acting, place: Place, file_id: UUID, content: bytes) -> bytes:
    ledger = acting.house.ledger
    key = ledger.keyring.key("student.record", place.subject)
    if key is None:
        raise FileErased
    nonce = ledger.entropy.draw(acting.viewer.account_id, "nonce", NONCE_BYTES)
    return files.encrypt_file(key, nonce, place.subject, file_id, content)


def read_list(house: House, viewer: Viewer, student_id: UUID, school_year: int) -> list[FileItem]:
    """The files of a school year, the newest first; recorded. Raises `NotFound`."""
    with (
        refusals_recorded(house, viewer, "files", [student_id]),
        viewer.looking(house) as connection,
    ):
        items, held = items_of(house, viewer, connection, student_id, school_year)
    record_read(house, viewer, "files", [student_id], held=held)
    return items


def read(house: House, viewer: Viewer, file_id: UUID) -> tuple[FileItem, bytes]:
    """A file that stands, and its content; recorded.

    Raises `NotFound`, `FileErased`, `FileAltered`.
    """
    with refusals_recorded(house, viewer, "file"):
        with viewer.looking(house) as connection:
            found = found_file(house, viewer, connection, file_id)
            stored = files.stored_bytes(connection, file_id)
        content = _opened(house, found, stored)
    subjects = [found.place.subject]
    record_read(house, viewer, "file", subjects, record_id=file_id, held=found.held)
    return found.item, content


def _opened(house: House, found: FoundFile, stored: bytes | None) -> bytes:
    subject, file_id = found.place.subject, found.item.id
    key = house.ledger.keyring.key("student.record", subject)
    if key is None:
        raise FileErased
    content = None
    if stored is not None and hmac.compare_digest(files.digest(stored), found.stored_sha256):
        try:
            content = files.decrypt_file(key, subject, file_id, stored)
        except NotAuthentic:
            content = None
    if content is None or files.digest(content) != found.item.sha256:
        raise FileAltered
    return content


def attachment(item: FileItem, content: bytes) -> Response:
    """A file for its reader's disk."""
    return Response(
        content,
        media_type=item.media_type,
        headers={
            "Content-Disposition": _disposition(item.name),
            # Nothing in it is run, should a browser show it after all.
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
            "ETag": f'"{item.version}"',
        },
    )


@dataclass(frozen=True)
class _Seen:
    student: Student
    place: Place


def withdraw(house: House, viewer: Viewer, file_id: UUID, asked: Asked) -> Done:
    """A withdrawal from a `Reason`. A file has version 1, and 2 when it was withdrawn."""

    def see(acting: Acting) -> _Seen:
        with acting.looking() as connection:
            place = files.place_of(connection, file_id)
        if place is None:
            raise NotFound
        student = student_seen(acting, place.subject)
        held = viewer.held_for(place.subject, student.organisation_id)
        if not any(allows(ANNUAL_GOAL.code, capacity, "view") for capacity in held):
            raise NotFound
        return _Seen(student, place)

    def permit(acting: Acting, seen: _Seen) -> Actor:
        return permitted(acting, seen.student, ANNUAL_GOAL.code, "withdraw")

    def version(acting: Acting, seen: _Seen) -> int:
        return 1 if stands(acting.known(evolve, seen.place.stream_id), file_id) else 2

    def decide(acting: Acting, seen: _Seen, actor: Actor, given: Reason) -> Decided:
        now = ground(acting, seen.place.subject, None)
        command = RemovePlanFile(
            actor=actor, reason=given.reason, file_id=file_id, student_stage=now.stage
        )
        event = plan_file.remove(acting.state(evolve, seen.place.stream_id), command)
        after = now.unmoved(seen.place.stream_id)
        return Decided((event,), file_id, 2, after=after, decided_on=1)

    deed = Deed(
        what="file.withdraw",
        body=Reason,
        see=see,
        permit=permit,
        version=version,
        decide=decide,
        status=200,
    )
    return perform(house, viewer, asked, deed)


def _disposition(name: str) -> str:
    """Content-Disposition with the name twice: for old programs in ASCII, and as RFC 8187 says."""
    plain = "".join(one if " " <= one <= "~" and one not in '"\\%' else "_" for one in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
