"""Every event of the house, loaded: whoever reads a book knows all its topics."""

from domain import (
    account,
    case_manager,
    counselling_note,
    course_goal,
    course_share,
    course_template,
    dispatch,
    dispute_events,
    ledger_life,
    legal_hold,
    mark,
    note_release,
    openid_link,
    organisation,
    participant_option,
    passkey,
    password_reset,
    placement,
    placement_request,
    placement_row,
    plan,
    plan_copy,
    processes,
    programme,
    reading,
    school_year,
    sealing,
    sections,
    skip_status,
    student,
    student_account,
    teaching_assignment,
)
from domain.event import TOPICS, Event

MODULES = (
    ledger_life,
    sealing,
    organisation,
    account,
    password_reset,
    openid_link,
    passkey,
    case_manager,
    student,
    legal_hold,
    plan,
    plan_copy,
    school_year,
    sections,
    course_goal,
    course_share,
    course_template,
    dispatch,
    teaching_assignment,
    student_account,
    placement,
    placement_request,
    placement_row,
    mark,
    skip_status,
    dispute_events,
    programme,
    processes,
    counselling_note,
    note_release,
    participant_option,
    reading,
)


def stored_events() -> list[type[Event]]:
    """Every kind of event that a book may hold, in the order of the modules and their classes."""
    written = [
        event_class
        for module in MODULES
        for event_class in vars(module).values()
        if isinstance(event_class, type)
        and issubclass(event_class, Event)
        and event_class.__module__ == module.__name__
        and TOPICS.get(event_class.__dict__.get("TOPIC", "")) is event_class
        and event_class is not counselling_note.ErasedNote
    ]
    written += processes.events()
    return written + [event for section in sections.SECTIONS.values() for event in section.events()]
