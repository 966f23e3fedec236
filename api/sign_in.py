"""Signing in: passwords, sessions and opaque tokens (contract 2).

A token is `igp_` and 32 random bytes; its SHA-256 is kept. A session lasts twelve hours by the
machine's clock, whatever the ledger's clock says (design D13).
"""

import hashlib
import hmac
import secrets
import threading
import time
import unicodedata
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import StringConstraints

from api import attempts, doubt, second_factor
from api.problems import FieldError
from api.second_factor import Answer, Site
from api.tokens import TokenNotValid
from domain import account
from domain.labels import label
from domain.refusal import NotValid, Refusal
from ledger.database import Connection, transaction
from ledger.encryption import expand
from ledger.ledger import Ledger

if TYPE_CHECKING:
    from api.house import House

#: A new password; old ones are taken as they are.
Password = Annotated[str, StringConstraints(min_length=8, max_length=200)]

SESSION_SECONDS = 12 * 3600
_HASHES_AT_ONCE = 2
_PREFIX = "igp_"
_PROFILE_SECONDS = 900
_NOBODY = UUID(int=0)


class SignInRefused(Refusal):
    """One answer for a name nobody has, a wrong password, a closed account and one that waits."""

    CODE = "sign-in-refused"
    STATUS = 401
    TITLE = "帳號或密碼不正確"

    def __init__(self) -> None:
        super().__init__("請確認帳號與密碼；連續輸入錯誤多次時，請於十五分鐘後再試。")


class PasswordWrong(NotValid):
    CODE = "password-wrong"
    TITLE = "目前的密碼不正確"


class ProfileIncomplete(Refusal):
    """A teacher signs in when duties, category and subjects are filled in (IGP-02)."""

    CODE = "profile-incomplete"
    STATUS = 403
    TITLE = "教師資料尚未填寫完整，無法登入"

    def __init__(self, labels: list[str], profile_token: str) -> None:
        super().__init__(f"請由學校或教師本人補填：{'、'.join(labels)}。")
        self.errors = [
            FieldError(field=field, code="required", message=f"請填寫「{text}」。")
            for field in account.PROFILE
            if (text := label(account.SECTION, field)) in labels
        ]
        #: Opens the own profile and nothing else, for a quarter of an hour.
        self.extra = {"profile_token": profile_token}


class Passwords:
    """Argon2 over the NFC form of a password, at most two at once: each takes 64 MiB.

    `quick` is for test mode: the same function with the least it can be given.
    """

    def __init__(self, *, quick: bool = False) -> None:
        hasher = Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1) if quick else None
        self._hash = PasswordHash((hasher or Argon2Hasher(),))
        self._turn = threading.BoundedSemaphore(_HASHES_AT_ONCE)
        self._making = threading.Lock()
        self._nobody: str | None = None

    def hash(self, password: str) -> str:
        with self._turn:
            return self._hash.hash(unicodedata.normalize("NFC", password))

    def fits(self, password: str, stored: str | None) -> bool:
        """Whether it is the password; without a stored hash as slow as with one, and no."""
        with self._turn:
            # Asked for whoever signs in, so that the first to do so is no slower for being unknown.
            nobodys = self._nobodys()
            right = self._hash.verify(unicodedata.normalize("NFC", password), stored or nobodys)
        return right and stored is not None

    def _nobodys(self) -> str:
        """The hash of a password that nobody has; made when it is first needed."""
        with self._making:
            if self._nobody is None:
                self._nobody = self._hash.hash(secrets.token_urlsafe())
            return self._nobody


@dataclass(frozen=True)
class Session:
    """A living session; `now` is the ledger's time of the request.

    `own_after` and `chosen` as in `api.viewer.Viewer`.
    """

    session_id: UUID
    account_id: UUID
    now: datetime
    own_after: int | None
    chosen: bool


def name_mac(ledger: Ledger, username: str) -> bytes:
    """What is kept of a username: an HMAC of its normal form."""
    plain = unicodedata.normalize("NFKC", username).strip().casefold()
    key = expand(ledger.keyring.house("token"), b"igp-username/1")
    return hmac.digest(key, plain.encode(), hashlib.sha256)


def sign_in(house: "House", username: str, password: str, device: str | None = None) -> str:
    """A session for who has the password; returns its token. Raises `SignInRefused`, and as
    `begin`."""
    return begin(house, known(house, username, password), device)


def begin(house: "House", account_id: UUID, device: str | None = None) -> str:
    """Opens a session of somebody who passed a first step as this account, on a device; returns
    its token. Raises `SignInRefused`, `PasskeyNeeded`, `PasskeyMissing`, `ProfileIncomplete`."""
    second_factor.ask(house, _open_account(house, account_id), device)
    return open_session(house, account_id, device)


def begin_by_passkey(house: "House", token: str, site: Site, answer: Answer) -> str:
    """The same after the second step. Raises `PasskeyRefused`, `SignInRefused`,
    `ProfileIncomplete`."""
    step = second_factor.proved(house, token, site, answer)
    if second_factor.proves(house, step.account_id):
        doubt.end(house, step.account_id)
    return open_session(house, step.account_id, step.device)


def open_session(house: "House", account_id: UUID, device: str | None = None) -> str:
    """A session of somebody of whom nothing more is asked; returns its token. Raises
    `SignInRefused`, `ProfileIncomplete`."""
    person = _open_account(house, account_id)
    missing = account.missing_profile_fields(person)
    if missing:
        attempts.record_refused(house, account_id, ProfileIncomplete.CODE)
        raise ProfileIncomplete(missing, _profile_token(house, person.account_id))
    entropy = house.ledger.entropy
    drawn = entropy.draw(person.account_id, "token", 32)
    token = _PREFIX + urlsafe_b64encode(drawn).decode().rstrip("=")
    session_id = entropy.uuid(person.account_id, "session")
    with house.ledger.pool.connection() as connection:
        connection.execute(
            "INSERT INTO desk.session (id, token, account, expires_at, ledger_time, device) VALUES"
            " (%s, %s, %s, clock_timestamp() + %s * interval '1 second', books.ledger_now(), %s)",
            (session_id, _digest(token), person.account_id, SESSION_SECONDS, device),
        )
    try:
        _open_account(house, person.account_id)
    except SignInRefused:
        # An account closed meanwhile revoked the sessions it could see, and not this one.
        sign_out(house, session_id)
        raise
    return token


def known(house: "House", username: str, password: str) -> UUID:
    """Whose name and password these are. Raises `SignInRefused`."""
    name = name_mac(house.ledger, username)
    with house.ledger.pool.connection() as connection:
        row = _credential(connection, name)
    fits = house.passwords.fits(password, row[1] if row else None)
    with house.ledger.pool.connection() as connection:
        # Asked when the slow part is over: many guesses at once count for each other, and a
        # password that was changed meanwhile lets nobody in.
        waits = attempts.waits(connection, name)
        if row is None or not fits or waits or _credential(connection, name) != row:
            attempts.failed(connection, name, waits=waits)
            row = None
        elif not second_factor.held(connection, row[0]):
            # Else the count goes on to the second step, which may be tried wrongly as well.
            attempts.succeeded(connection, name)
    if row is None:
        raise SignInRefused
    return row[0]


def _credential(connection: Connection, name: bytes) -> tuple[UUID, str] | None:
    """Whose name it is, and the password's hash."""
    return connection.execute(
        "SELECT account, password_hash FROM desk.credential WHERE name_mac = %s", (name,)
    ).fetchone()


def change_password(
    house: "House", account_id: UUID, session_id: UUID | None, current: str, new: str
) -> None:
    """A new password; the other sessions of the account end. Raises `PasswordWrong`."""
    check_password(house, account_id, current)
    hashed = house.passwords.hash(new)
    with transaction(house.ledger.pool) as connection:
        connection.execute(
            "UPDATE desk.credential SET password_hash = %s, chosen = true,"
            " changed_at = clock_timestamp() WHERE account = %s",
            (hashed, account_id),
        )
        revoke_all(connection, account_id, but=session_id)


def check_password(house: "House", account_id: UUID, given: str, *, former: bool = False) -> None:
    """Asks for the password again before what a found session may not do, or for the one from
    before a code. Wrong ones count as at the door, so that it is not guessed here. Raises
    `PasswordWrong`."""
    with house.ledger.pool.connection() as connection:
        row = connection.execute(
            "SELECT name_mac, CASE WHEN %s THEN former_hash ELSE password_hash END"
            " FROM desk.credential WHERE account = %s",
            (former, account_id),
        ).fetchone()
    fits = house.passwords.fits(given, row[1] if row else None)
    if row is not None:
        with house.ledger.pool.connection() as connection:
            waits = attempts.waits(connection, row[0])
            if fits and not waits:
                return
            attempts.failed(connection, row[0], waits=waits)
    raise PasswordWrong(field="former_password" if former else "current_password")


def session_of(house: "House", token: str) -> Session | None:
    """The living session of a token."""
    with house.ledger.pool.connection() as connection:
        row = connection.execute(
            "SELECT s.id, s.account, books.ledger_now(),"
            " CASE WHEN c.doubted_until > clock_timestamp() THEN c.own_after END, c.chosen"
            " FROM desk.session s JOIN desk.credential c USING (account)"
            " WHERE s.token = %s AND s.revoked_at IS NULL AND s.expires_at > clock_timestamp()",
            (_digest(token),),
            prepare=True,
        ).fetchone()
    return Session(*row) if row else None


def profile_keeper(house: "House", token: str) -> UUID | None:
    """The teacher whose own profile this token opens, and nothing else."""
    try:
        content = house.tokens.open("profile", token, _NOBODY)
    except TokenNotValid:
        return None
    person = house.ledger.state(account.evolve, UUID(content["account"]))
    if person is None or person.closed or content["until"] <= time.time():
        return None
    return person.account_id


def sign_out(house: "House", session_id: UUID) -> None:
    with house.ledger.pool.connection() as connection:
        connection.execute(
            "UPDATE desk.session SET revoked_at = clock_timestamp()"
            " WHERE id = %s AND revoked_at IS NULL",
            (session_id,),
        )


def revoke_all(connection: Connection, account_id: UUID, but: UUID | None = None) -> None:
    """Ends every session of an account, or every other one, and what was begun of a sign-in."""
    connection.execute(
        "UPDATE desk.session SET revoked_at = clock_timestamp()"
        " WHERE account = %s AND revoked_at IS NULL AND id IS DISTINCT FROM %s",
        (account_id, but),
    )
    second_factor.forget_steps(connection, account_id)


def purge(ledger: Ledger) -> int:
    """Deletes sessions that ended more than 30 days ago; returns how many."""
    with ledger.pool.connection() as connection:
        return connection.execute(
            "DELETE FROM desk.session WHERE expires_at < clock_timestamp() - interval '30 days'"
        ).rowcount


def keep_credential(
    connection: Connection, ledger: Ledger, account_id: UUID, username: str, password_hash: str
) -> None:
    """Reserves the name and keeps the password's hash; a name is taken once."""
    connection.execute(
        "INSERT INTO desk.credential (account, name_mac, password_hash) VALUES (%s, %s, %s)",
        (account_id, name_mac(ledger, username), password_hash),
    )


def account_of_name(ledger: Ledger, username: str) -> UUID | None:
    """Whose name this is."""
    with ledger.pool.connection() as connection:
        row = connection.execute(
            "SELECT account FROM desk.credential WHERE name_mac = %s", (name_mac(ledger, username),)
        ).fetchone()
    return row[0] if row else None


def _open_account(house: "House", account_id: UUID) -> account.Account:
    person = house.ledger.state(account.evolve, account_id)
    if person is None or person.closed:
        raise SignInRefused
    return person


def _profile_token(house: "House", account_id: UUID) -> str:
    content = {"account": account_id, "until": int(time.time()) + _PROFILE_SECONDS}
    return house.tokens.seal("profile", content, _NOBODY)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
