"""The composition root: which parts a process runs with is chosen here and nowhere else."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType

from api.house import House
from api.scanning import scan_by
from domain.calendar import TAIPEI
from domain.ledger_life import LEDGER_STREAM, SYSTEM
from domain.refusal import StaleVersion
from igp.erasures import finish_erasures
from igp.metrics import heads
from igp.parts import NotReady, keys, openid, server
from igp.reference_tables import add_tables
from igp.renewing import renew_views
from igp.settings import Settings, make_data_dir
from ledger.birth import clock_of, open_ledger
from ledger.database import Database, migrate
from ledger.keys import KeysError
from ledger.ledger import Ledger
from projections.all_views import all_views, sealing_views
from projections.runner import Runner
from projections.view import View

#: Where a simulated clock starts: 112.8.1 08:00 (contract 6).
SIMULATED_START = datetime(2023, 8, 1, 8, tzinfo=TAIPEI)
SIMULATED_AUTHORITY = "示範市政府教育局"

_ATTEMPTS = 5


@dataclass
class Running:
    """One process's parts. Ends what it started when it is closed, the last user the server."""

    settings: Settings
    database: Database
    ledger: Ledger
    house: House
    views: list[View]
    #: Whether no other process of the program had this data folder open.
    first: bool
    #: Where the database lies when that is not the data folder (zh-TW).
    note: str | None
    _stack: ExitStack = field(repr=False)

    @property
    def every_view(self) -> list[View]:
        """The views, and those that the sealer builds."""
        return [*self.views, *sealing_views(self.ledger.keyring)]

    def runner(self) -> Runner:
        """A runner of its own for all views; the caller closes it."""
        return Runner(self.database, self.views, self.ledger.mapper)

    def catch_up(self) -> None:
        """Brings every view up to where the books are now."""
        runner = self.runner()
        try:
            runner.catch_up()
        finally:
            runner.close()

    @contextmanager
    def projecting(self) -> Iterator[None]:
        """Keeps the views up to date meanwhile, for commands that write."""
        runner = self.runner()
        thread = threading.Thread(target=runner.run, name="projector", daemon=True)
        thread.start()
        try:
            yield
        finally:
            runner.stop()
            thread.join()

    def close(self) -> None:
        self._stack.close()

    def __enter__(self) -> "Running":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def program_version() -> str:
    try:
        return version("igp-ledger")
    except PackageNotFoundError:
        return "0"


def build(
    settings: Settings, *, authority: str | None = None, start: bool = True, renew: bool = True
) -> Running:
    """Everything one process serves with: server, database, keys, ledger, views, house.

    With `authority` a production ledger is born under that name where there is none. Without
    `start` a real ledger opens without the event that says so, which its clock may refuse; without
    `renew` the views stay those of the version that built them, whatever it was. Raises
    `SettingsError`, `NotReady`, `EmbeddedServerError`, `DatabaseError`, `KeysError`, `WrongMode`,
    `RebuildError`.
    """
    make_data_dir(settings)
    add_tables(settings.reference_dir)
    with ExitStack() as stack:
        entropy, keyring = keys(settings, create=authority is not None)
        first, note, database = stack.enter_context(server(settings))
        migrate(database)
        clock = clock_of(database)
        if clock is None and not settings.simulated and authority is None:
            raise NotReady(
                "這裡還沒有紀錄簿。請先執行 igp init --authority 機關名稱 --admin 帳號。"
            )
        if settings.test_seed is not None:
            entropy, keyring = keys(settings, create=False, after=_ends(database))
        ledger = Ledger(database, keyring, entropy)
        stack.callback(ledger.close)
        _check_keys(settings, ledger)
        # A simulated clock goes on where the books end; while another process of the program
        # has them open it is running already.
        if clock is None or (first if settings.simulated else start):
            _open(settings, ledger, authority or SIMULATED_AUTHORITY)
        views = all_views(keyring)
        every = [*views, *sealing_views(keyring)]
        Runner(database, every, ledger.mapper).prepare()
        if renew:
            renew_views(database, every, ledger.mapper, program_version())
        finish_erasures(ledger)
        house = House.of(
            ledger,
            mode=settings.mode,
            version=program_version(),
            views={view.name: view.book for view in views},
            scan=scan_by(settings.scan_command),
            openid=openid(settings),
            second_factor=settings.second_factor,
        )
        stack.callback(house.close)
        return Running(
            settings, database, ledger, house, views, first, note, _stack=stack.pop_all()
        )


def _ends(database: Database) -> str:
    """Where the shared books end; of notes it says nothing, so they change no draw."""
    with database.connect("projector") as connection:
        at = heads(connection)
    return f"{at['records']}/{at['access']}"


def _check_keys(settings: Settings, ledger: Ledger) -> None:
    """A ledger whose keys are elsewhere would go on with new ones and never read the old."""
    if ledger.keyring.key("account.record", SYSTEM) is None and ledger.events(LEDGER_STREAM):
        raise KeysError(
            f"資料庫中已有紀錄簿，但 {settings.keys} 中沒有它的金鑰。"
            "請由備份還原金鑰資料夾，或以 IGP_KEY_DIR 指定它的位置。"
        )


def _open(settings: Settings, ledger: Ledger, authority: str) -> None:
    for attempt in range(_ATTEMPTS):
        try:
            return open_ledger(
                ledger,
                mode=settings.mode,
                authority=authority,
                start=SIMULATED_START if settings.simulated else None,
                version=program_version(),
            )
        except StaleVersion:
            # Another process started at the same moment, and its start was recorded first.
            if attempt == _ATTEMPTS - 1:
                raise
    return None
