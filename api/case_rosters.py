"""Lists over the placement cases of a programme: who owes attendance, letters, tasks, reports."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from uuid import UUID

from fastapi import APIRouter, Response

from api.acting import Asked, Done
from api.audit import record_list, refusals_recorded
from api.case_items import held_when_due, tasks_with
from api.case_listing import Listing
from api.case_roster_items import (
    AttendanceItem,
    AttendanceList,
    AttendancePupil,
    LetterItem,
    LetterList,
    LetterPupil,
    TaskList,
    TaskPupil,
    TrackingItem,
    TrackingList,
)
from api.house import House
from api.http import PostedChange, response_of, takes_one_of
from api.paging import Cursor, Limit, Place, paged
from api.process_items import rules_of
from api.processes import EVOLVE, Which, record_id, take_step
from api.rosters import RosterFormat, download, pull
from api.viewer import SignedIn, TheHouse, Viewer
from domain import placement_meeting, tracking
from domain import placement_path as path
from domain.calendar import local_date, local_range
from domain.case_rules import TrackingRule
from domain.organisation import organisation_id
from domain.placement_addition import REVIEWED
from domain.placement_attendance import Asked as AskedFor
from domain.placement_attendance import duties
from domain.process import STEPS
from domain.programme_rules import Programme
from projections import directory, placed
from projections import processes as view
from projections.processes import ProcessRecord

router = APIRouter(prefix="/programmes/{pid}", tags=["placement cases"])

MEETING = placement_meeting.PROCESS


@router.get("/rosters/attendance", response_model=AttendanceList)
def get_attendance(
    house: TheHouse,
    viewer: SignedIn,
    pid: str,
    organisation: str | None = None,
    announced: bool | None = None,
    format: RosterFormat = "json",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> AttendanceList | Response:
    """須派員出席安置會議的學校與學生；announced=false 只列尚未回報者；順序固定。"""
    if format != "json":
        return _paper(house, viewer, pid, "attendance", organisation, format)
    rules = rules_of(house, pid)
    due = rules.window(path.rules_of(rules).attendance_window).closes
    with viewer.looking(house) as connection:
        listing = Listing.of(house, connection, rules)
        owed: defaultdict[UUID, list[AttendancePupil]] = defaultdict(list)
        # Nobody is called to a meeting that is over.
        before = None if due is None else local_range(due, due)[1]
        years = (rules.school_year - 1, rules.school_year)
        asked = placed.requested(connection, *years, before=before)
        for case in listing.cases:
            about = [AskedFor(*one) for one in asked.get(case.student, ())]
            reasons = duties(rules, listing.rows(case), about, papers=_papers(case))
            if case.state not in path.GIVEN_UP and reasons:
                pupil = AttendancePupil(
                    student=listing.person(case.student), case_id=case.record_id, reasons=reasons
                )
                owed[case.organisation].append(pupil)
    items = []
    for school, students in owed.items():
        stream = record_id(MEETING, pid, school)
        known = house.ledger.state(EVOLVE[MEETING], stream)
        said = None if known is None else known.last(placement_meeting.STEP)
        items.append(
            AttendanceItem(
                organisation=listing.office(school),
                due_on=due,
                announced=said is not None,
                attendees=None if said is None else said.attendees,
                version=0 if known is None else known.version,
                students=students,
            )
        )
    found = [
        one
        for one in items
        if organisation in (None, one.organisation.code) and announced in (None, one.announced)
    ]
    wanted = {"programme": pid, "organisation": organisation, "announced": announced}
    page, after = paged(
        house,
        viewer,
        [([], one.organisation.code, one) for one in found],
        what="rosters/attendance",
        wanted=wanted,
        limit=limit,
        cursor=cursor,
    )
    named = [pupil.student.id for one in page for pupil in one.students]
    record_list(house, viewer, "rosters/attendance", named, wanted)
    return AttendanceList(items=page, next_cursor=after)


@router.get("/rosters/letters", response_model=LetterList)
def get_letters(
    house: TheHouse,
    viewer: SignedIn,
    pid: str,
    organisation: str | None = None,
    format: RosterFormat = "json",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> LetterList | Response:
    """核定或備查後須函知的學校與學生；跨階段安置者，函知就讀學校與銜接的學校；順序固定。"""
    if format != "json":
        return _paper(house, viewer, pid, "letters", organisation, format)
    rules = rules_of(house, pid)
    window = rules.window(path.rules_of(rules).letters_window)
    letters: defaultdict[UUID, list[LetterPupil]] = defaultdict(list)
    with viewer.looking(house) as connection:
        listing = Listing.of(house, connection, rules)
        for case in listing.cases:
            rows = listing.rows(case)
            if case.state not in path.DECIDED | path.OVER or not rows:
                continue
            crossing = [one.area for one in path.crossing(rules, rows)]
            letter = case.last("notified") or {}
            pupil = LetterPupil(
                student=listing.person(case.student),
                organisation=listing.office(case.organisation),
                case_id=case.record_id,
                areas=[one.area for one in rows],
                crossing=crossing,
                letter_number=letter.get("letter_number"),
                letter_date=letter.get("letter_date"),
            )
            letters[case.organisation].append(pupil)
            next_school = _next_school(case)
            if crossing and next_school is not None:
                letters[next_school].append(pupil)
    items = [
        LetterItem(organisation=listing.office(school), students=students)
        for school, students in letters.items()
    ]
    found = [one for one in items if organisation in (None, one.organisation.code)]
    wanted = {"programme": pid, "organisation": organisation}
    page, after = paged(
        house,
        viewer,
        [([], one.organisation.code, one) for one in found],
        what="rosters/letters",
        wanted=wanted,
        limit=limit,
        cursor=cursor,
    )
    named = [pupil.student.id for one in page for pupil in one.students]
    record_list(house, viewer, "rosters/letters", named, wanted)
    return LetterList(opens_on=window.opens, due_on=window.closes, items=page, next_cursor=after)


@router.get("/rosters/tasks", response_model=TaskList)
def get_tasks(
    house: TheHouse,
    viewer: SignedIn,
    pid: str,
    organisation: str | None = None,
    done: bool | None = None,
    format: RosterFormat = "json",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> TaskList | Response:
    """核定後的轉銜工作與期限；done=false 只列尚未完成者；順序固定。"""
    if format != "json":
        return _paper(house, viewer, pid, "tasks", organisation, format)
    rules = rules_of(house, pid)
    found: list[Place[TaskPupil]] = []
    with viewer.looking(house) as connection:
        listing = Listing.of(house, connection, rules)
        for case in listing.cases:
            office = listing.office(case.organisation)
            if organisation not in (None, office.code):
                continue
            of_case = [
                one
                for one in tasks_with(connection, rules, case, listing.rows(case))
                if done is None or done is (one.done_on is not None)
            ]
            if of_case:
                pupil = TaskPupil(
                    student=listing.person(case.student),
                    organisation=office,
                    case_id=case.record_id,
                    tasks=of_case,
                )
                found.append(([office.code, case.recorded_at.isoformat()], case.record_id, pupil))
    wanted = {"programme": pid, "organisation": organisation, "done": done}
    page, after = paged(
        house,
        viewer,
        found,
        what="rosters/tasks",
        wanted=wanted,
        limit=limit,
        cursor=cursor,
    )
    record_list(house, viewer, "rosters/tasks", [one.student.id for one in page], wanted)
    return TaskList(items=page, next_cursor=after)


@router.get("/rosters/tracking")
def get_tracking(
    house: TheHouse,
    viewer: SignedIn,
    pid: str,
    organisation: str | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> TrackingList:
    """各校應上傳的追蹤報告，依學期列出已上傳與未上傳者；順序固定。"""
    rules = rules_of(house, pid)
    found: list[TrackingItem] = []
    with viewer.looking(house) as connection:
        listing = Listing.of(house, connection, rules)
        reports = {
            (one.student, said["school_year"], said["semester"])
            for one in view.records(connection, pid, tracking.PROCESS)
            for said in (step["said"] for step in one.steps if step["step"] == tracking.STEP)
        }
        for rule in path.rules_of(rules).tracking:
            found += _tracked(rules, rule, listing, reports, local_date(viewer.now))
    wanted = {"programme": pid, "organisation": organisation}
    page, after = paged(
        house,
        viewer,
        [
            ([one.school_year, one.semester], one.organisation.code, one)
            for one in found
            if organisation in (None, one.organisation.code)
        ],
        what="rosters/tracking",
        wanted=wanted,
        limit=limit,
        cursor=cursor,
    )
    named = [one.id for each in page for one in each.missing]
    record_list(house, viewer, "rosters/tracking", named, wanted)
    return TrackingList(items=page, next_cursor=after)


@router.post(
    "/placement-meetings/{code}/{meeting_step}",
    **takes_one_of(*(one.form for (of, _), one in STEPS.items() if of == MEETING)),
)
def post_placement_meeting_step(
    house: TheHouse, viewer: SignedIn, pid: str, code: str, meeting_step: str, asked: PostedChange
) -> Response:
    """回報一所學校出席安置會議的人員。"""
    return response_of(house, viewer, take_meeting(house, viewer, pid, code, meeting_step, asked))


def take_meeting(
    house: House, viewer: Viewer, pid: str, code: str, step: str, asked: Asked
) -> Done:
    """A step about who a school sends. Raises `NotFound`."""
    which = Which(pid, MEETING, organisation=organisation_id(code))
    return take_step(house, viewer, asked, which, step)


def _paper(
    house: House, viewer: Viewer, pid: str, code: str, organisation: str | None, format: str
) -> Response:
    """The list as a file, one row for each pupil or task (`domain.roster_cases`)."""
    with refusals_recorded(house, viewer, "rosters"):
        pulled = pull(house, viewer, pid, code, organisation)
    return download(house, viewer, pulled, format)


def _papers(case: ProcessRecord) -> bool:
    """Whether the papers of a re-placement or an abandonment were uploaded."""
    submitted = case.last("submitted") or {}
    reviewed = case.last("committee-reviewed") or {}
    return bool(submitted.get("request_document") and reviewed.get("minutes_document"))


def _next_school(case: ProcessRecord) -> UUID | None:
    """The school of the next stage; one that a transfer names is no such school."""
    named = [
        one["said"].get("next_school_id")
        for one in case.steps
        if one["step"] in ("submitted", "notified", REVIEWED)
    ]
    return next((UUID(one) for one in reversed(named) if one is not None), None)


def _tracked(
    rules: Programme,
    rule: TrackingRule,
    listing: Listing,
    reports: set[tuple[UUID, int, int]],
    today: date,
) -> Iterator[TrackingItem]:
    schools: defaultdict[UUID, list[UUID]] = defaultdict(list)
    due = rules.window(rule.window).closes
    if rule.school_year == rules.school_year:
        for case in listing.cases:
            areas = {one.area for one in listing.rows(case)}
            if held_when_due(rules, rule, case, areas, today):
                schools[case.organisation].append(case.student)
    else:
        for student in placed.in_force(listing.connection, rule.school_year):
            card = directory.student(listing.connection, student)
            if card is not None:
                schools[UUID(card.row["organisation_id"])].append(student)
    for school in sorted(schools, key=lambda one: listing.office(one).code):
        missing = [
            one for one in schools[school] if (one, rule.school_year, rule.semester) not in reports
        ]
        yield TrackingItem(
            organisation=listing.office(school),
            school_year=rule.school_year,
            semester=rule.semester,
            due_on=due,
            overdue=due is not None and today > due and bool(missing),
            due=len(schools[school]),
            uploaded=len(schools[school]) - len(missing),
            missing=[listing.person(one) for one in missing],
        )
