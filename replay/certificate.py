"""What a rebuild of a view found and what came of it: kept for good beside the books (design D8).

A rebuilt view takes the living one's place where the two are equal. Where they differ somebody must
answer for it: a release, whose view says of its version what may differ and why, or the authority's
administration with a reason of its own. Else the living one stays.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from ledger.database import Connection
from ledger.encryption import canonical
from projections.view import View
from replay.comparison import Comparison, Difference

#: Who approved what the version of a view says of itself.
RELEASE = "release"


@dataclass(frozen=True)
class Approval:
    """Who answers for a view that differs, and why. The reason names no student."""

    reason: str
    by: UUID


@dataclass(frozen=True)
class Certificate:
    """What rebuilding a view found. The digests are SHA-256 in hex: `replay.comparison`.

    Of a view over `notes` it says whether the copies are equal and nothing else (design D7):
    positions, rows, digests and differences are None or empty.
    """

    view: str
    version: int
    #: The version of the view that was living, the same unless the program is newer than it.
    living_version: int
    position: int | None
    rows: int | None
    digest: str | None
    living_rows: int | None
    living_digest: str | None
    equal: bool
    differing: int | None
    named: tuple[Difference, ...]
    #: Tables and columns that only one of the copies has.
    form: tuple[str, ...]
    #: Why it was exchanged although the two differ, and who answers: `release` or an account.
    reason: str | None
    approved_by: str | None
    #: The version of the program that compared.
    program: str
    #: Whether the rebuilt one is the living one now.
    switched: bool


def approved(
    view: View, living_version: int, found: Comparison, given: Approval | None
) -> tuple[str | None, str] | None:
    """Why the rebuilt view may take the living one's place, and who says so; None where it may not.

    Between equal copies nobody needs to say anything.
    """
    if found.equal:
        return None, RELEASE
    since = [
        view.revisions[version]
        for version in range(living_version + 1, view.version + 1)
        if version in view.revisions
    ]
    may_differ = {table for revision in since for table in revision.tables}
    if since and may_differ.issuperset(found.different):
        return "；".join(revision.reason for revision in since), RELEASE
    return None if given is None else (given.reason, str(given.by))


def store(connection: Connection, certificate: Certificate) -> None:
    """Keeps the certificate, in the transaction of the exchange where there is one."""
    connection.execute(
        "INSERT INTO desk.certificate (view, position, body) VALUES (%s, %s, %s)",
        (certificate.view, certificate.position or 0, canonical(asdict(certificate))),
    )


@dataclass(frozen=True)
class KeptCertificate:
    """A certificate as it was kept, and when. Its fields are those of `Certificate`; one of an
    earlier program has not all of them."""

    view: str
    at: datetime
    body: Mapping[str, Any]


def latest(connection: Connection, views: list[str]) -> list[KeptCertificate]:
    """The newest certificate of each of these views that has one, by name."""
    rows = connection.execute(
        "SELECT DISTINCT ON (view) view, created_at, body FROM desk.certificate"
        " WHERE view = ANY (%s) ORDER BY view, id DESC",
        (views,),
    ).fetchall()
    return [KeptCertificate(view, at, orjson.loads(body)) for view, at, body in rows]


def compared(equal: bool, differing: int | None, reason: str | None) -> str:
    """What comparing found, in words."""
    found = "相同" if equal else f"{differing} 列不同" if differing else "不同"
    return found if reason is None else f"{found}：{reason}"
