"""`GET /students/{id}/plan`: the whole plan of a school year, as data or as a paper."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.audit import reading, refusals_recorded
from api.house import House
from api.http import problems
from api.plan_content import Content, content, readable
from api.plan_export import PlanAsked, export
from api.plan_items import WholePlan
from api.plan_paper import MEDIA_TYPES, FileFormat
from api.plan_source import seen, source_of
from api.viewer import SignedIn, TheHouse, Viewer
from domain.calendar import school_year as school_year_of
from domain.refusal import NotValid
from ledger.encryption import canonical

router = APIRouter(prefix="/students/{student_id}/plan", tags=["plan"])


class NotOfData(NotValid):
    """`own_notes` and `as_of` are of a paper, and the plan was asked for as data."""

    CODE = "needs-format"
    TITLE = "這個條件只用於匯出，請一併指定 format"


_FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "整份計畫；指定 format 時為檔案，標頭 Igp-As-Of 為其時點。",
        "content": {
            MEDIA_TYPES[one]: {"schema": {"type": "string", "format": "binary"}}
            for one in ("pdf", "odt")
        },
    }
}


@router.get("", response_model=WholePlan, responses={**_FILES, **problems(403, 409)})
def get_plan(
    house: TheHouse,
    viewer: SignedIn,
    student_id: UUID,
    school_year: Annotated[
        int | None, Query(ge=1, le=999, description="學年度（民國年）；省略為目前學年度。")
    ] = None,
    format: Annotated[FileFormat | None, Query(description="匯出檔的格式。")] = None,
    own_notes: Annotated[bool, Query(description="匯出檔另附匯出者本人的輔導紀錄。")] = False,
    as_of: Annotated[
        str | None, Query(description="先前匯出時回答的 Igp-As-Of；同一時點的內容逐位元組相同。")
    ] = None,
) -> Response:
    """一位學生一個學年度的整份計畫；指定 format 時為 PDF 或 ODT 匯出檔。"""
    year = school_year or school_year_of(viewer.today)
    if format is None:
        if own_notes or as_of is not None:
            raise NotOfData(field="own_notes" if own_notes else "as_of")
        body = canonical(read(house, viewer, student_id, year))
        return Response(body, media_type="application/json")
    return export(house, viewer, PlanAsked(student_id, year, format, own_notes), as_of)


def read(house: House, viewer: Viewer, student_id: UUID, year: int) -> Content:
    """The plan as it is shown, and its reading recorded. Raises `NotFound`."""
    with (
        refusals_recorded(house, viewer, "plan", [student_id]),
        viewer.looking(house) as connection,
    ):
        card, held = seen(connection, viewer, student_id)
        source = source_of(connection, card)
    with reading(house, viewer, "plan", [student_id], held=held):
        return content(house, source, year, readable(held))
