"""Results of the initial stage published for 2,000 applicants in one transaction.

Against one save for each of the same events, ready, by the library. The whole deed (who has an
application, their records, what each may be shown, encryption, append) is measured up to its
commit, and stands beside the append alone.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import count
from uuid import UUID, uuid4

from eventsourcing.persistence import StoredEvent

from api.acting import Asked
from api.house import House
from api.publication import publish
from bench import library
from bench.county import record
from bench.house import county, housed, viewer_of
from bench.measure import Scale, in_turns, median, ratio, timed
from bench.place import Place, opened, runner
from bench.result import Result
from bench.rosters import OFFICER, PROGRAMME, bureau, envelope, published
from bench.workload import STUDENTS, Student, Workload
from domain.application import OPENED
from domain.application_facts import selection_of
from domain.event import Event
from domain.examination_initial import DECIDED, IMPORTED
from domain.initial_result import SHOWN
from domain.ledger_life import SYSTEM
from domain.programme import shipped_text
from domain.programme_rules import read
from domain.publication import PublishResults
from domain.selection import initial_outcome
from domain.stream_ids import natural_id
from domain.ticket import ISSUED
from ledger.ledger import Ledger
from ledger.recorder import BookRecorder
from ledger.standing import unmoved

#: Of a round: what every result says, for the append alone.
_SHOWN = {"stage": "initial", "dual_exam": False, "room_no": "01", "absent": False}
_SCORES = dict.fromkeys(("t_sub1", "t_sub2", "t_sub3"), Decimal(60))


def run(place: Place, scale: Scale) -> list[Result]:
    with ExitStack() as stack:
        students = scale.events(STUDENTS)
        reached, workload = stack.enter_context(county(place, "publishing", students, 0))
        peer = stack.enter_context(place.plain("publishing_library"))
        ledger = stack.enter_context(opened(reached))
        building = stack.enter_context(runner(ledger))
        ledger.keyring.create_account(OFFICER, SYSTEM)
        _write(ledger, list(bureau()))
        house = stack.enter_context(housed(reached))
        # What is measured is the save; the views follow, and their benchmark is another.
        house.waiting.passed = lambda *_, **__: True  # type: ignore[method-assign]
        factory = library.factory(peer)
        stack.callback(factory.close)
        theirs = library.recorder(factory)
        recorder = BookRecorder(ledger.pool, "records")
        ready = [ledger.mapper.to_stored_event(_result(one, uuid4())) for one in workload.everybody]
        rounds = count(1)

        def ours() -> float:
            streams = [uuid4() for _ in ready]
            events = [
                replace(one, originator_id=stream)
                for one, stream in zip(ready, streams, strict=True)
            ]
            stands = unmoved({one.student: 1 for one in workload.everybody})
            return students / timed(lambda: recorder.insert_events(events, after=stands))

        def saved() -> float:
            streams = [uuid4() for _ in ready]

            def save() -> None:
                for one, stream in zip(ready, streams, strict=True):
                    theirs.insert_events([StoredEvent(stream, 1, one.topic, one.state)])

            return students / timed(save)

        def deed() -> float:
            code = f"bench-{next(rounds)}"
            _write(ledger, [published(code), *_sat(workload, code)])
            building.catch_up()
            return students / timed(lambda: _publish(house, code, students))

        found = in_turns({"ours": ours, "library": saved, "deed": deed}, scale.rounds)
    against = ratio(found["ours"], found["library"])
    whole = ratio(found["deed"], found["library"])
    figures = {
        "applicants": students,
        "library_per_second": median(found["library"]),
        "append_alone": str(against),
        "append_per_second": median(found["ours"]),
        "whole_deed": str(whole),
        "whole_deed_per_second": median(found["deed"]),
        "whole_deed_seconds": students / median(found["deed"]),
    }
    return [
        Result(
            name="publishing",
            what=f"公告 {students:,} 位學生的初選結果，一次交易",
            against="函式庫預設的記錄器，同樣的事件逐筆儲存",
            ratio=against.median,
            bar=10.0,
            figures=figures,
        )
    ]


def _publish(house: House, code: str, students: int) -> None:
    body = PublishResults(stage="initial")
    asked = Asked(path=f"/programmes/{code}/round/results-published", body=body, if_match="0")
    done = publish(house, viewer_of(house, OFFICER), asked, code)
    if done.recorded is None or len(done.recorded.events) != students + 1:
        raise RuntimeError("not everybody's result was published")


def _sat(workload: Workload, code: str) -> Iterator[Event]:
    """Everybody registered, has a ticket, sat the test and was judged."""
    for one in workload.everybody:
        application = natural_id("application", code, one.student)
        examination = natural_id("examination", code, one.student)
        common = {"student_id": one.student, "programme": code, "rules": 1}
        school = {"organisation_id": one.school}
        stage = {"stage": "initial"}
        full = Decimal(60 + one.number % 20)
        outcome = "passed" if full >= 69 else "failed"
        yield OPENED.event(
            **envelope(application),
            **common,
            **school,
            state="opened",
            current_grade=4,
            target_year_grade=5,
        )
        ticket = {"ticket_no": f"{one.number:05}", "room_no": "01"}
        yield ISSUED.event(
            **envelope(application, 2), **common, **stage, **ticket, state="ticketed"
        )
        yield IMPORTED.event(
            **envelope(examination),
            **common,
            **school,
            **stage,
            **_SCORES,
            t_full=full,
            state="scored",
        )
        yield DECIDED.event(
            **envelope(examination, 2),
            **common,
            **stage,
            state="decided",
            outcome=outcome,
            decision=outcome,
            decision_basis="score",
        )


def _result(one: Student, stream: UUID) -> Event:
    """What a publication says of one pupil, as it says it."""
    answer = initial_outcome(selection_of(read(shipped_text(PROGRAMME))), Decimal(69))
    return SHOWN.event(
        **envelope(stream),
        **_SHOWN,
        **_SCORES,
        student_id=one.student,
        organisation_id=one.school,
        programme=PROGRAMME,
        rules=1,
        state="initial_passed",
        outcome="passed",
        t_full=Decimal(69),
        decision_basis="score",
        ticket_no=f"{one.number:05}",
        published_on=date(2026, 3, 14),
        examination_version=2,
        computed=(answer.computed,),
    )


def _write(ledger: Ledger, events: Sequence[Event]) -> None:
    record(ledger, [ledger.mapper.to_stored_event(event) for event in events])
