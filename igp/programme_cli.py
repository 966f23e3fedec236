"""The commands `igp programme ...`: what they take."""

from typing import Annotated

import typer

from igp.logs import configure
from igp.settings import load_settings, make_data_dir
from igp.terminal import Command, Group

programme = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)

_Which = Annotated[
    str, typer.Argument(metavar="FILE|CODE", help="計畫檔（TOML），或隨附計畫的代碼")
]
_As = Annotated[str | None, typer.Option("--as", metavar="帳號", help="以哪個主管機關帳號公布")]


@programme.command(cls=Command)
def publish(which: _Which, as_: _As = None) -> None:
    """公布一個計畫的規定；內容相同時不會有變更

    公布後各項期限依公布當時的版次計算，先前的案件仍依其當時的版次。
    """
    from igp.programmes import publish_programme

    chosen = load_settings()
    make_data_dir(chosen)
    configure(chosen.log_path)
    publish_programme(chosen, which, as_)


@programme.command("publish-results", cls=Command)
def publish_results(
    code: Annotated[str, typer.Argument(metavar="CODE", help="計畫的代碼，例如 kaohsiung-114")],
    stage: Annotated[str, typer.Argument(metavar="STAGE", help="階段：initial 或 second")],
    as_: Annotated[
        str | None,
        typer.Option("--as", metavar="帳號", help="以哪個承辦學校或主管機關帳號公告"),
    ] = None,
) -> None:
    """公告一個階段的結果；全部學生在同一筆作業中公告

    尚有結果未判定時不公告；再次執行時，只公告其後判定或更正的結果。
    """
    from igp.programmes import publish_results as publish_them

    chosen = load_settings()
    make_data_dir(chosen)
    configure(chosen.log_path)
    publish_them(chosen, code, stage, as_)


@programme.command(cls=Command)
def check(which: _Which) -> None:
    """檢查一個計畫檔，列出待認定的事項；不需要資料庫"""
    from igp.programmes import check_programme

    check_programme(which)


@programme.command("shipped", cls=Command)
def list_shipped() -> None:
    """列出隨附的計畫"""
    from igp.programmes import show_shipped

    show_shipped()
