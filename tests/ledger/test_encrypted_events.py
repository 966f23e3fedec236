"""What an event says is open to the keys of its subject, in its place, and to nobody else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
import psycopg
import pytest

from domain.capacity import Capacity
from domain.counselling_note import (
    CounsellingNoteCorrected,
    CounsellingNoteRead,
    CounsellingNoteRecorded,
    ErasedNote,
)
from domain.event import ERASED, Event
from domain.placement import PlacementRecorded
from domain.student import StudentRegistered
from ledger.encryption import MARK, NotAuthentic, canonical
from ledger.ledger import Ledger
from ledger.mapper import Stored
from tests.events.examples import mapper
from tests.events.samples import sample
from tests.ledger.tailing import account
from tests.story import Story

CONTENT = {
    "school_year": 112,
    "held_on": date(2023, 7, 15),
    "purpose": "生活適應",
    "participants": ("林大同",),
    "recorder": "王小明",
    "content": "只有作者可以知道的談話內容",
}


@pytest.fixture
def story(ledger: Ledger) -> Story:
    return Story(ledger)


def placement(story: Story, student: UUID, **fields: Any) -> Event:
    """A placement that was not recorded yet."""
    content = {
        "school_year": 112,
        "area": "數學",
        "category": "acceleration",
        "target_year_grade": 5,
        "placement_grade": 6,
        "arrangement": "抽離式課程",
    }
    return story.event(PlacementRecorded, story.new_id(), student_id=student, **content | fields)


def note(story: Story, author: UUID, student: UUID, **fields: Any) -> Event:
    """A note that was not recorded yet."""
    return story.event(
        CounsellingNoteRecorded,
        story.new_id(),
        by=author,
        capacity=Capacity.CASE_MANAGER,
        student_id=student,
        **CONTENT | fields,
    )


def stored(ledger: Ledger, event: Event) -> Stored:
    return ledger.mapper.to_stored_event(event)


def destroy(ledger: Ledger, name: str) -> None:
    """Removes the key files whose names begin so."""
    folder: Path = ledger.keyring._folder
    gone = [path for path in folder.rglob("*.*") if path.name.startswith(name)]
    assert gone
    for path in gone:
        path.unlink()
    ledger.forget()


def changed_body(one: Stored, change: Callable[[dict[str, Any]], object]) -> Stored:
    body = orjson.loads(one.state)
    change(body)
    return replace(one, state=canonical(body))


# -- places


@pytest.mark.parametrize(
    "moved",
    [
        lambda one: replace(one, originator_id=uuid4()),
        lambda one: replace(one, originator_version=2),
        lambda one: replace(one, topic="placement.corrected.v1"),
        lambda one: replace(one, book="access"),
        lambda one: changed_body(one, lambda body: body.update(reason=body["arrangement"])),
        lambda one: changed_body(one, lambda body: body.update(event_id=str(uuid4()))),
        lambda one: changed_body(one, lambda body: body.update(commit="A" * 43)),
    ],
)
def test_a_field_opens_in_its_place_alone(
    ledger: Ledger, story: Story, moved: Callable[[Stored], Stored]
) -> None:
    student = story.student(story.organisation("ks-a"))
    one = stored(ledger, placement(story, student, reason="首次安置"))
    assert ledger.mapper.to_domain_event(one).reason == "首次安置"
    with pytest.raises(NotAuthentic):
        ledger.mapper.to_domain_event(moved(one))


def test_a_field_does_not_open_as_another_students(ledger: Ledger, story: Story) -> None:
    school = story.organisation("ks-a")
    one = stored(ledger, placement(story, story.student(school)))
    with pytest.raises(NotAuthentic):
        ledger.mapper.to_domain_event(replace(one, subject=story.student(school)))


@pytest.mark.parametrize(
    "moved",
    [
        lambda one: replace(one, originator_id=uuid4()),
        lambda one: replace(one, originator_version=2),
        lambda one: changed_body(one, lambda body: body.update(rest=body["head"])),
        lambda one: changed_body(one, lambda body: body.update(head=body["rest"])),
        lambda one: changed_body(one, lambda body: body.update(event_id=str(uuid4()))),
        lambda one: changed_body(one, lambda body: body["commit"].update(head="A" * 43)),
        lambda one: changed_body(one, lambda body: body["commit"].update(rest="A" * 43)),
    ],
)
def test_a_note_opens_in_its_place_alone(
    ledger: Ledger, story: Story, moved: Callable[[Stored], Stored]
) -> None:
    author = account(ledger)
    one = stored(ledger, note(story, author, story.student(story.organisation("ks-a"))))
    assert isinstance(ledger.mapper.to_domain_event(one), CounsellingNoteRecorded)
    with pytest.raises(NotAuthentic):
        ledger.mapper.to_domain_event(moved(one))


def test_a_note_does_not_open_in_another_authors_ledger(ledger: Ledger, story: Story) -> None:
    author, other = account(ledger), account(ledger)
    one = stored(ledger, note(story, author, story.student(story.organisation("ks-a"))))
    with pytest.raises(NotAuthentic):
        ledger.mapper.to_domain_event(replace(one, owner=other))


# -- what the holder of the database sees


def test_of_a_note_no_column_holds_student_kind_or_text(ledger: Ledger, story: Story) -> None:
    author, student = account(ledger), story.student(story.organisation("ks-a"))
    recorded = note(story, author, student, reason="第一次晤談")
    ledger.record(recorded)
    ledger.record(
        story.event(
            CounsellingNoteCorrected,
            recorded.originator_id,
            by=author,
            student_id=student,
            content="改寫",
        )
    )
    ledger.record(story.event(CounsellingNoteRead, story.new_id(), by=author, what="/me/notes"))
    with psycopg.connect(ledger.database.admin) as connection:
        rows = connection.execute("SELECT * FROM books.notes").fetchall()
        columns = connection.execute("SELECT topic, subject FROM books.notes").fetchall()
    assert set(columns) == {("note/1", "-")}
    held = b"\n".join(
        value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row
    )
    kinds = ("counselling", "recorded", "corrected", "capacity")
    texts = ("生活適應", "林大同", "王小明", "談話內容", "改寫", "第一次晤談", "/me/notes")
    for secret in (*kinds, *texts, "2023-07-15", str(student)):
        assert secret.encode() not in held, secret
    assert student.bytes not in held


def test_every_note_event_has_the_same_shape(ledger: Ledger, story: Story) -> None:
    author, student = account(ledger), story.student(story.organisation("ks-a"))
    events = [
        note(story, author, student),
        story.event(CounsellingNoteRead, story.new_id(), by=author, what="/me/notes"),
    ]
    bodies = [orjson.loads(stored(ledger, event).state) for event in events]
    assert all(set(body) == {"event_id", "commit", "head", "rest"} for body in bodies)


@pytest.mark.parametrize(
    "pair",
    [
        ({"sex": "male"}, {"sex": "female"}),
        ({"name": "王明"}, {"name": "歐陽建國"}),
        ({"national_id": "A123456789"}, {"national_id": "B223456781"}),
        ({"reason": None}, {"reason": "更正"}),
    ],
)
def test_the_length_of_a_body_tells_nothing_of_a_short_value(
    ledger: Ledger, story: Story, pair: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    content = {
        "national_id": "A123456789",
        "name": "林大同",
        "sex": "male",
        "birth_date": date(2013, 5, 6),
        "organisation_id": uuid4(),
        "stage": "elementary",
        "grade": 5,
        "class_name": "五年一班",
    }
    student = story.student(story.organisation("ks-a"))
    lengths = {
        len(
            stored(
                ledger,
                story.event(StudentRegistered, student, student_id=student, **content | given),
            ).state
        )
        for given in pair
    }
    assert len(lengths) == 1


def test_the_same_event_is_never_the_same_bytes_twice(ledger: Ledger, story: Story) -> None:
    """Each attempt has an id of its own, and so a key and nonces of its own."""
    event = placement(story, story.student(story.organisation("ks-a")))
    bodies = [orjson.loads(stored(ledger, event).state) for _ in range(50)]
    for name in ("event_id", "commit"):
        assert len({body[name] for body in bodies}) == len(bodies)
    assert len({body["arrangement"][MARK][:16] for body in bodies}) == len(bodies)


def test_an_event_whose_key_is_not_on_the_disk_is_not_recorded(
    ledger: Ledger, story: Story
) -> None:
    with pytest.raises(LookupError):
        ledger.record(placement(story, uuid4()))
    with pytest.raises(LookupError):
        ledger.record(note(story, account(ledger), uuid4()))


# -- erasure


def test_without_the_record_key_codes_stay_and_texts_are_erased(
    ledger: Ledger, story: Story
) -> None:
    student = story.student(story.organisation("ks-a"))
    event = placement(story, student, reason="首次安置")
    ledger.record(event)
    destroy(ledger, f"{student}.record")
    [read] = ledger.events(event.originator_id)
    assert isinstance(read, PlacementRecorded)
    assert (read.arrangement, read.reason) == (ERASED, ERASED)
    assert (read.area, read.placement_grade, read.student_id) == ("數學", 6, student)
    assert str(ERASED) == "已依法刪除"


def test_without_the_students_note_key_all_notes_about_that_student_are_gone(
    ledger: Ledger, story: Story
) -> None:
    school = story.organisation("ks-a")
    student, other = story.student(school), story.student(school)
    authors = [account(ledger), account(ledger)]
    gone = [note(story, author, student) for author in authors]
    kept = [note(story, author, other) for author in authors]
    reads = [
        story.event(CounsellingNoteRead, story.new_id(), by=author, what="/me/notes")
        for author in authors
    ]
    for event in (*gone, *kept, *reads):
        ledger.record(event)
    destroy(ledger, f"{student}.note")
    for event in gone:
        [read] = ledger.events(event.originator_id, owner=event.by)
        assert isinstance(read, ErasedNote)
        assert (read.by, read.student_id) == (event.by, student)
    for event in (*kept, *reads):
        [read] = ledger.events(event.originator_id, owner=event.by)
        assert dict(read.changed()) == dict(event.changed())


def test_without_the_authors_key_not_even_the_student_is_known(
    ledger: Ledger, story: Story
) -> None:
    author = account(ledger)
    event = note(story, author, story.student(story.organisation("ks-a")))
    ledger.record(event)
    destroy(ledger, f"{author}.author")
    [read] = ledger.events(event.originator_id, owner=author)
    assert isinstance(read, ErasedNote)
    assert (read.by, read.student_id) == (author, None)


def test_every_head_of_a_note_has_one_length(tmp_path: Path) -> None:
    note = sample(CounsellingNoteRecorded)
    reading = CounsellingNoteRead(
        originator_id=note.originator_id,
        originator_version=1,
        by=note.by,
        capacity=note.capacity,
        what="notes",
    )
    stored = [mapper(tmp_path).to_stored_event(event) for event in (note, reading)]
    assert len({len(orjson.loads(one.state)["head"]["#"]) for one in stored}) == 1
