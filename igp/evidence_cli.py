"""The commands `igp evidence ...`: what they take."""

from pathlib import Path
from typing import Annotated

import typer

from igp.logs import configure
from igp.settings import load_settings, make_data_dir
from igp.terminal import Command, Group

evidence = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)


@evidence.command(cls=Command)
def build(
    dispute: Annotated[str, typer.Argument(metavar="DISPUTE", help="爭議案件的識別碼")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="檔案", help="寫入這個檔案")],
    as_: Annotated[
        str | None,
        typer.Option("--as", metavar="帳號", help="以哪個帳號產生（正式模式會詢問密碼）"),
    ] = None,
) -> None:
    """產生一件爭議的證據檔，內容以這個帳號看得到的為限"""
    from igp.evidence import build_evidence

    chosen = load_settings()
    make_data_dir(chosen)
    configure(chosen.log_path)
    build_evidence(chosen, as_, dispute, output)


@evidence.command(cls=Command)
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="證據檔（zip）")],
    key: Annotated[Path | None, typer.Option(metavar="檔案", help="主管機關公布的公開金鑰")] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(metavar="檔案", help="您自己留存的檢查點")
    ] = None,
    witness: Annotated[
        list[str] | None, typer.Option(metavar="金鑰", help="見證者的公開金鑰，可重複")
    ] = None,
) -> None:
    """查核一份證據檔；不需要網路，也不需要資料庫"""
    from igp.evidence_check import verify_evidence

    verify_evidence(file, key, checkpoint, witness or [])
