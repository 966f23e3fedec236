"""`/disputes/{id}/note-releases`: an author shows an own note to a dispute, and may take it back.

Whoever is not the note's author gets the answer of nothing there, and whatever is refused stands in
the asker's own ledger (design D7). Until the author releases a note no answer depends on it.
"""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from api.acting import Acting, Asked, Body, Decided, Deed, Done, Reason, given_in, perform
from api.answer_items import ReleasePreview, ReleasesAnswer
from api.audit import record_notes_read, record_read
from api.case_file import CaseFile, dispute_shown, name_of, newest_of, read_case, shown_value
from api.change_items import instant
from api.house import House
from api.http import Posted, PostedChange, response_of, writes
from api.paging import Cursor, Limit, paged
from api.viewer import SignedIn, TheHouse, Viewer
from domain import counselling_note, dispute, note_release
from domain.command import Actor
from domain.counselling_note import CONTENT, CounsellingNote
from domain.dispute import Dispute
from domain.note_release import NoteRelease, NoteReleased
from domain.refusal import NotFound
from ledger.encryption import canonical, expand
from ledger.standing import unmoved
from replay.steps import Step

router = APIRouter(prefix="/disputes/{dispute_id}/note-releases", tags=["disputes"])

WHAT = "disputes/note-releases"

#: The dispute and the own note.
Seen = tuple[Dispute, CounsellingNote]


class NoteReleaseEntry(Body):
    """Which own note is shown."""

    note_id: UUID


@router.get("", response_model=ReleasesAnswer)
def list_releases(
    house: TheHouse,
    viewer: SignedIn,
    dispute_id: UUID,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """釋出給這件爭議的輔導紀錄，先釋出者在前，順序固定；填寫者收回的不再顯示內容。"""
    with viewer.looking(house) as connection:
        student = dispute_shown(connection, dispute_id).student
    case = read_case(house, student, newest_of(house), viewer.audiences)
    page, after = paged(
        house,
        viewer,
        [(one.entry.position, "", one) for one in case.steps if _is_release(one, dispute_id)],
        what=WHAT,
        wanted={"dispute": dispute_id},
        limit=limit,
        cursor=cursor,
    )
    found = {"items": [_item(house, case, step) for step in page], "next_cursor": after}
    record_read(house, viewer, WHAT, [student], record_id=dispute_id)
    return Response(canonical(found), media_type="application/json")


@router.get("/{note_id}", response_model=ReleasePreview)
def preview(house: TheHouse, viewer: SignedIn, dispute_id: UUID, note_id: UUID) -> Response:
    """填寫者釋出前預覽：審議人員將會看到的內容，以及目前是否已釋出。釋出後才刪除者沒有內容。"""
    body = previewed(house, viewer, dispute_id, note_id)
    return Response(
        canonical(body), media_type="application/json", headers={"ETag": f'"{body["version"]}"'}
    )


def previewed(house: House, viewer: Viewer, dispute_id: UUID, note_id: UUID) -> dict[str, Any]:
    """What a dispute would be shown of an own note, whether it is, and the version of the release,
    0 without one. Nothing is shown of a deleted note, whose release can still be taken back. Its
    reading is recorded in the own ledger. Raises `NotFound`."""
    acting = Acting(house, viewer)
    about, note = _seen(acting, dispute_id, note_id, standing=False)
    release = _release(acting, dispute_id, note_id)
    content = None
    if not note.withdrawn:
        content = note_release.shown(note, about, viewer.account_id)
    elif release is None:
        raise NotFound
    record_notes_read(house, viewer, WHAT, [note_id])
    return {
        "dispute_id": dispute_id,
        "status": "not_released" if release is None else release.status,
        "version": 0 if release is None else release.version,
        "note": content,
    }


def is_deleted(house: House, viewer: Viewer, note_id: UUID) -> bool:
    """Whether it is an own note that was deleted."""
    note = Acting(house, viewer).state(counselling_note.evolve, note_id, viewer.account_id)
    return note is not None and note.withdrawn


@router.post("", **writes(NoteReleaseEntry))
def post_release(house: TheHouse, viewer: SignedIn, dispute_id: UUID, asked: Posted) -> Response:
    """把自己的一筆輔導紀錄釋出給這件爭議。"""
    return response_of(house, viewer, release(house, viewer, dispute_id, asked))


@router.post("/{note_id}/withdrawal", **writes(Reason, 200))
def post_withdrawal(
    house: TheHouse, viewer: SignedIn, dispute_id: UUID, note_id: UUID, asked: PostedChange
) -> Response:
    """收回釋出的輔導紀錄；審議終結後不能收回。"""
    return response_of(house, viewer, withdraw(house, viewer, dispute_id, note_id, asked))


def release(house: House, viewer: Viewer, dispute_id: UUID, asked: Asked) -> Done:
    """The release of the note of a `NoteReleaseEntry`."""

    def see(acting: Acting) -> Seen:
        return _seen(acting, dispute_id, given_in(asked, NoteReleaseEntry).note_id)

    def decide(acting: Acting, _: Seen, actor: Actor, given: NoteReleaseEntry) -> Decided:
        about, note = _seen(acting, dispute_id, given.note_id)
        command = note_release.ReleaseNote(
            actor=actor, release_id=_release_id(acting, dispute_id, given.note_id)
        )
        earlier = _release(acting, dispute_id, given.note_id)
        event = note_release.release(earlier, note, about, command)
        # The hearing may close meanwhile.
        stands = unmoved({dispute_id: about.version})
        return Decided((event,), given.note_id, event.originator_version, after=stands)

    deed = Deed(
        what="note-release.make",
        body=NoteReleaseEntry,
        see=see,
        permit=_as_author,
        decide=decide,
        private=True,
    )
    return perform(house, viewer, asked, deed)


def withdraw(house: House, viewer: Viewer, dispute_id: UUID, note_id: UUID, asked: Asked) -> Done:
    """A withdrawal from a `Reason`."""

    def known(acting: Acting) -> NoteRelease:
        found = _release(acting, dispute_id, note_id)
        if found is None:
            raise NotFound
        return found

    def see(acting: Acting) -> Seen:
        seen = _seen(acting, dispute_id, note_id, standing=False)
        known(acting)
        return seen

    def decide(acting: Acting, _: Seen, actor: Actor, given: Reason) -> Decided:
        command = note_release.WithdrawNoteRelease(actor=actor, reason=given.reason)
        about = acting.known(dispute.evolve, dispute_id)
        event = note_release.withdraw(known(acting), about, command)
        stands = unmoved({dispute_id: about.version})
        return Decided((event,), note_id, event.originator_version, after=stands)

    deed = Deed(
        what="note-release.withdraw",
        body=Reason,
        see=see,
        permit=_as_author,
        version=lambda acting, _: known(acting).version,
        decide=decide,
        status=200,
        private=True,
    )
    return perform(house, viewer, asked, deed)


def _seen(acting: Acting, dispute_id: UUID, note_id: UUID, *, standing: bool = True) -> Seen:
    """The dispute and an own note about its student, for the note's author. Raises `NotFound`."""
    author = acting.viewer.account_id
    note = acting.known(counselling_note.evolve, note_id, author)
    about = acting.known(dispute.evolve, dispute_id)
    if standing:
        note_release.shown(note, about, author)
    elif note.student_id != about.student_id:
        raise NotFound
    return about, note


def _as_author(acting: Acting, seen: Seen) -> Actor:
    """In the capacity in which the note was written: a release asks for no other right."""
    author = acting.viewer.account_id
    first = acting.house.ledger.events(seen[1].note_id, owner=author)[0]
    return Actor(account_id=author, capacity=first.capacity)


def _release_id(acting: Acting, dispute_id: UUID, note_id: UUID) -> UUID:
    """The stream of this note's release to this dispute.

    It follows from the author's key: from the ids alone, which stand in the tables, nobody may tell
    which row of the author's ledger was released.
    """
    key = acting.house.ledger.keyring.key("account.author", acting.viewer.account_id)
    if key is None:
        raise NotFound
    return UUID(bytes=expand(key, b"igp-note-release/1" + dispute_id.bytes + note_id.bytes)[:16])


def _release(acting: Acting, dispute_id: UUID, note_id: UUID) -> NoteRelease | None:
    return acting.state(note_release.evolve, _release_id(acting, dispute_id, note_id))


def _is_release(step: Step, dispute_id: UUID) -> bool:
    return step.fact.event_class is NoteReleased and step.body["dispute_id"] == str(dispute_id)


def _item(house: House, case: CaseFile, step: Step) -> dict[str, Any]:
    """A release; of one that was taken back, or whose reader may not see it, without the note."""
    shown = step.entry.position not in case.closed
    return {
        "release_id": step.entry.stream_id,
        "author": {"id": step.fact.by, "name": name_of(house, case, step.fact.by)},
        "released_at": instant(step.entry.recorded_at),
        "taken_back": case.closed.get(step.entry.position) == "release-withdrawn",
        "note": {name: shown_value(house, step, name) for name in CONTENT} if shown else None,
    }
