"""What the forms of placement cases are chosen from: pupils, areas, tasks, signatures, periods."""

from collections.abc import Sequence
from typing import Any

from api import own_county
from api.audit import record_list
from api.case_items import TaskItem
from api.name_order import name_key
from api.placement_cases import PROCESS
from api.student_items import offices, opened
from api.web.form import Choices, Option
from api.web.rendering import Page
from api.web.step_forms import words
from domain import application
from domain.labels import GRADES
from domain.machine_rules import NOT_BEGUN
from domain.placement import Placement
from domain.placement_path import rules_of
from domain.programme_rules import Programme
from projections import directory, placed
from projections import processes as view

#: The fields that name subjects of the case.
_AREAS = ("refused_areas", "return_areas", "subsidy_areas", "payment_areas")
_SEMESTERS = {"1": "第一學期", "2": "第二學期"}


def opens(page: Page, rules: Programme) -> bool:
    """Whether the viewer opens placement cases."""
    machine = rules.machine(PROCESS)
    begin = () if machine is None else machine.open_in(NOT_BEGUN)
    named = {one for rule in begin for one in rule.by}
    return own_county.begins(page.house, page.viewer, named)


def without_case(page: Page, rules: Programme) -> list[Option]:
    """The pupils of the viewer's schools who applied or are placed, and have no case yet."""
    house, viewer = page.house, page.viewer
    with viewer.looking(house) as connection:
        have = {*view.students_of(connection, rules.code, PROCESS)}
        known = {
            *view.students_of(connection, rules.code, application.PROCESS),
            *placed.in_force(connection, rules.school_year),
        } - have
        cards = directory.students(connection, ids=list(known)) if known else []
        schools = offices(connection)
        own = own_county.schools(connection).intersection(viewer.schools)
        found = [
            opened(house, one, schools).item
            for one in cards
            if one.organisation in own and not one.erased
        ]
    record_list(
        house,
        viewer,
        "students",
        [one.id for one in found],
        {"programme": rules.code, "without": PROCESS},
    )
    found.sort(key=lambda one: (one.grade, name_key(one.class_name or ""), name_key(one.name)))
    return [
        Option(str(one.id), f"{GRADES[one.grade]}年級　{one.class_name or ''}　{one.name}")
        for one in found
    ]


def choices_of(
    rules: Programme,
    rows: Sequence[Placement],
    added: Sequence[Placement],
    tasks: Sequence[TaskItem],
) -> Choices:
    """By the field's name; `added` are the placements that wait for their bodies."""
    case = rules_of(rules)
    areas = [Option(one.area, one.area) for one in rows]
    items = _options(case.transfer.items)
    years = dict.fromkeys(one.school_year for one in case.semesters)
    subsidy = () if isinstance(rules.selection, str) else rules.selection.subsidy.statuses
    return {
        **dict.fromkeys(_AREAS, areas),
        "added_areas": [Option(one.area, one.area) for one in added],
        "task": [Option(one.code, one.name) for one in tasks if one.done_on is None],
        "signs": _options(case.igp_signatures.of),
        "report_signs": []
        if isinstance(case.tracking_signatures, str)
        else _options(case.tracking_signatures.of),
        "committee_signs": _options(case.transfer.signatures.of),
        "on_paper": items,
        "electronic": items,
        "period": _options(case.igp_periods),
        "weekday": [Option(str(at), f"星期{one}") for at, one in enumerate("一二三四五", 1)],
        "return_school_year": [Option(str(one), f"{one} 學年度") for one in years],
        "return_semester": [Option(code, name) for code, name in _SEMESTERS.items()],
        "subsidy_status": [
            Option(one, words(application.PROCESS, "economic_status", one)) for one in subsidy
        ],
    }


def of_reports(rules: Programme) -> Choices:
    """What a tracking report is chosen from."""
    years = dict.fromkeys(one.school_year for one in rules_of(rules).tracking)
    return {
        "school_year": [Option(str(one), f"{one} 學年度") for one in years],
        "semester": [Option(code, name) for code, name in _SEMESTERS.items()],
    }


def written(value: Any) -> str:
    """A value of a guidance plan on a line."""
    if isinstance(value, list | tuple):
        return "／".join(written(one) for one in value)
    if isinstance(value, dict):
        return "，".join(written(one) for one in value.values() if one is not None)
    if isinstance(value, bool):
        return "是" if value else "否"
    return "" if value is None else str(value)


def _options(named: Sequence[Any]) -> list[Option]:
    return [Option(one.code, one.name) for one in named]
