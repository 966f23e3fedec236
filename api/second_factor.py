"""A passkey after the first step of signing in (docs/decisions/second-factor.md).

Whoever passed the first step — a password, another office's sign-in — and has a passkey gets no
session yet but a step to take: it lives five minutes, is taken once, and is held by the browser.
The protocol (W3C Web Authentication) is py_webauthn's.
"""

import hashlib
import ipaddress
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, LiteralString, TypeVar
from uuid import UUID

from fastapi import Request
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_registration_credential_json,
)
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from api import attempts
from domain.account import Account
from domain.passkey import COUNTY_STAFF
from domain.refusal import Refusal
from ledger.database import Connection
from ledger.ledger import Ledger

if TYPE_CHECKING:
    from api.house import House

SECONDS = 300
NAME = "資優教育紀錄簿"

Verified = TypeVar("Verified")

Kind = Literal["prove", "register"]
#: What a browser answered: the JSON of a `PublicKeyCredential`, read or not.
Answer = str | dict[str, Any]


class StepNeeded(Refusal):
    """The first step was right, and one more is needed; `token` is what the browser shows then."""

    STATUS = 403

    def __init__(self, token: str) -> None:
        super().__init__()
        self.token = token


class PasskeyNeeded(StepNeeded):
    CODE = "passkey-needed"
    TITLE = "請以通行金鑰完成登入"

    #: What a problem says beside, where the answer is one (`api.problems.PasskeyProblem`).
    extra: Mapping[str, Any] = {}


class PasskeyMissing(StepNeeded):
    """The county demands one of this person, who has none yet."""

    CODE = "passkey-missing"
    TITLE = "請先以瀏覽器登入網頁，新增通行金鑰"


class PasskeyRefused(Refusal):
    """One answer for whatever is wrong with what a passkey said, and for a step that is over."""

    CODE = "passkey-refused"
    STATUS = 401
    TITLE = "無法確認通行金鑰，請重新操作一次"

    def __init__(self) -> None:
        super().__init__("可能已超過五分鐘，或這個通行金鑰不屬於這個帳號，或已經新增過。")


@dataclass(frozen=True)
class Site:
    """Where the pages are for the browser: the passkeys of one site are of no use at another."""

    origin: str
    host: str

    @classmethod
    def of(cls, request: Request) -> "Site":
        """As the request was addressed; what a false address brings, no passkey ever signed."""
        origin = f"{request.url.scheme}://{request.url.netloc}"
        return cls(origin, request.url.hostname or "localhost")

    @property
    def usable(self) -> bool:
        """Whether browsers have passkeys here: over TLS or on this machine, and by a name."""
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return self.origin.startswith("https:") or self.host == "localhost"
        return False


@dataclass(frozen=True)
class Step:
    """A step that somebody is about to take."""

    account_id: UUID
    kind: Kind
    challenge: bytes
    device: str | None


def held(connection: Connection, account_id: UUID) -> bool:
    """Whether an account has a passkey."""
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM desk.passkey WHERE account = %s)", (account_id,)
    ).fetchone()
    return bool(row and row[0])


def proves(house: "House", account_id: UUID) -> bool:
    """Whether a passkey of the account is from a holder who was not in doubt: without it nobody
    came so far as to register another one."""
    with house.ledger.pool.connection() as connection:
        row = connection.execute(
            "SELECT EXISTS (SELECT FROM desk.passkey WHERE account = %s AND proves)", (account_id,)
        ).fetchone()
    return bool(row and row[0])


def ask(house: "House", person: Account, device: str | None) -> None:
    """Raises `PasskeyNeeded` and `PasskeyMissing` where the first step is not enough."""
    with house.ledger.pool.connection() as connection:
        has = held(connection, person.account_id)
    missing = house.second_factor == "required" and not COUNTY_STAFF.isdisjoint(person.roles)
    if not has and not missing:
        return
    drawn = house.ledger.entropy.draw(person.account_id, "passkey-step", 32)
    token = urlsafe_b64encode(drawn).decode().rstrip("=")
    begin(house, by_token(token), person.account_id, "prove" if has else "register", device)
    raise PasskeyNeeded(token) if has else PasskeyMissing(token)


def by_token(token: str) -> bytes:
    """The holder of a step between the two of a sign-in."""
    return hashlib.sha256(b"token\0" + token.encode()).digest()


def by_session(session_id: UUID) -> bytes:
    """The holder of a step of somebody who is signed in."""
    return hashlib.sha256(b"session\0" + session_id.bytes).digest()


def begin(
    house: "House", holder: bytes, account_id: UUID, kind: Kind, device: str | None = None
) -> None:
    """A new challenge, in place of any other of this holder."""
    challenge = house.ledger.entropy.draw(account_id, "passkey-challenge", 32)
    with house.ledger.pool.connection() as connection:
        connection.execute(
            "INSERT INTO desk.passkey_step (holder, account, kind, challenge, device, expires_at)"
            " VALUES (%s, %s, %s, %s, %s, clock_timestamp() + %s * interval '1 second')"
            " ON CONFLICT (holder) DO UPDATE SET challenge = excluded.challenge,"
            " expires_at = excluded.expires_at",
            (holder, account_id, kind, challenge, device, SECONDS),
        )


def standing(house: "House", holder: bytes) -> Step | None:
    """The step that a holder may take."""
    return _step(
        house,
        "SELECT account, kind, challenge, device FROM desk.passkey_step"
        " WHERE holder = %s AND expires_at > clock_timestamp()",
        holder,
    )


def taken(house: "House", holder: bytes, kind: Kind) -> Step:
    """The same, and it is over, however it ends. Raises `PasskeyRefused`."""
    step = _step(
        house,
        "DELETE FROM desk.passkey_step WHERE holder = %s AND expires_at > clock_timestamp()"
        " RETURNING account, kind, challenge, device",
        holder,
    )
    if step is None or step.kind != kind:
        raise PasskeyRefused
    return step


def _step(house: "House", statement: LiteralString, holder: bytes) -> Step | None:
    with house.ledger.pool.connection() as connection:
        row = connection.execute(statement, (holder,)).fetchone()
    return Step(*row) if row else None


def options(house: "House", site: Site, step: Step, person: str = "") -> Mapping[str, Any]:
    """What the browser asks a passkey for, as JSON; `person` is how the account is called."""
    with house.ledger.pool.connection() as connection:
        rows = connection.execute(
            "SELECT credential, transports FROM desk.passkey WHERE account = %s ORDER BY id",
            (step.account_id,),
        ).fetchall()
    known = [
        PublicKeyCredentialDescriptor(id=one, transports=[AuthenticatorTransport(t) for t in way])
        for one, way in rows
    ]
    if step.kind == "prove":
        return options_to_json_dict(
            generate_authentication_options(
                rp_id=site.host,
                challenge=step.challenge,
                timeout=SECONDS * 1000,
                allow_credentials=known,
                user_verification=UserVerificationRequirement.REQUIRED,
            )
        )
    return options_to_json_dict(
        generate_registration_options(
            rp_id=site.host,
            rp_name=NAME,
            user_id=step.account_id.bytes,
            user_name=person,
            challenge=step.challenge,
            timeout=SECONDS * 1000,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=known,
        )
    )


def proved(house: "House", token: str, site: Site, answer: Answer) -> Step:
    """The step between the two of a sign-in, taken with a passkey of the account.

    Raises `PasskeyRefused`; what is wrong counts like a wrong password, and stands in the book of
    access, for whoever came so far knows the password.
    """
    step = taken(house, by_token(token), "prove")
    with house.ledger.pool.connection() as connection:
        row = connection.execute(
            "SELECT name_mac FROM desk.credential WHERE account = %s", (step.account_id,)
        ).fetchone()
        name = row[0] if row else b""
        waits = attempts.waits(connection, name)
        rule = PasskeyRefused.CODE if waits else _wrong(connection, site, step, answer)
        if rule is None:
            attempts.succeeded(connection, name)
        else:
            attempts.failed(connection, name, waits=waits)
    if rule is not None:
        attempts.record_refused(house, step.account_id, rule)
        raise PasskeyRefused
    return step


def _wrong(connection: Connection, site: Site, step: Step, answer: Answer) -> str | None:
    """The rule against which an answer is, None where it is right; then it has been counted."""
    given = _verified(lambda: parse_authentication_credential_json(answer))
    if given is None:
        return PasskeyRefused.CODE
    row = connection.execute(
        "SELECT id, public_key FROM desk.passkey WHERE account = %s AND credential = %s",
        (step.account_id, given.raw_id),
    ).fetchone()
    if row is None:
        return PasskeyRefused.CODE
    found = _verified(
        lambda: verify_authentication_response(
            credential=given,
            expected_challenge=step.challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=row[1],
            # Compared below: only who has the key can say that it counts less than before.
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    )
    if found is None:
        return PasskeyRefused.CODE
    # A passkey that does not count always says 0 (Web Authentication, 7.2 step 22).
    changed = connection.execute(
        "UPDATE desk.passkey SET sign_count = %(count)s, used_at = books.ledger_now()"
        " WHERE id = %(id)s AND (sign_count < %(count)s OR sign_count = 0 AND %(count)s = 0)",
        {"id": row[0], "count": found.new_sign_count},
    )
    return None if changed.rowcount == 1 else "passkey-count-back"


def attested(site: Site, step: Step, answer: Answer) -> tuple[VerifiedRegistration, list[str]]:
    """A new passkey, and the ways to reach it. Raises `PasskeyRefused`."""
    given = _verified(lambda: parse_registration_credential_json(answer))
    if given is None:
        raise PasskeyRefused
    found = _verified(
        lambda: verify_registration_response(
            credential=given,
            expected_challenge=step.challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    )
    if found is None:
        raise PasskeyRefused
    return found, [one.value for one in given.response.transports or ()]


def _verified(verify: Callable[[], Verified]) -> Verified | None:
    """What the library says; None for whatever it has against what it was given, which it says
    with errors of many classes."""
    try:
        return verify()
    except Exception:
        return None


def forget_steps(connection: Connection, account_id: UUID) -> None:
    """Nobody goes on as this account with what an earlier first step began."""
    connection.execute("DELETE FROM desk.passkey_step WHERE account = %s", (account_id,))


def purge(ledger: Ledger) -> int:
    """Deletes steps that nobody took; returns how many."""
    with ledger.pool.connection() as connection:
        return connection.execute(
            "DELETE FROM desk.passkey_step WHERE expires_at < clock_timestamp()"
        ).rowcount
