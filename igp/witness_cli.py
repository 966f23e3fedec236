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
    fetch: Annotated[
        str | None,
        typer.Option(metavar="網址", help="不等對方送來：向這個網址的紀錄簿取一次最近的檢查點"),
    ] = None,
    username: Annotated[
        str | None,
        typer.Option("--as", metavar="帳號", help="與 --fetch 一起使用：在該紀錄簿的帳號"),
    ] = None,
) -> None:
    """為其他機關的紀錄簿見證：記住看過的檢查點，只簽署延續它的

    由紀錄簿以外的機關執行，不需要資料庫。紀錄簿一方以 IGP_WITNESSES 指定這裡的網址與查核金鑰。
    同一大小出現兩種內容，或新的檢查點不延續舊的，都會拒絕並保存為證據。
    紀錄簿一方沒有指定時，可定期以 --fetch 取回檢查點；任何能登入的帳號都可以，密碼由標準輸入提供。
    """
    from igp.witness_fetching import fetch_witnessed
    from igp.witness_serving import Asked, serve_witness

    chosen = load_settings()
    make_data_dir(chosen)
    configure(chosen.log_path)
    asked = Asked(folder or chosen.data_dir / "witness", name, log or [], logs)
    if fetch is not None:
        fetch_witnessed(asked, fetch, username)
    else:
        serve_witness(asked, host=host, port=port)
