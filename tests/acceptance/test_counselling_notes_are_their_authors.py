"""晤談與輔導紀錄: of whoever wrote it, and for everybody else not there (IGP manual §七(三))."""

from typing import Any

import pytest

from tests.api.serving import NOTE, PASSWORD, County
from tests.visiting import Visitor

NOBODY = "00000000-0000-4000-8000-000000000001"
CALLS = (
    ("GET", "", None),
    ("PUT", "", {"content": "改寫", "reason": "補充"}),
    ("POST", "/withdrawal", {"reason": "重複"}),
    ("POST", "/moves", {"student_id": NOBODY, "reason": "填錯學生"}),
)


@pytest.fixture
def student(county: County) -> str:
    """A student of the gifted class 資優四, with one of each kind of teacher and an outsider."""
    student = county.student(class_name="資優四")
    county.case_manager("a-cm", student)
    county.subject_teacher("a-eng", student)
    county.subject_teacher("a-math", student)
    county.teacher("a-gh", is_homeroom_teacher=True, homeroom_class="資優四", gifted_class=True)
    return student


@pytest.fixture
def ordinary(county: County) -> str:
    """A student of the ordinary class 四年丙班 with its homeroom teacher."""
    student = county.student(number=1, class_name="四年丙班")
    county.teacher("a-hr", is_homeroom_teacher=True, homeroom_class="四年丙班")
    return student


def call(county: County, username: str, path: str, method: str, body: Any) -> Any:
    caller = county.caller(username)
    match method:
        case "GET":
            return caller.get(path)
        case "PUT":
            return caller.put(path, body, version=1)
    return caller.post(path, body, version=1)


def lives_through(county: County, username: str, student: str) -> None:
    """Write, read, correct and withdraw a note, as its author."""
    caller = county.caller(username)
    notes = f"/students/{student}/notes"
    note = caller.made(notes, NOTE)
    assert caller.get(f"{notes}/{note}").json()["content"] == NOTE["content"]
    corrected = caller.put(
        f"{notes}/{note}", {"content": "改為談自我要求", "reason": "補充"}, version=1
    )
    assert corrected.json() == {"id": note, "version": 2}
    assert caller.get(f"{notes}/{note}").json()["content"] == "改為談自我要求"
    gone = caller.post(f"{notes}/{note}/withdrawal", {"reason": "重複"}, version=2)
    assert gone.json() == {"id": note, "version": 3}
    assert caller.get(notes).json()["items"] == []
    assert caller.get(f"{notes}/{note}").status_code == 404


@pytest.mark.parametrize(
    "username",
    [
        pytest.param("a-cm", marks=pytest.mark.accepts("IGP-53")),
        pytest.param("a-gh", marks=pytest.mark.accepts("IGP-54")),
        pytest.param("a-eng", marks=pytest.mark.accepts("IGP-55")),
    ],
)
def test_a_teacher_of_the_student_reads_edits_and_deletes_the_own_note(
    county: County, student: str, username: str
) -> None:
    lives_through(county, username, student)


@pytest.mark.accepts("IGP-56")
def test_an_ordinary_homeroom_teacher_reads_edits_and_deletes_the_own_note(
    county: County, ordinary: str
) -> None:
    lives_through(county, "a-hr", ordinary)


@pytest.mark.parametrize(
    ("author", "others"),
    [
        pytest.param("a-eng", ["a-cm", "a-gh"], marks=pytest.mark.accepts("IGP-57", "IGP-62")),
        pytest.param(
            "a-cm", ["a-eng", "a-gh", "a-math"], marks=pytest.mark.accepts("IGP-58", "IGP-62")
        ),
    ],
)
def test_a_note_is_to_others_the_same_as_one_that_never_was(
    county: County, student: str, author: str, others: list[str]
) -> None:
    notes = f"/students/{student}/notes"
    before = {other: county.caller(other).get(notes).content for other in others}
    note = county.caller(author).made(notes, NOTE)
    written = county.note_events(author)
    shared, logged = county.topics(), county.refusals()
    for other in others:
        assert county.caller(other).get(notes).content == before[other]
        for method, path, body in CALLS:
            asked = call(county, other, f"{notes}/{note}{path}", method, body)
            nothing = call(county, other, f"{notes}/{NOBODY}{path}", method, body)
            assert asked.status_code == 404
            assert (asked.content, asked.headers) == (nothing.content, nothing.headers)
        own = call(county, other, f"/me/notes/{note}", "GET", None)
        assert own.content == call(county, other, f"/me/notes/{NOBODY}", "GET", None).content
        many = county.caller(other).post("/notes/withdrawals", {"ids": [note], "reason": "重複"})
        assert many.status_code == 404
    assert county.note_events(author) == written
    assert (county.topics(), county.refusals()) == (shared, logged)


@pytest.mark.accepts("IGP-60", "IGP-61")
def test_school_office_and_authority_neither_see_nor_write_notes(
    county: County, student: str
) -> None:
    notes = f"/students/{student}/notes"
    without = {one: county.caller(one).get(notes).content for one in ("a-office", "eb")}
    note = county.a_cm.made(notes, NOTE)
    logged = county.refusals()
    for username in ("a-office", "eb"):
        caller = county.caller(username)
        assert caller.get(notes).status_code == 403
        assert caller.get(notes).content == without[username]
        refused = caller.post(notes, NOTE)
        assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")
        for method, path, body in CALLS:
            asked = call(county, username, f"{notes}/{note}{path}", method, body)
            nothing = call(county, username, f"{notes}/{NOBODY}{path}", method, body)
            assert asked.status_code == 404
            assert asked.content == nothing.content
        # What was refused stands in the asker's own ledger, and nowhere else.
        assert "counselling-note.refused.v1" in county.note_events(username)
        assert "counselling-note.recorded.v1" not in county.note_events(username)
    assert county.refusals() == logged
    # The student may not be seen by these, so they are told of none.
    county.teacher("a-pupil", roles=["student"])
    county.a_office.made(f"/students/{student}/student-account", {"account": "a-pupil"})
    assert county.a_pupil.get(f"/students/{student}/courses").status_code == 200
    for username in ("b-office", "org", "council", "a-pupil"):
        caller = county.caller(username)
        unknown = caller.get(f"/students/{NOBODY}/notes").content
        for path in (notes, f"{notes}/{note}"):
            shown = caller.get(path)
            assert (shown.status_code, shown.content) == (404, unknown)
        assert caller.post(notes, NOTE).status_code == 404
        assert "counselling-note.recorded.v1" not in county.note_events(username)


@pytest.mark.accepts("IGP-63")
def test_a_search_of_notes_finds_only_the_searchers_own(county: County, student: str) -> None:
    notes = f"/students/{student}/notes"
    made = {
        username: county.caller(username).made(notes, NOTE | {"purpose": f"適應 {username}"})
        for username in ("a-cm", "a-eng", "a-math")
    }
    county.a_cm.made(notes, NOTE | {"purpose": "升學", "content": "談志願"})
    for username, note in made.items():
        caller = county.caller(username)
        for path in (f"{notes}/search", "/me/notes/search"):
            found = caller.post(path, {"q": "適應"}).json()
            assert [one["id"] for one in found["items"]] == [note]
            assert found["next_cursor"] is None


@pytest.mark.accepts("IGP-129")
def test_a_saved_note_stands_in_its_authors_list_with_all_its_values(
    county: County, student: str
) -> None:
    notes = f"/students/{student}/notes"
    answer = county.a_cm.post(notes, NOTE)
    note = answer.json()["id"]
    assert answer.json() == {"id": note, "version": 1}
    assert answer.headers["ETag"] == '"1"'
    [listed] = county.a_cm.get(notes).json()["items"]
    assert listed == {
        "id": note,
        "version": 1,
        "student_id": student,
        "school_year": 112,
        "held_on": "2023-08-01",
        "purpose": "了解適應情形",
        "participants": ["王老師"],
        "recorder": "李老師",
        "content": "談到分組學習的壓力",
        "created_at": listed["created_at"],
        "updated_at": listed["created_at"],
    }
    assert listed["created_at"].startswith("2023-08-01T08:00:00.")
    assert listed["created_at"].endswith("+08:00")
    assert county.a_cm.get("/me/notes").json()["items"] == [listed]
    one = county.a_cm.get(f"/me/notes/{note}")
    assert (one.json(), one.headers["ETag"]) == (listed, '"1"')


@pytest.mark.accepts("IGP-130")
def test_deleting_two_of_three_own_notes_leaves_one_and_stores_two_events(
    county: County, student: str
) -> None:
    notes = f"/students/{student}/notes"
    made = [county.a_cm.made(notes, NOTE | {"purpose": f"第 {n} 次"}) for n in (1, 2, 3)]
    foreign = county.a_eng.made(notes, NOTE)
    spoiled = county.a_cm.post("/notes/withdrawals", {"ids": [made[0], foreign], "reason": "重複"})
    assert spoiled.status_code == 404
    unexplained = county.a_cm.post("/notes/withdrawals", {"ids": made[:2]})
    assert unexplained.json()["code"] == "reason-required"
    assert len(county.a_cm.get(notes).json()["items"]) == 3
    answer = county.a_cm.post("/notes/withdrawals", {"ids": made[:2], "reason": "重複"})
    assert answer.status_code == 200
    assert [one["id"] for one in county.a_cm.get(notes).json()["items"]] == [made[2]]
    assert county.note_events("a-cm").count("counselling-note.withdrawn.v1") == 2


@pytest.mark.accepts("IGP-130")
def test_own_notes_are_ticked_and_withdrawn_on_their_page(county: County, student: str) -> None:
    notes = f"/students/{student}/notes"
    made = [county.a_cm.made(notes, NOTE | {"purpose": f"第 {n} 次"}) for n in (1, 2, 3)]
    act, why = f"{notes}/withdrawals", ("reason", "重複")
    author = Visitor.of(county.client, "a-cm", PASSWORD)
    assert author.visit(notes).html.count('name="ids"') == 3
    for typed, told in (
        ([why], "勾選"),
        ([("ids", made[0])], "請說明修改或刪除的原因"),
    ):
        refused = author.post(act, typed)
        assert (refused.status_code, told in refused.text) == (422, True), told
    other = Visitor.of(county.client, "a-eng", PASSWORD)
    answers = [other.post(act, [("ids", one), why]) for one in (made[0], NOBODY)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    done = author.send(act, [*(("ids", one) for one in made[:2]), why])
    assert (done.path, "已刪除" in done.text) == (notes, True)
    assert [one["id"] for one in county.a_cm.get(notes).json()["items"]] == [made[2]]
    assert 'name="ids"' not in author.visit(notes).html


def test_who_lost_the_student_reads_own_notes_and_changes_none(
    county: County, student: str
) -> None:
    notes = f"/students/{student}/notes"
    note = county.a_cm.made(notes, NOTE)
    account = county.id_of("a-cm")
    end = f"/students/{student}/dispatches/{account}/end"
    assert county.a_office.post(end, {"reason": "調整"}, version=1).status_code == 200
    assert county.a_cm.get(f"/me/notes/{note}").json()["content"] == NOTE["content"]
    assert len(county.a_cm.get("/me/notes").json()["items"]) == 1
    assert county.a_cm.get(f"{notes}/{note}").status_code == 404
    changed = county.a_cm.put(f"{notes}/{note}", {"content": "改", "reason": "補"}, version=1)
    assert changed.status_code == 404
    many = county.a_cm.post("/notes/withdrawals", {"ids": [note], "reason": "重複"})
    assert many.status_code == 403


def test_a_note_whose_author_left_for_good_stays_shut_to_everybody(
    county: County, student: str
) -> None:
    """Nobody inherits it (IGP manual Q06, Q07): neither who follows nor who closed the account."""
    notes = f"/students/{student}/notes"
    note, author = county.a_cm.made(notes, NOTE), county.a_cm
    account = county.id_of("a-cm")
    version = county.a_office.get(f"/accounts/{account}").json()["version"]
    closing = county.a_office.post(
        f"/accounts/{account}/closing", {"reason": "離職"}, version=version
    )
    assert closing.status_code == 200, closing.text
    county.case_manager("a-cm2", student)
    assert (author.get(notes).status_code, author.get(f"/me/notes/{note}").status_code) == (
        401,
        401,
    )
    entered = county.client.post("/api/v1/token", data={"username": "a-cm", "password": PASSWORD})
    assert entered.status_code == 401
    for other in ("a-cm2", "a-gh", "a-eng", "a-office", "eb"):
        for method, path, body in CALLS:
            asked = call(county, other, f"{notes}/{note}{path}", method, body)
            nothing = call(county, other, f"{notes}/{NOBODY}{path}", method, body)
            assert asked.status_code in (403, 404)
            assert (asked.status_code, asked.content) == (nothing.status_code, nothing.content)
        listed = call(county, other, notes, "GET", None)
        assert NOTE["content"] not in listed.text
        assert note not in listed.text


def test_a_note_on_the_wrong_student_is_moved_by_two_events(
    county: County, student: str, ordinary: str
) -> None:
    notes = f"/students/{student}/notes"
    note = county.a_cm.made(notes, NOTE)
    out_of_reach = {"student_id": ordinary, "reason": "填錯學生"}
    assert county.a_cm.post(f"{notes}/{note}/moves", out_of_reach).status_code == 404
    county.a_office.made(f"/students/{ordinary}/dispatches", {"account": "a-cm"})
    moved = county.a_cm.post(f"{notes}/{note}/moves", out_of_reach)
    assert (moved.status_code, moved.json()["version"]) == (201, 1)
    assert county.a_cm.get(notes).json()["items"] == []
    [there] = county.a_cm.get(f"/students/{ordinary}/notes").json()["items"]
    assert (there["id"], there["content"]) == (moved.json()["id"], NOTE["content"])


def test_every_reading_of_notes_stands_in_the_readers_own_ledger(
    county: County, student: str
) -> None:
    notes = f"/students/{student}/notes"
    note = county.a_cm.made(notes, NOTE)
    reads = county.note_events("a-cm").count("counselling-note.read.v1")
    for path in (notes, f"{notes}/{note}", "/me/notes", f"/me/notes/{note}"):
        assert county.a_cm.get(path).status_code == 200
    assert county.note_events("a-cm").count("counselling-note.read.v1") == reads + 4
