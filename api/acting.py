"""The one way a write goes, whoever asks for it: over HTTP, from an import, from the demo.

The checks come in the order of contract 2: visibility (404), idempotency, right (403), version
(428, 412), body (422), business rule (409). The body is judged only after visibility.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, NoReturn, TypeVar
from uuid import UUID

import orjson
from pydantic import BaseModel, ValidationError

from api.audit import refusals_recorded
from api.house import House
from api.idempotency import OneEffect, Outcome
from api.problems import BodyNotValid, FieldError, PreconditionRequired, errors_of
from api.viewer import Viewer
from domain import student
from domain.access import Deed as Letter
from domain.access import capacity_for
from domain.capacity import Capacity
from domain.command import Actor
from domain.event import Event
from domain.refusal import NotAllowed, NotFound, NotYoursToBegin, Refusal, StaleVersion
from domain.section import Strict
from domain.student import Student, StudentIsErased
from ledger.database import Connection
from ledger.errors import IdempotencyRepeat, Taken
from ledger.ledger import Evolve, Recorded, State
from ledger.recorder import Beside

#: How often a command is decided again when another writer came first.
ATTEMPTS = 3
#: How many levels of lists and objects a body may have.
DEEPEST = 40
#: What no text of a form holds; tabs and ends of lines are allowed.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class Body(Strict):
    """The body of a request."""


class Nothing(Body):
    """A request that needs no body."""


class Reason(Body):
    """Why something is corrected, withdrawn or ended."""

    reason: str | None = None


Seen = TypeVar("Seen")
Given = TypeVar("Given", bound=BaseModel)


@dataclass(frozen=True)
class Asked:
    """A write as it was asked for. `body` is JSON, or a model for callers without HTTP."""

    method: str = "POST"
    path: str = ""
    body: bytes | BaseModel = b""
    idempotency_key: str | None = None
    if_match: str | None = None


@dataclass(frozen=True)
class Acting:
    """A viewer about to do something in this house."""

    house: House
    viewer: Viewer
    #: Erased students whom the deed met: nothing is recorded about them any more.
    erased: set[UUID] = field(default_factory=set)

    @property
    def today(self) -> date:
        return self.viewer.today

    def looking(self) -> AbstractContextManager[Connection]:
        return self.viewer.looking(self.house)

    def state(self, evolve: Evolve[State], stream: UUID, owner: UUID | None = None) -> State | None:
        """The state of a stream now, as the books say; None for a stream of another kind, and for
        one that the viewer's own ledger is not opened for."""
        if owner is not None and self.viewer.in_doubt and not self._opened(stream, owner):
            return None
        found = self.house.ledger.state(evolve, stream, owner)
        if isinstance(found, Student) and found.erased:
            self.erased.add(stream)
        return found

    def _opened(self, stream: UUID, owner: UUID) -> bool:
        """Whether a stream of the own ledger begins where it is opened."""
        with self.looking() as connection:
            found = connection.execute(
                "SELECT FROM books.notes"
                " WHERE owner = %s AND stream_id = %s AND stream_version = 1",
                (owner, stream),
            ).fetchone()
        return found is not None

    def known(self, evolve: Evolve[State], stream: UUID, owner: UUID | None = None) -> State:
        """The state of a stream that must be there. Raises `NotFound`."""
        found = self.state(evolve, stream, owner)
        if found is None:
            raise NotFound
        return found

    def new_id(self) -> UUID:
        """A random id for something this viewer makes."""
        return self.house.ledger.entropy.uuid(self.viewer.account_id, "record")


@dataclass(frozen=True)
class Decided:
    """What a decision came to: events of one book, none where nothing changes.

    `beside` and `after` run in the transaction of the events. `taken` is the refusal where a
    reservation beside them is held already.
    """

    events: Sequence[Event]
    record_id: UUID | None
    version: int | None
    beside: Beside | None = None
    after: Beside | None = None
    taken: Callable[[], Refusal] | None = None
    #: The version of the record that was decided on, where the events are of another stream.
    decided_on: int | None = None
    #: What is answered although events were recorded: they say that it was refused, and why.
    refusal: Refusal | None = None


@dataclass(frozen=True)
class Deed(Generic[Seen, Given]):
    """One kind of write: what must be visible, who may, which version, which body, what follows."""

    #: What it is called in the log of access: the noun and the verb.
    what: str
    body: type[Given]
    #: What the viewer must see. Raises `NotFound`.
    see: Callable[[Acting], Seen]
    #: In which capacity the viewer may. Raises `NotAllowed`.
    permit: Callable[[Acting, Seen], Actor]
    #: What the domain decides. Raises its refusals.
    decide: Callable[[Acting, Seen, Actor, Given], Decided]
    #: The version of the record today; where it is given, `If-Match` is needed.
    version: Callable[[Acting, Seen], int] | None = None
    status: int = 201
    #: The students of the path, for the log of access; `see` may add whom the body names.
    students: Sequence[UUID] = ()
    #: Counselling notes: what is refused stands in the asker's own ledger (design D7).
    private: bool = False
    #: Asks the person once more where nothing stands against it. Raises where the answer is no.
    ask: Callable[[], None] | None = None


@dataclass(frozen=True)
class Done:
    """A finished write; `recorded` is None where it was a repeat or nothing changed."""

    outcome: Outcome
    recorded: Recorded | None = field(default=None)
    shown: bool = True


def perform(house: House, viewer: Viewer, asked: Asked, deed: Deed[Seen, Given]) -> Done:
    """Does the deed and waits until the viewer can see it. Raises refusals, and records them."""
    with refusals_recorded(house, viewer, deed.what, deed.students, private=deed.private):
        done = _perform(Acting(house, viewer), asked, deed)
    if done.recorded is None:
        return done
    return Done(done.outcome, done.recorded, house.shown(done.recorded))


def _perform(acting: Acting, asked: Asked, deed: Deed[Seen, Given]) -> Done:
    seen = deed.see(acting)
    once = _once(acting, asked)
    if once is not None and (earlier := once.outcome()) is not None:
        return Done(earlier)
    actor = deed.permit(acting, seen)
    expected = None
    if deed.version is not None:
        expected = _expected(asked.if_match)
        _compare(expected, deed.version(acting, seen))
    given = given_in(asked, deed.body)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _refuse_erased(acting)
            decided = deed.decide(acting, seen, actor, given)
            _refuse_erased(acting, decided.events)
        except Refusal:
            # The version comes before the rule, also where it changed since it was compared.
            if deed.version is not None and expected is not None:
                _compare(expected, deed.version(acting, seen))
            raise
        if expected is not None:
            _compare(expected, _decided_on(decided))
        outcome = Outcome(deed.status, decided.record_id, decided.version)
        if decided.refusal is not None:
            _keep_refusal(acting, decided)
            raise decided.refusal
        if not decided.events:
            return Done(outcome)
        if deed.ask is not None and attempt == 1:
            deed.ask()
        try:
            recorded = acting.house.ledger.record(
                *decided.events,
                idempotency=None if once is None else once.keep(outcome),
                beside=decided.beside,
                after=decided.after,
            )
        except (IdempotencyRepeat, Taken) as error:
            return _repeated(once, error, decided)
        except StaleVersion:
            # Somebody was quicker: with this record, which the next decision will find, or with
            # another one that the decision changes as well.
            if attempt == ATTEMPTS:
                raise
            continue
        return Done(outcome, recorded)
    raise AssertionError("the loop returns or raises")


def _keep_refusal(acting: Acting, decided: Decided) -> None:
    """Records what says that it was refused; the same request may come again."""
    if decided.events:
        acting.house.shown(acting.house.ledger.record(*decided.events))


def _refuse_erased(acting: Acting, events: Sequence[Event] = ()) -> None:
    """Raises `StudentIsErased` where the deed met, or its events are about, an erased student."""
    if acting.erased:
        raise StudentIsErased
    for one in {event.student_id for event in events if event.student_id is not None}:
        # A key that is missing is looked for in the book: only an order takes one.
        if not acting.house.ledger.keyring.stands("student.record", one):
            known = acting.state(student.evolve, one)
            if known is not None and known.erased:
                raise StudentIsErased


def _once(acting: Acting, asked: Asked) -> OneEffect | None:
    if asked.idempotency_key is None or asked.method != "POST":
        return None
    body = asked.body if isinstance(asked.body, bytes) else asked.body.model_dump_json().encode()
    return OneEffect(
        acting.house.ledger,
        acting.viewer.account_id,
        asked.idempotency_key,
        (asked.method.encode(), asked.path.encode(), body),
    )


def _repeated(once: OneEffect | None, error: Exception, decided: Decided) -> Done:
    """The outcome of the same request that was quicker, or the refusal of what is taken."""
    earlier = once.outcome() if once is not None else None
    if earlier is not None:
        return Done(earlier)
    if decided.taken is not None and isinstance(error, Taken):
        raise decided.taken() from None
    raise error


def _expected(if_match: str | None) -> int:
    """The version in `If-Match`. Raises `PreconditionRequired`."""
    text = (if_match or "").strip().removeprefix("W/").strip('"')
    if not text.isdecimal() or len(text) > 18:
        raise PreconditionRequired
    return int(text)


def _decided_on(decided: Decided) -> int:
    """The version that a change was decided on; its first event is the record's own.

    Between the comparison and the decision the record may have changed.
    """
    if decided.decided_on is not None:
        return decided.decided_on
    if not decided.events:
        return decided.version or 0
    return decided.events[0].originator_version - 1


def _compare(expected: int, current: int) -> None:
    if expected != current:
        raise StaleVersion(current)


def given_in(asked: Asked, model: type[Given]) -> Given:
    """The body of the request, for deeds on what the body names. Raises `BodyNotValid`."""
    if isinstance(asked.body, model):
        return asked.body
    if not isinstance(asked.body, bytes):
        raise TypeError(f"{model.__name__} is asked for")
    return read_body(asked.body, model)


def read_body(body: bytes, model: type[Given]) -> Given:
    """A JSON body. Raises `BodyNotValid`."""
    value = read_json(body) if body.strip() else {}
    try:
        return model.model_validate(value)
    except ValidationError as error:
        errors = errors_of(error)
    # Raised out here, so that no earlier error with what was typed hangs on it.
    raise BodyNotValid(errors)


def read_json(body: bytes) -> Any:
    """Any JSON without control characters that says each field once. Raises `BodyNotValid`."""
    value = None
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        _refuse("malformed-json", "內容不是正確的 JSON。")
    _check(value)
    if isinstance(value, dict | list):
        # The other parser took the last of them without a word.
        json.loads(body, object_pairs_hook=_once_each, parse_int=str, parse_float=str)
    return value


def _once_each(pairs: list[tuple[str, Any]]) -> None:
    """Refuses an object that says a field twice. Raises `BodyNotValid`."""
    if len(dict(pairs)) < len(pairs):
        ((twice, _),) = Counter(name for name, _ in pairs).most_common(1)
        _refuse("repeated-field", "這個欄位只能填一次。", twice)


def _refuse(code: str, message: str, field: str = "") -> NoReturn:
    raise BodyNotValid([FieldError(field=field, code=code, message=message)])


def _check(value: Any) -> None:
    """Refuses control characters, which no table and no paper could hold, and depths that no
    form has. Raises `BodyNotValid`."""
    level = [value]
    for _ in range(DEEPEST):
        inner: list[Any] = []
        for one in level:
            match one:
                case str():
                    if _CONTROL.search(one):
                        _refuse("control-character", "文字不可包含控制字元。")
                case dict():
                    inner.extend(one)
                    inner.extend(one.values())
                case list():
                    inner.extend(one)
        if not inner:
            return
        level = inner
    _refuse("too-deep", "內容的層次太多。")


def by_matrix(acting: Acting, section: str, letter: Letter, held: frozenset[Capacity]) -> Actor:
    """The actor whom the matrix lets do this with the capacities held.

    Raises `NotAllowed`, `NotYoursToBegin`.

    What the program itself imports was decided elsewhere.
    """
    if acting.viewer.is_system:
        return Actor(account_id=acting.viewer.account_id, capacity=Capacity.SYSTEM)
    capacity = capacity_for(section, letter, held)
    if capacity is None:
        begun_by_others = letter == "create" and capacity_for(section, "edit", held) is not None
        raise NotYoursToBegin if begun_by_others else NotAllowed
    return Actor(account_id=acting.viewer.account_id, capacity=capacity)


def office(*capacities: Capacity) -> Callable[[Acting, Any], Actor]:
    """Permits whoever holds one of these offices, over whomever; the domain narrows it."""

    def permit(acting: Acting, _: Any) -> Actor:
        viewer = acting.viewer
        if viewer.is_system:
            return Actor(account_id=viewer.account_id, capacity=Capacity.SYSTEM)
        for capacity in capacities:
            if viewer.holds(capacity):
                return Actor(account_id=viewer.account_id, capacity=capacity)
        raise NotAllowed

    return permit
