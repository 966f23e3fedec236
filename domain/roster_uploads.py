"""Which scans are still missing, a line for each: by school, for every stage (Kaohsiung 8.4)."""

from collections.abc import Sequence
from uuid import UUID

from domain.programme_rules import Programme
from domain.roster import Entry, Made, RosterColumn, RosterKind, by_school, register
from domain.upload_checklist import BATCH_OF, STAGES, Needed, missing
from domain.upload_rules import CASES

#: Of what the school hands in once for all.
WHOLE_SCHOOL = "（全校一份）"
_TITLES = {
    "initial": "初選缺件清單",
    "second": "複選缺件清單",
    "placement": "安置階段缺件清單",
    "igp": "個別輔導計畫缺件清單",
}

COLUMNS = (
    RosterColumn("seq", "編號", "integer", 6),
    RosterColumn("school", "學校", "text", 18),
    RosterColumn("pupil_name", "學生姓名", "text", 16),
    RosterColumn("national_id", "身分證字號", "text", 13),
    RosterColumn("document", "應上傳資料", "text", 34),
    RosterColumn("cases", "事由", "text", 26),
    RosterColumn("letter_number", "應填文號", "text", 9),
    RosterColumn("until", "期間", "text", 24),
)


def _rows_of(stage: str, programme: Programme, entries: Sequence[Entry]) -> Made:
    rows: list[dict[str, object]] = []
    about: list[tuple[UUID, ...]] = []
    schools = 0
    for school, listed in by_school(entries):
        batch = school.batches.get(BATCH_OF[stage])
        found = missing(stage, programme, listed, batch, school.documents)
        schools += bool(found)
        for one in found:
            rows.append({"seq": len(rows) + 1, "school": school.name} | _row(programme, one))
            about.append(() if one.student is None else (one.student.student_id,))
    totals = {"schools": schools, "missing": len(rows)}
    lines = (("缺件", f"{schools} 校、{len(rows)} 件"),)
    return Made(tuple(rows), totals, lines, tuple(about))


def _row(programme: Programme, one: Needed) -> dict[str, object]:
    student = one.student
    return {
        "pupil_name": WHOLE_SCHOOL if student is None else student.name,
        "national_id": "" if student is None else student.national_id,
        "document": one.name,
        "cases": "、".join(CASES.get(case, case) for case in one.cases),
        "letter_number": "是" if one.letter_number else "",
        "until": "" if one.until is None else programme.window(one.until).name,
    }


def _kind(stage: str) -> RosterKind:
    def rows(programme: Programme, entries: Sequence[Entry]) -> Made:
        return _rows_of(stage, programme, entries)

    return register(
        RosterKind(
            code=f"uploads-{stage}",
            title=_TITLES[stage],
            processes=("application", "placement_case", "igp_document"),
            columns=COLUMNS,
            rows=rows,
            placements=stage in ("placement", "igp"),
            handed_in=True,
            stages=(stage,),
        )
    )


UPLOADS = tuple(_kind(stage) for stage in STAGES)
