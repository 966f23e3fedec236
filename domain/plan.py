"""The opening of a student's plan (單筆新增、批次新增, IGP manual §二(一)3)."""

from uuid import UUID

from pydantic import BaseModel

from domain.command import Command
from domain.event import Event
from domain.refusal import Refusal
from domain.rules import check_school_year, permit
from domain.stream_ids import natural_id
from domain.student_event import StudentEvent

SECTION = "plan"


def plan_id(student: UUID) -> UUID:
    """The stream of the student's plan: a student has one."""
    return natural_id("plan", student)


class PlanOpened(StudentEvent):
    """The plan begins, with its first school year."""

    TOPIC = "plan.opened.v1"
    SECTION = SECTION

    school_year: int


class PlansBatchAdded(Event):
    """批次新增: `students` got a plan each, `skipped` had one. The stream is the batch's own, and
    every event of the batch carries its id as `correlation_id`."""

    TOPIC = "plan.batch-added.v1"

    school_year: int
    students: tuple[UUID, ...]
    skipped: tuple[UUID, ...]


class Plan(BaseModel, frozen=True):
    """`school_year` is the one it was opened for."""

    version: int
    student_id: UUID
    school_year: int


def evolve(plan: Plan | None, event: Event) -> Plan:
    match event:
        case PlanOpened():
            return Plan(
                version=event.originator_version,
                student_id=event.student_id,
                school_year=event.school_year,
            )
    raise TypeError(f"{event.TOPIC} does not belong to a plan")


class OpenPlan(Command):
    """`imported` is a plan that enters from another ledger: its opening was decided there."""

    student_id: UUID
    school_year: int
    imported: bool = False


class PlanAlreadyOpen(Refusal):
    """The student has a plan; another school year is added to it (IGP-76)."""

    CODE = "plan-already-open"
    TITLE = "這位學生已經建置個別輔導計畫，請改用「新增年度資料」"


def open_plan(plan: Plan | None, command: OpenPlan) -> PlanOpened:
    """Raises `NotAllowed`, `NotValid`, `PlanAlreadyOpen`."""
    if not command.imported:
        permit(SECTION, "create", command.actor.capacity)
    check_school_year(command.school_year, SECTION)
    if plan is not None:
        raise PlanAlreadyOpen
    return PlanOpened(
        **command.envelope(plan_id(command.student_id), version=1),
        student_id=command.student_id,
        school_year=command.school_year,
    )


class AddBatch(Command):
    """What became of the students of a batch; `correlation_id` is the batch."""

    correlation_id: UUID
    school_year: int
    students: tuple[UUID, ...]
    skipped: tuple[UUID, ...]


def batch_added(command: AddBatch) -> PlansBatchAdded:
    """Raises `NotAllowed`, `NotValid`."""
    permit(SECTION, "create", command.actor.capacity)
    check_school_year(command.school_year, SECTION)
    return PlansBatchAdded(
        **command.envelope(command.correlation_id, version=1),
        school_year=command.school_year,
        students=command.students,
        skipped=command.skipped,
    )
