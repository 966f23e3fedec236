"""The sections with many records a student: meetings, re-placement records, course goals.

One list, one form and one question before a withdrawal, over what each section has of its own.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from starlette.datastructures import FormData

from api import course_goals, plan_entries, plan_entry_items
from api.acting import Asked, Done, Reason
from api.course_items import offered
from api.house import House
from api.meetings import MEETINGS
from api.name_order import name_key
from api.plan_entry_items import EntryItem, Kind
from api.replacements import REPLACEMENTS
from api.viewer import Viewer
from api.web import drafts
from api.web.editing import loaded, merge_typed, reason_form
from api.web.fields import Making, Option, making
from api.web.flash import Undo
from api.web.heads import Head, head_of
from api.web.participants import offered as offered_names
from api.web.plans import Year, index_of, worded
from api.web.progress import LISTS
from api.web.rendering import Page, ThePage
from api.web.sections import meeting_options, meetings_of
from api.web.typed import Typed, doing, text, with_rows
from api.web.typed import data_of as typed_data
from domain.account import Role
from domain.calendar import school_year as school_year_of
from domain.course_goal import COURSE_GOAL
from domain.labels import SECTIONS
from domain.reference import day_of_offer, words
from domain.refusal import NotAllowed, Refusal, StaleVersion
from domain.section import HEADER, Section
from projections import directory

router = APIRouter()


@dataclass(frozen=True)
class Entries:
    """What a section with many records is asked for, by the functions beside its JSON routes."""

    section: Section
    listed: Callable[[House, Viewer, UUID, int | None], list[Any]]
    read: Callable[[House, Viewer, UUID, UUID], EntryItem]
    record: Callable[[House, Viewer, UUID, Asked], Done]
    correct: Callable[[House, Viewer, UUID, UUID, Asked], Done]
    withdraw: Callable[[House, Viewer, UUID, UUID, Asked], Done]
    #: Whether an entry is the viewer's to change, beyond the matrix.
    owned: Callable[[Viewer, Any], bool] = lambda viewer, item: True

    @property
    def code(self) -> str:
        return self.section.code

    @property
    def label(self) -> str:
        return SECTIONS[self.code]

    @property
    def path(self) -> str:
        return LISTS[self.code]


@dataclass(frozen=True)
class Shown:
    """An entry in the list, with what the viewer may do to it."""

    item: Any = field(repr=False)
    blocks: list[Any] = field(repr=False)
    may_edit: bool
    may_withdraw: bool


def _of_kind(kind: Kind[Any], sort: str) -> Entries:
    def listed(house: House, viewer: Viewer, student: UUID, year: int | None) -> list[Any]:
        items, _ = plan_entry_items.page(
            house, viewer, kind, student, school_year=year, sort=sort, limit=200, cursor=None
        )
        return items

    def read(house: House, viewer: Viewer, student: UUID, entry: UUID) -> EntryItem:
        found: EntryItem = plan_entry_items.read(house, viewer, kind, student, entry)
        return found

    def record(house: House, viewer: Viewer, student: UUID, asked: Asked) -> Done:
        return plan_entries.record(house, viewer, kind, student, asked)

    def correct(house: House, viewer: Viewer, student: UUID, entry: UUID, asked: Asked) -> Done:
        return plan_entries.correct(house, viewer, kind, student, entry, asked)

    def withdraw(house: House, viewer: Viewer, student: UUID, entry: UUID, asked: Asked) -> Done:
        return plan_entries.withdraw(house, viewer, kind.section, student, entry, asked)

    return Entries(kind.section, listed, read, record, correct, withdraw)


MEETING_LIST = _of_kind(MEETINGS, "-held_at")

#: Every such section, in the order of the plan.
ENTRIES = (
    Entries(
        COURSE_GOAL,
        course_goals.listed,
        course_goals.read,
        course_goals.add,
        course_goals.save,
        course_goals.withdraw,
        owned=lambda viewer, item: viewer.account_id in item.teachers,
    ),
    MEETING_LIST,
    _of_kind(REPLACEMENTS, "-created_at"),
)


def _routes(kind: Entries) -> None:
    of = f"/students/{{student_id}}/{kind.path}"

    @router.get(of, name=f"get_{kind.code}s")
    def get_entries(page: ThePage, student_id: UUID, school_year: Year = None) -> Response:
        year = school_year or school_year_of(page.viewer.today)
        return page.show("entries.html", **list_context(page, student_id, kind, year))

    _adding(kind, of)
    _editing(kind, of)
    _withdrawing(kind, of)


def _adding(kind: Entries, of: str) -> None:
    @router.get(f"{of}/new", name=f"get_new_{kind.code}")
    def get_new(
        page: ThePage, student_id: UUID, school_year: Year = None, draft: bool = False
    ) -> Response:
        head = head_of(page.house, page.viewer, student_id)
        if not head.may(kind.code, "create"):
            raise NotAllowed
        year = school_year or school_year_of(page.viewer.today)
        form = _Form(page, head, kind, year, None)
        kept = drafts.kept(page, form.path)
        typed = kept.typed if draft and kept is not None else None
        data = form.begun if typed is None else form.data(typed)
        return form.show(data, typed, draft=kept, resumed=typed is not None)

    @router.post(f"{of}/new", name=f"post_new_{kind.code}")
    def post_new(
        page: ThePage, student_id: UUID, typed: Typed, school_year: Year = None
    ) -> Response:
        head = head_of(page.house, page.viewer, student_id)
        year = school_year or school_year_of(page.viewer.today)
        form = _Form(page, head, kind, year, None)

        def deed(data: Mapping[str, Any]) -> Done:
            asked = page.asked({**data, "school_year": year}, typed)
            return kind.record(page.house, page.viewer, student_id, asked)

        return form.sent(typed, deed)


def _editing(kind: Entries, of: str) -> None:
    @router.get(f"{of}/{{entry_id}}/edit", name=f"get_{kind.code}_edit")
    def get_edit(page: ThePage, student_id: UUID, entry_id: UUID, draft: bool = False) -> Response:
        form = _edited(page, kind, student_id, entry_id)
        if not form.head.may(kind.code, "edit"):
            raise NotAllowed
        kept = drafts.kept(page, form.path)
        typed = kept.typed if draft and kept is not None else None
        data = form.begun if typed is None else form.data(typed)
        return form.show(data, typed, draft=kept, resumed=typed is not None)

    @router.post(f"{of}/{{entry_id}}/edit", name=f"post_{kind.code}_edit")
    def post_edit(page: ThePage, student_id: UUID, entry_id: UUID, typed: Typed) -> Response:
        form = _edited(page, kind, student_id, entry_id)

        def deed(data: Mapping[str, Any]) -> Done:
            asked = page.asked({**data, "reason": text(typed, "reason")}, typed, "PUT")
            return kind.correct(page.house, page.viewer, student_id, entry_id, asked)

        return form.sent(typed, deed)


def _withdrawing(kind: Entries, of: str) -> None:
    @router.get(f"{of}/{{entry_id}}/withdrawal", name=f"get_{kind.code}_withdrawal")
    def get_withdrawal(page: ThePage, student_id: UUID, entry_id: UUID) -> Response:
        form = _edited(page, kind, student_id, entry_id)
        return page.show(
            "entry_withdrawal.html", **form.context, form=reason_form(page, {}), item=form.item
        )

    @router.post(f"{of}/{{entry_id}}/withdrawal", name=f"post_{kind.code}_withdrawal")
    def post_withdrawal(page: ThePage, student_id: UUID, entry_id: UUID, typed: Typed) -> Response:
        form = _edited(page, kind, student_id, entry_id)
        data = typed_data(Reason, typed)
        outcome = page.attempt(
            lambda: kind.withdraw(
                page.house, page.viewer, student_id, entry_id, page.asked(data, typed)
            )
        )
        if isinstance(outcome, Refusal):
            of_reason = reason_form(page, data)
            return page.refused(
                outcome, "entry_withdrawal.html", **form.context, form=of_reason, item=form.item
            )
        undo = Undo.of(kind.code, student_id, outcome)
        return page.done(outcome, form.list_path, "withdrawn", undo)


def list_context(page: Page, student_id: UUID, kind: Entries, year: int) -> dict[str, Any]:
    """What the list of a section's entries needs."""
    found = kind.listed(page.house, page.viewer, student_id, year)
    head = head_of(page.house, page.viewer, student_id)
    content = _content(page, head, found)
    return {
        **_common(page, head, kind, year),
        "entries": [_shown(page, head, kind, one, content) for one in found],
        "may_add": head.may(kind.code, "create"),
        "ticked": (),
        "reason": None,
    }


class _Form:
    """The form of one entry: a new one where there is no item."""

    def __init__(
        self, page: Page, head: Head, kind: Entries, year: int, item: EntryItem | None
    ) -> None:
        self.page, self.head, self.kind, self.year, self.item = page, head, kind, year, item
        self.list_path = f"/students/{head.id}/{kind.path}?school_year={year}"
        self.path = (
            f"/students/{head.id}/{kind.path}/new?school_year={year}"
            if item is None
            else f"/students/{head.id}/{kind.path}/{item.id}/edit"
        )

    @property
    def context(self) -> dict[str, Any]:
        return {
            **_common(self.page, self.head, self.kind, self.year),
            "list_path": self.list_path,
            "path_of_form": self.path,
        }

    @property
    def begun(self) -> dict[str, Any]:
        """What the form begins with."""
        fields = self.kind.section.data.model_fields
        if self.item is not None:
            return _data(self.kind, self.item)
        known = {"recorder_name": self.page.me.name, "teachers": [str(self.page.viewer.account_id)]}
        return {name: value for name, value in known.items() if name in fields}

    def data(self, typed: FormData, *, blank_rows: bool = False) -> dict[str, Any]:
        return typed_data(self.kind.section.data, typed, blank_rows=blank_rows)

    def sent(self, typed: FormData, deed: Callable[[Mapping[str, Any]], Done]) -> Response:
        """What a button of the form does."""
        do = doing(typed)
        if do == ("draft",):
            drafts.keep(self.page, typed)
            return self.page.go(self.list_path, "draft-kept")
        if do[0] in ("add", "remove"):
            return self.show(with_rows(self.data(typed, blank_rows=True), do), typed)
        data = self.data(typed)
        outcome = self.page.attempt(lambda: deed(data))
        if isinstance(outcome, StaleVersion) and self.item is not None:
            theirs = _data(self.kind, self.item)
            merged = merge_typed(self.kind.section, typed, data, theirs)
            context = self._context(merged.data, None)
            context |= {"merge": merged.differences, "reason": text(typed, "reason"), "dirty": True}
            return self.page.refused(outcome, "entry_form.html", **context)
        if isinstance(outcome, Refusal):
            return self.page.refused(outcome, "entry_form.html", **self._context(data, typed))
        drafts.drop(self.page, self.path)
        undo = Undo.of(self.kind.code, self.head.id, outcome)
        return self.page.done(outcome, self.list_path, "recorded", undo)

    def show(self, data: Mapping[str, Any], typed: FormData | None, **more: Any) -> Response:
        return self.page.show("entry_form.html", **self._context(data, typed) | more)

    def _context(self, data: Mapping[str, Any], typed: FormData | None) -> dict[str, Any]:
        version = 0 if self.item is None else self.item.version
        key = self.page.new_key if typed is None else text(typed, "_key")
        return {
            **self.context,
            **loaded(version, self.begun, typed),
            "form": self._making().form(self.kind.section.data, data),
            "key": key if self.item is None else None,
            "item": self.item,
            "draft": None,
            "resumed": False,
        }

    def _making(self) -> Making:
        choices: dict[str, list[Option]] = {}
        fields = self.kind.section.data.model_fields
        if "meeting_id" in fields:
            choices["meeting_id"] = meeting_options(self.page, self.head.id)
        if "teachers" in fields:
            choices["teachers"] = _colleagues(self.page, self.head)
        hidden: frozenset[str] = frozenset()
        suggested = {"participants": offered_names(self.page)} if "participants" in fields else {}
        if self.kind.section is COURSE_GOAL:
            with self.page.viewer.looking(self.page.house) as connection:
                components = offered(connection, self.head.id, self.year)
            known = words("course_components")
            choices["rows.component"] = [Option(one, known.get(one, one)) for one in components]
            # A model without components adds no column to a course (IGP-110).
            hidden = frozenset() if components else frozenset({"component"})
        return making(
            self.kind.code,
            day_of_offer(self.year, self.page.viewer.today),
            self.head.student.stage,
            choices=choices,
            hidden=hidden,
            suggested=suggested,
        )


def _edited(page: Page, kind: Entries, student_id: UUID, entry_id: UUID) -> _Form:
    item = kind.read(page.house, page.viewer, student_id, entry_id)
    head = head_of(page.house, page.viewer, student_id)
    year = item.school_year or school_year_of(page.viewer.today)
    return _Form(page, head, kind, year, item)


def _common(page: Page, head: Head, kind: Entries, year: int) -> dict[str, Any]:
    index = index_of(page, head, year)
    return {"head": head, "kind": kind, "year": year, "index": index, "in_plan": True}


def _data(kind: Entries, item: EntryItem) -> dict[str, Any]:
    """The fields of an entry's form, as JSON."""
    said = item.model_dump(mode="json")
    return {name: said[name] for name in kind.section.data.model_fields if name not in HEADER}


def _content(page: Page, head: Head, found: Iterable[Any]) -> dict[str, Any]:
    people = {
        str(person.id): person.name for one in found for person in getattr(one, "taught_by", ())
    }
    return {
        "people": [{"id": one, "name": name} for one, name in people.items()],
        "sections": [meetings_of(page, head.id)],
    }


def _shown(page: Page, head: Head, kind: Entries, item: Any, content: Mapping[str, Any]) -> Shown:
    said = item.model_dump(mode="json")
    record = {"data": said, "education_stage": said["education_stage"], "record_id": said["id"]}
    own = not item.locked and kind.owned(page.viewer, item)
    return Shown(
        item,
        worded(kind.code, [record], content),
        own and head.may(kind.code, "edit"),
        own and head.may(kind.code, "withdraw") and kind.section.withdrawn is not None,
    )


def _colleagues(page: Page, head: Head) -> list[Option]:
    """The teachers of the student's school, by name."""
    with page.viewer.looking(page.house) as connection:
        school = directory.organisation_by_code(connection, head.student.organisation.code)
        if school is None:
            return []
        found = directory.accounts_of(connection, school.organisation_id)
    named = [
        Option(
            str(one.account_id), str(page.house.opener.of_account(one.account_id, one.row["name"]))
        )
        for one in found
        if not one.closed and Role.TEACHER in one.roles
    ]
    return sorted(named, key=lambda option: name_key(option.label))


for _kind in ENTRIES:
    _routes(_kind)
