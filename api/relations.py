"""What dispatches and teaching assignments have in common: how they end."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from api.acting import Acting, Asked, Decided, Deed, Done, Reason, perform
from api.house import House
from api.seeing import by_student, student_seen
from api.viewer import Viewer
from domain.command import Actor
from domain.dispatch import SECTION
from domain.student import Student
from domain.versioning import Versioned

Relation = TypeVar("Relation", bound=Versioned)


def end_relation(
    house: House,
    viewer: Viewer,
    asked: Asked,
    what: str,
    student_id: UUID,
    relation: Callable[[Acting], Relation],
    decide: Callable[[Acting, Student, Actor, Reason], Decided],
) -> Done:
    """Ends a relation to a student; both must be seen, and its version be named."""

    def see(acting: Acting) -> Student:
        student = student_seen(acting, student_id)
        relation(acting)
        return student

    deed = Deed(
        what=what,
        body=Reason,
        see=see,
        permit=by_student(SECTION, "edit"),
        version=lambda acting, _: relation(acting).version,
        decide=decide,
        status=200,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)
