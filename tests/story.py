"""Tells a ledger in few words what happened in a county, as the domain would have decided it."""

from collections import Counter
from datetime import date, datetime
from typing import Any
from uuid import UUID

from domain import account, case_manager, course_goal, dispatch, organisation, plan, student
from domain import counselling_note as notes
from domain import participant_option as options
from domain import placement as placements
from domain import placement_request as requests
from domain import student_account as own_account
from domain import teaching_assignment as teaching
from domain.capacity import Capacity
from domain.course_goal import COURSE_GOAL
from domain.course_share import CourseGoalShared, CourseGoalShareEnded
from domain.event import Event
from domain.ledger_life import LEDGER_STREAM, SYSTEM, ClockMoved
from ledger.birth import move_clock
from ledger.ledger import Ledger, Recorded
from projections.participant_options import option_id

RESOURCE, ITINERANT = case_manager.Kind.RESOURCE_CLASS, case_manager.Kind.ITINERANT


class Story:
    """Each method records one event and returns the id of what it is about, or the record.

    Who acts is `by`, in the capacity SYS, unless said otherwise.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.last: Recorded | None = None
        self._versions: Counter[UUID] = Counter({LEDGER_STREAM: 1})

    def new_id(self) -> UUID:
        return self.ledger.entropy.uuid(SYSTEM, "story")

    def event(self, event_class: type[Event], stream: UUID, **fields: Any) -> Event:
        """The next event of a stream, not recorded yet."""
        self._versions[stream] += 1
        envelope = {"by": SYSTEM, "capacity": Capacity.SYSTEM}
        return event_class(
            originator_id=stream,
            originator_version=self._versions[stream],
            **envelope | fields,
        )

    def record(self, event_class: type[Event], stream: UUID, **fields: Any) -> Recorded:
        self.last = self.ledger.record(self.event(event_class, stream, **fields))
        return self.last

    def clock(self, now: datetime) -> Recorded:
        """The next event is recorded at this instant."""
        event = self.event(ClockMoved, LEDGER_STREAM, now=now)
        assert isinstance(event, ClockMoved)
        return move_clock(self.ledger, event)

    # -- organisations, accounts

    def organisation(self, code: str, name: str = "苓雅示範國小", kind: str = "school") -> UUID:
        made = organisation.organisation_id(code)
        self.record(
            organisation.OrganisationRegistered,
            made,
            organisation_id=made,
            code=code,
            name=name,
            kind=kind,
            county="高雄市",
            stage="elementary" if kind == "school" else None,
            parent_id=None,
            district=None,
        )
        return made

    def account(self, school: UUID, *roles: str, name: str = "王小明") -> UUID:
        made = self.new_id()
        self.ledger.keyring.create_account(made, SYSTEM)
        self.record(
            account.AccountRegistered,
            made,
            account_id=made,
            username=f"user-{made}",
            name=name,
            organisation_id=school,
            roles=roles or ("teacher",),
            duties=(),
            teaching_category=None,
            subjects=(),
        )
        return made

    def close(self, of: UUID) -> Recorded:
        return self.record(account.AccountClosed, of, account_id=of)

    def homeroom(self, of: UUID, school: UUID, class_name: str, gifted: bool = False) -> Recorded:
        return self.record(
            account.HomeroomActivated,
            of,
            account_id=of,
            organisation_id=school,
            class_name=class_name,
            gifted=gifted,
        )

    def clear_homeroom(self, of: UUID) -> Recorded:
        return self.record(account.HomeroomCleared, of, account_id=of)

    # -- students

    def student(self, school: UUID, class_name: str | None = None, **fields: Any) -> UUID:
        made = self.new_id()
        self.ledger.keyring.create_student(made, SYSTEM)
        content = {
            "national_id": "A123456789",
            "name": "林大同",
            "sex": "male",
            "birth_date": date(2013, 5, 6),
            "organisation_id": school,
            "stage": "elementary",
            "grade": 5,
            "class_name": class_name,
        }
        self.record(student.StudentRegistered, made, student_id=made, **content | fields)
        return made

    def details(self, of: UUID, **fields: Any) -> Recorded:
        return self.record(student.StudentDetailsCorrected, of, student_id=of, **fields)

    def class_of(self, of: UUID, **fields: Any) -> Recorded:
        return self.record(student.StudentClassChanged, of, student_id=of, **fields)

    def transfer(
        self, of: UUID, old: UUID, new: UUID, class_name: str | None = None, **fields: Any
    ) -> Recorded:
        content = {
            "from_organisation_id": old,
            "organisation_id": new,
            "stage": "elementary",
            "grade": 5,
            "class_name": class_name,
        }
        return self.record(student.StudentTransferred, of, student_id=of, **content | fields)

    def plan(self, of: UUID, school_year: int = 112) -> Recorded:
        return self.record(
            plan.PlanOpened, plan.plan_id(of), student_id=of, school_year=school_year
        )

    # -- relations

    def appoint(self, of: UUID, kind: case_manager.Kind = RESOURCE) -> Recorded:
        stream = case_manager.appointment_id(of, kind)
        return self.record(case_manager.CaseManagerAppointed, stream, account_id=of, kind=kind)

    def dismiss(self, of: UUID, kind: case_manager.Kind = RESOURCE) -> Recorded:
        stream = case_manager.appointment_id(of, kind)
        return self.record(
            case_manager.CaseManagerAppointmentEnded, stream, account_id=of, kind=kind
        )

    def dispatch(self, of: UUID, to: UUID, kind: case_manager.Kind = RESOURCE) -> Recorded:
        """The student `of` to the case manager `to`."""
        stream = dispatch.dispatch_id(of, to)
        return self.record(
            dispatch.StudentDispatched, stream, student_id=of, account_id=to, kind=kind
        )

    def recall(self, of: UUID, to: UUID, kind: case_manager.Kind = RESOURCE) -> Recorded:
        stream = dispatch.dispatch_id(of, to)
        return self.record(dispatch.DispatchEnded, stream, student_id=of, account_id=to, kind=kind)

    def assign(self, of: UUID, to: UUID, subject: str = "數學", year: int = 112) -> Recorded:
        """The student `of` to the subject teacher `to`."""
        return self.record(
            teaching.TeachingAssigned,
            teaching.teaching_id(of, to),
            student_id=of,
            account_id=to,
            subject=subject,
            school_year=year,
        )

    def unassign(self, of: UUID, to: UUID, *subjects: str) -> Recorded:
        return self.record(
            teaching.TeachingAssignmentEnded,
            teaching.teaching_id(of, to),
            student_id=of,
            account_id=to,
            subjects=subjects or ("數學",),
        )

    def link(self, of: UUID, to: UUID) -> Recorded:
        """The account `to` is the own one of the student `of`."""
        stream = own_account.link_id(to)
        return self.record(own_account.StudentAccountLinked, stream, student_id=of, account_id=to)

    def unlink(self, of: UUID, to: UUID) -> Recorded:
        stream = own_account.link_id(to)
        return self.record(own_account.StudentAccountEnded, stream, student_id=of, account_id=to)

    # -- course goals

    def course(self, of: UUID, *teachers: UUID, year: int = 112, number: int = 1) -> UUID:
        made = course_goal.course_id(of, year, number)
        self.record(
            COURSE_GOAL.recorded,
            made,
            student_id=of,
            school_year=year,
            education_stage="elementary",
            subject="math",
            teachers=teachers,
        )
        return made

    def taught_by(self, course: UUID, of: UUID, *teachers: UUID) -> Recorded:
        assert COURSE_GOAL.corrected is not None
        return self.record(COURSE_GOAL.corrected, course, student_id=of, teachers=teachers)

    def withdraw_course(self, course: UUID, of: UUID) -> Recorded:
        assert COURSE_GOAL.withdrawn is not None
        return self.record(COURSE_GOAL.withdrawn, course, student_id=of, reason="重複")

    def share(self, course: UUID, of: UUID, to: UUID, school: UUID | None) -> Recorded:
        """The course of the student `of` is opened to the account `to`."""
        return self.record(
            CourseGoalShared,
            course,
            student_id=of,
            account_id=to,
            relation="same_field",
            organisation_id=school,
        )

    def end_share(self, course: UUID, of: UUID, to: UUID) -> Recorded:
        return self.record(CourseGoalShareEnded, course, student_id=of, account_id=to)

    # -- placements

    def placement(self, of: UUID, **fields: Any) -> UUID:
        made = self.new_id()
        content = {
            "school_year": 112,
            "area": "數學",
            "category": "acceleration",
            "target_year_grade": 5,
            "placement_grade": 6,
            "arrangement": "抽離式",
        }
        self.record(placements.PlacementRecorded, made, student_id=of, **content | fields)
        return made

    def request(self, of: UUID, placement: UUID, kind: str = "abandonment", **fields: Any) -> UUID:
        made = self.new_id()
        content = {"kind": kind, "placement_id": placement, "why": "家長提出"}
        self.record(requests.PlacementRequestRecorded, made, student_id=of, **content | fields)
        return made

    def decide(self, request: UUID, of: UUID, **fields: Any) -> Recorded:
        content = {
            "body": "school_committee",
            "outcome": "passed",
            "decided_on": date(2023, 8, 1),
        }
        return self.record(
            requests.PlacementRequestDecided, request, student_id=of, **content | fields
        )

    # -- notes

    def note(self, of: UUID, by: UUID, **fields: Any) -> UUID:
        """The student `of`, in the ledger of the author `by`."""
        made = self.new_id()
        content = {
            "school_year": 112,
            "held_on": date(2023, 8, 1),
            "purpose": "學習適應",
            "participants": ("導師",),
            "recorder": "個管教師",
            "content": "談課程安排",
        }
        self.record(notes.CounsellingNoteRecorded, made, student_id=of, by=by, **content | fields)
        return made

    def correct_note(self, note: UUID, of: UUID, by: UUID, **fields: Any) -> Recorded:
        content = fields or {"content": "改寫"}
        return self.record(
            notes.CounsellingNoteCorrected, note, student_id=of, by=by, reason="補充", **content
        )

    def withdraw_note(self, note: UUID, of: UUID, by: UUID) -> Recorded:
        return self.record(
            notes.CounsellingNoteWithdrawn, note, student_id=of, by=by, reason="重複"
        )

    def read_notes(self, by: UUID) -> Recorded:
        return self.record(notes.CounsellingNoteRead, self.new_id(), by=by, what="notes")

    # -- participants

    def option(self, by: UUID, name: str = "王老師") -> UUID:
        """A name in the list of the account `by`."""
        made = option_id(self.ledger.keyring, by, name)
        self.record(options.ParticipantOptionAdded, made, by=by, name=name)
        return made

    def remove_option(self, option: UUID, by: UUID, name: str = "王老師") -> Recorded:
        return self.record(options.ParticipantOptionRemoved, option, by=by, name=name)
