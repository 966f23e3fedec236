"""Every field of every section: what is kept over HTTP stands on its page, on that of the whole
plan, on the PDF and in the editable paper (IGP manual 3, 4.11). The fields are those of the forms,
so that a new one is tried the day it is born.
"""

import io
import re
import zipfile
from itertools import count
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest

from domain.labels import SECTIONS as NAMES
from domain.sections import SECTIONS
from tests.acceptance.plan_papers import YEAR, text_of
from tests.api.serving import NATIONAL_IDS, PASSWORD, Caller, County
from tests.visiting import Visitor

#: Under which path the entries of a section are kept; of the others a year or stage has one record.
ENTRIES = {"meeting": "meetings", "replacement": "replacements", "course_goal": "courses"}
#: Who writes a section where it is not the case manager.
TEACHERS = {"annual_goal": "a-eng", "course_goal": "a-eng"}
#: Ticks that are not read as their own names: a table has a column for each mark.
IN_COLUMNS = {"other_abilities": "其他"}
_DATE = re.compile(r"(?<!\d)(\d+)\.(\d+)\.(\d+)")


class Filled(NamedTuple):
    """Data of a section, and by the title of each field the words that a reader must find."""

    data: dict[str, Any]
    words: dict[str, str]


class Filler:
    """Fills forms with values that stand nowhere else."""

    def __init__(self, reader: Caller) -> None:
        self._reader = reader
        self._numbers = count(1)
        #: Who teaches and what met: their ids, and how they are called.
        self.teacher, self.meeting = ("", ""), ("", "")

    def fill(self, fields: list[dict[str, Any]]) -> Filled:
        filled = Filled({}, {})
        for one in fields:
            if one["kind"] == "rows":
                row = self.fill(one["fields"])
                filled.data[one["name"]] = [row.data]
                filled.words.update(
                    {f"{one['title']}的{name}": said for name, said in row.words.items()}
                )
            else:
                filled.data[one["name"]], filled.words[one["title"]] = self._made(one)
        return filled

    def _made(self, one: dict[str, Any]) -> tuple[Any, str]:
        number = next(self._numbers)
        word, day = f"記號{number:03d}", number % 28 + 1
        match one["kind"]:
            case "line" | "text":
                return word, word
            case "lines":
                return [word], word
            case "date":
                return f"112.3.{day}", f"112年3月{day}日"
            case "instant":
                return "2023-07-20T10:07:00+08:00", "10:07"
            case "number":
                return 4, "四年級"
            case "id":
                return self.meeting
            case "ids":
                return [self.teacher[0]], self.teacher[1]
            case "code":
                return (word, word) if one["free"] else self._choice(one)
            case "codes":
                code, label = self._choice(one)
                return [code], IN_COLUMNS.get(one["table"], label)
            case "marks":
                code, label = self._choice(one)
                return {code: "strength"}, label
            case "codes_by_area":
                table = self._table(one["table"])
                value = next(value for value in table["values"] if value["offered"])
                return {value["group"]: [value["code"]]}, value["label"]
            case "texts_by_area":
                return {self._choice(one)[0]: word}, word
        raise AssertionError(f"tell this test how a {one['kind']} is filled in")

    def _choice(self, one: dict[str, Any]) -> tuple[str, str]:
        if one["table"] is None:
            return one["options"][0]["code"], one["options"][0]["label"]
        for value in self._table(one["table"])["values"]:
            if value["offered"] and one["group"] in (None, value["group"]):
                return value["code"], value["label"]
        raise AssertionError(f"{one['table']} offers nothing")

    def _table(self, name: str) -> Any:
        return self._reader.get(f"/reference/{name}", stage="elementary").json()


@pytest.fixture
def student(county: County) -> str:
    student = county.student()
    county.case_manager("a-cm", student)
    county.subject_teacher("a-eng", student)
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[0], "school_year": YEAR})
    return student


def test_every_field_is_read_wherever_the_plan_is(county: County, student: str) -> None:
    filler = Filler(county.a_cm)
    words: dict[str, dict[str, str]] = {}
    filler.teacher = county.id_of("a-eng"), "a-eng 老師"
    for section in ("meeting", *(one for one in SECTIONS if one != "meeting")):
        writer = county.caller(TEACHERS.get(section, "a-cm"))
        form = writer.get(f"/sections/{section}/form").json()
        filled = filler.fill(form["fields"])
        words[section] = filled.words
        if section in ENTRIES:
            body = filled.data | {"school_year": YEAR}
            answer = writer.post(f"/students/{student}/{ENTRIES[section]}", body)
            assert answer.status_code == 201, f"{section}: {answer.text}"
            if section == "meeting":
                filler.meeting = answer.json()["id"], filled.data["topic"]
        else:
            path = f"/students/{student}/sections/{section}?school_year={YEAR}"
            version = writer.get(path).json().get("version", 0)
            # Which record it is stands beside the form.
            named = {"education_stage": "elementary"} if section == "transition" else {}
            body = {"data": named | filled.data, "confirmed": True, "reason": "填寫"}
            answer = writer.put(path, body, version=version)
            assert answer.status_code == 200, f"{section}: {answer.text}"
    of = f"/students/{student}"
    visitor = Visitor.of(county.client, "a-cm", PASSWORD)
    whole = _plain(visitor.visit(f"{of}/plan?school_year={YEAR}").text)
    pdf = _parts(text_of(_taken_out(county, of, "pdf")))
    with zipfile.ZipFile(io.BytesIO(_taken_out(county, of, "odt"))) as package:
        content = ElementTree.fromstring(package.read("content.xml"))
    odt = _parts("".join(content.itertext()))
    for section, wanted in words.items():
        page = f"{of}/{ENTRIES.get(section, f'sections/{section}')}?school_year={YEAR}"
        for where, text in (
            ("the page", _plain(visitor.visit(page).text)),
            ("the page of the plan", whole),
            ("the PDF", pdf[section]),
            ("the ODT", odt[section]),
        ):
            missing = {title for title, said in wanted.items() if _plain(said) not in text}
            assert not missing, f"{section} on {where}"


def _taken_out(county: County, of: str, format: str) -> bytes:
    answer = county.a_cm.get(f"{of}/plan", school_year=YEAR, format=format)
    assert answer.status_code == 200, answer.text
    return bytes(answer.content)


def _parts(text: str) -> dict[str, str]:
    """The text of a paper by its sections, which stand in their order."""
    plain, starts = _plain(text), [0]
    for code in SECTIONS:
        starts.append(plain.index(NAMES[code], starts[-1]))
    ends = [*starts[2:], len(plain)]
    return {
        code: plain[start:end] for code, start, end in zip(SECTIONS, starts[1:], ends, strict=True)
    }


def _plain(text: str) -> str:
    """Without blanks, and dates as a page writes them."""
    return _DATE.sub(r"\1年\2月\3日", "".join(text.split()))
