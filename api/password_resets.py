"""A forgotten password: a code from who keeps the account, and a new password by its holder.

The code is shown once, holds for a day and works once; wrong codes are counted like wrong
passwords, and every failure is answered alike.
"""

import hashlib
import hmac
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from api import attempts, doubt, openid_links
from api.account_items import visible
from api.accounts import permit_keeper
from api.acting import Acting, Asked, Body, Decided, Deed, Done, Nothing, perform, read_body
from api.doubt import NotInDoubt
from api.house import House
from api.http import Posted, Raw, Written, problems, takes, writes
from api.paging import Cursor, Limit, paged
from api.sign_in import (
    Password,
    SignInRefused,
    account_of_name,
    check_password,
    name_mac,
    revoke_all,
)
from api.student_items import Instant, Person
from api.viewer import SignedIn, TheHouse, Viewer
from domain import account, password_reset
from domain.account import Account
from domain.capacity import LABELS as CAPACITIES
from domain.capacity import Capacity
from domain.command import Actor
from domain.password_reset import (
    AllowPasswordReset,
    PasswordReset,
    PasswordResetAllowed,
    ResetPassword,
    password_reset_id,
)
from ledger.database import Connection
from ledger.encryption import canonical

router = APIRouter(tags=["session"])

_HOURS = 24
#: Letters and figures that nobody mistakes for one another.
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_LENGTH = 12


class ResetCode(Written):
    """The code, shown this once; null where the request was a repeat."""

    code: str | None


class FormerPassword(Body):
    """The password that was in force before the first code."""

    former_password: str


class ResetItem(BaseModel):
    """A code that was handed out, and when a password was set with it."""

    allowed_at: Instant
    allowed_by: Person
    used_at: Instant | None


class ResetsItem(BaseModel):
    """`shut_until`: until when personal data from before a reset are shut, by the machine's clock;
    null where they are open."""

    items: list[ResetItem]
    next_cursor: str | None
    shut_until: Instant | None


class NewPasswordByCode(Body):
    """Who forgot the password, the code, and the password to have."""

    username: str
    code: str
    new_password: Password


@router.post("/accounts/{account_id}/password-reset", **writes(Nothing, answer=ResetCode))
def post_password_reset(
    house: TheHouse, viewer: SignedIn, account_id: UUID, asked: Posted
) -> Response:
    """核發重設密碼的代碼：學校對本校教師與學生，其他帳號由主管機關；一日內有效，只能使用一次。"""
    done, code = allow(house, viewer, account_id, asked)
    body = ResetCode(id=done.outcome.record_id, version=done.outcome.version, code=code)
    return Response(canonical(body.model_dump()), status_code=201, media_type="application/json")


@router.post("/password-resets", status_code=204, openapi_extra=takes(NewPasswordByCode))
def post_new_password(house: TheHouse, body: Raw) -> Response:
    """以代碼設定新密碼；先前的登入隨即失效。"""
    given = read_body(body, NewPasswordByCode)
    reset(house, given.username, given.code, given.new_password)
    return Response(status_code=204)


@router.get("/me/password-resets")
def list_resets(
    house: TheHouse,
    viewer: SignedIn,
    sort: Annotated[Literal["allowed_at", "-allowed_at"], Query()] = "-allowed_at",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ResetsItem:
    """為本人核發過的重設密碼代碼：由誰、何時核發，何時用它設定了密碼。"""
    page, after = paged(
        house,
        viewer,
        # No two events of a stream have one time.
        [((at := str(one.allowed_at)), at, one) for one in resets_of(house, viewer.account_id)],
        what="password-resets",
        wanted={"sort": sort},
        limit=limit,
        cursor=cursor,
        descending=sort.startswith("-"),
    )
    return ResetsItem(
        items=page, next_cursor=after, shut_until=doubt.until(house, viewer.account_id)
    )


@router.post(
    "/me/password-resets/former-password",
    status_code=204,
    responses=problems(409),
    openapi_extra=takes(FormerPassword),
)
def post_former_password(house: TheHouse, viewer: SignedIn, body: Raw) -> Response:
    """以重設之前的密碼證明是本人：重設之前的輔導紀錄、參與人員選項與草稿立即開放。"""
    confirm(house, viewer, read_body(body, FormerPassword).former_password)
    return Response(status_code=204)


def confirm(house: House, viewer: Viewer, former_password: str) -> None:
    """Shows to be who had the account before a code was used. Raises `NotInDoubt`,
    `PasswordWrong`."""
    if not viewer.in_doubt:
        raise NotInDoubt
    check_password(house, viewer.account_id, former_password, former=True)
    doubt.end(house, viewer.account_id)


def resets_of(house: House, account_id: UUID) -> list[ResetItem]:
    """The codes that were handed out for an account, the newest first; whoever hands one out could
    use it as well, so the person reads it."""
    stream = password_reset_id(account_id)
    found: list[ResetItem] = []
    # Times are asked for last: what came meanwhile is left out.
    for event, at in zip(house.ledger.events(stream), house.ledger.times(stream), strict=False):
        if isinstance(event, PasswordResetAllowed):
            person = house.ledger.state(account.evolve, event.by)
            name = CAPACITIES[Capacity.SYSTEM] if person is None else str(person.name)
            by = Person(id=event.by, name=name)
            found.append(ResetItem(allowed_at=at, allowed_by=by, used_at=None))
        elif found and isinstance(event, PasswordReset):
            found[-1].used_at = at
    return found[::-1]


def allow(
    house: House, viewer: Viewer, account_id: UUID, asked: Asked, reason: str | None = None
) -> tuple[Done, str | None]:
    """A new code in place of any earlier one; None where nothing was done anew."""
    drawn = house.ledger.entropy.draw(viewer.account_id, "reset", _LENGTH)
    # Of 256 values every one of the 32 letters takes eight.
    code = "".join(_LETTERS[one % len(_LETTERS)] for one in drawn)

    def keep(connection: Connection) -> None:
        connection.execute(
            "INSERT INTO desk.password_reset (account, code, expires_at)"
            " VALUES (%s, %s, clock_timestamp() + %s * interval '1 hour')"
            " ON CONFLICT (account) DO UPDATE SET code = excluded.code,"
            " expires_at = excluded.expires_at",
            (account_id, _digest(code), _HOURS),
        )

    def decide(acting: Acting, person: Account, actor: Actor, _: Nothing) -> Decided:
        known = acting.state(password_reset.evolve, password_reset_id(account_id))
        command = AllowPasswordReset(
            actor=actor,
            reason=reason,
            actor_organisation_id=acting.viewer.school_for(person.organisation_id),
        )
        event = password_reset.allow(known, person, command)
        return Decided((event,), account_id, event.originator_version, beside=keep)

    deed = Deed(
        what="account.allow-reset",
        body=Nothing,
        see=lambda acting: visible(acting.house, acting.viewer, account_id),
        permit=permit_keeper,
        decide=decide,
    )
    done = perform(house, viewer, asked, deed)
    return done, None if done.recorded is None else code


def reset(house: House, username: str, code: str, new_password: str) -> None:
    """A new password by a code that stands; every session of the account and its link end.

    Raises `SignInRefused` for a name nobody has, a wrong, used or old code, alike.
    """
    name = name_mac(house.ledger, username)
    known = account_of_name(house.ledger, username)
    with house.ledger.pool.connection() as connection:
        row = connection.execute(
            "SELECT code FROM desk.password_reset WHERE account = %s"
            " AND expires_at > clock_timestamp()",
            (known,),
        ).fetchone()
        waits = attempts.waits(connection, name)
    right = hmac.compare_digest(bytes(row[0]) if row else bytes(32), _digest(_plain(code)))
    # Read for a right code alone: a wrong one takes as long whether or not there is an account.
    person = house.ledger.state(account.evolve, known) if known is not None and right else None
    if waits or person is None or person.closed:
        with house.ledger.pool.connection() as connection:
            attempts.failed(connection, name, waits=waits)
        raise SignInRefused
    hashed = house.passwords.hash(new_password)
    own_after = doubt.newest_own(house, person.account_id)
    actor = Actor(account_id=person.account_id, capacity=Capacity.SYSTEM)
    resets = house.ledger.state(password_reset.evolve, password_reset_id(person.account_id))

    def keep(connection: Connection) -> None:
        doubt.begin(connection, person.account_id, own_after, hashed)
        connection.execute(
            "DELETE FROM desk.password_reset WHERE account = %s", (person.account_id,)
        )
        revoke_all(connection, person.account_id)
        openid_links.forget(connection, person.account_id)
        attempts.succeeded(connection, name)

    # Who had the old password may have linked an identity of their own.
    unlinked = openid_links.ended(house, person, actor)
    done = password_reset.reset(resets, person, ResetPassword(actor=actor))
    house.ledger.record(*unlinked, done, beside=keep)


def _plain(code: str) -> str:
    return "".join(one for one in code.upper() if one in _LETTERS)


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
