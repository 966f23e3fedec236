"""Pupils who sat the initial test of Kaohsiung's programme, told to the books at once."""

from decimal import Decimal
from uuid import UUID

from domain.application import OPENED
from domain.event import Event
from domain.examination_initial import DECIDED, IMPORTED
from domain.organisation import organisation_id
from domain.stream_ids import natural_id
from domain.ticket import ISSUED
from tests.story import Story

CODE = "kaohsiung-114"


def sat(story: Story, many: int, *, decided: bool = True) -> list[UUID]:
    """Pupils of two schools who sat the initial test; their applications."""
    schools = [organisation_id("ks-a"), organisation_id("ks-b")]
    events: list[Event] = []
    made = []
    for number in range(many):
        student = story.student(schools[number % 2])
        application = natural_id("application", CODE, student)
        examination = natural_id("examination", CODE, student)
        common = {"student_id": student, "programme": CODE, "rules": 1, "stage": "initial"}
        begun = common | {"organisation_id": schools[number % 2]}
        scores = dict.fromkeys(("t_sub1", "t_sub2", "t_sub3"), Decimal(60))
        full = Decimal(60 + number % 20)
        outcome = "passed" if full >= 69 else "failed"
        opened = {name: one for name, one in begun.items() if name != "stage"}
        grades = {"current_grade": 4, "target_year_grade": 5}
        events += [
            story.event(OPENED.event, application, state="opened", **opened, **grades),
            story.event(
                ISSUED.event,
                application,
                state="ticketed",
                ticket_no=f"{number:05}",
                room_no="01",
                **common,
            ),
            story.event(
                IMPORTED.event, examination, state="scored", t_full=full, **begun, **scores
            ),
        ]
        if decided:
            said = {"outcome": outcome, "decision": outcome, "decision_basis": "score"}
            events.append(
                story.event(DECIDED.event, examination, state="decided", **common, **said)
            )
        made.append(application)
    story.last = story.ledger.record(*events)
    return made
