"""The command `igp witness`: what it takes."""

from pathlib import Path
from typing import Annotated

import typer

from igp.logs import configure
from igp.settings import load_settings, make_data_dir


def witness(
    log: Annotated[
        list[str] | None, typer.Option(metavar="金鑰", help="要見證的紀錄簿的查核金鑰，可重複")
    ] = None,
    logs: Annotated[
        Path | None, typer.Option(metavar="檔案", help="每行一把查核金鑰的檔案")
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="名稱", help="見證單位的名稱；第一次使用時必須指定")
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="見證的金鑰與紀錄；預設為資料夾中的 witness"),
    ] = None,
    host: Annotated[str, typer.Option(metavar="位址", help="網路位址")] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="連接埠", help="連接埠")] = 8002,
) -> None:
    """為其他機關的紀錄簿見證：記住看過的檢查點，只簽署延續它的

    由紀錄簿以外的機關執行，不需要資料庫。紀錄簿一方以 IGP_WITNESSES 指定這裡的網址與查核金鑰。
    同一大小出現兩種內容，或新的檢查點不延續舊的，都會拒絕並保存為證據。
    """
    from igp.witness_serving import serve_witness

    chosen = load_settings()
    make_data_dir(chosen)
    configure(chosen.log_path)
    serve_witness(chosen, folder=folder, name=name, logs=log or [], file=logs, host=host, port=port)
