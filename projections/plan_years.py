"""For which school years a student has a plan: a column of the student's card in the directory."""

from collections.abc import Sequence

from domain.basic_family import BASIC_FAMILY
from domain.plan import PlanOpened
from ledger.database import Connection
from projections.view import Fact

#: The events that say it.
YEAR_EVENTS = (PlanOpened, BASIC_FAMILY.opened, BASIC_FAMILY.withdrawn)


def keep_years(connection: Connection, facts: Sequence[Fact]) -> None:
    """Writes anew the school years of the students whose plans begin, go on or lose a year."""
    students = list({fact.student for fact in facts})
    found = connection.execute(
        "SELECT student_id, plan_years FROM student WHERE student_id = ANY(%s)", (students,)
    )
    years = {student: set(plan_years) for student, plan_years in found}
    for fact in facts:
        if fact.student not in years:
            raise LookupError("a plan was opened for a student whom nobody registered")
        if fact.event_class is BASIC_FAMILY.withdrawn:
            years[fact.student].discard(fact.fields["school_year"])
        else:
            years[fact.student].add(fact.fields["school_year"])
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE student SET plan_years = %s WHERE student_id = %s",
            [(sorted(of_student), student) for student, of_student in years.items()],
        )
