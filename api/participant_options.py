"""`/participant-options`: the names an account ticks as participants (IGP manual §一(四)5).

Each list is its account's own (AMB-21). Reading it and what is refused stand in the account's own
ledger, as of notes (design D7).
"""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from api.acting import Acting, Asked, Body, Decided, Deed, Done, Reason, office, perform
from api.audit import record_notes_read, refusals_recorded
from api.house import House
from api.http import Posted, PostedChange, response_of, writes
from api.name_order import name_key
from api.paging import Cursor, Limit, paged
from api.viewer import NOT_IN_DOUBT, TELLS_OF_OWN, SignedIn, TheHouse, Viewer
from domain import participant_option
from domain.command import Actor
from domain.participant_option import WRITERS, ParticipantOption
from domain.section import Line
from projections.participant_options import option_id, options_of

router = APIRouter(
    prefix="/participant-options", tags=["notes"], dependencies=[TELLS_OF_OWN, NOT_IN_DOUBT]
)

SortBy = Annotated[Literal["name", "-name"], Query(description="依姓名筆劃")]


class OptionEntry(Body):
    """A name of the list, 1 to 100 characters."""

    name: Line


class OptionItem(BaseModel):
    id: UUID
    version: int
    name: str


class Options(BaseModel):
    items: list[OptionItem]
    next_cursor: str | None


@router.get("")
def list_options(
    house: TheHouse,
    viewer: SignedIn,
    sort: SortBy = "name",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Options:
    """自己的參與人員選項；只有自己看得到。"""
    with refusals_recorded(house, viewer, "participant-options", private=True):
        with viewer.looking(house) as connection:
            known = options_of(
                connection, house.ledger.mapper, house.ledger.keyring, viewer.account_id
            )
        found, after = paged(
            house,
            viewer,
            [(name_key(one.name), one.option_id, one) for one in known],
            what="participant-options",
            wanted={"sort": sort},
            limit=limit,
            cursor=cursor,
            descending=sort.startswith("-"),
        )
    record_notes_read(house, viewer, "participant-options", [one.option_id for one in found])
    items = [OptionItem(id=one.option_id, version=one.version, name=one.name) for one in found]
    return Options(items=items, next_cursor=after)


def all_of(house: House, viewer: Viewer) -> list[OptionItem]:
    """The own list, by strokes, for the pages that show it or choose from it; recorded."""
    if viewer.in_doubt:
        return []
    with viewer.looking(house) as connection:
        known = options_of(connection, house.ledger.mapper, house.ledger.keyring, viewer.account_id)
    if known:
        shown = [one.option_id for one in known]
        record_notes_read(house, viewer, "participant-options", shown)
    items = [OptionItem(id=one.option_id, version=one.version, name=one.name) for one in known]
    return sorted(items, key=lambda one: name_key(one.name))


@router.post("", **writes(OptionEntry))
def post_option(house: TheHouse, viewer: SignedIn, asked: Posted) -> Response:
    """新增一個參與人員姓名，供會議與輔導紀錄選用。"""
    return response_of(house, viewer, add(house, viewer, asked))


@router.post("/{option_id}/withdrawal", **writes(Reason, 200))
def post_option_withdrawal(
    house: TheHouse, viewer: SignedIn, option_id: UUID, asked: PostedChange
) -> Response:
    """移除一個參與人員姓名；不必說明原因，已填寫的紀錄不受影響。"""
    return response_of(house, viewer, remove(house, viewer, option_id, asked))


def add(house: House, viewer: Viewer, asked: Asked) -> Done:
    """A name from an `OptionEntry`."""

    def permit(acting: Acting, _: None) -> Actor:
        actor = office(*WRITERS)(acting, None)
        viewer.writes_alone(house)
        return actor

    def decide(acting: Acting, _: None, actor: Actor, given: OptionEntry) -> Decided:
        stream = option_id(house.ledger.keyring, viewer.account_id, given.name)
        command = participant_option.AddParticipantOption(
            actor=actor, option_id=stream, name=given.name
        )
        known = acting.state(participant_option.evolve, stream, owner=viewer.account_id)
        event = participant_option.add(known, command)
        return Decided((event,), stream, event.originator_version)

    deed = Deed(
        what="participant-option.add",
        body=OptionEntry,
        see=lambda _: None,
        permit=permit,
        decide=decide,
        private=True,
    )
    return perform(house, viewer, asked, deed)


def remove(house: House, viewer: Viewer, stream: UUID, asked: Asked) -> Done:
    """The end of an own name; a `Reason` may say why."""

    def decide(acting: Acting, _: ParticipantOption, actor: Actor, given: Reason) -> Decided:
        command = participant_option.RemoveParticipantOption(actor=actor, reason=given.reason)
        event = participant_option.remove(own(acting), command)
        return Decided((event,), stream, event.originator_version)

    def own(acting: Acting) -> ParticipantOption:
        return acting.known(participant_option.evolve, stream, owner=viewer.account_id)

    deed = Deed(
        what="participant-option.remove",
        body=Reason,
        see=own,
        permit=lambda *_: Actor(account_id=viewer.account_id, capacity=viewer.capacity()),
        version=lambda acting, _: own(acting).version,
        decide=decide,
        status=200,
        private=True,
    )
    return perform(house, viewer, asked, deed)
