"""A roster of a whole county as a file, from the views to the record of access.

Against who only writes: the writers of the sheets over the same rows, and typst over the same
template and data.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import orjson

import documents
from api.house import House
from api.rosters import Pulled, make_file, pull
from api.viewer import Viewer
from bench.county import record
from bench.house import county, housed, viewer_of
from bench.measure import Scale, in_turns, median, ratio, timed
from bench.place import Place, Reached, opened, runner
from bench.result import Result
from bench.workload import STUDENTS, Student, Workload
from documents.apart import typeset_apart
from documents.formats import FORMATS
from documents.pdf_file import table_data
from documents.roster import RosterPaper, roster_table
from documents.typesetting import press
from domain import account, organisation, programme
from domain.capacity import Capacity
from domain.event import Event
from domain.ledger_life import SYSTEM
from domain.process import STEPS
from domain.programme import shipped_text
from domain.stream_ids import natural_id
from ledger.ledger import Ledger

PROGRAMME = "kaohsiung-114"
_SPACE = UUID("4c0c2f1e-5f8e-4bb7-8f7e-0a3d3a5d9b11")
OFFICE, OFFICER = uuid5(_SPACE, "office"), uuid5(_SPACE, "officer")


def run(place: Place, scale: Scale) -> list[Result]:
    with ExitStack() as stack:
        students = scale.events(STUDENTS)
        reached, workload = stack.enter_context(county(place, "rosters", students, 0))
        _fill(reached, workload)
        house = stack.enter_context(housed(reached))
        viewer = viewer_of(house, OFFICER)
        pulled = pull(house, viewer, PROGRAMME, "initial", None)
        if len(pulled.made.rows) != students:
            raise RuntimeError("the roster is not full")
        bare: dict[str, tuple[Callable[[], object], str]] = {
            "xlsx": (_bare(pulled, "xlsx"), "只寫入同樣的列"),
            "ods": (_bare(pulled, "ods"), "只寫入同樣的列"),
            "pdf": (_typst(pulled), "typst 編譯同樣的範本與資料"),
        }
        return [
            _against(house, viewer, format, write, against, scale)
            for format, (write, against) in bare.items()
        ]


def _against(
    house: House,
    viewer: Viewer,
    format: str,
    bare: Callable[[], object],
    against: str,
    scale: Scale,
) -> Result:
    def ours() -> None:
        pulled = pull(house, viewer, PROGRAMME, "initial", None)
        make_file(house, viewer, pulled, format).close()

    ours()
    found = in_turns(
        {"ours": lambda: timed(ours), "bare": lambda: timed(bare)}, min(scale.rounds, 5)
    )
    share = ratio(found["ours"], found["bare"])
    return Result(
        name=f"rosters-{format}",
        what=f"{STUDENTS:,} 列的名冊匯出為 {format.upper()}，由檢視到查閱紀錄",
        against=against,
        ratio=share.median,
        bar=2.0,
        side="at_most",
        figures={
            "rounds": str(share),
            **{f"{name}_ms": median(times) * 1000 for name, times in found.items()},
        },
    )


def _bare(pulled: Pulled, format: str) -> Callable[[], object]:
    """The writer alone, over the rows as they are."""
    table = roster_table(pulled.kind, pulled.made, _paper(pulled))
    return lambda: FORMATS[format].write(table, BytesIO())


def _typst(pulled: Pulled) -> Callable[[], object]:
    templates = Path(str(files(documents))) / "templates"
    fonts = [str(files("noto_cjk_sans_otc"))]
    source = (templates / "table.typ").read_bytes()
    paper = _paper(pulled)
    said = table_data(roster_table(pulled.kind, pulled.made, paper))
    data = orjson.dumps(said | {"faces": press().faces, "replaced": []}).decode()
    return lambda: typeset_apart(source, templates, fonts, data, paper.made_at)


def _paper(pulled: Pulled) -> RosterPaper:
    made_at = datetime(2026, 2, 11, tzinfo=UTC)
    return RosterPaper(pulled.rules.name, None, pulled.digest, made_at, "量測人員")


def _fill(reached: Reached, workload: Workload) -> None:
    with opened(reached) as ledger, runner(ledger) as building:
        ledger.keyring.create_account(OFFICER, SYSTEM)
        _write(ledger, bureau())
        _write(ledger, (one for each in workload.everybody for one in _registered(each)))
        building.catch_up()


def _write(ledger: Ledger, events: Iterator[Event]) -> None:
    record(ledger, [ledger.mapper.to_stored_event(event) for event in events])


def bureau() -> Iterator[Event]:
    """The office that runs the programme, its officer, and the programme."""
    yield organisation.OrganisationRegistered(
        **envelope(OFFICE),
        organisation_id=OFFICE,
        code="bureau",
        name="量測用教育局",
        kind=organisation.Kind.AUTHORITY,
        county="高雄市",
        stage=None,
        parent_id=None,
        district=None,
    )
    yield account.AccountRegistered(
        **envelope(OFFICER),
        account_id=OFFICER,
        username="officer",
        name="量測人員",
        organisation_id=OFFICE,
        roles=("authority_administrator",),
        duties=("資優教育",),
        teaching_category=None,
        subjects=(),
    )
    yield published(PROGRAMME)


def published(code: str) -> Event:
    """Kaohsiung's programme under a code of the benchmark's own."""
    text = shipped_text(PROGRAMME).replace(f'code = "{PROGRAMME}"', f'code = "{code}"', 1)
    return programme.ProgrammePublished(
        **envelope(programme.programme_id(code)),
        code=code,
        name="量測用計畫",
        school_year=114,
        text=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )


def _registered(one: Student) -> Iterator[Event]:
    stream = natural_id("application", PROGRAMME, one.student)
    common: dict[str, Any] = {
        "student_id": one.student,
        "programme": PROGRAMME,
        "rules": 1,
    }
    yield STEPS["application", "opened"].event(
        **envelope(stream),
        **common,
        state="opened",
        organisation_id=one.school,
        current_grade=4,
        target_year_grade=5,
        recommended_by="guardian",
        participates=True,
    )
    low = one.number % 20 == 0
    yield STEPS["application", "initial-application-submitted"].event(
        **envelope(stream, 2),
        **common,
        state="submitted",
        guardians=({"name": "陳大文", "phone_mobile": "0912345678"},),
        emergency={"name": "陳大文", "phone_mobile": "0912345678"},
        class_teacher_name="王老師",
        in_gifted_class=False,
        has_disability=False,
        economic_status="low_income" if low else "none",
        income_proof_valid_until=date(2025, 12, 31) if low else None,
        dual_exam=False,
        initial_fee_paid=not low,
        needs_accommodation=one.number % 30 == 0,
        initial_photo_received=True,
        stage="initial",
        fee_due=0 if low else 800,
        fee_statuses=("low_income",) if low else (),
    )


def envelope(stream: UUID, version: int = 1) -> dict[str, Any]:
    """What every event of the filling has."""
    return {
        "originator_id": stream,
        "originator_version": version,
        "by": SYSTEM,
        "capacity": Capacity.SYSTEM,
    }
