"""`igp recover` on the command line."""

from typing import Annotated

import typer

from igp import logs
from igp.settings import load_settings, make_data_dir


def recover(
    username: Annotated[str, typer.Argument(metavar="帳號", help="主管機關學務的帳號")],
    by: Annotated[str, typer.Option(metavar="姓名", help="辦理人員的姓名，會記入紀錄簿")],
    reason: Annotated[str, typer.Option(metavar="原因", help="為什麼，會記入紀錄簿")],
) -> None:
    """讓遺失密碼與通行金鑰的主管機關學務重新登入

    沒有其他主管機關學務可以核發代碼時使用：移除這個帳號的通行金鑰，並顯示一次性的代碼，
    由本人在網頁的「重設密碼」設定新密碼。
    """
    from igp.recovering import recover as run

    chosen = load_settings()
    make_data_dir(chosen)
    logs.configure(chosen.log_path)
    run(chosen, username, by, reason)
