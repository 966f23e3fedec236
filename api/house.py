"""Everything that one process serves with, put together by the composition root or a test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from api.openid import OpenId
from api.scanning import Scan, nothing
from api.sign_in import Passwords
from api.tokens import SealedTokens
from api.waiting import Notifier, ViewWaiter
from documents.table import SIMULATED, Line
from domain.passkey import SecondFactor
from ledger.access_book import AccessBook
from ledger.database import Pool
from ledger.ledger import Ledger, Recorded
from ledger.modes import Mode
from ledger.opening import Opener
from projections.all_views import all_views
from projections.completeness import Completeness
from projections.own_ledger import OwnLedger


@dataclass
class House:
    """The ledger, the books beside it and how they are read. `close` ends its threads."""

    ledger: Ledger
    access: AccessBook
    reader: Pool
    mode: Mode
    tokens: SealedTokens
    waiting: ViewWaiter
    notifier: Notifier
    opener: Opener
    passwords: Passwords
    version: str
    views: Mapping[str, str]
    complete: Completeness
    scan: Scan
    own: OwnLedger
    openid: OpenId | None
    #: Whether the county's staff is asked to have a passkey, or must.
    second_factor: SecondFactor = "offered"

    @property
    def slack(self) -> timedelta:
        """How far the newest event may be ahead of the clock: where the clock stands still,
        events follow each other by microseconds."""
        return timedelta(seconds=1) if self.mode == "test" else timedelta()

    @property
    def remarks(self) -> Sequence[Line]:
        """What every document made here says of the ledger itself (design D13)."""
        return () if self.mode == "production" else (SIMULATED,)

    @classmethod
    def of(
        cls,
        ledger: Ledger,
        *,
        mode: Mode,
        version: str,
        views: Mapping[str, str],
        readers: int = 8,
        scan: Scan = nothing,
        openid: OpenId | None = None,
        second_factor: SecondFactor = "offered",
    ) -> "House":
        """A house over an open ledger; `views` says of each view which book it reads, `scan`
        looks at a file before it is kept, `openid` is the provider one can sign in by."""
        reader = ledger.database.pool("reader", readers)
        return cls(
            ledger=ledger,
            access=AccessBook(ledger),
            reader=reader,
            mode=mode,
            tokens=SealedTokens(ledger.keyring.house("token")),
            waiting=ViewWaiter(ledger.database, views),
            notifier=Notifier(ledger.database),
            opener=Opener(ledger.keyring),
            passwords=Passwords(quick=mode == "test"),
            version=version,
            views=views,
            complete=Completeness(ledger.database, reader, views),
            scan=scan,
            own=OwnLedger(ledger.database, all_views(ledger.keyring), ledger.mapper),
            openid=openid,
            second_factor=second_factor,
        )

    def shown(self, recorded: Recorded) -> bool:
        """Whether the views show in time what was recorded (design D9).

        An author's own views are brought up to date here and now, for nobody else waits for them;
        the runners build the others, and what was not to be had here.
        """
        if recorded.owner is not None and self.own.show(recorded):
            return True
        self.notifier.hint()
        return self.waiting.passed(recorded.position, recorded.owner)

    def close(self) -> None:
        """Ends the threads and the reader's connections; the ledger stays open."""
        self.access.close()
        self.waiting.close()
        self.own.close()
        self.notifier.close()
        self.reader.close()
