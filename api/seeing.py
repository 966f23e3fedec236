"""What a viewer must see before anything else is said, and in which capacity they may act on it."""

from collections.abc import Callable
from uuid import UUID

from api.acting import Acting, by_matrix
from domain import student
from domain.access import Deed as Letter
from domain.command import Actor
from domain.refusal import NotFound
from domain.student import Student, StudentIsErased
from ledger.recorder import Beside
from ledger.standing import unmoved
from projections import directory


def student_seen(acting: Acting, student_id: UUID) -> Student:
    """The student as the books say, for somebody who may see that there is one.

    Raises `NotFound` for everybody else and for no student alike.
    """
    if not acting.viewer.is_system:
        with acting.looking() as connection:
            if directory.student(connection, student_id) is None:
                raise NotFound
    known = acting.state(student.evolve, student_id)
    if known is None:
        raise NotFound
    return known


def not_erased(acting: Acting, student_id: UUID) -> Beside:
    """For `Decided.after`, of what would stand against an erasure: that none was decided first.

    Raises `NotFound`, `StudentIsErased`.
    """
    known = acting.known(student.evolve, student_id)
    if known.erased:
        raise StudentIsErased
    return unmoved({student_id: known.version})


def by_student(section: str, letter: Letter) -> Callable[[Acting, Student], Actor]:
    """Permits by the matrix, in the capacities held for the student today."""

    def permit(acting: Acting, seen: Student) -> Actor:
        held = acting.viewer.held_for(seen.student_id, seen.organisation_id)
        return by_matrix(acting, section, letter, held)

    return permit
