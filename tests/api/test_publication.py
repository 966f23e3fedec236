"""Results are published for all schools in one transaction, or not at all."""

import os
from uuid import UUID

import pytest

from api.acting import Asked
from api.publication import publish
from domain.programme import shipped_text
from domain.publication import PublishResults, ResultsNotComplete
from tests.api.serving import County
from tests.sitters import CODE, sat
from tests.story import Story

PROGRAMME = f"/programmes/{CODE}"
#: How many pupils a round of a county has at most.
MANY = 2_000 if os.environ.get("IGP_LONG") else 60


@pytest.fixture
def story(county: County) -> Story:
    """The county on 114.3.14 with the programme published, and a way to tell of many pupils."""
    clock = {"now": "2025-03-14T15:00:00+08:00"}
    assert county.eb.post("/simulation/clock", clock).status_code == 200
    county.eb.made("/programmes", {"text": shipped_text(CODE)})
    return Story(county.house.ledger)


def test_every_school_sees_its_results_at_once(county: County, story: Story) -> None:
    sat(story, MANY)
    told: list[tuple[int, int]] = []
    county.house.shown(story.last)  # type: ignore[arg-type]
    before = len(county.topics())
    body = PublishResults(stage="initial")
    asked = Asked(path=f"{PROGRAMME}/round/results-published", body=body, if_match="0")
    viewer = county.viewer("org")
    done = publish(county.house, viewer, asked, CODE, lambda *at: told.append(at))
    assert done.recorded is not None
    topics = county.topics()[before:]
    assert topics == ["application.initial-result-published.v1"] * MANY + [
        "round.results-published.v1"
    ]
    assert told[-1] == (MANY, MANY)
    for office in (county.a_office, county.b_office):
        states = {one["state"] for one in office.get(f"{PROGRAMME}/applications").json()["items"]}
        assert states <= {"initial_passed", "initial_failed"}
    acts = county.a_office.get(f"{PROGRAMME}/round").json()["acts"]
    assert [one["data"]["results"] for one in acts] == [MANY]


def test_nothing_is_published_while_one_result_waits(county: County, story: Story) -> None:
    sat(story, 2)
    waiting = sat(story, 1, decided=False)
    county.house.shown(story.last)  # type: ignore[arg-type]
    before = county.topics()
    path = f"{PROGRAMME}/round/results-published"
    refused = county.org.post(path, {"stage": "initial"}, version=0)
    assert (refused.status_code, refused.json()["code"]) == (409, ResultsNotComplete.CODE)
    assert county.topics() == before
    unknown = county.org.post(path, {"stage": "third"}, version=0)
    assert (unknown.status_code, unknown.json()["code"]) == (422, "not-valid")
    body = {"stage": "initial", "without": [str(one) for one in waiting]}
    assert county.org.post(path, body, version=0).status_code == 201
    states = [county.org.get(f"{PROGRAMME}/applications/{one}").json()["state"] for one in waiting]
    assert states == ["ticketed"]


def test_who_was_erased_holds_no_publication_back(county: County, story: Story) -> None:
    sat(story, 2)
    sat(story, 1, decided=False)
    county.house.shown(story.last)  # type: ignore[arg-type]
    ledger = county.house.ledger
    student = next(
        one["student"]["id"]
        for one in county.org.get(f"{PROGRAMME}/applications").json()["items"]
        if county.org.get(f"{PROGRAMME}/applications/{one['id']}/examination").json()["state"]
        == "scored"
    )
    ledger.keyring.destroy_student(UUID(student))
    path = f"{PROGRAMME}/round/results-published"
    done = county.org.post(path, {"stage": "initial"}, version=0)
    assert done.status_code == 201, done.text
