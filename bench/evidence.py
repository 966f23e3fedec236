"""The evidence of a dispute about a student with 1,000 events: time and memory.

The paper is set by a worker of its own and stands apart in the figures. What is measured against is
the check of the same bundle; the issue asks for figures and sets no bar, so this one is ours.
"""

import tracemalloc
from datetime import date
from functools import partial
from time import perf_counter
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from api import evidence
from api.house import House
from api.viewer import Viewer
from bench.county import fill, record
from bench.house import housed
from bench.measure import Scale, in_turns, median, ratio
from bench.place import Place, opened, runner
from bench.result import Result
from bench.workload import Workload
from domain.access import DISPUTES, of_dispute, of_student
from domain.capacity import Capacity
from domain.dispute_events import DisputeOpened
from domain.ledger_life import SYSTEM
from igp.sealing import seal_now
from replay.verify.evidence import check_bundle

_EVENTS = 1_000
#: Of the workload's changes so many are of the shared record, notes and edits of notes aside.
_SHARED = 0.65


def run(place: Place, scale: Scale) -> list[Result]:
    workload = Workload(students=1)
    [one] = workload.everybody
    dispute = uuid4()
    with place.ledger("evidence") as reached:
        with opened(reached) as ledger, runner(ledger) as building:
            fill(ledger, workload, round(_EVENTS / _SHARED))
            opening = DisputeOpened(
                originator_id=dispute,
                originator_version=1,
                by=SYSTEM,
                capacity=Capacity.SYSTEM,
                student_id=one.student,
                organisation_id=one.school,
                kind="complaint",
                programme="bench",
                programme_version=1,
                matter="對測驗結果有疑義",
                grounds="認為計分有誤",
                filed_on=date(2025, 3, 20),
            )
            record(ledger, [ledger.mapper.to_stored_event(opening)])
            building.catch_up()
            seal_now(ledger)
        with housed(reached) as house:
            sections = ("directory", "placement", "placement_request", "relation")
            audiences = {of_dispute(dispute), DISPUTES}
            audiences |= {of_student(one.student, section) for section in sections}
            viewer = Viewer(one.teacher, house.ledger.now(), (), frozenset(audiences))
            return [_measured(house, viewer, dispute, scale)]


def _measured(house: House, viewer: Viewer, dispute: Any, scale: Scale) -> Result:
    make = partial(evidence.read_evidence, house, viewer, dispute, None)
    whole, _ = make()
    answer = check_bundle(whole)
    with patch.object(evidence, "_pdf", return_value=b"%PDF"):
        found = in_turns(
            {
                "building": lambda: _seconds(make),
                "checking": lambda: _seconds(partial(check_bundle, whole)),
            },
            scale.rounds,
        )
        tracemalloc.start()
        make()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    printed = _seconds(make)
    against = ratio(found["building"], found["checking"])
    return Result(
        name="evidence",
        what=f"產生證據檔，學生有 {answer.events:,} 筆事件，不含列印",
        against="查驗同一份證據檔",
        ratio=against.median,
        bar=3.0,
        side="at_most",
        figures={
            "rounds": str(against),
            "events": answer.events,
            "bytes": len(whole),
            "building_seconds": median(found["building"]),
            "checking_seconds": median(found["checking"]),
            "with_the_paper_seconds": printed,
            "peak_mib_without_the_paper": round(peak / 2**20, 1),
        },
    )


def _seconds(what: Any) -> float:
    began = perf_counter()
    what()
    return perf_counter() - began
