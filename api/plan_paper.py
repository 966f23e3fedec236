"""A paper of a plan: its content at a position, and the file that is made of it.

Everything that is printed follows from the terms, so the same terms give the same bytes (IGP-137).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from api.house import House
from api.plan_content import Content, content, has_year
from api.viewer import Viewer
from documents.plan import Imprint, plan_paper
from documents.plan_odt import plan_odt
from documents.plan_pdf import plan_pdf
from documents.table import Line
from domain import plan_form
from domain.refusal import NotFound
from domain.school_year import SchoolYearNotOpen
from ledger.encryption import canonical
from replay.plan_at import Statement, newest, plan_at

FileFormat = Literal["pdf", "odt"]

MEDIA_TYPES: Mapping[str, str] = {
    "pdf": "application/pdf",
    "odt": "application/vnd.oasis.opendocument.text",
    "json": "application/json",
}

#: Moves on when the same content would be said in another form.
FORMAT_VERSION = 2


@dataclass(frozen=True)
class Terms:
    """From where a paper is made, when, and the id it is known by."""

    position: int
    made_at: datetime
    paper_id: UUID


@dataclass(frozen=True)
class Paper:
    """A paper before it is set: `digest` is the SHA-256 of what it says, in hex."""

    terms: Terms
    sections: Sequence[str]
    content: Content = field(repr=False)
    made_by: str = field(repr=False)
    notes: Sequence[Mapping[str, Any]] | None = field(repr=False)
    #: What both sides said in disputes about the student that the maker may see.
    statements: Sequence[Mapping[str, Any]] = field(repr=False)
    sealed_at: datetime | None
    digest: str
    #: What it says of the ledger that it comes from.
    remarks: Sequence[Line]

    def file(self, format: str, recipient: str | None = None) -> bytes:
        """The paper as a file; `recipient` is for whom a copy is. Raises `BrokenOff`."""
        if format == "json":
            sections = self.content["sections"]
            digest = plan_form.digest(self.content["school_year"], sections)
            said = {"statements": self.statements} if self.statements else {}
            return canonical(self.content | said | {"format": plan_form.FORMAT, "digest": digest})
        imprint = Imprint(
            paper_id=str(self.terms.paper_id),
            made_at=self.terms.made_at,
            made_by=self.made_by,
            version=self.content["version"],
            digest=self.digest,
            recipient=recipient,
            sealed_at=self.sealed_at,
        )
        paper = plan_paper(self.content, imprint, self.notes, self.statements).saying(self.remarks)
        return plan_pdf(paper) if format == "pdf" else plan_odt(paper)


def new_terms(house: House, viewer: Viewer) -> Terms:
    """The terms of a paper that is made now."""
    with house.ledger.database.connect("projector") as connection:
        position = newest(connection)
    paper_id = house.ledger.entropy.uuid(viewer.account_id, "paper")
    return Terms(position, house.ledger.now(), paper_id)


def paper_at(
    house: House,
    viewer: Viewer,
    student_id: UUID,
    year: int,
    sections: Sequence[str],
    terms: Terms,
    notes: Sequence[Mapping[str, Any]] | None = None,
) -> Paper:
    """The paper of these terms, of what the viewer's audiences may see.

    Raises `NotFound`, `SchoolYearNotOpen`.
    """
    with house.ledger.database.connect("projector") as connection:
        source = plan_at(
            connection, student_id, terms.position, viewer.audiences, [viewer.account_id]
        )
    if source is None:
        raise NotFound
    if not has_year(source, year):
        raise SchoolYearNotOpen
    said = content(house, source, year, sections)
    name = source.names.get(viewer.account_id)
    statements = [_statement(house, student_id, one) for one in source.statements]
    whole = {"plan": said, "own_notes": notes} | ({"statements": statements} if statements else {})
    return Paper(
        terms,
        tuple(sections),
        said,
        "" if name is None else str(house.opener.of_account(viewer.account_id, name)),
        notes,
        statements,
        source.sealed_at,
        hashlib.sha256(canonical(whole)).hexdigest(),
        house.remarks,
    )


def _statement(house: House, student: UUID, one: Statement) -> dict[str, Any]:
    text = house.opener.of_student(student, one.text)
    return one._asdict() | {"text": str(text)}


def disposition(year: int, format: str) -> str:
    """The header that names a file; no name of a person stands in it."""
    return (
        f'attachment; filename="plan-{year}.{format}";'
        f" filename*=UTF-8''%E5%80%8B%E5%88%A5%E8%BC%94%E5%B0%8E%E8%A8%88%E7%95%AB"
        f"_{year}%E5%AD%B8%E5%B9%B4%E5%BA%A6.{format}"
    )
