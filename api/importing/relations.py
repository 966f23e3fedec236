"""A row of `relations.csv` against the ledger. Case managers are appointed where they are not yet.

Resource-class case managers and teaching are the school's, itinerant case managers the authority's.
"""

from api.importing.register import Changed, Register, Wrong
from api.importing.rows import RelationRow, name_key
from domain import case_manager, dispatch, teaching_assignment
from domain.account import Account, Role
from domain.case_manager import Kind
from domain.student import Student

COLUMNS: dict[str, str] = {}


def decide_relation(register: Register, row: RelationRow) -> Changed:
    """Relations that the file does not name go on."""
    whom = register.student(row.student)
    if whom is None:
        told = "沒有這位學生，請先在 students.csv 加上。"
        raise Wrong("student_national_id", told, ("students.csv", row.student))
    who = register.account(row.account)
    if who is None or who.closed:
        told = "沒有這個帳號，或帳號已經停用。"
        raise Wrong("account", told, ("accounts.csv", name_key(row.account)))
    if Role.TEACHER not in who.roles:
        raise Wrong("account", "這個帳號不是教師。")
    kind = row.kind.case_manager
    if kind is not Kind.ITINERANT and who.organisation_id != whom.organisation_id:
        raise Wrong("account", "這位教師與學生不在同一所學校。")
    return _teaching(register, row, whom, who) if kind is None else _case(register, kind, whom, who)


def _case(register: Register, kind: Kind, whom: Student, who: Account) -> Changed:
    made = register.dispatch(whom.student_id, who.account_id)
    appointed = register.appointment(who.account_id, kind)
    new = appointed is None or not appointed.live
    live = made is not None and made.live and made.kind is kind
    if live and not new:
        return None
    itinerant = kind is Kind.ITINERANT
    officer = register.authority() if itinerant else register.school(who.organisation_id)
    about = register.about(officer) | {
        "account_id": who.account_id,
        "kind": kind,
        "account_organisation_id": who.organisation_id,
        "actor_organisation_id": officer.school,
    }
    if new:
        stream = case_manager.appointment_id(who.account_id, kind)
        command = case_manager.AppointCaseManager(account_is_teacher=True, **about)
        register.decided(case_manager.evolve, stream, case_manager.appoint(appointed, command))
    if live:
        return ("kind",)
    entry = dispatch.DispatchStudent(
        student_id=whom.student_id,
        appointed_kinds=frozenset({kind}),
        student_organisation_id=whom.organisation_id,
        **about,
    )
    stream = dispatch.dispatch_id(whom.student_id, who.account_id)
    register.decided(dispatch.evolve, stream, dispatch.make(made, entry))
    return ()


def _teaching(register: Register, row: RelationRow, whom: Student, who: Account) -> Changed:
    assert row.subject is not None
    assert row.school_year is not None
    known = register.teaching(whom.student_id, who.account_id)
    if known is not None and (row.subject, row.school_year) in known.live:
        return None
    officer = register.school(whom.organisation_id)
    command = teaching_assignment.AssignTeaching(
        account_is_teacher=True,
        student_id=whom.student_id,
        account_id=who.account_id,
        subject=row.subject,
        school_year=row.school_year,
        account_organisation_id=who.organisation_id,
        student_organisation_id=whom.organisation_id,
        actor_organisation_id=officer.school,
        **register.about(officer),
    )
    stream = teaching_assignment.teaching_id(whom.student_id, who.account_id)
    event = teaching_assignment.assign(known, command)
    register.decided(teaching_assignment.evolve, stream, event)
    return ()
