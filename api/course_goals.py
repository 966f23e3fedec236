"""`/students/{id}/courses`: 課程目標, written by their 授課教師 (IGP manual 2.3.10, 3.12, 4.6)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.acting import Acting, Asked, Body, Decided, Deed, Done, Reason, by_matrix, perform
from api.annual_goals import courses_of, goal_id, goal_of
from api.audit import record_read, refusals_recorded
from api.course_items import CourseItem, Courses, Sort, course_item, is_course, open_stage
from api.house import House
from api.http import Changed, Posted, PostedChange, response_of, shown, writes
from api.paging import Cursor, Limit, sorted_page
from api.plan_entries import SchoolYearFixed, student_in
from api.plan_entry_items import EntryBody, EntryCorrection
from api.section_data import checked
from api.seeing import by_student
from api.sign_in import account_of_name
from api.stages import ground
from api.turns import one_at_a_time
from api.viewer import SignedIn, TheHouse, Viewer
from domain import account, course_goal, student
from domain.access import Deed as Letter
from domain.access import allows
from domain.account import Account
from domain.capacity import Capacity
from domain.command import Actor
from domain.course_goal import (
    COURSE_GOAL,
    SECTION,
    LearningPerformance,
    SaveCourse,
    Semester,
    course_id,
    teachers,
)
from domain.course_share import is_colleague
from domain.refusal import NotAllowed, NotFound, NotValid
from domain.rules import check_school_year
from domain.section_record import Record, WithdrawRecord, evolve
from domain.student import Student
from ledger.recorder import Beside
from ledger.standing import together, unmoved
from projections import directory, plan_records
from projections.directory import StudentCard

router = APIRouter(prefix="/students/{student_id}/courses", tags=["plan"])

#: What makes the section visible, were there only courses that are not.
_KNOWING: tuple[Letter, ...] = ("view", "create")

_TEACHERS = Field((), description="授課教師的帳號或識別碼；新增時填寫者一定列入。", max_length=20)


class CourseEntry(EntryBody):
    """A new course under the annual goal of its year."""

    subject: str
    course_name: str | None = None
    teachers: tuple[str, ...] = _TEACHERS
    semester: Semester | None = None
    rows: tuple[LearningPerformance, ...] = ()


class CourseCorrection(EntryCorrection):
    """Fields that are left out stay as they are; `rows`, where given, are all rows."""

    subject: str | None = None
    course_name: str | None = None
    teachers: tuple[str, ...] | None = _TEACHERS
    semester: Semester | None = None
    rows: tuple[LearningPerformance, ...] | None = None


class TeacherNotFound(NotValid):
    """Nobody of that name teaches at the student's school."""

    CODE = "teacher-not-found"
    TITLE = "找不到這位授課教師；請填寫學生就讀學校的教師帳號"


@dataclass(frozen=True)
class Seen:
    """The student, and a course that the viewer may see, withdrawn or not."""

    student: Student
    record: Record


@router.get("")
def list_courses(
    house: TheHouse,
    viewer: SignedIn,
    student_id: UUID,
    school_year: int | None = Query(None, ge=1, le=999, description="學年度（民國年）"),
    sort: Annotated[Sort, Query()] = "created_at",
    limit: Limit = 200,
    cursor: Cursor = None,
) -> Courses:
    """一位學生的課程目標中，自己看得到的。"""
    found = listed(house, viewer, student_id, school_year)
    wanted = {"student": student_id, "school_year": school_year}
    page, after = sorted_page(
        house, viewer, found, sort, what="courses", wanted=wanted, limit=limit, cursor=cursor
    )
    return Courses(items=page, next_cursor=after)


@router.get("/{record_id}", response_model=CourseItem)
def get_course(house: TheHouse, viewer: SignedIn, student_id: UUID, record_id: UUID) -> Response:
    """一門課程目標。"""
    return shown(read(house, viewer, student_id, record_id))


@router.post("", **writes(CourseEntry))
def post_course(house: TheHouse, viewer: SignedIn, student_id: UUID, asked: Posted) -> Response:
    """新增課程資料；該學年度須先有學年目標。"""
    return response_of(house, viewer, add(house, viewer, student_id, asked))


@router.put("/{record_id}", **writes(CourseCorrection, 200))
def put_course(
    house: TheHouse, viewer: SignedIn, student_id: UUID, record_id: UUID, asked: Changed
) -> Response:
    """儲存課程資料；未列出的欄位不變，修改已儲存的內容須說明原因。"""
    return response_of(house, viewer, save(house, viewer, student_id, record_id, asked))


@router.post("/{record_id}/withdrawal", **writes(Reason, 200))
def post_course_withdrawal(
    house: TheHouse, viewer: SignedIn, student_id: UUID, record_id: UUID, asked: PostedChange
) -> Response:
    """刪除一門課程目標；須說明原因，歷程仍保留。"""
    return response_of(house, viewer, withdraw(house, viewer, student_id, record_id, asked))


def listed(
    house: House, viewer: Viewer, student_id: UUID, school_year: int | None
) -> list[CourseItem]:
    """The courses of a student that the viewer may see; recorded. Raises `NotFound`."""
    with (
        refusals_recorded(house, viewer, "courses", [student_id]),
        viewer.looking(house) as connection,
    ):
        found = [
            one
            for one in plan_records.records_of(connection, student_id)
            if is_course(one, student_id)
        ]
        card = directory.student(connection, student_id)
        held = _held(viewer, student_id, card)
        knows = any(allows(SECTION, capacity, deed) for capacity in held for deed in _KNOWING)
        # Whoever sees a course by name need not see the student.
        if not found and not knows and not viewer.reviews(SECTION, student_id):
            raise NotFound
        stage = open_stage(house, viewer, student_id)
        items = [
            course_item(house, connection, one, stage)
            for one in found
            if school_year in (None, one.school_year)
        ]
    record_read(house, viewer, "courses", [student_id], held=held)
    return items


def read(house: House, viewer: Viewer, student_id: UUID, record_id: UUID) -> CourseItem:
    """One course; recorded. Raises `NotFound`."""
    with (
        refusals_recorded(house, viewer, "course", [student_id]),
        viewer.looking(house) as connection,
    ):
        known = plan_records.record(connection, record_id)
        if known is None or not is_course(known, student_id):
            raise NotFound
        card = directory.student(connection, student_id)
        held = _held(viewer, student_id, card)
        item = course_item(house, connection, known, open_stage(house, viewer, student_id))
    record_read(house, viewer, "course", [student_id], record_id=record_id, held=held)
    return item


def _held(viewer: Viewer, student_id: UUID, card: StudentCard | None) -> frozenset[Capacity]:
    """A student holds the own account's capacity without seeing the own card."""
    return viewer.held_for(student_id, None if card is None else card.organisation)


def add(house: House, viewer: Viewer, student_id: UUID, asked: Asked) -> Done:
    """A new course from a `CourseEntry`."""

    def decide(acting: Acting, seen: Student, actor: Actor, given: CourseEntry) -> Decided:
        year = given.school_year
        check_school_year(year, SECTION)
        named = _teachers(acting, seen, given.teachers, ())
        fields = _fields(given) | {"teachers": tuple(dict.fromkeys((actor.account_id, *named)))}
        new = course_id(student_id, year, len(courses_of(acting, student_id, year)) + 1)
        made = course_command(acting, actor, student_id, year, None, new, fields, given.reason)
        return _saved(None, *made)

    deed = Deed(
        what="course.record",
        body=CourseEntry,
        see=lambda acting: student_in(acting, COURSE_GOAL, student_id),
        permit=by_student(SECTION, "create"),
        decide=decide,
        students=(student_id,),
    )
    # The next number of a year is one for everybody: those who add at one moment wait for their
    # turn instead of trying again and again. What may be added the books decide, with or without.
    with one_at_a_time(house, "courses", student_id):
        return perform(house, viewer, asked, deed)


def save(house: House, viewer: Viewer, student_id: UUID, record_id: UUID, asked: Asked) -> Done:
    """A save from a `CourseCorrection`."""

    def decide(acting: Acting, seen: Seen, actor: Actor, given: CourseCorrection) -> Decided:
        known = acting.known(evolve, record_id)
        year = known.school_year
        assert year is not None
        fields = {**known.data, **_fields(given)}
        if "teachers" in given.model_fields_set:
            named = _teachers(acting, seen.student, given.teachers or (), teachers(known))
            fields["teachers"] = named
        if given.school_year not in (None, year):
            raise SchoolYearFixed(field="school_year")
        made = course_command(
            acting, actor, student_id, year, known, record_id, fields, given.reason
        )
        return _saved(known, *made)

    deed = Deed(
        what="course.correct",
        body=CourseCorrection,
        see=lambda acting: course_seen(acting, student_id, record_id),
        permit=permit_owner("edit"),
        version=version_of,
        decide=decide,
        status=200,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


def withdraw(house: House, viewer: Viewer, student_id: UUID, record_id: UUID, asked: Asked) -> Done:
    """A withdrawal from a `Reason`."""

    def decide(acting: Acting, _: Seen, actor: Actor, given: Reason) -> Decided:
        now = ground(acting, student_id, None)
        command = WithdrawRecord(actor=actor, reason=given.reason, student_stage=now.stage)
        event = course_goal.withdraw(acting.known(evolve, record_id), command)
        return Decided((event,), record_id, event.originator_version, after=now.unmoved())

    deed = Deed(
        what="course.withdraw",
        body=Reason,
        see=lambda acting: course_seen(acting, student_id, record_id),
        permit=permit_owner("withdraw"),
        version=version_of,
        decide=decide,
        status=200,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


# -- what deeds on courses have in common


def course_seen(acting: Acting, student_id: UUID, record_id: UUID) -> Seen:
    """A course of the student that the viewer may see. Raises `NotFound`."""
    known = acting.known(evolve, record_id)
    if (known.section, known.student_id) != (SECTION, student_id):
        raise NotFound
    with acting.looking() as connection:
        if plan_records.record(connection, record_id) is None:
            raise NotFound
    return Seen(acting.known(student.evolve, student_id), known)


def permit_owner(letter: Letter) -> Callable[[Acting, Seen], Actor]:
    """Permits the course's teachers, while they teach the student. Raises `NotAllowed`."""

    def permit(acting: Acting, seen: Seen) -> Actor:
        if acting.viewer.account_id not in teachers(seen.record):
            raise NotAllowed
        held = acting.viewer.held_for(seen.student.student_id, seen.student.organisation_id)
        return by_matrix(acting, SECTION, letter, held)

    return permit


def version_of(acting: Acting, seen: Seen) -> int:
    """The version of the course as the books have it."""
    return acting.known(evolve, seen.record.record_id).version


def account_named(acting: Acting, text: str) -> Account | None:
    """The account of an id or a username, whoever may see it."""
    try:
        known: UUID | None = UUID(text)
    except ValueError:
        known = account_of_name(acting.house.ledger, text)
    return None if known is None else acting.state(account.evolve, known)


def course_command(
    acting: Acting,
    actor: Actor,
    student_id: UUID,
    school_year: int,
    known: Record | None,
    record_id: UUID,
    fields: Mapping[str, Any],
    reason: str | None,
) -> tuple[SaveCourse, Beside]:
    """The save of a whole course, and what its decision stands on beside the course itself.

    Raises `BodyNotValid`.
    """
    data, new_rows = checked(acting, COURSE_GOAL, fields, "")
    now = ground(acting, student_id, school_year)
    goal = goal_of(acting, student_id, school_year)
    of_year = now.stage if goal is None else goal.education_stage
    command = SaveCourse(
        actor=actor,
        reason=reason,
        record_id=record_id,
        student_id=student_id,
        school_year=school_year,
        education_stage=of_year if known is None else known.education_stage,
        student_stage=now.stage,
        today=acting.today,
        data=data,
        new_rows=new_rows,
        annual_goal=goal,
    )
    of_goal = unmoved({goal_id(student_id, school_year): 0 if goal is None else goal.version})
    return command, together(now.unmoved(), of_goal)


def _saved(known: Record | None, command: SaveCourse, standing: Beside) -> Decided:
    events = course_goal.save(known, command)
    if not events:
        return Decided((), command.record_id, 0 if known is None else known.version)
    version = events[-1].originator_version
    return Decided(events, command.record_id, version, after=standing)


def _fields(given: Body) -> dict[str, Any]:
    """What a body says of the course's own fields, its teachers aside."""
    aside = {"school_year", "reason", "teachers"}
    return given.model_dump(exclude_unset=True, exclude=aside)


def _teachers(
    acting: Acting, student: Student, given: Sequence[str], known: Sequence[UUID]
) -> tuple[UUID, ...]:
    """The accounts of these names, of teachers of the school; whoever was named before may stay.

    Raises `TeacherNotFound`.
    """
    named: dict[UUID, None] = {}
    for number, text in enumerate(given):
        person = account_named(acting, text)
        stays = person is not None and person.account_id in known
        if person is None or not (stays or is_colleague(person, student.organisation_id)):
            raise TeacherNotFound(field=f"teachers.{number}")
        named[person.account_id] = None
    return tuple(named)
