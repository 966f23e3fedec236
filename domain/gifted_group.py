"""A school's gifted group (資優小組), which writes the plan and vets applicants (Kaohsiung 1.2).

One record per school and programme. Who sits in it is kept by office, without names; seats that
nobody takes are a warning that quotes the rule, never a refusal.
"""

from pydantic import Field

from domain.application_facts import selection_of
from domain.placement_duties import missing_members
from domain.process import Computed, Found, Ground, StepForm, define, evolving, process
from domain.programme_rules import Programme
from domain.section import Word

PROCESS = "gifted_group"
STEP = "composed"
COMMITTEE = "gifted_group"

process(PROCESS, None)
evolve = evolving(PROCESS)


class Compose(StepForm):
    """Who sits in the group, by office."""

    convenor: Word = Field(title="召集人職稱")
    convenor_named_by_principal: bool = Field(title="召集人由校長指定")
    convenor_is_director: bool = Field(title="召集人為處室主任")
    members: tuple[Word, ...] = Field(min_length=1, max_length=30, title="成員職稱")


def is_kept(programme: Programme) -> bool:
    """Whether the programme asks schools for a group."""
    return programme.machine(PROCESS) is not None and not isinstance(programme.selection, str)


def _compose(ground: Ground, form: Compose) -> Found:
    missing = missing_members(selection_of(ground.programme), COMMITTEE, form.members)
    warnings = list(missing)
    if not (form.convenor_named_by_principal and form.convenor_is_director):
        warnings.append("召集人（由校長指派處室主任）")
    outcome = "incomplete" if warnings else "complete"
    computed = Computed(
        rule=f"selection.committees.{COMMITTEE}",
        inputs={"members": list(form.members), "convenor": form.convenor},
        threshold=list(missing),
        outcome=outcome,
    )
    return Found(outcome=outcome, computed=(computed,), fields={"missing": tuple(warnings)})


define(PROCESS, STEP, "組成資優小組", Compose, _compose, {"missing": tuple[str, ...]})
