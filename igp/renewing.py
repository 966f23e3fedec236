"""At the start: the views that another version of the program built (design D8)."""

from collections.abc import Sequence

from ledger.database import Database
from ledger.mapper import LedgerMapper
from projections.runner import SCHEMA
from projections.view import View
from replay.certificate import Certificate
from replay.rebuild import RebuildError, rebuild


def renew_views(
    database: Database, views: Sequence[View], mapper: LedgerMapper, program: str
) -> None:
    """Builds them beside the living ones and exchanges them, all or none.

    Raises `RebuildError` where one differs and its version does not say that it may: then the
    living ones stay, and whoever still runs the other version goes on with them.
    """
    with database.connect("projector") as connection:
        rows = connection.execute(f"SELECT view, version FROM {SCHEMA}.checkpoint".encode())
        living = dict(rows.fetchall())
    old = [view.name for view in views if living[view.name] != view.version]
    if not old:
        return
    # One after the other they are exchanged, so none is where another would be refused.
    for check in (True, False) if len(old) > 1 else (False,):
        made = rebuild(database, views, mapper, old, check=check, program=program)
        refused = [one for one in made if not one.equal and one.approved_by is None]
        if refused:
            raise RebuildError(_told(refused))


def _told(refused: Sequence[Certificate]) -> str:
    """Which views are not exchanged, and what somebody has to do about it."""
    lines = []
    for one in refused:
        rows = f"（{one.differing} 列）" if one.differing else ""
        lines.append(
            f"檢視 {one.view} 第 {one.version} 版與現有的第 {one.living_version} 版不同{rows}，"
            "而這個版本沒有說明可以不同的理由。"
        )
    names = " ".join(one.view for one in refused)
    lines.append(
        "沒有更換任何檢視，原來的版本仍可繼續使用。請保留這份輸出；確認新的內容正確後，"
        f"由主管機關學務執行 igp replay rebuild {names} --replace --reason 理由 --as 帳號，"
        "再啟動這個版本。"
    )
    return "\n".join(lines)
