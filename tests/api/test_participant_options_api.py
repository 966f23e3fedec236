"""`/participant-options`: how the own list answers."""

from concurrent.futures import ThreadPoolExecutor

from tests.api.serving import County

PATH = "/participant-options"


def names(county: County, username: str) -> list[str]:
    return [one["name"] for one in county.caller(username).get(PATH).json()["items"]]


def test_the_list_is_in_the_order_of_strokes_and_in_pages(county: County) -> None:
    county.subject_teacher("a-eng", county.student())
    for name in ("鄭老師", "丁老師", "王老師"):
        county.a_eng.made(PATH, {"name": name})
    assert names(county, "a-eng") == ["丁老師", "王老師", "鄭老師"]
    first = county.a_eng.get(PATH, limit=2, sort="-name").json()
    assert [one["name"] for one in first["items"]] == ["鄭老師", "王老師"]
    rest = county.a_eng.get(PATH, limit=2, sort="-name", cursor=first["next_cursor"]).json()
    assert ([one["name"] for one in rest["items"]], rest["next_cursor"]) == (["丁老師"], None)
    strange = county.a_eng.get(PATH, cursor=first["next_cursor"])
    assert (strange.status_code, strange.json()["code"]) == (422, "cursor-not-valid")


def test_a_name_stands_once_and_may_come_again(county: County) -> None:
    county.case_manager("a-cm", county.student())
    made = county.a_cm.post(PATH, {"name": "王老師"}, key="once")
    assert (made.status_code, made.json()["version"]) == (201, 1)
    assert county.a_cm.post(PATH, {"name": "王老師"}, key="once").json() == made.json()
    again = county.a_cm.post(PATH, {"name": "王老師 "})
    assert (again.status_code, again.json()["code"]) == (409, "participant-already-offered")
    withdrawal = f"{PATH}/{made.json()['id']}/withdrawal"
    assert county.a_cm.post(withdrawal).status_code == 428
    assert county.a_cm.post(withdrawal, version=2).status_code == 412
    gone = county.a_cm.post(withdrawal, version=1)
    assert (gone.status_code, gone.headers["ETag"]) == (200, '"2"')
    twice = county.a_cm.post(withdrawal, version=2)
    assert (twice.status_code, twice.json()["code"]) == (409, "already-withdrawn")
    back = county.a_cm.post(PATH, {"name": "王老師"})
    assert back.json() == {"id": made.json()["id"], "version": 3}
    assert names(county, "a-cm") == ["王老師"]


def test_of_two_simultaneous_adds_of_one_name_one_succeeds(county: County) -> None:
    county.case_manager("a-cm", county.student())
    caller = county.a_cm
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: caller.post(PATH, {"name": "王老師"}), range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert names(county, "a-cm") == ["王老師"]


def test_an_empty_and_a_long_name_are_refused_by_field(county: County) -> None:
    county.case_manager("a-cm", county.student())
    for name in ("", " ", "甲" * 101):
        refused = county.a_cm.post(PATH, {"name": name})
        assert refused.status_code == 422
        assert [one["field"] for one in refused.json()["errors"]] == ["name"]


def test_who_writes_neither_meetings_nor_notes_keeps_no_list(county: County) -> None:
    county.student()
    county.teacher("a-new")
    for username in ("a-office", "eb", "org", "council", "a-new"):
        refused = county.caller(username).post(PATH, {"name": "王老師"})
        assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")
        assert names(county, username) == []


def test_reads_and_refusals_stand_in_the_own_ledger_alone(county: County) -> None:
    county.case_manager("a-cm", county.student())
    shared, refused = county.topics(), county.refusals()
    before = len(county.note_events("a-cm"))
    county.a_cm.made(PATH, {"name": "王老師"})
    county.a_cm.post(PATH, {"name": "王老師"})
    county.a_cm.get(PATH)
    county.a_cm.post(f"{PATH}/00000000-0000-4000-8000-000000000001/withdrawal", version=1)
    assert county.note_events("a-cm")[before:] == [
        "participant-option.added.v1",
        "counselling-note.refused.v1",
        "counselling-note.read.v1",
        "counselling-note.refused.v1",
    ]
    assert (county.topics(), county.refusals()) == (shared, refused)
