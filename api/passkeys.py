"""Passkeys of an account: which there are, a new one, and the end of one that is not wanted any
more or was lost.

A new one comes from a browser on one of our own pages (`api.web.passkeys`). What the books say of
a passkey is who registered and removed it; its key stands in `desk`, and goes with it.
"""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from api import second_factor, sign_in
from api.account_items import visible
from api.accounts import permit_keeper
from api.acting import Acting, Asked, Body, Decided, Deed, Done, Reason, perform, read_body
from api.house import House
from api.http import Posted, Raw, response_of, takes, writes
from api.paging import Cursor, Limit, sorted_page
from api.second_factor import Answer, PasskeyRefused, Site, Step
from api.sign_in import SignInRefused, revoke_all
from api.student_items import Instant
from api.viewer import SignedIn, TheHouse, Viewer
from domain import account, passkey
from domain.account import Account
from domain.capacity import Capacity
from domain.command import Actor
from domain.passkey import (
    Passkeys,
    RegisterPasskey,
    RemoveLostPasskeys,
    RemovePasskey,
    passkeys_id,
)
from ledger.database import Connection
from ledger.errors import Taken

router = APIRouter(tags=["session"])


class PasskeyItem(BaseModel):
    """One of one's own passkeys; `used_at` is null until it served for the first time."""

    id: UUID
    name: str
    registered_at: Instant
    used_at: Instant | None


class OwnPasskeys(BaseModel):
    items: list[PasskeyItem]
    next_cursor: str | None


class CurrentPassword(Body):
    """The password one has, asked for again."""

    current_password: str


Sort = Literal["registered_at", "-registered_at", "used_at", "-used_at", "name", "-name"]


@router.get("/me/passkeys")
def list_passkeys(
    house: TheHouse,
    viewer: SignedIn,
    sort: Annotated[Sort, Query()] = "registered_at",
    limit: Limit = 200,
    cursor: Cursor = None,
) -> OwnPasskeys:
    """本人的通行金鑰：名稱、新增時間、最近使用時間。"""
    page, after = sorted_page(
        house,
        viewer,
        standing(house, viewer.account_id),
        sort,
        what="passkeys",
        wanted={},
        limit=limit,
        cursor=cursor,
    )
    return OwnPasskeys(items=page, next_cursor=after)


@router.post(
    "/me/passkeys/{passkey_id}/removal", status_code=204, openapi_extra=takes(CurrentPassword)
)
def post_removal(house: TheHouse, viewer: SignedIn, passkey_id: UUID, body: Raw) -> Response:
    """移除本人的一個通行金鑰；須再次提供目前的密碼。"""
    given = read_body(body, CurrentPassword)
    remove(house, viewer.account_id, passkey_id, given.current_password)
    return Response(status_code=204)


@router.post("/accounts/{account_id}/passkeys/removal", **writes(Reason, 200))
def post_lost(house: TheHouse, viewer: SignedIn, account_id: UUID, asked: Posted) -> Response:
    """移除遺失的通行金鑰：學校對本校教師與學生，其他帳號由主管機關；須說明原因，登入隨即失效。"""
    return response_of(house, viewer, remove_lost(house, viewer, account_id, asked))


def standing(house: House, account_id: UUID) -> list[PasskeyItem]:
    """The passkeys of an account, the oldest first."""
    known = house.ledger.state(passkey.evolve, passkeys_id(account_id))
    with house.ledger.pool.connection() as connection:
        rows = connection.execute(
            "SELECT id, registered_at, used_at FROM desk.passkey WHERE account = %s", (account_id,)
        ).fetchall()
    times = {one: (since, used) for one, since, used in rows}
    return [
        PasskeyItem(id=one, name=str(name), registered_at=times[one][0], used_at=times[one][1])
        for one, name in (known.names.items() if known is not None else ())
        if one in times
    ]


def register(
    house: House, step: Step, site: Site, name: str, answer: Answer, *, first: bool = False
) -> None:
    """A new passkey by who took a step; `first` where nothing but a first step was passed, which
    is not enough as soon as there is a passkey. Raises `PasskeyRefused`, `NotValid`,
    `TooManyPasskeys`."""
    found, transports = second_factor.attested(site, step, answer)
    person, known, actor = _own(house, step.account_id)
    if first and known is not None and known.names:
        raise PasskeyRefused
    event = passkey.register(
        known,
        person,
        RegisterPasskey(
            actor=actor,
            passkey_id=house.ledger.entropy.uuid(step.account_id, "passkey"),
            name=name,
        ),
    )

    def keep(connection: Connection) -> None:
        connection.execute(
            "INSERT INTO desk.passkey (id, account, credential, public_key, sign_count, transports,"
            " registered_at, proves) SELECT %s, c.account, %s, %s, %s, %s, books.ledger_now(),"
            " c.doubted_until IS NULL OR c.doubted_until <= clock_timestamp()"
            " FROM desk.credential c WHERE c.account = %s",
            (
                event.passkey_id,
                found.credential_id,
                found.credential_public_key,
                found.sign_count,
                transports,
                step.account_id,
            ),
        )

    try:
        house.ledger.record(event, beside=keep)
    except Taken:
        # Somebody's already, here or in another account.
        raise PasskeyRefused from None


def remove(house: House, account_id: UUID, passkey_id: UUID, current_password: str) -> None:
    """The end of one of one's own. Raises `NotFound`, `PasswordWrong`."""
    person, known, actor = _own(house, account_id)
    event = passkey.remove(known, person, RemovePasskey(actor=actor, passkey_id=passkey_id))
    sign_in.check_password(house, account_id, current_password)
    house.ledger.record(event, beside=lambda connection: _forget(connection, [passkey_id]))


def remove_lost(house: House, viewer: Viewer, account_id: UUID, asked: Asked) -> Done:
    """All passkeys of somebody who lost them, from a `Reason`; the account's sessions end, for one
    may stand on what was lost."""

    def decide(acting: Acting, person: Account, actor: Actor, given: Reason) -> Decided:
        command = RemoveLostPasskeys(
            actor=actor,
            reason=given.reason,
            actor_organisation_id=acting.viewer.school_for(person.organisation_id),
        )
        known = acting.state(passkey.evolve, passkeys_id(account_id))
        events = passkey.remove_lost(known, person, command)

        def beside(connection: Connection) -> None:
            _forget(connection, [one.passkey_id for one in events])
            revoke_all(connection, account_id)

        return Decided(events, account_id, events[-1].originator_version, beside=beside)

    deed = Deed(
        what="account.remove-passkeys",
        body=Reason,
        see=lambda acting: visible(acting.house, acting.viewer, account_id),
        permit=permit_keeper,
        decide=decide,
        status=200,
    )
    return perform(house, viewer, asked, deed)


def _own(house: House, account_id: UUID) -> tuple[Account, Passkeys | None, Actor]:
    person = house.ledger.state(account.evolve, account_id)
    if person is None or person.closed:
        raise SignInRefused
    known = house.ledger.state(passkey.evolve, passkeys_id(account_id))
    return person, known, Actor(account_id=account_id, capacity=Capacity.SYSTEM)


def _forget(connection: Connection, passkeys: Sequence[UUID]) -> None:
    connection.execute("DELETE FROM desk.passkey WHERE id = ANY(%s)", (list(passkeys),))
