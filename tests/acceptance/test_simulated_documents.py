"""Whatever is printed from a ledger with a simulated clock says so (design D13)."""

import io
import zipfile

import pytest
from httpx2 import Response

from documents.table import SIMULATED
from tests.acceptance.initial_stage import PROGRAMME, VETTED, done
from tests.acceptance.plan_papers import YEAR, text_of
from tests.acceptance.school_batches import Batches
from tests.api.serving import NATIONAL_IDS, County

SAID = SIMULATED[1]


@pytest.fixture
def plan(county: County) -> str:
    """Where a student's plan is; first of all, for what comes after moves the clock."""
    student = county.student(number=3)
    county.case_manager("a-cm", student)
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[3], "school_year": YEAR})
    return f"/students/{student}/plan"


@pytest.fixture
def story(county: County, plan: str) -> Batches:
    """A pupil with a ticket."""
    made = Batches(county)
    made.at("2025-02-17T09:00")
    made.publish_programme()
    made.registers("王小安")
    done(made.take("王小安", "vetted", VETTED))
    done(made.take("王小安", "initial-entry-confirmed", {}))
    made.at("2025-03-07T09:00")
    made.ticket("王小安", "114001")
    return made


def documents(county: County, story: Batches, plan: str) -> dict[str, str]:
    """The text of one document of each kind, by name."""
    found = {
        "ticket": text_of(
            content(story.office.get(f"{story.path('王小安')}/papers/ticket-initial"))
        ),
        "plan": text_of(content(county.a_cm.get(plan, school_year=YEAR, format="pdf"))),
        "odt": packed(county.a_cm.get(plan, school_year=YEAR, format="odt"), "content.xml"),
    }
    days = {"from": "2025-02-17", "to": "2025-03-07"}
    for name, path, asked in (
        ("changes", "/changes", days),
        ("modified", f"{PROGRAMME}/rosters/modified", days),
        ("roster", f"{PROGRAMME}/rosters/initial", {}),
    ):
        for format, read in (
            ("csv", lambda answer: content(answer).decode()),
            ("pdf", lambda answer: text_of(content(answer))),
            ("ods", lambda answer: packed(answer, "content.xml")),
            ("xlsx", lambda answer: packed(answer, "xl/worksheets/sheet1.xml")),
        ):
            answer = story.office.get(path, format=format, **asked)
            found[f"{name}.{format}"] = read(answer)
    return found


def content(answer: Response) -> bytes:
    assert answer.status_code == 200, answer.text
    return answer.content


def packed(answer: Response, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content(answer))) as package:
        return package.read(name).decode()


def test_every_kind_of_document_says_that_the_clock_is_simulated(
    county: County, story: Batches, plan: str
) -> None:
    found = documents(county, story, plan)
    assert [name for name, text in found.items() if SAID not in text] == []


def test_a_document_of_a_real_ledger_says_nothing_of_the_kind(
    county: County, story: Batches, plan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(county.house, "mode", "production")
    found = documents(county, story, plan)
    assert [name for name, text in found.items() if SAID in text] == []
