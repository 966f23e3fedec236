"""`/programmes/{pid}/modified`: whose placements were modified between two days, and its files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError

from api import modified_list
from api.audit import record_list, refusals_recorded
from api.modified_list import ModifiedQuery, Pulled
from api.problems import BodyNotValid, errors_of
from api.process_items import rules_of
from api.student_items import offices
from api.web.programmes import FORMATS
from api.web.rendering import Page, ThePage
from api.web.wrongs import NONE, Wrongs
from documents.table import Table
from domain.refusal import Refusal

router = APIRouter()

_TEXTS = ("from", "to", "organisation", "as_of")
_TICKS = ("only_corrections", "include_organiser_changes")


@dataclass(frozen=True)
class Asking:
    """The range as it stands in the address: texts as they were typed, and what was ticked."""

    texts: Mapping[str, str]
    ticks: Mapping[str, bool]

    @classmethod
    def of(cls, request: Request) -> "Asking":
        given = request.query_params
        return cls(
            {name: given.get(name, "").strip() for name in _TEXTS},
            {name: given.get(name) == "true" for name in _TICKS},
        )

    @property
    def asked(self) -> bool:
        return bool(self.texts["from"] or self.texts["to"])

    def query(self) -> ModifiedQuery:
        """The question of the API. Raises `BodyNotValid` naming the fields."""
        given: dict[str, Any] = {**self.ticks, "from": self.texts["from"], "to": self.texts["to"]}
        given |= {name: self.texts[name] or None for name in ("organisation", "as_of")}
        try:
            return ModifiedQuery.model_validate(given)
        except ValidationError as error:
            errors = errors_of(error)
        raise BodyNotValid(errors)

    def address(self, **more: str) -> str:
        pairs = [(name, one) for name, one in (dict(self.texts) | more).items() if one]
        return urlencode([*pairs, *((name, "true") for name, one in self.ticks.items() if one)])


@router.get("/programmes/{pid}/modified")
def get_modified(page: ThePage, pid: str) -> Response:
    """The list: its range, and its lines where a range was given."""
    asking = Asking.of(page.request)
    if not asking.asked:
        return _shown(page, pid, asking, None)
    try:
        pulled = _pulled(page, pid, asking)
    except Refusal as refusal:
        if refusal.STATUS == 404:
            raise
        return _shown(page, pid, asking, None, Wrongs.of(refusal), refusal.STATUS)
    wanted = {"programme": pid, **asking.texts, "school": pulled.school}
    record_list(page.house, page.viewer, "rosters/modified", pulled.students, wanted)
    return _shown(page, pid, asking, pulled)


@router.get("/programmes/{pid}/modified/file")
def get_modified_file(
    page: ThePage, pid: str, format: Annotated[Literal["csv", "xlsx", "ods", "pdf"], Query()]
) -> Response:
    """The list on screen as a file."""
    pulled = _pulled(page, pid, Asking.of(page.request))
    return modified_list.download(page.house, page.viewer, pulled, format)


def _pulled(page: Page, pid: str, asking: Asking) -> Pulled:
    with refusals_recorded(page.house, page.viewer, "rosters/modified"):
        return modified_list.pull(page.house, page.viewer, pid, asking.query())


def _shown(
    page: Page,
    pid: str,
    asking: Asking,
    pulled: Pulled | None,
    wrongs: Wrongs = NONE,
    status: int = 200,
) -> Response:
    table: Table | None = None
    files = {}
    if pulled is not None:
        table = modified_list.table_of(pulled)
        closing = pulled.closing
        as_of = pulled.terms.as_dict(closing["rows"], closing["digest"])["as_of"]
        files = {
            name: f"/programmes/{pid}/modified/file?{asking.address(as_of=as_of, format=code)}"
            for code, name in FORMATS.items()
        }
    with page.viewer.looking(page.house) as connection:
        schools = {one.code: one.name for one in offices(connection).values()}
    return page.show(
        "programme_modified.html",
        status=status,
        wrongs=wrongs,
        rules=rules_of(page.house, pid),
        asking=asking,
        pulled=pulled,
        table=table,
        rows=[] if table is None else [*table.rows],
        files=files,
        schools=schools,
    )
