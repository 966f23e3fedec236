"""`/programmes/{pid}/scans`: a scan is handed in beside the form of the step that names it.

A browser sends a file in a form of its own: it is kept first (`api.document_uploads`), and the form
of the step comes back with it chosen.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel

from api import document_uploads
from api.acting import Acting, Asked, Done
from api.document_uploads import ProgrammeDocumentEntry
from api.process_items import rules_of
from api.step_documents import document_of
from api.uploads import Sent, file_missing
from api.web.files import FormSent
from api.web.form import Choices, Option
from api.web.rendering import Page, ThePage
from api.web.sign_in import own_path
from api.web.words import minute
from domain.process import STEPS
from domain.programme_document import GONE, OF_STUDENT, is_named, kinds_of, said_of
from domain.programme_rules import Programme
from domain.refusal import NotFound, Refusal
from domain.upload_rules import UploadKind
from ledger.files import digest
from projections import directory
from projections import processes as view
from projections.school_scans import school_scans

router = APIRouter()

PATH = "/programmes/{pid}/scans"


@dataclass(frozen=True)
class Owner:
    """Whose scans a step may name: a student's and the student's school's, or a school's."""

    student: UUID | None
    school: str


@dataclass(frozen=True)
class Upload:
    """A form that sends a scan for a field of a step. `kinds` are chosen from where there are
    several; `back` is where one goes on."""

    name: str
    label: str
    kinds: Sequence[UploadKind]
    owner: Owner
    back: str
    key: str

    @property
    def of_student(self) -> bool:
        return self.kinds[0].of == "student"


@router.post(PATH)
def post_scan(page: ThePage, pid: str, sent: FormSent) -> Response:
    """Keeps a scan, and goes back to the form that names it; or says what is wrong with it."""
    rules, typed = rules_of(page.house, pid), dict(sent.fields)
    path, _, query = own_path(typed.get("back", "")).partition("?")
    outcome = page.attempt(lambda: _kept(page, pid, typed, sent))
    if isinstance(outcome, Refusal):
        back = f"{path}?{query}" if query else path
        upload = _again(page, rules, typed, back)
        return page.refused(outcome, "programme_scan.html", rules=rules, upload=upload, back=back)
    named = parse_qsl(query)
    if field := typed.get("field"):
        named.append((field, str(outcome.outcome.record_id)))
    return page.done(outcome, f"{path}?{urlencode(named)}" if named else path, "scan-kept")


@router.get(PATH)
def get_scans(page: ThePage, pid: str) -> Response:
    """Where one comes to who had to sign in again: what was sent is gone."""
    return page.go(f"/programmes/{rules_of(page.house, pid).code}")


@router.get("/programmes/{pid}/documents/{document_id}")
def get_document(page: ThePage, pid: str, document_id: UUID) -> Response:
    """A scan as it was handed in."""
    return document_uploads.download(page.house, page.viewer, pid, document_id)


def picked(page: Page, form: type[BaseModel]) -> dict[str, Any]:
    """The scans that the address chooses for the fields of a form."""
    found: dict[str, Any] = {}
    for name in _fields(form):
        given = [one for one in page.request.query_params.getlist(name) if _is_id(one)]
        if given:
            found[name] = given if name.endswith("s") else given[-1]
    return found


def choices(
    page: Page,
    rules: Programme,
    owner: Owner,
    process: str,
    form: type[BaseModel],
    data: Mapping[str, Any],
) -> Choices:
    """What each field that names a scan is chosen from: what was handed in of its kind."""
    known = {*_of_student(page, rules, owner), *_of_school(page, rules, owner)}
    asked: dict[str, list[Option]] = {}
    for name in _fields(form):
        kinds = {one.code for one in _kinds(rules, process, name)}
        held = data.get(name) or []
        named = {
            one
            for each in (held if isinstance(held, list | tuple) else [held])
            if (one := _named(page, rules, owner, each)) is not None
        }
        fitting = {one for one in known if one.kind in kinds} | named
        asked[name] = [
            Option(str(one.id), f"{_name(rules, one.kind)}（{minute(one.at)} 上傳）")
            for one in sorted(fitting, key=lambda one: one.at, reverse=True)
        ]
    return asked


def uploads(
    page: Page,
    rules: Programme,
    owner: Owner,
    process: str,
    form: type[BaseModel],
    data: Mapping[str, Any],
) -> list[Upload]:
    """A form for each field that names a scan; what was chosen before stays chosen."""
    chosen = [
        (name, str(one))
        for name in _fields(form)
        for held in [data.get(name) or []]
        for one in (held if isinstance(held, list | tuple) else [held])
    ]
    made = []
    for name in _fields(form):
        kept = [pair for pair in chosen if name.endswith("s") or pair[0] != name]
        path = page.request.url.path
        back = f"{path}?{urlencode(kept)}" if kept else path
        kinds = _kinds(rules, process, name)
        if kinds:
            title = form.model_fields[name].title or name
            made.append(Upload(name, title, kinds, owner, back, page.new_key))
    return made


@dataclass(frozen=True)
class _Scan:
    id: UUID
    kind: str
    at: datetime


def _fields(form: type[BaseModel]) -> list[str]:
    return [name for name in form.model_fields if is_named(name)]


def _kinds(rules: Programme, process: str, name: str) -> Sequence[UploadKind]:
    """The kinds that a field may name, or those of a student where the plan says none of it."""
    if isinstance(rules.uploads, str):
        return ()
    fitting = kinds_of(rules, process, name)
    return fitting or [one for one in rules.uploads.kinds if one.of == "student"]


def unnamed(page: Page, rules: Programme, owner: Owner) -> Upload | None:
    """A form for the scans that no step of the plan names (F34); None where there are none."""
    named = {
        kind.code
        for machine in rules.machines
        for rule in machine.steps
        if (step := STEPS.get((machine.code, rule.step))) is not None
        for name in _fields(step.form)
        for kind in kinds_of(rules, machine.code, name)
    }
    of = "school" if owner.student is None else "student"
    every = () if isinstance(rules.uploads, str) else rules.uploads.kinds
    kinds = [one for one in every if one.of == of and one.code not in named]
    back = page.request.url.path
    return Upload("", "其他資料", kinds, owner, back, page.new_key) if kinds else None


def of_student(page: Page, rules: Programme, owner: Owner) -> list[tuple[str, str, datetime]]:
    """A student's scans: what each is, its address, and since when; the newest first."""
    return [
        (_name(rules, one.kind), f"/programmes/{rules.code}/documents/{one.id}", one.at)
        for one in sorted(_of_student(page, rules, owner), key=lambda one: one.at, reverse=True)
    ]


def _name(rules: Programme, kind: str) -> str:
    known = None if isinstance(rules.uploads, str) else rules.uploads.kind(kind)
    return kind if known is None else known.name


def _of_student(page: Page, rules: Programme, owner: Owner) -> Iterator[_Scan]:
    if owner.student is None:
        return
    with page.viewer.looking(page.house) as connection:
        found = view.records(connection, rules.code, OF_STUDENT, student=owner.student)
    for one in found:
        if one.state == GONE:
            continue
        yield _Scan(one.record_id, one.steps[0]["said"]["document_kind"], one.recorded_at)


def _of_school(page: Page, rules: Programme, owner: Owner) -> Iterator[_Scan]:
    """The school's own, for the school and for who runs the programme."""
    with page.viewer.looking(page.house) as connection:
        school = directory.organisation_by_code(connection, owner.school)
        if school is None:
            return
        for one in school_scans(connection, rules.code, school.organisation_id):
            yield _Scan(one.scan, one.kind, one.uploaded_at)


def _named(page: Page, rules: Programme, owner: Owner, document: Any) -> _Scan | None:
    """A scan by its id, where it is one that the step may name."""
    if not _is_id(str(document)):
        return None
    known = document_of(Acting(page.house, page.viewer), UUID(str(document)))
    if known is None or known.programme != rules.code:
        return None
    with page.viewer.looking(page.house) as connection:
        school = directory.organisation_by_code(connection, owner.school)
    of_school = school is not None and known.organisation_id == school.organisation_id
    own = known.student_id is not None and known.student_id == owner.student
    if not own and (known.student_id is not None or not of_school):
        return None
    [at] = page.house.ledger.times(known.record_id)
    return _Scan(known.record_id, said_of(known).document_kind, at)


def _kept(page: Page, pid: str, typed: Mapping[str, str], sent: Sent) -> Done:
    """Raises `BodyNotValid` where no file was chosen, and as the upload does."""
    if not sent.files or sent.files[0][1:] == ("", b""):
        raise file_missing()
    [(_, name, content)] = sent.files
    student = typed.get("student_id")
    entry = ProgrammeDocumentEntry(
        kind=typed.get("kind", ""),
        student_id=UUID(student) if student and _is_id(student) else None,
        organisation=typed.get("organisation"),
        name=name,
        sha256=digest(content),
        content=content,
    )
    asked = Asked(path=page.request.url.path, body=entry, idempotency_key=typed.get("_key"))
    return document_uploads.upload(page.house, page.viewer, pid, asked)


def _again(page: Page, rules: Programme, typed: Mapping[str, str], back: str) -> Upload:
    """The form that was refused, once more. Raises `NotFound` for one that we never showed."""
    kinds = () if isinstance(rules.uploads, str) else rules.uploads.kinds
    student = typed.get("student_id", "")
    owner = Owner(UUID(student) if _is_id(student) else None, typed.get("organisation", ""))
    of = "school" if owner.student is None else "student"
    known = [one for one in kinds if one.code == typed.get("kind")]
    fitting = known or [one for one in kinds if one.of == of]
    if not fitting:
        raise NotFound
    label = fitting[0].name if known else "掃描檔"
    return Upload(typed.get("field", ""), label, fitting, owner, back, page.new_key)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
