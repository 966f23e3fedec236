from functools import reduce
from typing import Any
from uuid import UUID

import pytest

from domain.capacity import Capacity
from domain.command import Actor
from domain.course_template import (
    CourseTemplate,
    RenameTemplate,
    SaveTemplate,
    WithdrawTemplate,
    evolve,
    rename,
    save,
    withdraw,
)
from domain.event import ERASED, Event
from domain.ledger_life import ClockMoved
from domain.refusal import (
    AlreadyWithdrawn,
    NotAllowed,
    NotFound,
    NotValid,
    ReasonRequired,
    StaleVersion,
)

TEMPLATE, OWNER, COLLEAGUE = (UUID(int=n) for n in range(61, 64))
TEACHER = Actor(account_id=OWNER, capacity=Capacity.SUBJECT_TEACHER)
ROW = {
    "component": "core",
    "learning_performance": "n-II-1",
    "assessment_methods": ("dynamic",),
}
COURSE = {
    "subject": "mathematics",
    "course_name": "數學專題",
    "teachers": (OWNER,),
    "semester": "first",
    "rows": (ROW | {"row_id": UUID(int=9), "assessment_result": "優異"},),
}


def saving(**more: Any) -> SaveTemplate:
    given: dict[str, Any] = {
        "actor": TEACHER,
        "template_id": TEMPLATE,
        "name": " 專題範本 ",
        "teaching_model": "parallel_curriculum",
        "course": COURSE,
    }
    return SaveTemplate(**given | more)


def given(*events: Event) -> CourseTemplate:
    return reduce(evolve, events, None)  # type: ignore[return-value, arg-type]


SAVED = save(None, saving())


def test_a_template_holds_neither_result_nor_teacher_nor_row_id() -> None:
    assert SAVED.rows == (ROW,)
    assert (SAVED.name, SAVED.course_name) == ("專題範本", "數學專題")
    assert dict(SAVED.changed()).keys() == {
        "account_id",
        "name",
        "subject",
        "teaching_model",
        "course_name",
        "rows",
    }
    assert SAVED.student_id is None


@pytest.mark.parametrize("name", ["", " ", "長" * 101])
def test_a_template_has_a_name(name: str) -> None:
    with pytest.raises(NotValid) as refused:
        save(None, saving(name=name))
    assert refused.value.field == "name"


def test_who_writes_no_courses_keeps_no_templates() -> None:
    manager = Actor(account_id=OWNER, capacity=Capacity.CASE_MANAGER)
    with pytest.raises(NotAllowed):
        save(None, saving(actor=manager))


def test_a_template_is_renamed_by_its_maker_with_a_reason() -> None:
    command = RenameTemplate(actor=TEACHER, name="改名", reason="更正")
    event = rename(given(SAVED), command)
    assert event is not None
    assert given(SAVED, event).name == "改名"
    assert rename(given(SAVED, event), command) is None
    with pytest.raises(ReasonRequired):
        rename(given(SAVED), command.model_copy(update={"reason": None}))
    with pytest.raises(StaleVersion):
        rename(given(SAVED), command.model_copy(update={"expected_version": 2}))
    with pytest.raises(NotValid):
        rename(given(SAVED), command.model_copy(update={"name": " "}))


def test_a_withdrawn_template_changes_no_more() -> None:
    command = WithdrawTemplate(actor=TEACHER, reason="不再使用")
    gone = given(SAVED, withdraw(given(SAVED), command))
    assert gone.withdrawn
    with pytest.raises(AlreadyWithdrawn):
        withdraw(gone, command)
    with pytest.raises(AlreadyWithdrawn):
        rename(gone, RenameTemplate(actor=TEACHER, name="改名", reason="更正"))
    with pytest.raises(ReasonRequired):
        withdraw(given(SAVED), command.model_copy(update={"reason": ""}))


def test_of_somebody_elses_template_is_said_what_is_said_of_none() -> None:
    other = Actor(account_id=COLLEAGUE, capacity=Capacity.SUBJECT_TEACHER)
    for known in (given(SAVED), None):
        with pytest.raises(NotFound):
            withdraw(known, WithdrawTemplate(actor=other, reason="重複"))
        with pytest.raises(NotFound):
            rename(known, RenameTemplate(actor=other, name="改名", reason="更正"))


def test_an_erased_template_has_no_rows() -> None:
    erased = SAVED.model_copy(update={"name": ERASED, "rows": ERASED})
    assert (given(erased).name, given(erased).rows) == (ERASED, ())


def test_a_template_begins_by_being_saved() -> None:
    gone = withdraw(given(SAVED), WithdrawTemplate(actor=TEACHER, reason="不再使用"))
    with pytest.raises(TypeError):
        evolve(None, gone)
    with pytest.raises(TypeError):
        evolve(given(SAVED), ClockMoved.model_construct(originator_version=2))
