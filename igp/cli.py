"""`igp`: the commands, what they take and which exit status they end with (contract 1)."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from domain.refusal import Refusal
from igp import logs
from igp.ending import hear_termination, status_of
from igp.erasing_cli import erase, retention
from igp.evidence_cli import evidence
from igp.programme_cli import programme
from igp.recovering_cli import recover
from igp.settings import Settings, load_settings, make_data_dir, shown, unknown_names
from igp.terminal import BAD_INPUT, DONE, NO, Command, Failed, Group, explained, show_table, tell
from igp.witness_cli import witness

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="資優教育紀錄簿 IGP Ledger",
)
replay = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)
ledger = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)
app.add_typer(replay, name="replay", help="由紀錄簿從頭重算與查核")
app.add_typer(programme, name="programme", help="縣市計畫的規定")
app.add_typer(ledger, name="ledger", help="紀錄簿本身的作業")
app.add_typer(evidence, name="evidence", help="爭議的證據檔：產生與離線查驗")

As = Annotated[
    str | None, typer.Option("--as", metavar="帳號", help="以哪個帳號查詢（正式模式會詢問密碼）")
]


@app.command(cls=Command)
def serve(
    host: Annotated[str | None, typer.Option(metavar="位址", help="網路位址")] = None,
    port: Annotated[int | None, typer.Option(metavar="連接埠", help="連接埠")] = None,
) -> None:
    """啟動網頁與 API，直到按 Ctrl-C"""
    from igp.serving import serve as run

    run(_settings(host=host, port=port))


@app.command(cls=Command)
def init(
    authority: Annotated[str, typer.Option(metavar="機關名稱", help="主管機關的名稱")],
    admin: Annotated[str, typer.Option(metavar="帳號", help="第一位主管機關學務的帳號")],
    name: Annotated[str | None, typer.Option(metavar="姓名", help="這位人員的姓名")] = None,
    code: Annotated[str, typer.Option(metavar="代碼", help="主管機關的單位代碼")] = "authority",
    county: Annotated[str | None, typer.Option(metavar="縣市", help="縣市名稱")] = None,
) -> None:
    """建立正式的紀錄簿、主金鑰與第一位主管機關學務"""
    from igp.beginning import begin

    begin(_settings(), authority=authority, username=admin, name=name, code=code, county=county)


@app.command(cls=Command)
def demo() -> None:
    """把示範縣市的資料載入空的示範或測試紀錄簿"""
    from igp.demo.loading import demo as run

    run(_settings())


@app.command("import", cls=Command)
def import_folder(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="放有 CSV 檔的資料夾")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只檢查並列出會有的變更")] = False,
) -> None:
    """匯入單位、帳號、學生與服務關係

    DIR 中放 organisations.csv、accounts.csv、students.csv、relations.csv（UTF-8），
    缺少的檔案表示沒有該類資料。全部正確才會寫入；有錯誤時逐項列出檔案、行與欄位。

    再次匯入只更新不同之處：空白的欄位不變更，檔案中沒有的資料不會刪除；
    已有帳號的密碼、單位與身分不變更，學生以身分證統一編號辨識。

    單位與帳號以第一位主管機關學務的名義記錄，各校的教師、學生與服務關係以該校
    第一位學校學務的名義記錄，原因一律記為「資料匯入」。
    """
    from igp.importing.running import run

    run(_settings(), folder, dry_run=dry_run)


@app.command(cls=Command)
def changes(
    from_date: Annotated[str, typer.Option("--from", metavar="日期", help="起日，例如 113.5.13")],
    to_date: Annotated[str, typer.Option("--to", metavar="日期", help="迄日，例如 113.8.5")],
    organisation: Annotated[
        list[str] | None, typer.Option(metavar="代碼", help="學校代碼，可重複")
    ] = None,
    section: Annotated[
        list[str] | None, typer.Option(metavar="項目", help="項目代碼，例如 placement，可重複")
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option(metavar="類別", help="異動類別，例如 corrected，可重複")
    ] = None,
    origin: Annotated[
        list[str] | None, typer.Option(metavar="來源", help="異動來源，例如 school，可重複")
    ] = None,
    format: Annotated[
        str, typer.Option(metavar="格式", help="table、csv、json、xlsx、ods 或 pdf")
    ] = "table",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="檔案", help="寫入這個檔案")
    ] = None,
    as_: As = None,
) -> None:
    """兩個日期之間的異動：哪些學校、由誰、從什麼改成什麼"""
    from igp.reading import Wanted, show_changes

    wanted = Wanted(
        from_date,
        to_date,
        {"organisation": organisation, "section": section, "kind": kind, "origin": origin},
    )
    show_changes(_settings(), as_, wanted, format, output)


@app.command(cls=Command)
def history(
    student: Annotated[str, typer.Argument(metavar="STUDENT", help="學生的識別碼")],
    as_: As = None,
) -> None:
    """一位學生的異動歷程"""
    from igp.reading import show_history

    show_history(_settings(), as_, student)


@app.command("school-year", cls=Command)
def school_year(
    year: Annotated[int, typer.Argument(metavar="YEAR", help="學年度（民國年），例如 114")],
    organisation: Annotated[
        str | None, typer.Option(metavar="代碼", help="只為這所學校的學生新增")
    ] = None,
    as_: As = None,
) -> None:
    """為服務的全部學生新增年度資料

    適用於已建置個別輔導計畫的學生；已有該學年度者略過，再次執行不會有變更。
    """
    from igp.new_year import open_school_year

    open_school_year(_settings(), as_, year, organisation)


@app.command(cls=Command)
def backup(
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="放資料庫備份的新資料夾")
    ],
    keys: Annotated[
        Path | None, typer.Option(metavar="DIR", help="另外放金鑰備份的新資料夾，須與前者分開")
    ] = None,
) -> None:
    """備份資料庫；金鑰另外備份，主金鑰不在其中"""
    from igp.backup import back_up

    back_up(_settings(), output, keys)


@app.command(cls=Command)
def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="igp backup 的資料夾")],
    keys: Annotated[Path | None, typer.Option(metavar="DIR", help="金鑰備份的資料夾")] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(metavar="檔案", help="另外保存的檢查點，用來確認備份沒有過舊")
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify/--no-verify", help="還原後查核（預設）或不查核")
    ] = True,
) -> None:
    """把備份還原到空的資料夾與資料庫，並查核"""
    from igp.restore import restore as run

    run(_settings(), folder, keys, checkpoint, verify=verify)


@app.command(cls=Command)
def migrate() -> None:
    """把資料庫的表格更新到這個版本"""
    from igp.tending import bring_up_to_date

    bring_up_to_date(_settings())


@app.command(cls=Command)
def settings() -> None:
    """列出全部設定：值、來源與意義"""
    chosen = load_settings()
    show_table(("設定", "值", "來源", "意義"), shown(chosen))
    for unknown in unknown_names():
        tell(f"{unknown} 不是本程式的設定，請檢查名稱。")


@app.command(cls=Command)
def status() -> None:
    """紀錄簿的位置、各檢視的進度與最近的檢查點"""
    from igp.tending import show_status

    show_status(_settings())


app.command("witness", cls=Command)(witness)
app.command(cls=Command)(erase)
app.command(cls=Command)(retention)
app.command(cls=Command)(recover)


@app.command(cls=Command, hidden=True)
def project() -> None:
    """更新各檢視，由 igp serve 啟動"""
    from igp.projecting import project as run

    run(_settings())


@replay.command(cls=Command)
def rebuild(
    view: Annotated[
        list[str] | None, typer.Argument(metavar="VIEW", help="檢視的名稱；未指定時為全部")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="與現有的不同時，以重建的內容取代")
    ] = False,
    reason: Annotated[
        str | None, typer.Option(metavar="理由", help="取代的理由；不要寫學生的姓名")
    ] = None,
    as_: Annotated[
        str | None, typer.Option("--as", metavar="帳號", help="核可取代的主管機關學務")
    ] = None,
) -> None:
    """由紀錄簿重建檢視，並與現有的逐列比對

    與現有的不同時不會更換，並保留兩者的比對證明；要取代須由主管機關學務說明理由。
    """
    from igp.rebuilding import rebuild_views

    rebuild_views(_settings(), view or [], replace=replace, reason=reason, username=as_)


@replay.command(cls=Command)
def verify(
    key: Annotated[
        list[Path] | None, typer.Option(metavar="檔案", help="公布的公開金鑰，可重複")
    ] = None,
    checkpoint: Annotated[
        list[Path] | None, typer.Option(metavar="檔案", help="另行留存的檢查點，可重複")
    ] = None,
    witness: Annotated[
        list[Path] | None, typer.Option(metavar="檔案", help="見證者的公開金鑰，可重複")
    ] = None,
) -> None:
    """查核紀錄簿自始完整、未經竄改"""
    from igp.replaying import Brought, verify_books

    verify_books(_settings(), Brought(key or (), checkpoint or (), witness or ()))


_Student = Annotated[str, typer.Argument(metavar="STUDENT", help="學生的識別碼")]
_Screen = Annotated[str, typer.Option(metavar="格式", help="table 或 json")]


@replay.command("as-of", cls=Command)
def as_of(
    student: _Student,
    at: Annotated[str, typer.Option(metavar="時間", help="日期（該日結束時），或含時區的時間")],
    format: _Screen = "table",
    as_: As = None,
) -> None:
    """一位學生在某一時間的完整紀錄，以及之後述及當時的異動"""
    from igp.as_of import show_as_of

    show_as_of(_settings(), as_, student, at, format)


@replay.command(cls=Command)
def compare(
    student: _Student,
    from_: Annotated[
        str, typer.Option("--from", metavar="時間", help="日期（該日結束時），或含時區的時間")
    ],
    to: Annotated[str, typer.Option(metavar="時間", help="同上，不早於 --from")],
    format: _Screen = "table",
    as_: As = None,
) -> None:
    """一位學生兩個時間的紀錄逐欄比較：由誰、何時、為何異動"""
    from igp.as_of import show_comparison

    show_comparison(_settings(), as_, student, from_, to, format)


@ledger.command(cls=Command)
def resume(
    reason: Annotated[str, typer.Option(metavar="原因", help="為什麼可以繼續")],
    as_: As = None,
) -> None:
    """時鐘落後於最後一筆紀錄時，說明原因後繼續"""
    from igp.resuming import resume_ledger

    resume_ledger(_settings(), as_, reason)


def _settings(**given: object) -> Settings:
    chosen = load_settings(**given)
    make_data_dir(chosen)
    logs.configure(chosen.log_path)
    return chosen


def run(arguments: Sequence[str]) -> int:
    """The exit status of a command line; every message is on standard error by then."""
    try:
        command = typer.main.get_command(app)
        status = command.main(list(arguments), prog_name="igp", standalone_mode=False)
        return status if isinstance(status, int) else DONE
    except Failed as failed:
        tell(str(failed))
        return failed.status
    except typer.TyperException as error:
        tell(explained(error))
        return BAD_INPUT
    except Refusal as refusal:
        tell(refusal.detail)
        for one in getattr(refusal, "errors", []):
            tell(f"{one.field}：{one.message}" if one.field else one.message)
        return BAD_INPUT if refusal.STATUS == 422 else NO
    except typer.Abort:
        tell("已中止。")
        return BAD_INPUT
    except KeyboardInterrupt as asked:
        tell("已中止。")
        return status_of(asked)
    except BrokenPipeError:
        # Whoever read our output has had enough; nothing more can be said there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NO
    except Exception as error:
        # The errors of every part are known where one of them fails; a command that does not is
        # spared what they are imported with.
        from igp.failing import told

        tell(told(error))
        return BAD_INPUT


def main() -> NoReturn:
    """The entry point of `igp`."""
    hear_termination()
    sys.exit(run(sys.argv[1:]))
