"""`igp erase` and `igp retention` on the command line."""

from pathlib import Path
from typing import Annotated

import typer

from igp import logs
from igp.settings import Settings, load_settings, make_data_dir
from igp.terminal import Failed

_As = Annotated[
    str | None,
    typer.Option("--as", metavar="帳號", help="主管機關學務的帳號（正式模式會詢問密碼）"),
]


def erase(
    student: Annotated[
        str | None, typer.Argument(metavar="STUDENT", help="學生的識別碼；與 --document 擇一")
    ] = None,
    *,
    order: Annotated[str, typer.Option(metavar="文號", help="命令刪除的公文文號")],
    order_date: Annotated[
        str | None, typer.Option(metavar="日期", help="公文的日期，例如 114.2.14")
    ] = None,
    document: Annotated[
        str | None, typer.Option(metavar="識別碼", help="只刪除一份計畫的上傳資料（掃描檔）")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="不再詢問")] = False,
    as_: _As = None,
) -> None:
    """依法刪除一位學生的資料：銷毀金鑰，以公文為憑

    以主管機關學務的帳號（--as）執行。資料保全中或有尚未結案的爭議時不能刪除。刪除之後
    姓名、證號、文字、檔案與晤談紀錄都無法再開啟，各處顯示「已依法刪除」；紀錄簿與先前的
    證明仍可查核。已交付的文件不會收回。中斷後再執行一次即可完成。

    以 --document 只刪除一份上傳資料（例如傳到別的學生名下的掃描檔），學生的其他資料不變。
    """
    from igp.erasing import erase_scan, erase_student

    if (student is None) == (document is None):
        raise Failed("請指定學生的識別碼，或以 --document 指定一份上傳資料，擇一。")
    if document is not None:
        erase_scan(_settings(), as_, document, order, order_date, sure=yes)
    else:
        assert student is not None
        erase_student(_settings(), as_, student, order, order_date, sure=yes)


def retention(
    periods: Annotated[
        Path | None, typer.Option(metavar="檔案", help="主管機關訂定的保存期限（TOML）")
    ] = None,
    as_: _As = None,
) -> None:
    """保存期限與其依據，以及期限已屆滿的學生；是否刪除由人決定"""
    from igp.retaining import show_retention

    show_retention(_settings(), as_, periods)


def _settings() -> Settings:
    chosen = load_settings()
    make_data_dir(chosen)
    logs.configure(chosen.log_path)
    return chosen
