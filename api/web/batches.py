"""Deeds on many students at once: plans opened by national ID, a school year begun for a list.

First it is shown who is meant and what would become of each, then one confirmation does it, and
every student's outcome is told. The forms hold ids, never a national ID.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from starlette.datastructures import FormData

from api import plan_batch, school_year_batch
from api.acting import Done
from api.audit import record_list
from api.batches import Tally, is_writer, outcome_of, writers_of
from api.openings import Progress
from api.plan_batch import MOST_AT_ONCE, Looked
from api.progress_lines import wants_lines
from api.query import Grade, SchoolYear
from api.students import StudentFilter, find
from api.web.fields import Making
from api.web.refused import lines_of
from api.web.rendering import Page, ThePage
from api.web.typed import BLANK, Typed, data_of, text, texts
from api.web.wrongs import Wrongs
from domain.calendar import school_year as school_year_of
from domain.labels import GRADES
from domain.refusal import NotAllowed, Refusal

router = APIRouter()

_SEPARATORS = re.compile(r"[\s,;、，；]+")


class NewPlans(BaseModel):
    """The form of 批次新增."""

    numbers: str = Field(
        title="身分證統一編號",
        description=f"一行一個，最多 {MOST_AT_ONCE} 位；可從試算表整欄貼上。",
    )
    school_year: int = Field(title="學年度", description="民國年，例如 114。")


@router.get("/students/new-plans")
def get_new_plans(page: ThePage) -> Response:
    """Asks for the numbers."""
    _permit(page)
    return _asking(page, {"school_year": school_year_of(page.viewer.today)})


@router.post("/students/new-plans")
def post_new_plans(page: ThePage, typed: Typed) -> Response:
    """Whose numbers these are and what would become of each; nothing is recorded."""
    _permit(page)
    data = data_of(NewPlans, typed)
    wanted = unicodedata.normalize("NFKC", text(typed, "numbers") or "").upper()
    numbers = list(dict.fromkeys(filter(None, _SEPARATORS.split(wanted))))
    year = data.get("school_year")
    told = {}
    if not 0 < len(numbers) <= MOST_AT_ONCE:
        told["numbers"] = f"請填寫 1 到 {MOST_AT_ONCE} 個身分證統一編號。"
    if not isinstance(year, int):
        told["school_year"] = "請填寫民國年，例如 114。"
    if told or not isinstance(year, int):
        return _asking(page, data, Wrongs("資料需要修正", "", told), 422)
    looked = plan_batch.look_up(page.house, page.viewer, numbers, year)
    return _looked(page, looked, year)


@router.post("/students/new-plans/confirmation")
def post_new_plans_confirmation(page: ThePage, typed: Typed) -> Response:
    """Opens the plans, all or none. Sent twice, it is done once."""
    body = {"students": texts(typed, "students"), "school_year": _number(typed)}
    try:
        outcome = plan_batch.add(page.house, page.viewer, page.asked(body, typed))
    except Refusal as refusal:
        if refusal.STATUS == 401:
            raise
        data = {"school_year": body["school_year"]}
        return _asking(page, data, Wrongs.of(refusal), refusal.STATUS)
    return _told(page, "批次新增計畫", "students.batch", *outcome)


@router.get("/students/new-year")
def get_new_year(
    page: ThePage,
    listed_school_year: Annotated[SchoolYear | None, BLANK, Query()] = None,
    grade: Annotated[Grade | None, BLANK, Query()] = None,
) -> Response:
    """Whom a new school year would begin for, by the filters of the list."""
    return _year(page, StudentFilter(school_year=listed_school_year, grade=grade))


@router.post("/students/new-year")
def post_new_year(page: ThePage, typed: Typed) -> Response:
    """Begins the year for everybody listed, in one transaction. Sent twice, it is done once."""
    terms = {name: text(typed, name) for name in ("listed_school_year", "grade")}
    narrowed = {name: int(one) for name, one in terms.items() if one and one.isdecimal()}
    asked = page.asked({"school_year": _number(typed), **narrowed}, typed)

    def attempt(tell: Progress | None = None) -> tuple[Done, Tally] | Response:
        try:
            return school_year_batch.open_all(page.house, page.viewer, asked, tell)
        except Refusal as refusal:
            if refusal.STATUS in (401, 404):
                raise
            wanted = StudentFilter.model_construct(
                school_year=narrowed.get("listed_school_year"), grade=narrowed.get("grade")
            )
            return _year(page, wanted, refusal, text(typed, "school_year"))

    if wants_lines(page.request.headers.get("accept", "")):
        return lines_of(page.request, attempt)
    outcome = attempt()
    if isinstance(outcome, Response):
        return outcome
    return _told(page, "新增學年度", "school-years.batch", *outcome)


def _permit(page: Page) -> None:
    if not is_writer(page.viewer):
        raise NotAllowed


def _number(typed: FormData) -> int | str | None:
    said = unicodedata.normalize("NFKC", text(typed, "school_year") or "").strip()
    return int(said) if said.isdecimal() and len(said) < 5 else said or None


def _asking(
    page: Page, data: dict[str, Any], wrongs: Wrongs | None = None, status: int = 200
) -> Response:
    made = Making("plan", page.viewer.today, long=frozenset({"numbers"}))
    context = {} if wrongs is None else {"wrongs": wrongs}
    return page.show(
        "new_plans.html", status=status, form=made.form(NewPlans, data), looked=None, **context
    )


def _looked(page: Page, looked: Iterable[Looked], year: int) -> Response:
    rows = list(looked)
    return page.show(
        "new_plans.html",
        form=None,
        looked=rows,
        ready=[one for one in rows if one.student is not None and one.refusal is None],
        school_year=year,
        key=page.new_key,
    )


def _year(
    page: Page, wanted: StudentFilter, refusal: Refusal | None = None, said: str | None = None
) -> Response:
    _permit(page)
    mine = writers_of(page.viewer)
    found = [
        one
        for one in find(page.house, page.viewer, wanted, None)
        if one.card.student_id in mine and not one.card.erased
    ]
    record_list(page.house, page.viewer, "students", [one.card.student_id for one in found])
    terms = {"listed_school_year": wanted.school_year, "grade": wanted.grade}
    context: dict[str, Any] = {
        "found": [one.item for one in found if one.item.school_years],
        "without": [one.item for one in found if not one.item.school_years],
        "terms": {name: one for name, one in terms.items() if one is not None},
        "query": urlencode({name: one for name, one in terms.items() if one is not None}),
        "grades": GRADES,
        "school_year": school_year_of(page.viewer.today),
        "key": page.new_key,
    }
    if refusal is not None:
        return page.refused(refusal, "new_year.html", **context | {"school_year": said or ""})
    return page.show("new_year.html", **context)


def _told(page: Page, title: str, what: str, done: Done, tally: Tally) -> Response:
    outcome = outcome_of(page.house, page.viewer, done, what, tally)
    return page.show("batch_outcome.html", title=title, outcome=outcome)
