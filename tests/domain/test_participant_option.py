from functools import reduce
from typing import Any
from uuid import UUID

import pytest

from domain.capacity import Capacity
from domain.command import Actor
from domain.counselling_note import CounsellingNoteRead
from domain.event import Event
from domain.participant_option import (
    WRITERS,
    AddParticipantOption,
    ParticipantAlreadyOffered,
    ParticipantOption,
    ParticipantOptionAdded,
    ParticipantOptionRemoved,
    RemoveParticipantOption,
    add,
    evolve,
    remove,
)
from domain.refusal import AlreadyWithdrawn, NotAllowed, NotFound, NotValid, StaleVersion

OPTION, OWNER, COLLEAGUE = (UUID(int=n) for n in range(31, 34))
TEACHER = Actor(account_id=OWNER, capacity=Capacity.SUBJECT_TEACHER)
ADD = AddParticipantOption(actor=TEACHER, option_id=OPTION, name="王老師")
REMOVE = RemoveParticipantOption(actor=TEACHER)


def event(kind: type[Event], version: int) -> Event:
    envelope: dict[str, Any] = {"by": OWNER, "capacity": Capacity.SUBJECT_TEACHER}
    return kind(originator_id=OPTION, originator_version=version, name="王老師", **envelope)


ADDED = event(ParticipantOptionAdded, 1)
REMOVED = event(ParticipantOptionRemoved, 2)


def given(*events: Event) -> ParticipantOption | None:
    return reduce(evolve, events, None)


def test_a_name_is_added_and_kept_without_the_blanks_around_it() -> None:
    assert add(None, ADD) == ADDED
    assert add(None, ADD.model_copy(update={"name": " 王老師　"})) == ADDED


def test_a_name_is_offered_once() -> None:
    with pytest.raises(ParticipantAlreadyOffered):
        add(given(ADDED), ADD)


def test_a_removed_name_may_be_added_again() -> None:
    assert add(given(ADDED, REMOVED), ADD) == event(ParticipantOptionAdded, 3)


@pytest.mark.parametrize("name", ["", "  ", "甲" * 101])
def test_a_name_has_1_to_100_characters(name: str) -> None:
    with pytest.raises(NotValid) as refused:
        add(None, ADD.model_copy(update={"name": name}))
    assert refused.value.field == "name"
    assert add(None, ADD.model_copy(update={"name": "甲" * 100})).name == "甲" * 100


@pytest.mark.parametrize("capacity", Capacity)
def test_only_who_may_write_meetings_or_notes_keeps_a_list(capacity: Capacity) -> None:
    command = ADD.model_copy(update={"actor": Actor(account_id=OWNER, capacity=capacity)})
    if capacity in WRITERS:
        assert add(None, command).capacity is capacity
    else:
        with pytest.raises(NotAllowed):
            add(None, command)


def test_the_four_kinds_of_teachers_keep_lists() -> None:
    assert set(WRITERS) == {
        Capacity.CASE_MANAGER,
        Capacity.GIFTED_HOMEROOM,
        Capacity.SUBJECT_TEACHER,
        Capacity.HOMEROOM,
    }


def test_a_name_is_removed_without_a_reason() -> None:
    assert remove(given(ADDED), REMOVE) == REMOVED


def test_an_own_name_goes_also_when_its_owner_writes_about_nobody_any_more() -> None:
    retired = Actor(account_id=OWNER, capacity=Capacity.SYSTEM)
    assert remove(given(ADDED), RemoveParticipantOption(actor=retired)).originator_version == 2


def test_a_removed_name_is_not_removed_again() -> None:
    with pytest.raises(AlreadyWithdrawn):
        remove(given(ADDED, REMOVED), REMOVE)


def test_a_stale_version_is_refused() -> None:
    with pytest.raises(StaleVersion):
        remove(given(ADDED), REMOVE.model_copy(update={"expected_version": 2}))


@pytest.mark.parametrize("option", [None, given(ADDED)])
def test_to_somebody_else_a_name_is_not_there(option: ParticipantOption | None) -> None:
    colleague = Actor(account_id=COLLEAGUE, capacity=Capacity.CASE_MANAGER)
    with pytest.raises(NotFound):
        remove(option, RemoveParticipantOption(actor=colleague))


def test_the_reading_of_a_list_is_no_part_of_an_option() -> None:
    read = CounsellingNoteRead(
        originator_id=OPTION, originator_version=1, by=OWNER, capacity="CM", what="notes"
    )
    with pytest.raises(TypeError):
        given(read)
