"""`igp migrate` and `igp status`: keeping the ledger running."""

from datetime import datetime

from domain.calendar import roc_instant
from igp.metrics import ViewState, heads, view_states
from igp.parts import keys, reached, server
from igp.settings import Settings, make_data_dir
from igp.terminal import NO, Failed, say, show_table
from igp.witnessing import witness_lines
from ledger.birth import clock_of
from ledger.checkpoints import last_checkpoint
from ledger.database import Connection, migrate
from projections.all_views import all_views, sealing_views
from projections.runner import SCHEMA
from replay.certificate import KeptCertificate, compared, latest

_CLOCKS = {"real": "真實時鐘", "simulated": "模擬時鐘"}


def bring_up_to_date(settings: Settings) -> None:
    """Applies what is missing of the migrations, and names it."""
    make_data_dir(settings)
    with server(settings) as (_, _, database):
        applied = migrate(database)
    for name in applied:
        say(f"已套用 {name}")
    say("資料庫的表格已是這個版本。")


def show_status(settings: Settings) -> None:
    """Where the shared books and their views are. Of notes it says nothing (design D7).

    Raises `Failed` with status 1 where a view was stopped by an event.
    """
    with reached(settings) as database:
        clock = clock_of(database)
        if clock is None:
            say("這裡還沒有紀錄簿。")
            return
        with database.connect("projector") as connection:
            at = heads(connection)
            last = _last_instant(connection)
            keyring = keys(settings, create=False)[1]
            views = [*all_views(keyring), *sealing_views(keyring)]
            # Of a ledger that was just restored the first start builds them.
            built = _are_built(connection)
            states = view_states(connection, views) if built else []
            sealed = _sealed(connection)
            witnesses = witness_lines(connection, settings.witness_list, settings.witness_outcomes)
            kept = latest(connection, [view.name for view in views if view.book != "notes"])
        say(f"資料位置：{settings.data_dir}")
        say(f"時鐘：{_CLOCKS[clock]}")
        if last is not None:
            say(f"最後一筆紀錄：{roc_instant(last)}")
        show_table(("紀錄簿", "位置"), [("records", at["records"]), ("access", at["access"])])
        if built:
            show_table(("檢視", "版本", "位置", "落後", "狀態"), [_line(state) for state in states])
        else:
            say("檢視尚未建立，下次啟動時會由紀錄簿重建。")
        say(f"最近的檢查點：{sealed}")
        if witnesses:
            show_table(("見證", "已簽署到", "最近一次"), witnesses)
        if kept:
            headings = (
                "重建證明",
                "版本",
                "位置",
                "列數",
                "與現有的比對",
                "更換",
                "時間（伺服器時鐘）",
            )
            show_table(headings, list(map(_certificate, kept)))
    stopped = [state.view for state in states if state.poison is not None]
    if stopped:
        raise Failed(
            f"檢視 {'、'.join(stopped)} 停在無法處理的一筆紀錄，之後的內容尚未顯示。"
            "請保留這份輸出，排除原因（例如更新程式）後重新啟動，就會從那一筆接續。",
            NO,
        )


def _are_built(connection: Connection) -> bool:
    """Whether there are views at all."""
    row = connection.execute("SELECT to_regclass(%s)", (f"{SCHEMA}.checkpoint",)).fetchone()
    return row is not None and row[0] is not None


def _last_instant(connection: Connection) -> datetime | None:
    row = connection.execute(
        "SELECT recorded_at FROM books.records ORDER BY position DESC LIMIT 1"
    ).fetchone()
    return row[0] if row else None


def _certificate(kept: KeptCertificate) -> tuple[object, ...]:
    body = kept.body
    return (
        kept.view,
        f"{body['living_version']}→{body['version']}",
        body["position"],
        body["rows"],
        compared(body["equal"], body["differing"], body.get("reason")),
        "已更換" if body["switched"] else "未更換",
        roc_instant(kept.at),
    )


def _sealed(connection: Connection) -> str:
    """The newest checkpoint. Its time is that of the event it ends on, which its signature covers;
    that of its own row is covered by nothing."""
    kept = last_checkpoint(connection, "records")
    if kept is None:
        return "尚無"
    row = connection.execute(
        "SELECT recorded_at FROM books.records WHERE position = %s", (kept.size,)
    ).fetchone()
    at = "紀錄已遺失" if row is None else roc_instant(row[0])
    return f"{at}，至位置 {kept.size}"


def _line(state: ViewState) -> tuple[str, int, int, int, str]:
    stopped = "" if state.poison is None else f"停在第 {state.poison} 筆"
    word = stopped or ("最新" if state.behind == 0 else "更新中")
    return state.view, state.version, state.position, state.behind, word
