"""Every process of the house, loaded: whoever takes a step knows all of them."""

from domain import application, examination, programme_round
from domain.process import REFUSED, STEPS, StepEvent

MODULES = (programme_round, application, examination)


def events() -> list[type[StepEvent]]:
    """Every kind of event of every process, the refusals that are recorded after the steps."""
    return [*(step.event for step in STEPS.values()), *REFUSED.values()]
