"""`igp school-year`: a school year begins for everybody in one's reach, as over HTTP."""

from api.acting import Asked
from api.batches import outcome_of
from api.school_year_batch import OpenForAll, open_all
from igp.composition import build
from igp.identity import acting_as
from igp.settings import Settings
from igp.terminal import progress, say, show_table, tell

_OUTCOMES = {"opened": "已新增", "skipped": "略過"}


def open_school_year(
    settings: Settings, username: str | None, year: int, organisation: str | None
) -> None:
    """Opens the year and lists what became of each student. Raises `Failed` and refusals."""
    body = OpenForAll(school_year=year, organisation=organisation)
    with build(settings) as running, running.projecting():
        running.catch_up()
        with acting_as(running, username) as viewer:
            try:
                with progress("新增年度資料") as step:
                    done, tally = open_all(running.house, viewer, Asked(body=body), step)
            except KeyboardInterrupt:
                tell("年度資料全部新增，或一位也沒有新增。請再執行一次，已新增的會略過。")
                raise
            outcome = outcome_of(running.house, viewer, done, "school-years.batch", tally)
    show_table(
        ("學生", "結果", "說明"),
        [(one.student.name, _OUTCOMES[one.outcome], one.message) for one in outcome.items],
    )
    say(f"{year} 學年度：新增 {outcome.opened} 位，略過 {outcome.skipped} 位。")
