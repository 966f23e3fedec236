"""What was read and what was refused, written down before the answer (design D7, D15)."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypedDict, Unpack
from uuid import UUID

from api.house import House
from api.problems import ClockWrong, Unavailable
from api.viewer import Viewer
from domain.capacity import Capacity
from domain.counselling_note import (
    CounsellingNoteRead,
    CounsellingNoteRefused,
    CounsellingNotesExported,
)
from domain.event import Event
from domain.purpose import purpose_of
from domain.reading import CommandRefused, Exported, ListRead, RecordRead
from domain.refusal import Refusal
from ledger.encryption import canonical
from ledger.errors import ClockRefused

#: What an act may be called in the book: codes, as they stand in paths.
_NAME = re.compile(r"[a-z0-9_./{}-]{1,100}")
_UNKNOWN = "unknown"


class OfPlan(TypedDict, total=False):
    """What is said of the paper of a plan beside: see `domain.reading.Exported`."""

    sections: tuple[str, ...]
    school_year: int
    as_of: int
    paper_id: UUID


def record_read(
    house: House,
    viewer: Viewer,
    what: str,
    subjects: Iterable[UUID],
    *,
    record_id: UUID | None = None,
    held: Iterable[Capacity] = (),
) -> None:
    """A person's record is about to be shown. Raises `Unavailable` where it must not be."""
    said = _said(house, viewer, what, subjects, held)
    _durable(house, RecordRead(**said, record_id=record_id))


@contextmanager
def reading(
    house: House,
    viewer: Viewer,
    what: str,
    subjects: Iterable[UUID],
    *,
    held: Iterable[Capacity] = (),
) -> Iterator[None]:
    """As `record_read`, while the block makes ready what will be shown: durable when it ends.

    For what takes as long to open as a commit takes. What fails inside was recorded as read.
    """
    done = house.access.begin(RecordRead(**_said(house, viewer, what, subjects, held)))
    yield
    try:
        done.result()
    except Exception as error:
        raise _not_shown(error) from None


def record_list(
    house: House,
    viewer: Viewer,
    what: str,
    subjects: Iterable[UUID],
    wanted: Mapping[str, Any] | None = None,
    *,
    searched: bool = False,
) -> None:
    """A list is about to be shown. `wanted` is its filter, of which a digest is kept; `searched`
    says that it was made of a name or a number that somebody looked for.

    Raises `Unavailable` where it must not be.
    """
    # Without the word: whoever has the book finds a national ID by trying all of them, also when
    # the student was erased.
    told = {name: value for name, value in (wanted or {}).items() if name != "q"}
    digest = hashlib.sha256(canonical(told)).hexdigest() if told else None
    said = _said(house, viewer, what, subjects)
    _durable(house, ListRead(**said, filter_hash=digest, searched=searched))


def record_notes_read(
    house: House, viewer: Viewer, what: str, records: Iterable[UUID] = ()
) -> None:
    """Own notes are about to be shown: said in the author's own ledger, and nowhere else."""
    envelope = _envelope(house, viewer)
    _durable(house, CounsellingNoteRead(**envelope, what=what, records=tuple(records)))


def record_export(
    house: House,
    viewer: Viewer,
    what: str,
    subjects: Iterable[UUID],
    *,
    format: str,
    digest: str | None,
    held: Iterable[Capacity] = (),
    **of_plan: Unpack[OfPlan],
) -> None:
    """A file is about to leave the house. Raises `Unavailable` where it must not."""
    said = _said(house, viewer, what, subjects, held)
    _durable(house, Exported(**said, format=format, digest=digest, **of_plan))


def record_notes_export(house: House, viewer: Viewer, what: str, digest: str | None) -> None:
    """A paper with own notes is about to leave: said in the author's own ledger alone."""
    envelope = _envelope(house, viewer)
    _durable(house, CounsellingNotesExported(**envelope, what=what, digest=digest))


def record_refusal(
    house: House,
    viewer: Viewer,
    what: str,
    refusal: Refusal,
    students: Iterable[UUID] = (),
    *,
    private: bool = False,
) -> None:
    """A command was refused. With `private` it was about notes, and stands in the own ledger.

    Raises `Unavailable` where it cannot be written down.
    """
    if private:
        envelope = _envelope(house, viewer)
        _durable(house, CounsellingNoteRefused(**envelope, what=what, code=refusal.CODE))
    else:
        said = _said(house, viewer, what, students)
        _durable(house, CommandRefused(**said, rule=refusal.CODE))


@contextmanager
def refusals_recorded(
    house: House,
    viewer: Viewer,
    what: str,
    students: Iterable[UUID] = (),
    *,
    private: bool = False,
) -> Iterator[None]:
    """Whatever is refused inside is recorded before it is said."""
    try:
        yield
    except Refusal as refusal:
        record_refusal(house, viewer, what, refusal, students, private=private)
        raise


def _said(
    house: House,
    viewer: Viewer,
    what: str,
    subjects: Iterable[UUID],
    held: Iterable[Capacity] = (),
) -> dict[str, Any]:
    """What every event of the book of access says."""
    if not _NAME.fullmatch(what):
        # A part of a path may stand in it, and be anything: a name of a person, or a NUL that
        # would stop the view.
        what = _UNKNOWN
    said = _envelope(house, viewer, held) | {"what": what, "subjects": tuple(subjects)}
    if viewer.declared is not None:
        return said | {"purpose": viewer.declared, "declared": True}
    return said | {"purpose": purpose_of(what, said["capacity"])}


def _envelope(house: House, viewer: Viewer, held: Iterable[Capacity] = ()) -> dict[str, Any]:
    """The envelope of an event that is a stream of its own."""
    return {
        "originator_id": house.ledger.entropy.uuid(viewer.account_id, "access"),
        "originator_version": 1,
        "by": viewer.account_id,
        "capacity": viewer.capacity(held),
    }


def _durable(house: House, event: Event) -> None:
    try:
        if event.BOOK == "access":
            house.access.record(event)
        else:
            # The own views show it at once, as they show what the author writes; nobody waits.
            if not house.own.show(house.ledger.record(event)):
                house.notifier.hint()
    except Exception as error:
        raise _not_shown(error) from None


def _not_shown(error: Exception) -> Refusal:
    """Whatever the reason: what cannot be written down is not shown. A wrong clock mends itself
    by no waiting, and so is said."""
    return ClockWrong() if isinstance(error, ClockRefused) else Unavailable()
