"""`igp programme`: programmes are checked, published and listed, as over HTTP."""

from pathlib import Path

from api import programmes, publication
from api.acting import Asked
from api.programme_rounds import round_version
from domain.programme import shipped, shipped_text
from domain.programme_rules import LONGEST_PROGRAMME, lint, read
from domain.publication import PublishResults
from domain.refusal import Refusal
from igp.composition import build
from igp.identity import acting_as
from igp.settings import Settings
from igp.terminal import Failed, progress, say, show_table


def publish_programme(settings: Settings, which: str, username: str | None) -> None:
    """Puts a programme into force on behalf of an account. Raises `Failed` and refusals."""
    text = text_of(which)
    with build(settings) as running, running.projecting():
        running.catch_up()
        with acting_as(running, username) as viewer:
            body = programmes.ProgrammeText(text=text)
            done = programmes.publish(running.house, viewer, Asked(body=body))
    _show_findings(text)
    code = read(text).code
    if done.recorded is None:
        say(f"{code} 的內容沒有變更，現行為第 {done.outcome.version} 版。")
    else:
        say(f"已公布 {code} 第 {done.outcome.version} 版。")


def publish_results(settings: Settings, code: str, stage: str, username: str | None) -> None:
    """Publishes the results of a stage on behalf of an account. Raises `Failed` and refusals."""
    with build(settings) as running, running.projecting():
        running.catch_up()
        with acting_as(running, username) as viewer:
            asked = Asked(
                path=f"/programmes/{code}/round/results-published",
                body=PublishResults(stage=stage),
                if_match=str(round_version(running.house, code)),
            )
            with progress("公告結果") as step:
                done = publication.publish(running.house, viewer, asked, code, step)
    shown = 0 if done.recorded is None else len(done.recorded.events) - 1
    say(f"已公告 {shown} 位學生的結果。")


def check_programme(which: str) -> None:
    """Says what waits for a ruling. Raises `Failed` where it is no programme."""
    text = text_of(which)
    _show_findings(text)
    found = read(text)
    say(f"{found.code}：{found.name}，內容可以公布。")


def show_shipped() -> None:
    known = [read(shipped_text(code)) for code in shipped()]
    show_table(("代碼", "學年度", "名稱"), [(one.code, one.school_year, one.name) for one in known])


def text_of(which: str) -> str:
    """The text of a file or of a programme that comes along. Raises `Failed`, refusals."""
    if which in shipped():
        return shipped_text(which)
    path = Path(which)
    try:
        # One character more than a programme may have, so that a file of any size is refused.
        with path.open(encoding="utf-8") as file:
            text = file.read(LONGEST_PROGRAMME + 1)
    except (OSError, UnicodeDecodeError):
        codes = "、".join(shipped())
        raise Failed(f"讀不到計畫檔 {which}（UTF-8 文字檔），隨附的計畫為 {codes}。") from None
    try:
        read(text)
    except Refusal as refusal:
        raise Failed(f"{which}：{refusal.detail}") from None
    return text


def _show_findings(text: str) -> None:
    for one in lint(read(text)):
        say(
            f"待認定：{one.message}" if one.ruling is None else f"已認定：{one.message}{one.ruling}"
        )
