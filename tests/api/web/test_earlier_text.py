"""A text that was published before the checks of today: Kaohsiung's as it once was, with the
initial stage alone. It is in force as it stands, whatever a new one is asked for."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from domain.capacity import Capacity
from domain.programme import ProgrammePublished, programme_id, shipped_text
from tests.acceptance.initial_stage import FORM, PROGRAMME, InitialStage, done, refused
from tests.api.serving import PASSWORD, County
from tests.visiting import Visitor

FILE = Path(__file__).parents[2] / "programmes" / "kaohsiung-114-earlier.toml"
TEXT = FILE.read_text(encoding="utf-8")
CODE = "kaohsiung-114"


@pytest.fixture
def earlier(county: County) -> InitialStage:
    """The county on 114.2.17 at nine, with the earlier text in its book."""
    stage = InitialStage(county)
    stage.at("2025-02-17T09:00")
    published = ProgrammePublished(
        originator_id=programme_id(CODE),
        originator_version=1,
        by=county.viewer("eb").account_id,
        capacity=Capacity.AUTHORITY_ADMINISTRATOR,
        code=CODE,
        name="高雄市114學年度國民小學資賦優異學生縮短修業年限",
        school_year=114,
        text=TEXT,
        digest=hashlib.sha256(TEXT.encode()).hexdigest(),
    )
    assert county.house.shown(county.house.ledger.record(published))
    return stage


@pytest.fixture
def visitor(county: County) -> Callable[[str], Visitor]:
    return lambda name: Visitor.of(county.client, name, PASSWORD)


def test_it_is_told_and_shown_as_it_was_published(
    earlier: InitialStage, visitor: Callable[[str], Visitor]
) -> None:
    eb = earlier.county.eb
    told = eb.get(PROGRAMME).json()
    assert (told["text"], told["version"]) == (TEXT, 1)
    windows = {one["code"]: one for one in eb.get(f"{PROGRAMME}/calendar").json()["windows"]}
    sheet = visitor("a-office").visit(PROGRAMME)
    assert sheet.status == 200
    for window in windows.values():
        assert window["name"] in sheet.text
    # As a new one it would be refused, and says why; today's takes its place.
    answer = eb.post("/programmes", {"text": TEXT + "\n"})
    refused(answer, "programme-not-valid", 422)
    assert "selection.decisions" in answer.json()["detail"]
    assert eb.get(PROGRAMME).json()["version"] == 1
    eb.made("/programmes", {"text": shipped_text(CODE)})
    assert eb.get(PROGRAMME).json()["version"] == 2
    assert eb.get(PROGRAMME, version=1).json()["text"] == TEXT


def test_its_processes_go_their_way_and_every_page_of_them_opens(
    earlier: InitialStage, visitor: Callable[[str], Visitor]
) -> None:
    earlier.entered("陳報名")
    earlier.ticket("陳報名", "1140001")
    earlier.pupil("林開案")
    # What it says is what holds: it has no second stage, and no rosters that schools hand in.
    refused(earlier.take("林開案", "second-stage-application-submitted"), "not-allowed", 403)
    assert earlier.county.org.get(f"{PROGRAMME}/batches").json()["items"] == []
    assert earlier.county.a_office.get(f"{PROGRAMME}/batches/ks-a/initial").status_code == 404
    for name in ("a-office", "org", "council", "eb"):
        walked = visitor(name).walk(PROGRAMME)
        assert {one: status for one, status in walked.items() if status != 200} == {}, name
        assert len(walked) > 20, walked
    # A case that began by the earlier text goes on when another one is in force.
    earlier.county.eb.made("/programmes", {"text": shipped_text(CODE)})
    done(earlier.take("林開案", "initial-application-submitted", FORM))
    assert earlier.state("林開案") == "submitted"
    assert {*visitor("a-office").walk(PROGRAMME).values()} == {200}
