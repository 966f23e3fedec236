"""What happens when requests about one thing meet."""

from concurrent.futures import ThreadPoolExecutor

from tests.api.serving import PLACEMENT, County

ROUNDS = 15


def test_a_stale_save_overwrites_nothing_however_saves_meet(county: County) -> None:
    """The version was compared, then the decision read the record anew and found another's save:
    both were answered 200. The version that was decided on is compared as well."""
    student = county.student()
    county.case_manager("a-cm", student)
    path = f"/students/{student}/placements"
    path = f"{path}/{county.a_cm.made(path, PLACEMENT)}"
    for version in range(1, ROUNDS + 1):

        def save(grade: int, version: int = version) -> int:
            change = {"placement_grade": grade, "reason": "更正"}
            return county.a_cm.put(path, change, version=version).status_code

        shown = county.a_cm.get(path).json()
        assert shown["version"] == version
        grades = [grade for grade in range(1, 8) if grade != shown["placement_grade"]]
        with ThreadPoolExecutor(len(grades)) as pool:
            answers = sorted(pool.map(save, grades))
        assert answers == [200, *[412] * (len(grades) - 1)]


def test_a_save_that_meets_a_withdrawal_is_stale_and_not_against_a_rule(county: County) -> None:
    student = county.student()
    county.case_manager("a-cm", student)
    records = f"/students/{student}/placements"
    for _ in range(ROUNDS):
        path = f"{records}/{county.a_cm.made(records, PLACEMENT)}"
        with ThreadPoolExecutor(2) as pool:
            change = {"placement_grade": 7, "reason": "更正"}
            saved = pool.submit(county.a_cm.put, path, change, version=1)
            gone = pool.submit(
                county.a_office.post, f"{path}/withdrawal", {"reason": "誤植"}, version=1
            )
        assert sorted((saved.result().status_code, gone.result().status_code)) == [200, 412]


def test_of_simultaneous_registrations_of_one_number_one_is_made(county: County) -> None:
    entry = {
        "national_id": "A123456789",
        "name": "陳小明",
        "sex": "male",
        "birth_date": "2014-05-01",
        "grade": 4,
    }
    with ThreadPoolExecutor(6) as pool:
        answers = list(
            pool.map(lambda _: county.a_office.post("/directory/students", entry), range(6))
        )
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]
    assert county.topics().count("student.registered.v1") == 1


def test_of_simultaneous_dispatches_one_is_made(county: County) -> None:
    student, account = county.student(), county.case_manager("a-cm")
    path, body = f"/students/{student}/dispatches", {"account": account}
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: county.a_office.post(path, body), range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]
    assert {one.json()["code"] for one in answers if one.status_code == 409} == {
        "already-dispatched"
    }


def test_of_simultaneous_requests_about_one_placement_one_is_open(county: County) -> None:
    student = county.student()
    county.case_manager("a-cm", student)
    placement = county.a_cm.made(f"/students/{student}/placements", PLACEMENT)
    path = f"/students/{student}/placement-requests"
    body = {"kind": "abandonment", "placement_id": placement, "reason": "家長提出"}
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: county.a_cm.post(path, body), range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]
    assert len(county.a_cm.get(path).json()["items"]) == 1
