"""The log's side of witnessing: every checkpoint of `records` goes to the configured witnesses.

What a witness cosigned is kept under the checkpoint (`books.cosignature`). Nothing waits for it: a
witness that does not answer is asked again a minute later, and one that has seen more than the
book holds, or something else, is named in the log. Checkpoints of `access` are not sent.
"""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from igp.settings import WitnessAddress
from igp.witness import Request
from ledger.checkpoints import Kept, keep_cosignature, last_checkpoint
from ledger.database import Connection
from ledger.durable import replace_file
from ledger.ledger import Ledger
from ledger.signed_note import BadNote, Note, Signature, parse_signature, with_cosignatures
from projections import tree
from projections.runner import SCHEMA, enter

#: At most so often a witness is asked, in seconds.
EVERY_SECONDS = 60.0
#: How often it looks for a new checkpoint, in seconds.
LOOK_SECONDS = 1.0
#: How long a witness may take, in seconds, and how much it may say, in bytes.
ANSWER_SECONDS = 10.0
MOST_BYTES = 1 << 14

COSIGNED = "cosigned"
#: What an outcome means to whoever reads `igp status`.
_WORDS = {
    COSIGNED: "已簽署",
    "no-answer": "沒有回應，稍後再送",
    "ahead": "拒絕：對方見證過的筆數比這裡多，紀錄簿可能由較舊的備份還原",
    "two-histories": "拒絕：同一大小見證過不同的內容，請執行 igp replay verify",
    "inconsistent": "拒絕：目前的內容不延續見證過的內容，請執行 igp replay verify",
    "false-cosignature": "回答的簽章不正確，請確認 IGP_WITNESSES 的查核金鑰",
}
_OTHERWISE = "拒絕，請確認對方已加入這個紀錄簿的查核金鑰"

log = structlog.get_logger("igp.witnessing")


class WitnessRefused(Exception):
    """A witness did not cosign; `args[0]` is a stable word that says why."""


@dataclass(frozen=True)
class _Said:
    status: int
    text: str


class Submitter:
    """Brings one witness the newest checkpoint."""

    def __init__(
        self, ledger: Ledger, witness: WitnessAddress, *, every: float = EVERY_SECONDS
    ) -> None:
        self._ledger = ledger
        self._witness = witness
        self._every = every
        self._asked = float("-inf")
        #: The size that the witness cosigned last, as far as is known.
        self._known: int | None = None
        self._done = 0

    def step(self) -> bool:
        """Asks the witness where that is due; whether it has cosigned the newest checkpoint."""
        if time.monotonic() - self._asked < self._every:
            return False
        with self._ledger.database.connect("projector") as connection:
            enter(connection, SCHEMA)
            newest = last_checkpoint(connection, "records")
            if newest is None or newest.size == self._done:
                return False
            self._asked = time.monotonic()
            signature = self._cosigned(connection, newest)
        keep_cosignature(self._ledger, "records", newest.size, signature)
        self._known = self._done = newest.size
        return True

    def _cosigned(self, connection: Connection, newest: Kept) -> Signature:
        """Raises `WitnessRefused`, `OSError`, `tree.NotInTree`."""
        if self._known is None:
            self._known = _last_kept(connection, self._witness.key.name)
        note = Note(newest.note.text, newest.note.signatures[:1])
        said = self._submit(connection, self._known, newest.size, note)
        if said.status == 409 and said.text.strip().isdecimal():
            # It knows another size than we remember: it tells which.
            size = int(said.text.strip())
            if size > newest.size:
                raise WitnessRefused("ahead")
            if size == self._known == newest.size:
                raise WitnessRefused("two-histories")
            self._known = size
            said = self._submit(connection, size, newest.size, note)
        if said.status != 200:
            raise WitnessRefused(
                {409: "two-histories", 422: "inconsistent"}.get(
                    said.status, f"status-{said.status}"
                )
            )
        return self._own(note, said.text)

    def _submit(self, connection: Connection, old: int, new: int, note: Note) -> _Said:
        path = tree.consistency(connection, "records", old, new)
        body = str(Request(old, tuple(path), note)).encode()
        request = urllib.request.Request(f"{self._witness.url}/add-checkpoint", body, method="POST")
        request.add_header("Content-Type", "text/plain; charset=utf-8")
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
                return _Said(answer.status, answer.read(MOST_BYTES).decode("utf-8", "replace"))
        except urllib.error.HTTPError as error:
            with error:
                return _Said(error.code, error.read(MOST_BYTES).decode("utf-8", "replace"))

    def _own(self, note: Note, text: str) -> Signature:
        """The cosignature of this witness among the lines of an answer. Raises `WitnessRefused`."""
        key = self._witness.key
        for line in text.splitlines():
            try:
                signature = parse_signature(line)
                if key.cosigned_at(with_cosignatures(Note(note.text, ()), [signature])) is not None:
                    return signature
            except BadNote:
                continue
        raise WitnessRefused("false-cosignature")


@contextmanager
def witnessing(
    ledger: Ledger,
    witnesses: Sequence[WitnessAddress],
    outcomes: Path,
    *,
    every: float = EVERY_SECONDS,
) -> Iterator[None]:
    """Submits until the block ends, each witness by a thread of its own, so that none waits for
    another. What came of it stands in the file `outcomes`."""
    ending = threading.Event()
    known, turn = read_outcomes(outcomes), threading.Lock()

    def tell(name: str, outcome: str) -> None:
        with turn:
            if known.get(name) != outcome:
                known[name] = outcome
                replace_file(outcomes, json.dumps(known).encode())

    def run(submitter: Submitter, name: str) -> None:
        while not ending.wait(min(LOOK_SECONDS, every)):
            try:
                if submitter.step():
                    tell(name, COSIGNED)
                    log.info("witnessing.cosigned", witness=name)
            except WitnessRefused as refused:
                log.error("witnessing.refused", witness=name, why=str(refused))
                tell(name, str(refused))
            except Exception as error:
                # The class alone: a text may hold an address with a password in it.
                log.warning("witnessing.failed", witness=name, error=type(error).__name__)
                with suppress(OSError):
                    tell(name, "no-answer")

    threads = [
        threading.Thread(
            target=run, args=(Submitter(ledger, one, every=every), one.key.name), daemon=True
        )
        for one in witnesses
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ending.set()
        for thread in threads:
            # A witness that is silent just now is not waited for.
            thread.join(LOOK_SECONDS)


def read_outcomes(file: Path) -> dict[str, str]:
    """What came of the last submission to each witness, by its name: `cosigned`, or why not."""
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def witness_lines(
    connection: Connection, witnesses: Sequence[WitnessAddress], outcomes: Path
) -> list[tuple[str, int, str]]:
    """For `igp status`: each witness, the size that it cosigned last (0 for none), and what came
    of the last submission (zh-TW). `connection` is the projector's."""
    known = {"": "尚未送出", **_WORDS}
    said = read_outcomes(outcomes)
    names = [one.key.name for one in witnesses]
    return [
        (name, _last_kept(connection, name), known.get(said.get(name, ""), _OTHERWISE))
        for name in names
    ]


def _last_kept(connection: Connection, name: str) -> int:
    """The largest checkpoint of `records` under which this witness stands."""
    row = connection.execute(
        "SELECT max(size) FROM books.cosignature WHERE book = 'records' AND name = %s", (name,)
    ).fetchone()
    return int(row[0] or 0) if row else 0
