from tests.api.serving import PLACEMENT, County

LATER = {"now": "2025-02-18T10:00:00+08:00"}


def test_the_authority_moves_the_clock_forward_and_everything_follows(county: County) -> None:
    student = county.student()
    county.case_manager("a-cm", student)
    moved = county.eb.post("/simulation/clock", LATER)
    assert moved.status_code == 200
    made = county.a_cm.made(f"/students/{student}/placements", PLACEMENT)
    shown = county.a_cm.get(f"/students/{student}/placements/{made}").json()
    assert shown["created_at"] == "2025-02-18T10:00:00.000000+08:00"


def test_the_clock_never_goes_back(county: County) -> None:
    assert county.eb.post("/simulation/clock", LATER).status_code == 200
    for now in ("2025-02-18T09:59:59+08:00", LATER["now"], "2024-01-01T00:00:00Z"):
        answer = county.eb.post("/simulation/clock", {"now": now})
        assert (answer.status_code, answer.json()["code"]) == (409, "clock-backwards")


def test_an_instant_without_a_zone_is_no_instant(county: County) -> None:
    answer = county.eb.post("/simulation/clock", {"now": "2025-02-18T10:00:00"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "not-an-instant"


def test_a_repeat_moves_the_clock_once(county: County) -> None:
    first = county.eb.post("/simulation/clock", LATER, key="once")
    again = county.eb.post("/simulation/clock", LATER, key="once")
    assert (again.status_code, again.content) == (200, first.content)
    assert county.topics().count("ledger.clock-moved.v1") == 1


def test_nobody_else_moves_it(county: County) -> None:
    assert county.a_office.post("/simulation/clock", LATER).status_code == 403


def test_a_teaching_assignment_of_a_past_year_gives_no_reach_any_more(county: County) -> None:
    student = county.student()
    county.subject_teacher("a-eng", student)
    assert county.a_eng.get(f"/students/{student}").status_code == 200
    assert county.eb.post("/simulation/clock", LATER).status_code == 200
    assert county.a_eng.get(f"/students/{student}").status_code == 404
    assert county.a_eng.get("/students").json()["items"] == []
