"""Every page that somebody may look at is in order in a browser: readable with aids, within the
content policy, without an error of a script. All of it is reached with the keyboard, and what is a
form or a list works without script.

Who looks is the first of `WHO` that is shown the page. A new page that nobody is shown fails.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product
from uuid import UUID

import pytest
from playwright.sync_api import Browser

from domain.programme import shipped_text
from igp.sealing import seal_now
from tests.acceptance.initial_stage import InitialStage, done
from tests.acceptance.school_batches import SIGNED
from tests.acceptance.trying import national_id
from tests.api.serving import NOTE, PASSWORD, PLACEMENT, County
from tests.api.web.test_page_silence import ASKED, routes
from tests.browser.conftest import Site
from tests.browser.reach import dead_without_script, missed_by_tab
from tests.browsing import seat
from tests.plan_told import PlanStory
from tests.uploads import upload
from tests.visiting import Sheet, Visitor

WHO = ("a-cm", "a-eng", "a-office", "eb", "org", "reviewer", "a-pupil")
#: What answers with a file or sends elsewhere, and what needs a provider or a passkey, which have
#: journeys of their own.
NO_PAGES = frozenset(
    {
        "/changes/file",
        "/disputes/{dispute_id}/evidence",
        "/guide/images/{name}",
        "/students/{student_id}/files/{file_id}",
        "/students/{student_id}/plan.{format}",
        "/programmes/{pid}/applications/{aid}/papers/{paper}",
        "/programmes/{pid}/documents/{document_id}",
        "/programmes/{pid}/modified/file",
        "/programmes/{pid}/papers/{paper}",
        "/programmes/{pid}/placement-cases/{cid}/papers/igp",
        "/programmes/{pid}/placement-cases/{cid}/papers/placement-application",
        "/programmes/{pid}/results/{batch_step}/file",
        "/programmes/{pid}/rosters/{roster}/file",
        "/programmes/{pid}/scans",
        "/account/openid",
        "/account/openid/link",
        "/account/passkeys/{passkey_id}",
        "/school/import/columns/{file}",
        "/school/import/outcome",
        "/school/import/preview",
        "/sign-in/openid",
        "/sign-in/openid/failed",
        "/sign-in/openid/return",
        "/sign-in/passkey",
        # The form of the case's own steps, once more.
        "/programmes/{pid}/placement-cases/{cid}/igp/{step}",
    }
)
#: What one looks at before there is a session.
SIGNED_OUT = frozenset({"/sign-in", "/reset"})
PID = "kaohsiung-114"
_PROGRAMME = f"/programmes/{PID}"
_YEAR = "?school_year=113"
_PLAIN = str.maketrans("/{}", "-  ")


@pytest.fixture(scope="module")
def office(site: Site) -> tuple[Site, InitialStage, str]:
    """114.2.17: a placement that was corrected, an application, a complaint with its reviewer."""
    county = site.county
    student = county.student()
    placement = county.a_office.made(f"/students/{student}/placements", PLACEMENT)
    stage = InitialStage(county)
    stage.at("2025-02-17T09:00")
    county.a_office.put(
        f"/students/{student}/placements/{placement}",
        {"placement_grade": 5, "reason": "年級更正"},
        version=1,
    )
    county.teacher("a-math")
    county.eb.made("/programmes", {"text": shipped_text("kaohsiung-114")})
    stage.pupil("許詠晴", 4)
    done(stage.submit("許詠晴"))
    _begun(county, stage.students["許詠晴"])
    return site, stage, _disputed(county, student)


def _begun(county: County, student: str) -> None:
    """The school's roster was exported and signed, and the pupil has a placement case."""
    office = county.a_office
    for version, (step, body) in enumerate((("roster-exported", {}), ("roster-signed", SIGNED))):
        path = f"{_PROGRAMME}/batches/ks-a/initial/{step}"
        done(office.post(path, body, version=version))
    office.made(f"{_PROGRAMME}/placement-cases", {"student_id": student})


def _disputed(county: County, student: str) -> str:
    dispute = county.eb.made(
        "/disputes",
        {
            "student_id": student,
            "programme": "kaohsiung-114",
            "kind": "complaint",
            "subject": "測驗結果",
            "grounds": "對結果有疑義",
            "notice_received_on": "114.2.13",
            "filed_on": "114.2.14",
        },
    )
    reviewer = {"username": "reviewer", "name": "沈委員", "organisation": "ks-eb"}
    account = county.eb.made("/accounts", reviewer | {"roles": ["reviewer"], "password": PASSWORD})
    county.eb.made(
        f"/disputes/{dispute}/reviewers",
        {"account": account, "sections": ["placement"], "until": "114.6.30"},
    )
    seal_now(county.house.ledger)
    return dispute


@pytest.mark.timeout(900)
def test_every_page_is_in_order(office: tuple[Site, InitialStage, str], browser: Browser) -> None:
    site, stage, dispute = office
    pools = _told(site.county, stage, dispute)
    visitors = {name: Visitor.of(site.county.client, name, PASSWORD) for name in WHO}
    paths = {path for method, path in routes() if method == "GET"} - NO_PAGES
    assert paths >= {"/", "/students/{student_id}/plan", "/changes", "/disputes/{dispute_id}"}
    with ExitStack() as stack:
        seats, plain = (
            {
                name: stack.enter_context(seat(browser, site.url, script=script))
                for name in (*WHO, "nobody")
            }
            for script in (True, False)
        )
        for name in WHO:
            for each in (seats, plain):
                each[name].sign_in(name, PASSWORD, "/me/courses" if name == "a-pupil" else "/")
        wrong, links = [], set[str]()
        for path in sorted(paths):
            who, address = _shown(path, pools, visitors, links)
            if not who:
                wrong.append(f"nobody is shown {path}")
                continue
            seats[who].go(address, look=f"every{path.translate(_PLAIN)}")
            plain[who].go(address)
            told = (*missed_by_tab(seats[who].page), *dead_without_script(plain[who].page))
            wrong += [f"{path}: {one}" for one in told]
    assert not wrong, "\n".join(wrong)


def _shown(
    path: str, pools: dict[str, list[str]], visitors: dict[str, Visitor], links: set[str]
) -> tuple[str, str]:
    """Who is shown a page, and at which address; nobody at none. Which steps may be taken is known
    from the `links` of the pages before."""
    if path in SIGNED_OUT:
        return "nobody", path
    steps = re.compile(re.sub(r"{\w+}", "[^/]+", path))
    addresses = (
        sorted(one for one in links if steps.fullmatch(one))
        if "{step}" in path
        else _filled(path, pools)
    )
    shown = []
    for address, (name, visitor) in product(addresses, visitors.items()):
        answer = visitor.client.get(address, follow_redirects=False)
        if answer.status_code == 200 and answer.headers["content-type"].startswith("text/html"):
            shown.append((name, address))
            links.update(link for _, link in Sheet(answer, address).links)
            if not path.startswith("/programmes"):
                break
    return shown[0] if shown else ("", "")


def _told(county: County, stage: InitialStage, dispute: str) -> dict[str, list[str]]:
    """A whole plan beside what the offices have; what there is for each part of an address."""
    student = stage.students["許詠晴"]
    manager = county.case_manager("a-cm", student)
    teacher = county.teacher("a-eng")
    teaching = {"account": teacher, "subject": "英語", "school_year": 113}
    county.a_office.made(f"/students/{student}/teaching-assignments", teaching)
    county.teacher("a-pupil", roles=["student"])
    county.a_office.made(f"/students/{student}/student-account", {"account": "a-pupil"})
    opened = {"national_id": national_id(1), "school_year": 113}
    assert county.a_cm.post("/students", opened).status_code == 201
    plan = PlanStory(county.house.ledger, UUID(student), UUID(manager), year=113)
    made = plan.everything(teacher=UUID(teacher))
    assert plan.last is not None
    assert county.house.waiting.passed(plan.last.position)
    helper = county.id_of("a-math")
    share = {"account": helper, "relation": "cross_field"}
    shares = f"/students/{student}/courses/{made['course_goal']}/shares"
    assert county.a_eng.post(shares, share).is_success
    template = {"name": "數學專題", "course_id": str(made["course_goal"]), "student_id": student}
    placement = county.a_cm.made(f"/students/{student}/placements", PLACEMENT)
    asked = {"kind": "abandonment", "placement_id": placement, "reason": "家長提出"}
    note = NOTE | {"school_year": 113, "held_on": "114.2.10"}
    batches = f"/programmes/{PID}"
    [case] = county.a_office.get(f"{batches}/placement-cases").json()["items"]
    return {
        "student_id": [student],
        "note_id": [county.a_cm.made(f"/students/{student}/notes", note)],
        "entry_id": [str(made[one]) for one in ("course_goal", "meeting", "replacement")],
        "record_id": [dispute],
        "placement_id": [placement],
        "request_id": [county.a_cm.made(f"/students/{student}/placement-requests", asked)],
        "dispute_id": [dispute],
        "account_id": [helper, teacher, manager],
        "template_id": [county.a_eng.made("/course-templates", template)],
        "file_id": [upload(county.a_eng, county, student, school_year=113).json()["id"]],
        "name": ["county"],
        "pid": [PID],
        "code": ["needs_assessment"],
        "aid": [stage.applications["許詠晴"]],
        "batch_step": ["ticket-issued"],
        "cid": [case["id"]],
        "organisation": ["ks-a"],
        "stage": ["initial"],
        "roster": ["initial"],
        "file": ["students.csv"],
        "what": ["dispatches", "teaching"],
    }


def _filled(path: str, pools: dict[str, list[str]]) -> Iterator[str]:
    used = [name for name in pools if f"{{{name}}}" in path]
    for values in product(*(pools[name] for name in used)):
        one = path
        for name, value in zip(used, values, strict=True):
            one = one.replace(f"{{{name}}}", value)
        assert "{" not in one, f"tell this test what to put into {path}"
        for query in (*ASKED.get(path, ()), _YEAR if "student" in path else "", ""):
            yield one + query
