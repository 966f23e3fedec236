"""`/programmes/{pid}/publication`: what is decided, what is missing, and its publication."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Response

from api import programme_rounds, publication
from api.acting import Acting, Asked, Done
from api.openings import Progress
from api.process_items import rules_of
from api.processes import Seen, Which, see, takes
from api.progress_lines import wants_lines
from api.step_sheets import enters
from api.web.refused import lines_of
from api.web.rendering import Page, ThePage
from api.web.step_forms import words
from api.web.typed import Typed, text, texts, version_of
from api.web.wrongs import Wrongs
from domain.publication import PUBLISHED
from domain.refusal import NotAllowed, Refusal
from ledger.encryption import canonical

router = APIRouter()

_OUTCOMES = {
    "eligible": "可申請安置",
    "school": "待學校認定",
    "none": "不通過",
    "absent": "缺考或不得入場",
}


@router.get("/programmes/{pid}/publication")
def get_publication(page: ThePage, pid: str) -> Response:
    """Of every stage: how many are decided and with what, who is missing, and what was done."""
    return page.show("publication.html", **_context(page, pid, None))


@router.post("/programmes/{pid}/publication/{stage}")
def post_publication(page: ThePage, pid: str, stage: str, typed: Typed) -> Response:
    """公告一個階段的結果."""
    without = texts(typed, "without")
    data = {"stage": stage, "without": without}
    asked = Asked(
        path=page.request.url.path,
        body=canonical(data),
        idempotency_key=text(typed, "_key"),
        if_match=version_of(typed),
    )

    def attempt(tell: Progress | None = None) -> Done | Response:
        outcome = page.attempt(
            lambda: publication.publish(page.house, page.viewer, asked, pid, tell)
        )
        if isinstance(outcome, NotAllowed):
            raise outcome
        if not isinstance(outcome, Refusal):
            return outcome
        context = _context(page, pid, (without, Wrongs.of(outcome)))
        return page.show("publication.html", status=outcome.STATUS, **context)

    if wants_lines(page.request.headers.get("accept", "")):
        return lines_of(page.request, attempt)
    outcome = attempt()
    if isinstance(outcome, Response):
        return outcome
    # Sent twice, it was published once: a repeat is no news, but no failure either.
    return page.go(f"/programmes/{pid}/publication", "recorded" if outcome.shown else "late")


def publishes(acting: Acting, round_: Seen) -> bool:
    """Whether the viewer publishes the results of a programme, whose round is seen."""
    return takes(acting, round_, programme_rounds.PROCESS, PUBLISHED.code)


def _context(page: Page, pid: str, failed: tuple[list[str], Wrongs] | None) -> Mapping[str, Any]:
    rules, acting = rules_of(page.house, pid), Acting(page.house, page.viewer)
    found = publication.outlooks(page.house, page.viewer, pid)
    round_ = programme_rounds.read(page.house, page.viewer, pid)
    machine = rules.machine("examination")
    acts: dict[str, list[int]] = {}
    for act in round_.acts:
        if act.step == PUBLISHED.code:
            acts.setdefault(act.data["stage"], []).append(act.data.get("results", 0))
    return {
        "rules": rules,
        "found": found,
        "enters": enters(acting, see(acting, Which(pid, programme_rounds.PROCESS))),
        "names": {one.code: one.name for one in rules.stages},
        "progress": {} if machine is None else {one.code: one.name for one in machine.states},
        "told": lambda outcome: _OUTCOMES.get(outcome) or words("application", "outcome", outcome),
        "acts": acts,
        "version": round_.version,
        "without": [] if failed is None else failed[0],
        "problem": None if failed is None else failed[1],
        "key": page.new_key,
    }
