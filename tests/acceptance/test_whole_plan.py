"""The whole plan: as data for who may view it, as a paper for who may take it out."""

import hashlib
import io
import zipfile
from concurrent.futures import Future
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import pikepdf
import pytest

from api.plan_items import WholePlan
from api.plan_source import source_of
from domain.labels import SECTIONS as NAMES
from domain.sections import SECTIONS
from igp.sealing import seal_now
from ledger.errors import LedgerUnavailable
from projections import directory
from replay.plan_at import newest, plan_at
from tests.acceptance.plan_papers import YEAR, access_events, text_of
from tests.api.serving import NATIONAL_IDS, NOTE, County
from tests.plan_told import PlanStory

OWN_NOTE = "只有個管教師自己知道的話"
TEACHERS_NOTE = "只有任課教師自己知道的話"


@pytest.fixture
def student(county: County) -> str:
    """A student of `a-cm` whom `a-eng` teaches, with a plan for 112 and something everywhere."""
    student = county.student()
    county.case_manager("a-cm", student)
    county.subject_teacher("a-eng", student)
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[0], "school_year": YEAR})
    story = told(county, student)
    teacher = UUID(county.id_of("a-eng"))
    story.everything(teacher=teacher)
    settle(county, story)
    return student


def told(county: County, student: str) -> PlanStory:
    return PlanStory(county.house.ledger, UUID(student), UUID(county.id_of("a-cm")), YEAR)


def settle(county: County, story: PlanStory) -> None:
    assert story.last is not None
    assert county.house.waiting.passed(story.last.position)


def path(student: str) -> str:
    return f"/students/{student}/plan"


def exported(county: County, student: str, who: str = "a-cm", **more: Any) -> Any:
    asked = {"school_year": YEAR, "format": "pdf"} | more
    answer = county.caller(who).get(path(student), **asked)
    assert answer.status_code == 200, answer.text
    return answer


def headings(pdf: bytes) -> list[str]:
    """The names of sections in the order in which the paper has them."""
    text = text_of(pdf)
    places = {name: text.index(NAMES[name]) for name in SECTIONS if NAMES[name] in text}
    return sorted(places, key=lambda name: places[name])


@pytest.mark.accepts("IGP-65")
def test_the_school_sees_every_section_of_its_students_plan(county: County, student: str) -> None:
    shown = county.a_office.get(path(student), school_year=YEAR)
    assert shown.status_code == 200, shown.text
    plan = shown.json()
    assert [one["section"] for one in plan["sections"]] == list(SECTIONS)
    assert all(one["records"] for one in plan["sections"])
    assert plan["student"]["name"] == "陳小明"
    awards = next(one for one in plan["sections"] if one["section"] == "awards")
    (record,) = awards["records"]
    assert [row["prize"] for row in record["data"]["awards"]] == ["特優", "特優"]
    assert record["updated_by"]["name"] == "a-cm 老師"
    assert [one["name"] for one in plan["people"]] == ["a-eng 老師"]


@pytest.mark.accepts("IGP-59")
def test_the_whole_plan_is_the_same_with_and_without_notes(county: County, student: str) -> None:
    before = {who: county.caller(who).get(path(student), school_year=YEAR) for who in READERS}
    for who, words in (("a-cm", OWN_NOTE), ("a-eng", TEACHERS_NOTE)):
        county.caller(who).made(f"/students/{student}/notes", NOTE | {"content": words})
    for who, first in before.items():
        assert county.caller(who).get(path(student), school_year=YEAR).content == first.content
    assert "counselling_note" not in before["a-office"].text
    assert NAMES["counselling_note"] not in before["a-office"].text


READERS = ("a-office", "a-cm", "a-eng")


def test_the_plan_has_the_form_that_is_documented(county: County, student: str) -> None:
    shown = county.a_office.get(path(student), school_year=YEAR).json()
    assert WholePlan.model_validate(shown).model_dump(mode="json") == shown


def test_opening_the_whole_plan_is_one_reading(county: County, student: str) -> None:
    before = len(access_events(county, "access.read.v2"))
    county.a_office.get(path(student), school_year=YEAR)
    (reading,) = access_events(county, "access.read.v2")[before:]
    assert (reading["what"], reading["subjects"]) == ("plan", [student])
    assert (reading["by"], reading["capacity"]) == (county.id_of("a-office"), "SA")


def test_a_plan_whose_reading_cannot_be_recorded_is_not_shown(
    county: County, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed: Future[None] = Future()
    failed.set_exception(LedgerUnavailable())
    monkeypatch.setattr(county.house.access, "begin", lambda event: failed)
    for asked in ({}, {"format": "pdf"}):
        refused = county.a_cm.get(path(student), school_year=YEAR, **asked)
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
        assert "陳小明" not in refused.text


def test_a_plan_out_of_reach_is_not_there(county: County, student: str) -> None:
    nobody = county.a_cm.get(path("00000000-0000-4000-8000-000000000001"))
    for who in ("eb", "b-office", "org", "council"):
        for asked in ({}, {"format": "pdf"}, {"format": "pdf", "own_notes": "true"}):
            refused = county.caller(who).get(path(student), **asked)
            assert (refused.status_code, refused.content) == (404, nobody.content)


@pytest.mark.accepts("IGP-73")
def test_a_student_neither_opens_the_whole_plan_nor_takes_it_out(
    county: County, student: str
) -> None:
    county.teacher("a-pupil", roles=["student"])
    county.a_office.made(f"/students/{student}/student-account", {"account": "a-pupil"})
    for asked in ({}, {"format": "pdf"}, {"format": "odt", "own_notes": "true"}):
        assert county.a_pupil.get(path(student), **asked).status_code == 404


def test_a_subject_teacher_sees_of_courses_only_those_that_are_opened(
    county: County, student: str
) -> None:
    county.subject_teacher("a-sci", student)
    for who, courses in (("a-eng", 1), ("a-sci", 0)):
        plan = county.caller(who).get(path(student), school_year=YEAR).json()
        shown = {one["section"]: len(one["records"]) for one in plan["sections"]}
        assert list(shown) == list(SECTIONS)
        assert (shown["awards"], shown["course_goal"]) == (1, courses)


def test_another_year_shows_stages_alone(county: County, student: str) -> None:
    plan = county.a_cm.get(path(student), school_year=111).json()
    filled = [one["section"] for one in plan["sections"] if one["records"]]
    assert filled == ["transition", "identification", "career_interest", "awards"]
    refused = county.a_cm.get(path(student), school_year=111, format="pdf")
    assert (refused.status_code, refused.json()["code"]) == (409, "school-year-not-open")


def test_a_withdrawn_record_leaves_the_plan(county: County, student: str) -> None:
    story = told(county, student)
    meeting = story.meeting(topic="取消的會議")
    settle(county, story)
    assert "取消的會議" in county.a_cm.get(path(student), school_year=YEAR).text
    story.withdraw("meeting", meeting)
    settle(county, story)
    assert "取消的會議" not in county.a_cm.get(path(student), school_year=YEAR).text


# -- the paper


@pytest.mark.accepts("IGP-135")
def test_the_paper_holds_every_section_in_order_and_can_be_printed(
    county: County, student: str
) -> None:
    answer = exported(county, student)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert headings(answer.content) == list(SECTIONS)
    text = text_of(answer.content)
    for piece in (
        "陳小明",
        "縣市科學展覽",
        "加深加廣數學課程",
        "a-eng老師",
        "尚未封存",
        "決議加深",
    ):
        assert piece in text
    with pikepdf.open(io.BytesIO(answer.content)) as pdf, pdf.open_metadata() as about:
        assert pdf.Root.MarkInfo.Marked
        assert (about["pdfaid:part"], about["pdfaid:conformance"]) == ("2", "A")
        assert about["pdfuaid:part"] == "1"


def test_the_paper_says_whether_all_of_it_is_sealed(county: County, student: str) -> None:
    seal_now(county.house.ledger)
    sealed = exported(county, student)
    assert "已封存（112.8.1" in text_of(sealed.content)
    again = exported(county, student, as_of=sealed.headers["Igp-As-Of"])
    assert again.content == sealed.content


@pytest.mark.accepts("IGP-135")
def test_the_editable_paper_says_the_same(county: County, student: str) -> None:
    answer = exported(county, student, format="odt")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as package:
        assert package.read("mimetype") == answer.headers["content-type"].encode()
        content = ElementTree.fromstring(package.read("content.xml"))
    said = "".join(content.itertext())
    assert all(NAMES[name] in said for name in SECTIONS)
    assert "加深加廣數學課程" in said


@pytest.mark.accepts("IGP-74")
@pytest.mark.accepts("IGP-64")
@pytest.mark.parametrize("who", ["a-eng", "a-hr", "a-office"])
@pytest.mark.parametrize("own", ["false", "true"])
def test_nobody_but_case_manager_and_gifted_homeroom_takes_the_plan_out(
    county: County, student: str, who: str, own: str
) -> None:
    if who == "a-hr":
        activate_homeroom(county, gifted=False)
    for format in ("pdf", "odt"):
        refused = county.caller(who).get(
            path(student), school_year=YEAR, format=format, own_notes=own
        )
        assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")
    refusals = access_events(county, "access.refused.v2")
    assert len(refusals) == (2 if own == "false" else 0)


@pytest.mark.accepts("IGP-135")
def test_the_homeroom_teacher_of_the_gifted_class_takes_the_plan_out(
    county: County, student: str
) -> None:
    activate_homeroom(county, gifted=True)
    assert headings(exported(county, student, "a-hr").content) == list(SECTIONS)


@pytest.mark.accepts("IGP-136")
def test_a_paper_holds_no_notes_unless_the_exporters_own_are_asked_for(
    county: County, student: str
) -> None:
    for who, words in (("a-cm", OWN_NOTE), ("a-eng", TEACHERS_NOTE)):
        county.caller(who).made(f"/students/{student}/notes", NOTE | {"content": words})
    plain = text_of(exported(county, student).content)
    assert OWN_NOTE not in plain
    assert TEACHERS_NOTE not in plain
    assert NAMES["counselling_note"] not in plain
    before = len(access_events(county, "access.exported.v3"))
    own = exported(county, student, own_notes="true")
    text = text_of(own.content)
    assert OWN_NOTE in text
    assert TEACHERS_NOTE not in text
    # The export with notes stands in the exporter's own ledger and nowhere else.
    assert len(access_events(county, "access.exported.v3")) == before
    assert county.note_events("a-cm")[-1] == "counselling-note.exported.v1"
    note = county.a_cm.get(f"/students/{student}/notes").json()["items"][0]["id"]
    done = county.a_cm.put(
        f"/students/{student}/notes/{note}", {"content": "改寫", "reason": "補充"}, version=1
    )
    assert done.status_code == 200, done.text
    again = exported(county, student, own_notes="true", as_of=own.headers["igp-as-of"])
    assert again.content == own.content
    assert OWN_NOTE not in text_of(exported(county, student, own_notes="true").content)


@pytest.mark.accepts("IGP-137")
@pytest.mark.parametrize("format", ["pdf", "odt"])
def test_an_export_says_what_it_was_and_is_made_again_to_the_byte(
    county: County, student: str, format: str
) -> None:
    first = exported(county, student, format=format)
    (event,) = access_events(county, "access.exported.v3")
    assert event["by"] == county.id_of("a-cm")
    assert event["subjects"] == [student]
    assert event["sections"] == list(SECTIONS)
    assert event["school_year"] == YEAR
    assert event["digest"] == hashlib.sha256(first.content).hexdigest()
    with county.house.ledger.database.connect("projector") as connection:
        assert event["as_of"] == newest(connection)
    # Whatever is recorded meanwhile, and however late it is asked for.
    story = told(county, student)
    story.meeting(topic="後來的會議")
    settle(county, story)
    county.a_office.post(
        f"/directory/students/{student}/class-changes", {"class_name": "五年乙班"}, version=1
    )
    again = exported(county, student, format=format, as_of=first.headers["igp-as-of"])
    assert again.content == first.content
    assert again.headers["igp-as-of"] == first.headers["igp-as-of"]
    later = exported(county, student, format=format)
    assert later.content != first.content
    digests = [one["digest"] for one in access_events(county, "access.exported.v3")]
    assert digests[0] == digests[1] != digests[2]


def test_what_was_erased_since_is_not_made_again_in_other_words(
    county: County, student: str
) -> None:
    token = exported(county, student).headers["igp-as-of"]
    keyring = county.house.ledger.keyring
    with pytest.MonkeyPatch.context() as patch:
        kept = keyring.key
        gone = {("student.record", UUID(student))}
        patch.setattr(keyring, "key", lambda *asked: None if asked in gone else kept(*asked))
        refused = county.a_cm.get(path(student), school_year=YEAR, format="pdf", as_of=token)
        assert (refused.status_code, refused.json()["code"]) == (409, "report-terms-changed")
        assert "已依法刪除" in text_of(exported(county, student).content)
    assert exported(county, student, as_of=token).status_code == 200


def test_a_token_is_of_one_exporter_one_student_and_one_year(county: County, student: str) -> None:
    token = exported(county, student).headers["igp-as-of"]
    for more, status, code in (
        ({"as_of": token, "school_year": 111}, 409, "report-terms-changed"),
        ({"as_of": token, "own_notes": "true"}, 409, "report-terms-changed"),
        ({"as_of": token[:-4] + "AAAA"}, 422, "not-valid"),
    ):
        refused = county.a_cm.get(path(student), **{"school_year": YEAR, "format": "pdf"} | more)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    activate_homeroom(county, gifted=True)
    foreign = county.a_hr.get(path(student), school_year=YEAR, format="pdf", as_of=token)
    assert foreign.status_code == 422
    for more in ({"own_notes": "true"}, {"as_of": token}):
        refused = county.a_cm.get(path(student), **more)
        assert (refused.status_code, refused.json()["code"]) == (422, "needs-format")


def test_the_books_at_their_newest_position_say_what_the_views_show(
    county: County, student: str
) -> None:
    moved, empty = county.student(number=1), county.student(number=2)
    for one in (moved, empty):
        county.a_office.made(f"/students/{one}/dispatches", {"account": county.id_of("a-cm")})
    story = told(county, moved)
    story.everything()
    settle(county, story)
    done = county.a_office.post(
        f"/directory/students/{moved}/transfers", {"organisation": "ks-b", "grade": 5}, version=1
    )
    assert done.status_code == 200, done.text
    story.meeting(topic="轉學後的會議")
    story.withdraw("meeting", story.meeting())
    settle(county, story)
    compared = []
    for who in ("a-cm", "a-eng", "a-office", "b-office"):
        viewer = county.viewer(who)
        for one in map(UUID, (student, moved, empty)):
            with viewer.looking(county.house) as connection:
                card = directory.student(connection, one)
                if card is None:
                    continue
                shown = source_of(connection, card)
            with county.house.ledger.database.connect("projector") as books:
                assert plan_at(books, one, newest(books), viewer.audiences) == shown
            compared.append((who, str(one), len(shown.records)))
    records = {(who, one): count for who, one, count in compared}
    assert records["a-office", student] == len(SECTIONS)
    # What was handed over with the student, and what came after.
    assert records["b-office", moved] == len(SECTIONS) + 1
    assert ("a-office", moved) not in records
    assert records["a-office", empty] == 0


def activate_homeroom(county: County, *, gifted: bool) -> None:
    """`a-hr` leads the student's class from now on."""
    county.teacher("a-hr", homeroom_class="四年甲班", gifted_class=gifted)
