"""`/programmes/{pid}/documents`: the scans that a programme asks for (Kaohsiung F07, 8.4)."""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from api.acting import Acting, Asked, Decided, Deed, Done, by_matrix, perform
from api.audit import record_read, refusals_recorded
from api.files import FileAltered
from api.house import House
from api.http import Written, problems, response_of
from api.process_items import rules_of
from api.processes import record_id
from api.seeing import not_erased, student_seen
from api.step_documents import document_of
from api.uploads import FileBody, uploaded
from api.viewer import SignedIn, TheHouse, Viewer
from domain import programme, programme_document
from domain.access import COUNCIL, ORGANISED, capacity_for, of_school
from domain.capacity import Capacity
from domain.command import Actor
from domain.plan_file import checked_form, checked_name
from domain.plan_file_content import FORMS, Form
from domain.process import Record
from domain.programme import Edition, programme_id
from domain.programme_document import GONE, OF_SCHOOL, OF_STUDENT, DocumentErased, said_of
from domain.refusal import NotAllowed, NotFound, NotValid
from ledger import files
from ledger.encryption import NONCE_BYTES, NotAuthentic
from ledger.files import Place
from projections import directory
from projections import processes as view

router = APIRouter(prefix="/programmes/{pid}/documents", tags=["applications"])

#: The records whose sight gives the sight of a student's scans: the council sees them so.
_OF_CASE = ("application", "placement_case")
#: The records whose sight gives the sight of a school's scan that they name, as of its minutes.
_NAMING = (*_OF_CASE, "igp_document")
#: Who may hand in a school's own.
_OF_SCHOOL = (
    Capacity.SCHOOL_ADMINISTRATOR,
    Capacity.ORGANISER,
    Capacity.AUTHORITY_ADMINISTRATOR,
)


class ProgrammeDocumentEntry(FileBody):
    """A scan of a student, or of a school by its code."""

    kind: str
    student_id: UUID | None = None
    organisation: str | None = None


_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["kind", "file"],
                    "additionalProperties": False,
                    "properties": {
                        "kind": {"type": "string", "description": "計畫所列的上傳資料種類。"},
                        "student_id": {"type": "string", "format": "uuid"},
                        "organisation": {
                            "type": "string",
                            "description": "學校代碼；全校一份的資料填此欄，不填 student_id。",
                        },
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "PDF、ODT、DOC、DOCX、ODS、XLS、XLSX、JPG 或 PNG，"
                            "最大 20 MB。檔名只用來檢查格式，不保留。",
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
def post_document(
    house: TheHouse,
    viewer: SignedIn,
    pid: str,
    asked: Annotated[Asked, uploaded(ProgrammeDocumentEntry)],
) -> Response:
    """上傳一份資料（學生的，或學校全校一份的）；辦理步驟時再以代碼指明。"""
    return response_of(house, viewer, upload(house, viewer, pid, asked))


@router.get(
    "/{document_id}",
    response_class=Response,
    responses={
        200: {"description": "檔案內容。", "content": {"application/octet-stream": {}}},
        **problems(409),
    },
)
def get_document(house: TheHouse, viewer: SignedIn, pid: str, document_id: UUID) -> Response:
    """下載一份上傳的資料。"""
    return download(house, viewer, pid, document_id)


@dataclass(frozen=True)
class _Seen:
    edition: Edition
    student: UUID | None
    school: UUID


def upload(house: House, viewer: Viewer, pid: str, asked: Asked) -> Done:
    """A scan from a `ProgrammeDocumentEntry`."""
    entry = asked.body
    assert isinstance(entry, ProgrammeDocumentEntry)
    judged: Form | None = None
    process = OF_STUDENT if entry.student_id is not None else OF_SCHOOL

    def see(acting: Acting) -> _Seen:
        known = acting.known(programme.evolve, programme_id(pid))
        if entry.student_id is not None:
            student = student_seen(acting, entry.student_id)
            return _Seen(known.newest, student.student_id, student.organisation_id)
        return _Seen(known.newest, None, school_seen(acting, entry.organisation or ""))

    def decide(acting: Acting, seen: _Seen, actor: Actor, given: FileBody) -> Decided:
        nonlocal judged
        if entry.student_id is not None and entry.organisation is not None:
            raise NotValid("請擇一填寫 student_id 或 organisation。", "organisation")
        kind = programme_document.kind_of(seen.edition.programme, entry.kind, process)
        if judged is None:
            judged = checked_form(checked_name(given.name), given.content)
            house.scan(given.content)
        file_id = acting.new_id()
        place = Place(file_id, seen.student or file_id)
        stored = _encrypted(acting, process, place, file_id, given.content)
        said = programme_document.described(
            file_id, kind.code, judged, len(given.content), (given.sha256, files.digest(stored))
        )
        event = programme_document.added(
            process,
            actor,
            seen.edition.programme,
            seen.edition.version,
            said,
            student_id=seen.student,
            organisation_id=seen.school,
        )
        return Decided(
            (event,),
            file_id,
            1,
            beside=files.keep(file_id, place, stored),
            after=None if seen.student is None else not_erased(acting, seen.student),
        )

    deed = Deed(
        what="document.upload",
        body=ProgrammeDocumentEntry,
        see=see,
        permit=_permit,
        decide=decide,
        students=() if entry.student_id is None else (entry.student_id,),
    )
    return perform(house, viewer, asked, deed)


def school_seen(acting: Acting, code: str) -> UUID:
    """A school by its code, for itself and for who runs programmes. Raises `NotFound`."""
    with acting.looking() as connection:
        known = directory.organisation_by_code(connection, code)
    if known is None or not _runs(acting.viewer, known.organisation_id):
        raise NotFound
    return known.organisation_id


def _runs(viewer: Viewer, school: UUID) -> bool:
    return bool({of_school(school), ORGANISED} & viewer.audiences) or viewer.is_system


def _permit(acting: Acting, seen: _Seen) -> Actor:
    """Who may begin a record of the case; of a school's own its administration."""
    viewer = acting.viewer
    if seen.student is None:
        held = viewer.held_at(seen.school)
        for capacity in _OF_SCHOOL:
            if capacity in held:
                return Actor(account_id=viewer.account_id, capacity=capacity)
        raise NotAllowed
    of_student = viewer.held_for(seen.student, seen.school)
    try:
        return by_matrix(acting, "application", "create", of_student)
    except NotAllowed:
        return by_matrix(acting, "placement_case", "create", of_student)


def may_hand_in(held: frozenset[Capacity]) -> bool:
    """Whether somebody with these capacities may upload a scan of a student."""
    return any(capacity_for(one, "create", held) is not None for one in _OF_CASE)


def _encrypted(acting: Acting, process: str, place: Place, file_id: UUID, content: bytes) -> bytes:
    """As it will lie there. Each gets a key of its own, so that an order can take it alone; a
    school's own has no other, for it names several students."""
    ledger, account = acting.house.ledger, acting.viewer.account_id
    ledger.keyring.create_document(file_id, account)
    of_both = process == OF_STUDENT
    key = _key(acting.house, file_id, place.subject, of_both=of_both)
    if key is None:
        raise DocumentErased
    nonce = ledger.entropy.draw(account, "nonce", NONCE_BYTES)
    return files.encrypt_file(key, nonce, place.subject, file_id, content, of_both=of_both)


def _key(house: House, file_id: UUID, subject: UUID, *, of_both: bool) -> bytes | None:
    keyring = house.ledger.keyring
    if of_both:
        return keyring.scan_key(subject, file_id)
    return keyring.key("document.record" if subject == file_id else "student.record", subject)


def read(house: House, viewer: Viewer, pid: str, document_id: UUID) -> tuple[Record, bytes]:
    """A scan that the viewer may see, and its content; recorded.

    Raises `NotFound`, `DocumentErased`, `FileAltered`.
    """
    rules_of(house, pid)
    acting = Acting(house, viewer)
    with refusals_recorded(house, viewer, "document"):
        known = document_of(acting, document_id)
        if known is None or known.programme != pid or not _shown(acting, known):
            raise NotFound
        with viewer.looking(house) as connection:
            stored = files.stored_bytes(connection, document_id)
        content = _opened(house, known, stored)
    subjects = [] if known.student_id is None else [known.student_id]
    record_read(house, viewer, "document", subjects, record_id=document_id)
    return known, content


def download(house: House, viewer: Viewer, pid: str, document_id: UUID) -> Response:
    """A scan as a file, recorded. Raises as `read`."""
    known, content = read(house, viewer, pid, document_id)
    said = said_of(known)
    ending = next((one.endings[0] for one in FORMS if one.media_type == said.media_type), "")
    return Response(
        content,
        media_type=said.media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{said.document_kind}{ending}"',
            # Nothing in it is run, should a browser show it after all.
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
            "ETag": f'"{known.version}"',
        },
    )


def _shown(acting: Acting, known: Record) -> bool:
    """A student's scan is seen by who sees it in the view, or the case that it belongs to; a
    school's by the school and who runs the programme, and by the council where a case before it
    names the scan: rosters and slips are of pupils who are no cases of the council."""
    if known.student_id is None:
        school = known.organisation_id
        return school is not None and (_runs(acting.viewer, school) or _named_by(acting, known))
    records = [
        known.record_id,
        *(record_id(one, known.programme, known.student_id) for one in _OF_CASE),
    ]
    with acting.looking() as connection:
        if directory.student(connection, known.student_id) is None:
            return False
        return any(view.record(connection, one) is not None for one in records)


def _named_by(acting: Acting, known: Record) -> bool:
    if COUNCIL not in acting.viewer.audiences:
        return False
    with acting.looking() as connection:
        return any(
            str(known.record_id) in _scans_of(one)
            for process in _NAMING
            for one in view.records(connection, known.programme, process, known.organisation_id)
        )


def _scans_of(record: view.ProcessRecord) -> Iterator[str]:
    for step in record.steps:
        for field, value in step["said"].items():
            if programme_document.is_named(field):
                yield from map(str, value if isinstance(value, list) else [value])


def _opened(house: House, known: Record, stored: bytes | None) -> bytes:
    said = said_of(known)
    subject = known.student_id or known.record_id
    if known.state == GONE:
        # The order is in the book; the key may still be about to go.
        raise DocumentErased
    of_both = stored is not None and files.is_of_both(stored)
    key = _key(house, known.record_id, subject, of_both=of_both)
    if key is None:
        raise DocumentErased
    content = None
    if stored is not None and hmac.compare_digest(files.digest(stored), said.stored_sha256):
        try:
            content = files.decrypt_file(key, subject, known.record_id, stored)
        except NotAuthentic:
            content = None
    if content is None or files.digest(content) != str(said.sha256):
        raise FileAltered
    return content
