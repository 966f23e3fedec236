"""Who may see and do what: the matrix as data, and two pure questions about it (design D6).

*Which audiences may see this event*, and *which audiences does this person belong to*. An
audience names a relation, never a person.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.capacity import Capacity

Deed = Literal["create", "edit", "withdraw", "view", "export"]

_LETTERS: dict[str, Deed] = {
    "C": "create",
    "E": "edit",
    "D": "withdraw",
    "V": "view",
    "X": "export",
}

_CM, _GH, _ST, _HR = (
    Capacity.CASE_MANAGER,
    Capacity.GIFTED_HOMEROOM,
    Capacity.SUBJECT_TEACHER,
    Capacity.HOMEROOM,
)
_SA, _AA, _OR, _CO, _RV, _SU = (
    Capacity.SCHOOL_ADMINISTRATOR,
    Capacity.AUTHORITY_ADMINISTRATOR,
    Capacity.ORGANISER,
    Capacity.COUNCIL,
    Capacity.REVIEWER,
    Capacity.STUDENT,
)


def _plan(cm: str, gh: str, st: str, hr: str, sa: str = "V") -> dict[Capacity, str]:
    return {_CM: cm, _GH: gh, _ST: st, _HR: hr, _SA: sa}


#: Section by capacity: create, edit, withdraw (D), view all entries, export in the plan.
#: Source: IGP manual 2.2 and 2.4; `placement` and `placement_request`: contract 3.
#: Of a counselling note every letter means own entries only; course goals have owners and
#: shares on top of these letters.
MATRIX: dict[str, dict[Capacity, str]] = {
    "basic_family": _plan("CEDVX", "CEDVX", "V", "V"),
    "transition": _plan("CEVX", "CEVX", "V", "V"),
    "identification": _plan("CEDVX", "CEDVX", "V", "V"),
    "career_interest": _plan("CEDVX", "CEDVX", "V", "V"),
    "interest_analysis": _plan("CEVX", "CEVX", "V", "V"),
    "awards": _plan("CEDVX", "CEDVX", "V", "V"),
    "strengths_weaknesses": _plan("CEVX", "CEVX", "EV", "V"),
    "needs_assessment": _plan("CEVX", "CEVX", "V", "V"),
    "annual_goal": _plan("VX", "VX", "CEDV", "V"),
    "course_goal": _plan("VX", "VX", "CED", "V") | {_SU: "V"},
    "meeting": _plan("CEDVX", "CEDVX", "V", "V"),
    "replacement": _plan("CEVX", "CEVX", "V", "V"),
    "counselling_note": _plan("CEDVX", "CEDVX", "CEDV", "CEDV", sa=""),
    "placement": _plan("CEDV", "CEDV", "V", "V", sa="CEDV") | {_AA: "V", _OR: "V", _CO: "V"},
    "placement_request": _plan("CEDV", "CEDV", "V", "V", sa="CEDV")
    | {_AA: "V", _OR: "V", _CO: "V"},
    # The register of students and the relations that give reach.
    "directory": _plan("V", "V", "V", "V", sa="CEDV") | {_AA: "V"},
    "relation": _plan("V", "V", "V", "V", sa="CEDV") | {_AA: "CEDV"},
    "plan": _plan("CEV", "CEV", "V", "V"),
    # Marks at school, which no office beyond it sees: what a placement makes of them stands in it.
    "mark": _plan("CEV", "CEV", "CEV", "CEV", sa="CEDV"),
    # A programme's application, its results before they are published, and its placement case.
    "application": _plan("V", "V", "V", "V", sa="CEDV") | {_AA: "CEDV", _OR: "CEDV", _CO: "CEV"},
    "application_result": {_AA: "CEDV", _OR: "CEDV", _CO: "CEV"},
    "placement_case": _plan("CEV", "CEV", "CEV", "V", sa="CEDV")
    | {_AA: "CEDV", _OR: "CEDV", _CO: "CEV"},
    # What the dispute itself is, and the notes that their author released to it.
    "dispute": {_SA: "V", _AA: "CEDV", _RV: "V"},
    "note_release": {_AA: "V", _RV: "V"},
}

#: The sections of the acceleration process, which the county's bodies see (contract 4).
PROCESS_SECTIONS = frozenset({"placement", "placement_request"})

#: The sections of a programme's records: the organiser and the bureau see those of all schools, the
#: council the cases that came before it.
PROGRAMME_SECTIONS = frozenset({"application", "application_result", "placement_case"})

#: The sections of a dispute. They concern the student, but no relation to the student shows them,
#: and no later school is handed them.
DISPUTE_SECTIONS = frozenset({"dispute", "note_release"})

#: What stays where it happened when the file goes to a new school.
NOT_HANDED_OVER = DISPUTE_SECTIONS | {"application_result"}

#: The sections of a student that a reviewer can be appointed for, by name. Whose case it is (the
#: directory) and the dispute itself come with every appointment; counselling notes never do.
REVIEWABLE = (
    frozenset(MATRIX) - DISPUTE_SECTIONS - {"counselling_note", "directory", "application_result"}
)

#: The order in which a capacity is chosen when several allow the deed.
PREFERENCE = (_CM, _GH, _SA, _ST, _HR, _AA, _OR, _CO, _RV, _SU)


def allows(section: str, capacity: Capacity, deed: Deed) -> bool:
    """Whether the matrix lets this capacity do the deed, given the relation it stands for."""
    letters = MATRIX.get(section, {}).get(capacity, "")
    return any(_LETTERS[letter] == deed for letter in letters)


def capacity_for(section: str, deed: Deed, held: Iterable[Capacity]) -> Capacity | None:
    """The capacity, of those held for the student today, in which the deed is done, if any."""
    holding = set(held)
    for capacity in PREFERENCE:
        if capacity in holding and allows(section, capacity, deed):
            return capacity
    return None


def of_student(student: UUID | str, section: str) -> str:
    """Those related to the student who may view the section."""
    return f"student:{student}:{section}"


def of_school(school: UUID) -> str:
    """The administration of the student's school at the time of the event."""
    return f"school:{school}"


PROCESS = "process:acceleration"
#: Who runs a programme: its organiser and the bureau.
ORGANISED = "process:organised"
#: The cases of a programme that came before the council.
COUNCIL = "process:council"
COUNTY = "county:directory"
#: The authority, which opens disputes.
DISPUTES = "county:disputes"


def of_course(course: UUID) -> str:
    """The teachers of a course goal."""
    return f"course:{course}"


def of_shared(course: UUID) -> str:
    """Those to whom its teachers opened a course goal: for how it is now, not how it came to be."""
    return f"course:{course}:shared"


def of_dispute(dispute: UUID) -> str:
    """The reviewers of a dispute, while their appointment runs."""
    return f"dispute:{dispute}"


def audiences_of(
    section: str, student: UUID, school: UUID | None, record: UUID | None = None
) -> tuple[str, ...]:
    """Which audiences may see an event of this section about this student.

    `school` is the student's school when it happened (of a dispute, when it was opened), `record`
    the record that it is about (of a note's release, the dispute). A counselling note has no
    audience here: it never enters a shared view (design D7).
    """
    if section == "counselling_note":
        return ()
    if section in DISPUTE_SECTIONS:
        return _audiences_of_dispute(section, school, record)
    if section == "application_result":
        return (ORGANISED,)
    audiences = [of_student(student, section)]
    if section == "course_goal" and record is not None:
        audiences.append(of_course(record))
    if school is not None and allows(section, _SA, "view"):
        audiences.append(of_school(school))
    if section in PROCESS_SECTIONS:
        audiences.append(PROCESS)
    elif section in PROGRAMME_SECTIONS:
        audiences.append(ORGANISED)
    elif allows(section, _AA, "view"):
        audiences.append(COUNTY)
    return tuple(audiences)


def _audiences_of_dispute(
    section: str, school: UUID | None, dispute: UUID | None
) -> tuple[str, ...]:
    if dispute is None:
        raise ValueError(f"{section} is seen by those of one dispute")
    audiences = (of_dispute(dispute), DISPUTES)
    if school is not None and allows(section, _SA, "view"):
        return (*audiences, of_school(school))
    return audiences


def audiences_of_record(
    section: str, student: UUID, school: UUID | None, record: UUID
) -> tuple[str, ...]:
    """Which audiences may see the record itself, as it is now."""
    audiences = audiences_of(section, student, school, record)
    return (*audiences, of_shared(record)) if section == "course_goal" else audiences


class Relation(BaseModel):
    """That an account stood in a relation to a student, a school or the county, from when to when.

    `target` is the student (CM, GH, ST, HR, RV, SU), the organisation (SA) or None for the county's
    bodies (AA, OR, CO). `until` is None while it lasts. With `course` it is a relation to that one
    course goal of the student and gives nothing else: its teacher's or, where `shared`, of one to
    whom it was opened. With `dispute` it is a reviewer's and gives that dispute, the student's
    entry in the directory and the named `sections` of the student.
    """

    model_config = ConfigDict(frozen=True)

    account_id: UUID
    capacity: Capacity
    target: UUID | None
    since: datetime
    until: datetime | None = None
    course: UUID | None = None
    shared: bool = False
    dispute: UUID | None = None
    sections: tuple[str, ...] = ()

    def holds(self, instant: datetime) -> bool:
        return self.since <= instant and (self.until is None or instant < self.until)


_WITH_STUDENT = frozenset({_CM, _GH, _ST, _HR, _SU})


@cache
def _seen_by(capacity: Capacity) -> tuple[str, ...]:
    """The sections that this relation to a student lets somebody view; notes are their author's."""
    return tuple(
        section
        for section in MATRIX
        if section != "counselling_note" and allows(section, capacity, "view")
    )


def audiences_held(relations: Iterable[Relation], instant: datetime) -> frozenset[str]:
    """Which audiences a person with these relations belongs to at this instant."""
    held: set[str] = set()
    for relation in relations:
        if not relation.holds(instant):
            continue
        if relation.course is not None:
            of_relation = of_shared if relation.shared else of_course
            held.add(of_relation(relation.course))
        elif relation.dispute is not None:
            held.update(_held_by_reviewer(relation, relation.dispute))
        elif relation.capacity in _WITH_STUDENT and relation.target is not None:
            whom = str(relation.target)
            held.update([of_student(whom, section) for section in _seen_by(relation.capacity)])
        elif relation.capacity is _SA and relation.target is not None:
            held.add(of_school(relation.target))
        elif relation.capacity is _AA:
            held.update((PROCESS, ORGANISED, COUNTY, DISPUTES))
        elif relation.capacity is _OR:
            held.update((PROCESS, ORGANISED))
        elif relation.capacity is _CO:
            held.update((PROCESS, COUNCIL))
    return frozenset(held)


def about_section(held: Iterable[str], section: str) -> frozenset[str]:
    """Of the audiences that somebody holds those that can see a row of this section: what is of
    another section of a student is left out.

    Each row is compared with every audience of its reader; of a teacher of two thousand students
    that would be forty thousand.
    """
    other, own = "student:", f":{section}"
    return frozenset(one for one in held if one.endswith(own) or not one.startswith(other))


def _held_by_reviewer(relation: Relation, dispute: UUID) -> Iterable[str]:
    """Exactly the reach of an appointment: its sections as they are in this student's record."""
    yield of_dispute(dispute)
    if relation.target is not None:
        yield of_student(relation.target, "directory")
        for section in REVIEWABLE.intersection(relation.sections):
            yield of_student(relation.target, section)
