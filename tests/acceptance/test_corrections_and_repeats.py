"""Corrections with reasons, versions, repeats and refusals (IGP reference 5.1)."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.serving import NOTE, PLACEMENT, County


@pytest.fixture
def student(county: County) -> str:
    student = county.student()
    county.case_manager("a-cm", student)
    return student


@pytest.mark.accepts("IGP-139")
def test_history_shows_all_values_of_a_twice_corrected_field(county: County, student: str) -> None:
    placements = f"/students/{student}/placements"
    made = county.a_cm.made(placements, PLACEMENT)
    for version, grade, reason in ((1, 7, "誤植"), (2, 5, "再次核對")):
        change = {"placement_grade": grade, "reason": reason}
        assert county.a_cm.put(f"{placements}/{made}", change, version=version).status_code == 200
    rows = [
        one
        for one in county.a_office.get(f"/students/{student}/history").json()["items"]
        if one["record_id"] == made
    ]
    values = [
        (field["before"], field["after"])
        for one in rows
        for field in one["fields"]
        if field["field"] == "placement_grade"
    ]
    assert values == [(None, 6), (6, 7), (7, 5)]
    assert [one["reason"] for one in rows] == [None, "誤植", "再次核對"]
    assert {one["author"]["id"] for one in rows} == {county.id_of("a-cm")}
    assert all(one["recorded_at"].endswith("+08:00") for one in rows)


@pytest.mark.accepts("IGP-140")
def test_a_deleted_record_is_gone_from_its_section_and_whole_in_history(
    county: County, student: str
) -> None:
    placements = f"/students/{student}/placements"
    made = county.a_cm.made(placements, PLACEMENT)
    change = {"placement_grade": 7, "reason": "誤植"}
    assert county.a_cm.put(f"{placements}/{made}", change, version=1).status_code == 200
    withdrawal = f"{placements}/{made}/withdrawal"
    assert county.a_cm.post(withdrawal, {"reason": "重複登載"}, version=2).status_code == 200
    assert county.a_cm.get(placements).json()["items"] == []
    rows = [
        one
        for one in county.a_cm.get(f"/students/{student}/history").json()["items"]
        if one["record_id"] == made
    ]
    assert [one["kind"] for one in rows] == ["recorded", "corrected", "withdrawn"]
    assert rows[-1]["reason"] == "重複登載"


@pytest.mark.accepts("IGP-141")
def test_corrections_and_deletions_need_a_reason(county: County, student: str) -> None:
    before = None
    for section, entry, change in (
        ("placements", PLACEMENT, {"placement_grade": 7}),
        ("notes", NOTE, {"content": "改寫"}),
    ):
        records = f"/students/{student}/{section}"
        made = county.a_cm.made(records, entry)
        before = county.topics()
        for answer in (
            county.a_cm.put(f"{records}/{made}", change, version=1),
            county.a_cm.put(f"{records}/{made}", change | {"reason": "  "}, version=1),
            county.a_cm.post(f"{records}/{made}/withdrawal", {}, version=1),
            county.a_cm.post(f"{records}/{made}/withdrawal", version=1),
        ):
            assert (answer.status_code, answer.json()["code"]) == (422, "reason-required")
            assert answer.json()["errors"][0]["field"] == "reason"
        assert county.topics() == before


@pytest.mark.accepts("IGP-142")
def test_of_two_saves_from_one_version_the_second_is_refused(county: County, student: str) -> None:
    placements = f"/students/{student}/placements"
    made = county.a_cm.made(placements, PLACEMENT)
    path = f"{placements}/{made}"

    def save(version: int, grade: int) -> tuple[int, str]:
        change = {"placement_grade": grade, "reason": "更正"}
        answer = county.a_cm.put(path, change, version=version)
        return answer.status_code, answer.json().get("code", "")

    assert save(1, 7) == (200, "")
    refused = county.a_office.put(path, {"placement_grade": 8, "reason": "更正"}, version=1)
    assert (refused.status_code, refused.json()["code"]) == (412, "stale-version")
    assert "第 2 版" in refused.json()["detail"]
    shown = county.a_cm.get(path)
    assert (shown.json()["placement_grade"], shown.headers["ETag"]) == (7, '"2"')
    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(lambda grade: save(2, grade), (1, 2, 3, 4)))
    assert [status for status, _ in answers] == [200, 412, 412, 412]
    assert county.a_cm.get(path).json()["version"] == 3


@pytest.mark.accepts("IGP-145")
def test_a_command_sent_twice_has_one_effect_and_one_answer(county: County, student: str) -> None:
    for section, entry in (("placements", PLACEMENT), ("notes", NOTE)):
        records = f"/students/{student}/{section}"
        first = county.a_cm.post(records, entry, key=f"once-{section}")
        again = county.a_cm.post(records, entry, key=f"once-{section}")
        assert (again.status_code, again.content) == (201, first.content)
        assert again.headers["ETag"] == first.headers["ETag"]
        assert len(county.a_cm.get(records).json()["items"]) == 1
        made = first.json()["id"]
        withdrawal, why = f"{records}/{made}/withdrawal", {"reason": "重複"}
        first = county.a_cm.post(withdrawal, why, version=1, key=f"gone-{section}")
        again = county.a_cm.post(withdrawal, why, version=1, key=f"gone-{section}")
        assert (again.status_code, again.content) == (200, first.content)
    assert county.topics().count("placement.recorded.v1") == 1
    assert county.note_events("a-cm").count("counselling-note.recorded.v1") == 1


@pytest.mark.accepts("IGP-145")
def test_of_simultaneous_repeats_one_takes_effect_and_all_answer_alike(
    county: County, student: str
) -> None:
    placements = f"/students/{student}/placements"
    with ThreadPoolExecutor(6) as pool:
        answers = list(
            pool.map(lambda _: county.a_cm.post(placements, PLACEMENT, key="once"), range(6))
        )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert county.topics().count("placement.recorded.v1") == 1


@pytest.mark.accepts("IGP-147")
def test_a_refused_command_leaves_an_access_row_and_no_domain_event(
    county: County, student: str
) -> None:
    county.subject_teacher("a-eng", student)
    before, logged = county.topics(), county.refusals()
    refused = county.a_eng.post(f"/students/{student}/placements", PLACEMENT)
    assert refused.status_code == 403
    assert county.topics() == before
    assert county.refusals() == logged + 1
    last = county.last_refusal()
    assert last["by"] == county.id_of("a-eng")
    assert last["what"] == "placement.record"
    assert last["rule"] == "not-allowed"
    assert last["subjects"] == [student]
