"""A row of `accounts.csv` against the ledger.

Teachers and students are registered by their school's administrator, all others by the authority;
where a school has no administrator yet, the authority registers its teachers too.
"""

from typing import Any
from uuid import UUID

from api.importing.register import Changed, Register, Wrong, changed_columns
from api.importing.rows import AccountRow
from domain import account
from domain.account import OF_THE_SCHOOL, Account, AccountAlreadyRegistered, Role

COLUMNS = {"class_name": "homeroom_class", "gifted": "gifted_class"}
SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 200


def decide_account(register: Register, row: AccountRow) -> Changed:
    """An existing account keeps its password, unit and roles whatever the row says."""
    where = register.known_organisation(row.organisation, "organisation").organisation_id
    known = register.account(row.username)
    if known is None:
        _new(register, row, where)
        return ()
    if known.closed:
        raise Wrong("username", "這個帳號已經停用，請改用另一個帳號名稱。")
    if known.organisation_id != where:
        raise Wrong("organisation", "帳號的單位建立後不能變更。")
    if set(known.roles) != set(row.roles):
        raise Wrong("roles", "帳號的身分建立後不能變更。")
    changed = _profile(register, row, known) or ()
    after = register.account(row.username)
    assert after is not None
    if _homeroom(register, row, after):
        changed += ("homeroom_class",)
    return changed or None


def _new(register: Register, row: AccountRow, where: UUID) -> None:
    if row.password is None:
        raise Wrong("password", "新的帳號請填寫密碼。")
    if not SHORTEST_PASSWORD <= len(row.password) <= LONGEST_PASSWORD:
        told = f"密碼請用 {SHORTEST_PASSWORD} 到 {LONGEST_PASSWORD} 個字。"
        raise Wrong("password", told)
    if register.is_name_taken(row.username):
        raise Wrong("username", f"{AccountAlreadyRegistered.TITLE}。")
    own = OF_THE_SCHOOL.issuperset(row.roles) and register.has_office(where)
    officer = register.school(where) if own else register.authority()
    command = account.RegisterAccount(
        account_id=register.new_id(officer.actor.account_id),
        username=row.username,
        name=row.name,
        organisation_id=where,
        roles=row.roles,
        duties=row.duties,
        teaching_category=row.teaching_category,
        subjects=row.subjects,
        actor_organisation_id=officer.school,
        **register.about(officer),
    )
    register.add_account(account.register(None, command), row.username, row.password)
    known = register.account(row.username)
    assert known is not None
    _homeroom(register, row, known)


def _profile(register: Register, row: AccountRow, known: Account) -> Changed:
    given: dict[str, Any] = {"name": row.name}
    for name in ("duties", "teaching_category", "subjects"):
        if getattr(row, name):
            given[name] = getattr(row, name)
    if all(getattr(known, name) == value for name, value in given.items()):
        return None
    # A teacher's profile is the school's to change, not the authority's.
    teacher = Role.TEACHER in known.roles
    officer = register.school(known.organisation_id) if teacher else register.authority()
    command = account.ChangeAccountProfile(
        actor_organisation_id=officer.school, **register.about(officer), **given
    )
    event = account.change_profile(known, command)
    register.decided(account.evolve, known.account_id, event)
    return changed_columns(event, COLUMNS)


def _homeroom(register: Register, row: AccountRow, known: Account) -> bool:
    """Whether the class that the account leads changes."""
    if row.homeroom_class is None:
        return False
    before = known.homeroom
    gifted = row.gifted_class
    if gifted is None:
        gifted = before is not None and before.gifted
    if before is not None and (before.class_name, before.gifted) == (row.homeroom_class, gifted):
        return False
    officer = register.school(known.organisation_id)
    command = account.ActivateHomeroom(
        class_name=row.homeroom_class,
        gifted=gifted,
        actor_organisation_id=officer.school,
        **register.about(officer),
    )
    event = account.activate_homeroom(known, command)
    return register.decided(account.evolve, known.account_id, event)
