from uuid import UUID

import pytest

from domain.capacity import Capacity
from domain.command import Actor
from domain.plan import OpenPlan, PlanAlreadyOpen, PlanOpened, evolve, open_plan, plan_id
from domain.refusal import NotAllowed, NotValid

STUDENT, TEACHER = UUID(int=31), UUID(int=32)
OPEN = OpenPlan(
    actor=Actor(account_id=TEACHER, capacity=Capacity.CASE_MANAGER),
    student_id=STUDENT,
    school_year=113,
)
OPENED = PlanOpened(
    originator_id=plan_id(STUDENT),
    originator_version=1,
    by=TEACHER,
    capacity=Capacity.CASE_MANAGER,
    student_id=STUDENT,
    school_year=113,
)


def test_a_plan_is_opened_in_the_name_of_the_case_manager() -> None:
    assert open_plan(None, OPEN) == OPENED
    plan = evolve(None, OPENED)
    assert (plan.student_id, plan.school_year, plan.version) == (STUDENT, 113, 1)


def test_a_student_has_one_plan_and_its_stream_follows_from_the_student() -> None:
    # A stored id: it can never change.
    assert plan_id(STUDENT) == UUID("cb611204-4ce1-5226-9ea9-e0e8bd21c34f")


def test_opening_a_plan_twice_points_to_adding_a_school_year() -> None:
    with pytest.raises(PlanAlreadyOpen, match="新增年度資料") as refused:
        open_plan(evolve(None, OPENED), OPEN)
    assert (refused.value.STATUS, refused.value.CODE) == (409, "plan-already-open")


@pytest.mark.parametrize("capacity", list(Capacity))
def test_only_case_manager_and_gifted_homeroom_teacher_open_a_plan(capacity: Capacity) -> None:
    command = OPEN.model_copy(update={"actor": Actor(account_id=TEACHER, capacity=capacity)})
    if capacity.value in {"CM", "GH"}:
        assert open_plan(None, command).capacity is capacity
    else:
        with pytest.raises(NotAllowed):
            open_plan(None, command)


def test_a_plan_is_opened_for_a_year_of_the_republic() -> None:
    with pytest.raises(NotValid) as refused:
        open_plan(None, OPEN.model_copy(update={"school_year": 2024}))
    assert refused.value.field == "school_year"
