"""A note leaves by its author's act alone; before it nothing shows that there is one."""

from typing import Any

import pytest

from tests.api.hearing import Hearing
from tests.api.serving import NOTE, County


@pytest.fixture
def hearing(county: County) -> Hearing:
    return Hearing(county)


def code(answer: Any) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("code")


def releases(hearing: Hearing, username: str = "reviewer") -> list[dict[str, Any]]:
    answer = hearing.county.caller(username).get(f"{hearing.path}/note-releases")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def test_the_author_looks_first_and_then_releases(hearing: Hearing) -> None:
    assert releases(hearing) == []
    path = f"{hearing.path}/note-releases/{hearing.note}"
    preview = hearing.author.get(path)
    assert (preview.status_code, preview.headers["ETag"]) == (200, '"0"')
    assert preview.json()["status"] == "not_released"
    assert preview.json()["note"]["content"] == NOTE["content"]
    assert releases(hearing) == []
    hearing.release()
    [shown] = releases(hearing)
    assert shown["note"]["content"] == NOTE["content"]
    assert shown["note"]["held_on"] == "2023-08-01"
    assert shown["author"]["name"] == "a-cm 老師"
    assert hearing.note not in hearing.reviewer.get(f"{hearing.path}/note-releases").text
    assert releases(hearing, "eb") == [shown]
    assert hearing.author.get(path).json()["status"] == "released"


def test_nobody_else_can_tell_whether_there_is_a_note(hearing: Hearing) -> None:
    nothing = "00000000-0000-4000-8000-000000000001"
    for username in ("eb", "reviewer", "a-office", "b-office", "org"):
        caller = hearing.county.caller(username)
        answers = [
            (
                caller.get(f"{hearing.path}/note-releases/{one}"),
                caller.post(f"{hearing.path}/note-releases", {"note_id": one}),
                caller.post(
                    f"{hearing.path}/note-releases/{one}/withdrawal", {"reason": "試"}, version=1
                ),
            )
            for one in (hearing.note, nothing)
        ]
        for real, missing in zip(*answers, strict=True):
            assert code(real) == (404, "not-found")
            assert real.content == missing.content
    # What the author does with a dispute that there is not is the same nothing.
    other = hearing.author.post(f"/disputes/{nothing}/note-releases", {"note_id": hearing.note})
    assert code(other) == (404, "not-found")
    assert "counselling-note.refused.v1" in hearing.county.note_events("a-cm")


def test_the_releases_come_in_pages_for_their_reader_alone(hearing: Hearing) -> None:
    hearing.release()
    hearing.note = hearing.author.made(f"/students/{hearing.student}/notes", NOTE)
    hearing.release()
    path = f"{hearing.path}/note-releases"
    first = hearing.reviewer.get(path, limit=1).json()
    second = hearing.reviewer.get(path, limit=1, cursor=first["next_cursor"]).json()
    assert second["next_cursor"] is None
    assert first["items"] + second["items"] == releases(hearing)
    assert len(releases(hearing)) == 2
    wrong = hearing.eb.get(path, cursor=first["next_cursor"])
    assert code(wrong) == (422, "cursor-not-valid")


def test_who_does_not_hear_the_dispute_sees_no_releases(hearing: Hearing) -> None:
    hearing.release()
    stranger = hearing.another_reviewer("reviewer-2")
    for caller in (stranger, hearing.county.b_office, hearing.county.org, hearing.author):
        assert code(caller.get(f"{hearing.path}/note-releases")) == (404, "not-found")
    # The school sees the dispute and not what a note said.
    [of_school] = releases(hearing, "a-office")
    assert of_school["note"] is None


def test_what_was_taken_back_is_nowhere_shown_again(hearing: Hearing) -> None:
    hearing.release()
    again = hearing.author.post(f"{hearing.path}/note-releases", {"note_id": hearing.note})
    assert code(again) == (409, "note-already-released")
    hearing.take_back()
    for username in ("reviewer", "eb"):
        [gone] = releases(hearing, username)
        assert (gone["taken_back"], gone["note"]) == (True, None)
        caller = hearing.county.caller(username)
        for path in (
            f"{hearing.path}/timeline",
            f"/students/{hearing.student}/history",
            f"/students/{hearing.student}/as-of?at=112.8.1",
        ):
            assert NOTE["content"] not in caller.get(path).text
    hearing.release()
    shown = releases(hearing)
    assert [one["taken_back"] for one in shown][-1] is False


def test_after_the_hearing_closed_it_stays_as_it_was_heard(hearing: Hearing) -> None:
    hearing.release()
    hearing.close()
    path = f"{hearing.path}/note-releases/{hearing.note}/withdrawal"
    late = hearing.author.post(path, {"reason": "反悔"}, version=1)
    assert code(late) == (409, "hearing-closed")
    [shown] = releases(hearing)
    assert shown["note"]["content"] == NOTE["content"]


def test_a_release_is_a_reading_of_nobody_elses_and_no_change_of_the_record(
    hearing: Hearing,
) -> None:
    before = hearing.county.a_office.get(f"/students/{hearing.student}/history").content
    hearing.release()
    assert hearing.county.a_office.get(f"/students/{hearing.student}/history").content == before
    body = hearing.county.said("note-release.made.v1")
    assert set(body["note_id"]) == {"#"}
    assert set(body["content"]) == {"#"}
