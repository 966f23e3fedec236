"""`igp retention`: how long records are kept and by which document, and whose time is over."""

from pathlib import Path

from api.audit import record_list
from api.students import StudentFilter, find
from domain import retention
from domain.calendar import roc_short
from domain.refusal import NotAllowed
from domain.retention import Period, RetentionNotValid, kept_until
from igp.composition import build
from igp.identity import acting_as
from igp.settings import Settings
from igp.terminal import Failed, say, show_table
from ledger.disk_errors import why

#: The book of access is append-only like the others, and holds ids and codes alone.
_OF_READS = (
    "查閱紀錄與紀錄簿一同保存，不因期限屆滿而刪除；其中只有識別碼與代碼，"
    "學生依法刪除後，無法再由此得知是誰。"
)


def show_retention(settings: Settings, username: str | None, file: Path | None) -> None:
    """The periods, and the students whose periods have ended. Raises `Failed` and refusals."""
    periods = retention.shipped() if file is None else _read(file)
    lines = [
        (one.label, "未載明" if one.years is None else f"{one.years} 年", one.source)
        for one in periods
    ]
    show_table(("資料", "保存期限", "依據"), lines)
    say(_OF_READS)
    if any(one.years is None for one in periods):
        say(
            "有保存期限未載明，無法判斷哪些學生的期限已屆滿。主管機關訂定後，"
            "請以 --periods 指定寫有各項年數的檔案。"
        )
        return
    with build(settings) as running:
        running.catch_up()
        house = running.house
        with acting_as(running, username) as viewer:
            if not viewer.is_authority:
                raise NotAllowed
            ended = []
            for one in find(house, viewer, StudentFilter(), None):
                last = max(one.card.plan_years, default=None)
                until = kept_until(periods, last)
                if until is not None and until < viewer.today and not one.card.erased:
                    ended.append((until, one))
            record_list(house, viewer, "retention", [one.card.student_id for _, one in ended])
    rows = [
        (one.card.student_id, one.name, one.item.organisation.name, roc_short(until))
        for until, one in sorted(ended, key=lambda pair: (pair[0], pair[1].card.student_id))
    ]
    show_table(("學生", "姓名", "學校", "保存至"), rows)
    say(
        f"期限已屆滿 {len(rows)} 位。期限自最後一個有計畫的學年度結束起算；"
        "是否刪除由承辦人員依公文決定（igp erase）。"
    )


def _read(file: Path) -> tuple[Period, ...]:
    try:
        return retention.read(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        said = why(error) if isinstance(error, OSError) else "不是 UTF-8 的文字檔"
        raise Failed(f"無法讀取 {file}（{said}），請確認路徑與編碼。") from None
    except RetentionNotValid as error:
        raise Failed(f"保存期限的檔案 {file} 無法使用：{error}") from None
