import pytest

from api.idempotency import purge
from tests.api.serving import NOTE, PLACEMENT, County


@pytest.fixture
def records(county: County) -> str:
    """The path of a student's placements."""
    student = county.student()
    county.case_manager("a-cm", student)
    return f"/students/{student}/placements"


def test_a_key_with_another_body_or_path_is_refused(county: County, records: str) -> None:
    assert county.a_cm.post(records, PLACEMENT, key="one").status_code == 201
    other = county.a_cm.post(records, PLACEMENT | {"area": "數學"}, key="one")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    notes = records.replace("placements", "notes")
    assert county.a_cm.post(notes, NOTE, key="one").json()["code"] == "idempotency-key-reused"
    assert len(county.a_cm.get(records).json()["items"]) == 1


def test_a_key_belongs_to_its_account(county: County, records: str) -> None:
    first = county.a_cm.post(records, PLACEMENT, key="one")
    second = county.a_office.post(records, PLACEMENT, key="one")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]


def test_a_refused_request_uses_its_key_not_up(county: County, records: str) -> None:
    wrong = PLACEMENT | {"placement_grade": 99}
    assert county.a_cm.post(records, wrong, key="one").status_code == 422
    assert county.a_cm.post(records, PLACEMENT, key="one").status_code == 201


def test_a_repeat_carries_no_receipt_and_the_same_version(county: County, records: str) -> None:
    first = county.a_cm.post(records, PLACEMENT, key="one")
    made = first.json()["id"]
    change = {"placement_grade": 7, "reason": "更正"}
    assert county.a_cm.put(f"{records}/{made}", change, version=1).status_code == 200
    again = county.a_cm.post(records, PLACEMENT, key="one")
    assert "Igp-Receipt" in first.headers
    assert "Igp-Receipt" not in again.headers
    assert again.json() == {"id": made, "version": 1}


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_of_no_or_too_many_characters_is_refused(
    county: County, records: str, key: str
) -> None:
    answer = county.a_cm.post(records, PLACEMENT, key=key)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-not-valid")


def test_what_is_kept_tells_neither_key_nor_record(county: County, records: str) -> None:
    made = county.a_cm.post(records, PLACEMENT, key="a-key-of-mine").json()["id"]
    with county.house.ledger.pool.connection() as connection:
        rows = connection.execute("SELECT i::text FROM desk.idempotency i").fetchall()
    assert len(rows) == 1
    assert made not in rows[0][0]
    assert "a-key-of-mine" not in rows[0][0]
    assert ",201," not in rows[0][0]


def test_what_is_older_than_two_days_is_purged(county: County, records: str) -> None:
    county.a_cm.post(records, PLACEMENT, key="old")
    county.a_cm.post(records, PLACEMENT, key="new")
    with county.house.ledger.pool.connection() as connection:
        connection.execute(
            "UPDATE desk.idempotency SET created_at = created_at - interval '49 hours'"
            " WHERE ctid = (SELECT min(ctid) FROM desk.idempotency)"
        )
    assert purge(county.house.ledger) == 1
    assert purge(county.house.ledger) == 0
