"""Every process of the house, loaded: whoever takes a step knows all of them."""

from domain import (
    accommodation,
    application,
    application_fees,
    application_initial,
    application_recheck,
    examination,
    examination_initial,
    initial_exemption,
    initial_result,
    programme_round,
    publication,
    ticket,
)
from domain.process import REFUSED, STEPS, StepEvent

MODULES = (programme_round, application, examination)

#: Modules that define further steps of these processes.
STEP_MODULES = (
    application_initial,
    initial_exemption,
    accommodation,
    ticket,
    application_recheck,
    application_fees,
    examination_initial,
    publication,
    initial_result,
)


def events() -> list[type[StepEvent]]:
    """Every kind of event of every process, the refusals that are recorded after the steps."""
    return [*(step.event for step in STEPS.values()), *REFUSED.values()]
