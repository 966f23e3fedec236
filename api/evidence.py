"""`GET /disputes/{id}/evidence`: the bundle that an appeal hands over (docs/formats/evidence.md).

`Igp-As-Of` binds the dispute, the checkpoint with its cosignatures, the reader and the reader's
audiences, and what the bundle says. While these stand the same token gives the same bytes.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Response

from api.audit import record_export, refusals_recorded
from api.case_file import CaseFile, dispute_shown, read_case, stated
from api.evidence_paper import Contents, paper
from api.house import House
from api.http import problems
from api.reports import one as stored_report
from api.tokens import TokenNotValid
from api.viewer import SignedIn, TheHouse, Viewer
from domain.access import MATRIX
from domain.dispute_events import DisputeOpened
from domain.event import POLICY
from domain.labels import SECTIONS
from domain.refusal import NotValid, Refusal
from domain.stream_ids import natural_id
from ledger.checkpoints import Kept, Signing, checkpoint_of, last_checkpoint
from ledger.database import Connection
from ledger.encryption import canonical
from ledger.scopes import MapProof
from ledger.signed_note import Signer, signing_key
from projections import tree
from projections.scope_map import MapRoot, ScopeKeys, last_root, map_proofs
from projections.viewer import SCHEMA
from replay.evidence import UNDECLARED, Evidence, Sealed, bundle, nouns_of, visible_sections
from replay.how_to_check import how_to_check
from replay.steps import Entry, Step, entries_at, entry_of
from replay.verify.single_file import verifier_source

router = APIRouter(prefix="/disputes", tags=["disputes"])

WHAT = "disputes/evidence"
MEDIA_TYPE = "application/zip"
_KIND = "evidence-as-of"

#: What is said of what is not in a bundle, whoever reads it.
_NOTES = (
    "notes",
    "晤談與輔導紀錄只有填寫者本人看得到；本檔只含填寫者本人釋出的紀錄，也不說明有沒有其他紀錄。",
)


class EvidenceTermsChanged(Refusal):
    """The bundle of this token cannot be made again to the byte."""

    CODE = "evidence-terms-changed"
    TITLE = "這份證據檔當時的條件已經改變，請重新產生"


class NotSealedYet(Refusal):
    """The newest events of the dispute are in no checkpoint yet."""

    CODE = "not-sealed-yet"
    STATUS = 503
    TITLE = "這件爭議的紀錄尚未封存，請稍候再試"


@dataclass(frozen=True)
class _Terms:
    """What a bundle stands on beside its reader."""

    size: int | None = None
    cosigners: tuple[str, ...] | None = None
    digest: str | None = None


@router.get(
    "/{dispute_id}/evidence",
    response_class=Response,
    responses={
        200: {"description": "證據檔。", "content": {MEDIA_TYPE: {}}},
        **problems(409, 503),
    },
)
def get_evidence(
    house: TheHouse,
    viewer: SignedIn,
    dispute_id: UUID,
    position: Annotated[
        str | None,
        Query(description="第一次下載時回應標頭 Igp-As-Of 的代碼；可再次取得相同的檔案。"),
    ] = None,
    report: Annotated[
        list[UUID] | None, Query(description="一併附上的本人儲存報表，可重複。", max_length=50)
    ] = None,
) -> Response:
    """爭議案件的證據檔（zip）：可離線查驗的事件、證明與歷程。"""
    data, token = read_evidence(house, viewer, dispute_id, position, report or ())
    return Response(
        data,
        media_type=MEDIA_TYPE,
        headers={
            "Content-Disposition": f'attachment; filename="evidence-{dispute_id}.zip"',
            "Igp-As-Of": token,
        },
    )


def read_evidence(
    house: House,
    viewer: Viewer,
    dispute_id: UUID,
    position: str | None,
    reports: Sequence[UUID] = (),
) -> tuple[bytes, str]:
    """The bundle and its token, the handing out recorded. `reports` are stored reports of the
    viewer's own that were used.

    Raises `NotFound`, `EvidenceTermsChanged`, `NotSealedYet`, `NotValid`.
    """
    with refusals_recorded(house, viewer, WHAT):
        with viewer.looking(house) as connection:
            known = dispute_shown(connection, dispute_id)
        terms = _Terms() if position is None else _kept(house, viewer, dispute_id, position)
        used = {
            f"reports/{one}.json": canonical(stored_report(house, viewer, one)) for one in reports
        }
        data, kept, digest = _bundle(house, viewer, dispute_id, known.student, terms, used)
        if terms.digest is not None and terms.digest != digest:
            raise EvidenceTermsChanged("當時的內容已無法完整重現，例如已收回釋出或依法刪除。")
    record_export(
        house,
        viewer,
        WHAT,
        [known.student],
        format="zip",
        digest=hashlib.sha256(data).hexdigest(),
        as_of=kept.size,
    )
    payload = _bound(viewer, known.student, dispute_id) | {
        "n": kept.size,
        "c": [one.name for one in kept.note.signatures[1:]],
        "d": digest,
    }
    return data, house.tokens.seal(_KIND, payload, viewer.account_id)


def _bundle(
    house: House,
    viewer: Viewer,
    dispute_id: UUID,
    student: UUID,
    terms: _Terms,
    used: Mapping[str, bytes],
) -> tuple[bytes, Kept, str]:
    """The bytes, the checkpoint they stand on, and a digest of what they say."""
    found = _read(house, viewer, dispute_id, student, terms)
    sealed = _sealed(house, found)
    counts = {noun: _count(proof) for noun, proof in found.scopes.items()}
    contents = Contents(sealed, counts, found.closed, _left_out(found.sections))
    evidence = Evidence(
        dispute=dispute_id,
        student=student,
        programme=_programme_text(found.opened),
        sealed=sealed,
        nouns=[*found.scopes],
        entries=found.entries,
        steps=found.chosen,
        closed=found.closed,
        event_key=partial(_event_key, house),
        proofs=found.paths,
        scope_key=ScopeKeys(house.ledger.keyring).of_student(student),
        scopes=found.scopes,
        stated=partial(stated, house, found.case),
        left_out=contents.left_out,
        sign=partial(_signed, house, sealed.origin),
        files={
            "how-to-check.txt": _how_to_check(contents),
            "verify_evidence.py": verifier_source(),
            **used,
        },
        pdf=partial(paper, house, found.case, found.opened, contents),
    )
    data = bundle(evidence)
    return data, found.kept, hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class _Found:
    """What was read of the books for a bundle."""

    kept: Kept
    root: MapRoot
    case: CaseFile
    #: The opening of the dispute.
    opened: Step
    sections: Sequence[str]
    #: The steps that it tells, and every event in it.
    chosen: Sequence[Step]
    entries: Sequence[Entry]
    #: Why an event is closed, inclusion proofs by position, proofs of the map by noun.
    closed: Mapping[int, str]
    paths: Mapping[int, Sequence[bytes]]
    scopes: Mapping[str, MapProof]


def _read(house: House, viewer: Viewer, dispute_id: UUID, student: UUID, terms: _Terms) -> _Found:
    """All that a bundle stands on. Raises `NotSealedYet`."""
    with house.ledger.database.connect("projector") as connection:
        connection.execute(f'SET search_path = "{SCHEMA}"'.encode())
        kept, root = _checkpoint(connection, terms)
        case = read_case(house, student, root.covers, viewer.audiences)
        opened = _opened(case, dispute_id)
        school = case.book.school_at(root.covers)
        assert school is not None
        sections = visible_sections(student, school, viewer.audiences)
        nouns = nouns_of(sections)
        chosen = [step for step in case.steps if _belongs(step, nouns, dispute_id)]
        entries = _entries(connection, chosen, opened, root)
        indexes = [one.position - 1 for one in entries]
        paths = tree.inclusions(connection, "records", indexes, kept.size)
        keys = ScopeKeys(house.ledger.keyring)
        of_noun = {noun: keys.of(student, noun) for noun in nouns}
        proved = map_proofs(connection, root.covers, of_noun.values())
    positions = {one.position for one in entries}
    return _Found(
        kept,
        root,
        case,
        opened,
        sections,
        chosen,
        entries,
        closed={at: rule for at, rule in case.closed.items() if at in positions},
        paths={index + 1: path for index, path in paths.items()},
        scopes={noun: proved[key] for noun, key in of_noun.items()},
    )


def _entries(
    connection: Connection, chosen: Sequence[Step], opened: Step, root: MapRoot
) -> list[Entry]:
    """The events of a bundle in their order: the first of the book, those that it tells, the
    programme's, and the root of the map."""
    found = (
        *entries_at(connection, [1, root.position]),
        *(step.entry for step in chosen),
        *_programme(connection, opened),
    )
    by_position = {one.position: one for one in found}
    return [by_position[position] for position in sorted(by_position)]


def _sealed(house: House, found: _Found) -> Sealed:
    signing = Signing(house.ledger)
    origin = signing.origin("records")
    return Sealed(
        origin,
        found.kept.size,
        found.root.covers,
        found.root.scopes,
        found.entries[-1].recorded_at,
        str(found.kept.note),
        str(signing.key(origin)),
    )


def _count(proof: MapProof) -> int:
    return 0 if proof.found is None else proof.found.count


def _how_to_check(contents: Contents) -> bytes:
    left_out = [text for _, text in contents.left_out]
    return how_to_check(contents.sealed, contents.counts, left_out).encode()


def _checkpoint(connection: Connection, terms: _Terms) -> tuple[Kept, MapRoot]:
    """The newest checkpoint, or that of the terms with the cosignatures it had, and the map's root
    at its end. Raises `NotSealedYet`."""
    if terms.size is None:
        kept = last_checkpoint(connection, "records")
    else:
        kept = checkpoint_of(connection, "records", terms.size)
    root = None if kept is None else last_root(connection, at_most=kept.size)
    if kept is None or root is None or root.position != kept.size:
        raise NotSealedYet
    if terms.cosigners is not None:
        own, *others = kept.note.signatures
        signatures = (own, *(one for one in others if one.name in terms.cosigners))
        kept = replace(kept, note=replace(kept.note, signatures=signatures))
    return kept, root


def _opened(case: CaseFile, dispute_id: UUID) -> Step:
    for step in case.steps:
        if step.entry.stream_id == dispute_id and step.fact.event_class is DisputeOpened:
            return step
    # It was opened after the position that the checkpoint covers.
    raise NotSealedYet


def _belongs(step: Step, nouns: Sequence[str], dispute_id: UUID) -> bool:
    return (
        step.entry.noun in nouns
        or step.entry.stream_id == dispute_id
        or step.body.get("dispute_id") == str(dispute_id)
    )


def _programme(connection: Connection, opened: Step) -> list[Entry]:
    """The event that published the rules by which the dispute was computed."""
    code, version = opened.body.get("programme"), opened.body.get("programme_version")
    if code is None or version is None:
        return []
    entry = entry_of(connection, natural_id("programme", code), version)
    return [] if entry is None else [entry]


def _programme_text(opened: Step) -> str | None:
    code, version = opened.body.get("programme"), opened.body.get("programme_version")
    return None if code is None else f"{code} 第 {version} 版"


def _left_out(sections: Sequence[str]) -> list[tuple[str, str]]:
    others = [SECTIONS[one] for one in MATRIX if one not in sections and one not in UNDECLARED]
    if not others:
        return [_NOTES]
    return [("not-declared", f"調閱者沒有檢視權限而未列入的項目：{'、'.join(others)}。"), _NOTES]


def _event_key(house: House, entry: Entry) -> bytes | None:
    body: dict[str, Any] = orjson.loads(entry.body)
    return house.ledger.mapper.opening_key(entry.subject, body)


def _signed(house: House, origin: str, text: str) -> str:
    private = signing_key(house.ledger.keyring.house("signing"))
    return str(Signer(origin, private).sign(text))


# -- the token


_TOLD = {
    "i": "這個代碼是另一件爭議的。",
    "a": "您的權限範圍在這之後已經改變。",
    "r": "權限規則已經更新。",
}


def _bound(viewer: Viewer, student: UUID, dispute_id: UUID) -> dict[str, Any]:
    """What must be as it was."""
    of_others = f"student:{student}:"
    bearing = sorted(
        one
        for one in viewer.audiences
        if one.startswith((of_others, f"dispute:{dispute_id}"))
        or not one.startswith(("student:", "course:", "dispute:"))
    )
    return {
        "i": str(dispute_id),
        "a": hashlib.sha256("\n".join(bearing).encode()).hexdigest()[:32],
        "r": POLICY,
    }


def _kept(house: House, viewer: Viewer, dispute_id: UUID, position: str) -> _Terms:
    try:
        kept = house.tokens.open(_KIND, position, viewer.account_id)
    except TokenNotValid:
        raise NotValid("position 不是本系統發給您的代碼。", field="position") from None
    with viewer.looking(house) as connection:
        student = dispute_shown(connection, dispute_id).student
    for name, present in _bound(viewer, student, dispute_id).items():
        if kept[name] != present:
            raise EvidenceTermsChanged(_TOLD[name])
    return _Terms(kept["n"], tuple(kept["c"]), kept["d"])
