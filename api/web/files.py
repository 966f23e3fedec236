"""`/students/{id}/files`: the plan files of a school year, uploaded, fetched and withdrawn."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from starlette.datastructures import FormData

from api import files
from api.acting import Asked, Reason
from api.files import PlanFileEntry, attachment
from api.uploads import Sent, file_missing, form_sent
from api.web.editing import reason_form
from api.web.heads import Head, head_of
from api.web.plans import Year, index_of
from api.web.rendering import Page, ThePage
from api.web.typed import Typed, data_of, text
from domain.annual_goal import ANNUAL_GOAL
from domain.calendar import school_year as school_year_of
from domain.plan_file import LARGEST_FILE
from domain.refusal import NotAllowed, NotFound, Refusal
from ledger.files import digest

router = APIRouter()

FormSent = Annotated[Sent, Depends(form_sent)]


@router.get("/students/{student_id}/files")
def get_files(page: ThePage, student_id: UUID, school_year: Year = None) -> Response:
    """The files of the year, and the form that adds one."""
    year = school_year or school_year_of(page.viewer.today)
    return page.show("files.html", **_list(page, student_id, year))


@router.post("/students/{student_id}/files")
def post_file(
    page: ThePage, student_id: UUID, sent: FormSent, school_year: Year = None
) -> Response:
    """An upload; the file is kept in memory until it is encrypted."""
    typed = FormData([*sent.fields])
    year = school_year or school_year_of(page.viewer.today)
    outcome = page.attempt(
        lambda: files.upload(page.house, page.viewer, _asked(page, student_id, year, sent, typed))
    )
    if isinstance(outcome, Refusal):
        return page.refused(outcome, "files.html", **_list(page, student_id, year))
    return page.done(outcome, _path(student_id, year), "file-kept")


@router.get("/students/{student_id}/files/{file_id}")
def get_file(page: ThePage, student_id: UUID, file_id: UUID) -> Response:
    """A file, as an attachment."""
    item, content = files.read(page.house, page.viewer, file_id)
    if item.student_id != student_id:
        raise NotFound
    return attachment(item, content)


@router.get("/students/{student_id}/files/{file_id}/withdrawal")
def get_file_withdrawal(
    page: ThePage, student_id: UUID, file_id: UUID, school_year: Year = None
) -> Response:
    """Asks for the reason."""
    context = _one(page, student_id, file_id, school_year)
    return page.show("file_withdrawal.html", **context, form=reason_form(page, {}))


@router.post("/students/{student_id}/files/{file_id}/withdrawal")
def post_file_withdrawal(
    page: ThePage, student_id: UUID, file_id: UUID, typed: Typed, school_year: Year = None
) -> Response:
    """Takes the file off the list; the history keeps it."""
    data = data_of(Reason, typed)
    outcome = page.attempt(
        lambda: files.withdraw(page.house, page.viewer, file_id, page.asked(data, typed))
    )
    if isinstance(outcome, Refusal):
        context = _one(page, student_id, file_id, school_year)
        return page.refused(
            outcome, "file_withdrawal.html", **context, form=reason_form(page, data)
        )
    year = school_year or school_year_of(page.viewer.today)
    return page.done(outcome, _path(student_id, year), "withdrawn")


def _asked(page: Page, student_id: UUID, year: int, sent: Sent, typed: FormData) -> Asked:
    """The upload as the API is asked for it. Raises `BodyNotValid` where no file was chosen."""
    chosen = [(name, content) for field, name, content in sent.files if field == "file"]
    if not chosen or chosen[0] == ("", b""):
        raise file_missing()
    ((name, content),) = chosen
    return Asked(
        path=page.request.url.path,
        body=PlanFileEntry(
            student_id=student_id,
            school_year=year,
            name=name,
            sha256=digest(content),
            content=content,
        ),
        idempotency_key=text(typed, "_key"),
    )


def _list(page: Page, student_id: UUID, year: int) -> dict[str, Any]:
    found = files.read_list(page.house, page.viewer, student_id, year)
    head = head_of(page.house, page.viewer, student_id)
    return {
        **_common(page, head, year),
        "files": found,
        "may_add": head.may(ANNUAL_GOAL.code, "edit"),
        "may_withdraw": head.may(ANNUAL_GOAL.code, "withdraw"),
        "largest": LARGEST_FILE,
        "key": page.new_key,
    }


def _one(page: Page, student_id: UUID, file_id: UUID, year: int | None) -> dict[str, Any]:
    """A file of the year that may be withdrawn. Raises `NotFound`, `NotAllowed`."""
    context = _list(page, student_id, year or school_year_of(page.viewer.today))
    found = next((one for one in context["files"] if one.id == file_id), None)
    if found is None:
        raise NotFound
    if not context["may_withdraw"]:
        raise NotAllowed
    return context | {"file": found}


def _common(page: Page, head: Head, year: int) -> dict[str, Any]:
    return {"head": head, "year": year, "index": index_of(page, head, year), "in_plan": True}


def _path(student_id: UUID, year: int) -> str:
    return f"/students/{student_id}/files?school_year={year}"
