"""The scans that a form names, as the books say them: of this programme and student or school."""

from collections.abc import Mapping
from uuid import UUID

from api.acting import Acting
from domain.process import Record, StepForm
from domain.programme_document import GONE, DocumentNotKnown, evolve, named_in


def named_documents(
    acting: Acting,
    programme: str,
    student: UUID | None,
    organisation: UUID | None,
    form: StepForm | None,
) -> Mapping[UUID, Record]:
    """Raises `DocumentNotKnown` with the field for a scan of another student, school or
    programme as for one that is not there."""
    found: dict[UUID, Record] = {}
    for document, field in ({} if form is None else named_in(form)).items():
        known = document_of(acting, document)
        if known is None or known.programme != programme or known.state == GONE:
            raise DocumentNotKnown(field=field)
        own = known.student_id is not None and known.student_id == student
        of_school = known.student_id is None and known.organisation_id == organisation
        if not own and not of_school:
            raise DocumentNotKnown(field=field)
        found[document] = known
    return found


def document_of(acting: Acting, document: UUID) -> Record | None:
    """A scan, a student's or a school's own; None where there is none."""
    return acting.state(evolve, document)
