"""What is recorded of a reading of changes (docs/decisions/reads-with-own-notes.md)."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from api.audit import record_export, record_list, record_notes_export, record_notes_read
from api.change_items import Item
from api.change_report import NOTES, Whole
from api.house import House
from api.viewer import Viewer


def record_page(house: House, viewer: Viewer, what: str, items: Iterable[Item]) -> None:
    """A page of changes: shared rows in `access`, own notes in the author's own ledger.

    Raises `Unavailable` where it cannot be written down.
    """
    students: set[UUID] = set()
    notes: list[UUID] = []
    for item in items:
        if item.data["section"] == NOTES:
            notes.append(item.data["record_id"])
        else:
            students.add(item.data["student"]["id"])
    record_seen(house, viewer, what, students, notes)


def record_seen(
    house: House, viewer: Viewer, what: str, students: Collection[UUID], notes: Sequence[UUID]
) -> None:
    """The same, of whom the shared rows are about and of the notes. Raises `Unavailable`."""
    if students or not notes:
        record_list(house, viewer, what, sorted(students))
    if notes:
        record_notes_read(house, viewer, what, notes)


def record_whole(house: House, viewer: Viewer, what: str, format: str, whole: Whole) -> None:
    """A whole report, once its last item was taken. The digest goes where the notes are, if any.

    Raises `Unavailable` where it cannot be written down.
    """
    students = sorted(whole.shared_students)
    if students or not whole.includes_notes:
        digest = None if whole.includes_notes else whole.digest
        record_export(house, viewer, what, students, format=format, digest=digest)
    if whole.includes_notes:
        record_notes_export(house, viewer, what, whole.digest)
