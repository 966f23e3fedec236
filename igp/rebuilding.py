"""`igp replay rebuild`: views built again from the books, compared and exchanged."""

from collections.abc import Sequence

from igp.composition import build, program_version
from igp.identity import approving
from igp.parts import NotReady, keys, server
from igp.settings import Settings, make_data_dir
from igp.terminal import NO, Failed, progress, show_table, tell
from ledger.birth import clock_of
from ledger.database import migrate
from ledger.mapper import LedgerMapper
from projections.all_views import all_views, sealing_views
from replay.certificate import RELEASE, Approval, Certificate, compared
from replay.rebuild import RebuildError, rebuild


def rebuild_views(
    settings: Settings,
    names: Sequence[str],
    *,
    replace: bool,
    reason: str | None = None,
    username: str | None = None,
) -> None:
    """Builds views again and compares them with the living ones, row by row.

    With `replace` somebody answers for it that a view takes the place of one that differs. Raises
    `Failed` with status 1 where one differs.
    """
    if not replace and reason is not None:
        raise Failed("--reason 是取代現有檢視的理由，請與 --replace 一起使用。")
    if replace and not (reason and reason.strip() and username):
        raise Failed("以重建的內容取代現有的檢視，請以 --reason 說明理由、--as 指定核可的帳號。")
    _judge(_rebuilt(settings, names, reason if replace else None, username))


def _rebuilt(
    settings: Settings, names: Sequence[str], reason: str | None, username: str | None
) -> Sequence[Certificate]:
    """Builds the views; with a reason the account answers for it that they take their place."""
    make_data_dir(settings)
    entropy, keyring = keys(settings, create=False)
    views = [*all_views(keyring), *sealing_views(keyring)]
    shared = {view.name for view in views if view.book != "notes"}
    with server(settings) as (_, _, database):
        migrate(database)
        if clock_of(database) is None:
            raise NotReady("這裡還沒有紀錄簿。")
        approval = None
        if reason and username:
            # A view that waits for this answer must not keep the answer from being given.
            with build(settings, start=False, renew=False) as running:
                approval = Approval(reason.strip(), approving(running, username))
        with progress("重建") as step:

            def told(view: str, done: int, total: int) -> None:
                if view in shared:
                    step(done, total, view)

            try:
                return rebuild(
                    database,
                    views,
                    LedgerMapper(keyring, entropy),
                    names,
                    told,
                    approval=approval,
                    program=program_version(),
                )
            except RebuildError as error:
                raise Failed(str(error)) from None


def _judge(made: Sequence[Certificate]) -> None:
    """Says what came of each view. Raises `Failed` with status 1 where one differs."""
    headings = ("檢視", "版本", "位置", "列數", "與現有的比對", "摘要碼")
    show_table(headings, [_line(one) for one in made])
    for one in made:
        for row in one.named:
            tell(f"{one.view}：資料表 {row.table} 中 {row.key} 的內容不同")
        for form in one.form:
            tell(f"{one.view}：資料表的欄位不同（{form}）")
    replaced = [one.view for one in made if one.switched and one.approved_by not in (None, RELEASE)]
    refused = [one.view for one in made if not one.switched]
    if refused:
        raise Failed(
            f"檢視 {'、'.join(refused)} 與現有的不同，沒有更換。請保留這份輸出；"
            "確認後由主管機關學務加上 --replace --reason 理由 --as 帳號，以重建的內容取代。",
            NO,
        )
    if replaced:
        raise Failed(
            f"檢視 {'、'.join(replaced)} 原本與紀錄簿不同，已換成重建的內容，並保留證明。", NO
        )


def _line(one: Certificate) -> tuple[object, ...]:
    version = f"{one.living_version}→{one.version}"
    return (
        one.view,
        one.version if one.living_version == one.version else version,
        one.position,
        one.rows,
        compared(one.equal, one.differing, one.reason),
        (one.digest or "")[:16],
    )
