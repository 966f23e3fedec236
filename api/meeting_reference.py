"""Fields that name a meeting name one of the same student (IGP manual 3.10, 3.14)."""

from uuid import UUID

from api.acting import Acting
from domain.meeting import check_meeting
from domain.section import SectionData
from domain.section_record import Record, evolve, is_live

_FIELDS = ("meeting_id", "source_meeting_id")


def check_references(
    acting: Acting, student_id: UUID, data: SectionData, before: Record | None, place: str = ""
) -> None:
    """Looks at those that are new: a meeting that was named before may be withdrawn since.

    `place` stands before the name of a field. Raises `MeetingNotFound`.
    """
    known = before.data if before is not None and is_live(before) else {}
    for field in _FIELDS:
        meeting_id = getattr(data, field, None)
        if meeting_id is not None and meeting_id != known.get(field):
            check_meeting(acting.state(evolve, meeting_id), student_id, place + field)
