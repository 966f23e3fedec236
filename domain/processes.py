"""Every process of the house, loaded: whoever takes a step knows all of them."""

from domain import (
    accommodation,
    application,
    application_ended,
    application_fees,
    application_initial,
    application_recheck,
    application_second,
    examination,
    examination_initial,
    examination_second,
    gifted_group,
    igp_document,
    initial_exemption,
    initial_result,
    next_school,
    placement_addition,
    placement_care,
    placement_case,
    placement_end,
    placement_meeting,
    placement_transfer,
    programme_document,
    programme_round,
    publication,
    school_batch,
    second_other_areas,
    second_outcome,
    second_recheck,
    ticket,
    tracking,
)
from domain.process import REFUSED, STEPS, Evolve, StepEvent
from domain.programme_document import is_named
from domain.programme_rules import Programme, ProgrammeNotValid

MODULES = (
    programme_round,
    application,
    examination,
    placement_case,
    igp_document,
    tracking,
    placement_meeting,
    gifted_group,
)

#: Modules that define further steps of these processes.
STEP_MODULES = (
    placement_end,
    placement_addition,
    placement_care,
    next_school,
    placement_transfer,
    application_initial,
    application_ended,
    initial_exemption,
    accommodation,
    ticket,
    application_recheck,
    application_fees,
    examination_initial,
    publication,
    initial_result,
    application_second,
    examination_second,
    second_outcome,
    second_other_areas,
    second_recheck,
)

#: One function for each process, for the ledger keeps what it folds by it.
EVOLVE: dict[str, Evolve] = {
    **{module.PROCESS: module.evolve for module in MODULES},
    **programme_document.EVOLVES,
    **school_batch.EVOLVES,
}


def check_steps(programme: Programme) -> None:
    """Raises `ProgrammeNotValid` where a machine drives no process, or names a step it lacks, and
    where a kind of scan is said to be named by a field that no form has."""
    fields = {name for step in STEPS.values() for name in step.form.model_fields if is_named(name)}
    for kind in () if isinstance(programme.uploads, str) else programme.uploads.kinds:
        if unknown := [one for one in kind.fields if one not in fields]:
            raise ProgrammeNotValid(
                f"計畫檔的內容不正確：uploads.kinds.{kind.code}.fields: "
                f"沒有「{unknown[0]}」這個指明掃描檔的欄位。",
                "text",
            )
    for machine in programme.machines:
        place = f"machines.{machine.code}"
        if machine.code not in EVOLVE:
            raise ProgrammeNotValid(f"計畫檔的內容不正確：{place}: 系統沒有這種紀錄。", "text")
        for rule in machine.steps:
            if (machine.code, rule.step) not in STEPS:
                raise ProgrammeNotValid(
                    f"計畫檔的內容不正確：{place}.{rule.step}: 系統沒有這個步驟。", "text"
                )


def events() -> list[type[StepEvent]]:
    """Every kind of event of every process, the refusals that are recorded after the steps."""
    return [*(step.event for step in STEPS.values()), *REFUSED.values()]
