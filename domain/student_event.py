"""Events about one student: the envelope names the student, always."""

from uuid import UUID

from domain.event import Event


class StudentEvent(Event):
    """An event that no reader has to ask whose it is."""

    student_id: UUID
