"""`igp import`: a folder of CSV files into the ledger, all of it or nothing."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path

import pytest

from api.importing.files import HEADERS, OPTIONAL, FolderMissing
from api.register import student_of_number
from api.sign_in import account_of_name
from domain import account, student
from domain.capacity import Capacity
from domain.event import Event
from domain.student import Sex
from igp.cli import run
from igp.composition import Running, build
from igp.demo.acts import COUNTY
from igp.importing.running import BadFolder, decided, recorded
from igp.settings import Settings
from igp.terminal import Failed

OFFICES = """\
code,name,kind,county,stage,parent
eb,教育局,authority,示範市,,
s1,第一國小,school,示範市,elementary,eb
s2,第二國小,school,示範市,elementary,eb
"""
PEOPLE = """\
username,name,organisation,roles,duties,teaching_category,subjects,homeroom_class,gifted_class,password
boss,主任,eb,authority_administrator,,,,,,password-1
office1,學務一,s1,school_administrator,,,,,,password-1
office2,學務二,s2,school_administrator,,,,,,password-1
teacher1,教師一,s1,teacher,個案管理;教學,資優教育,數學;自然科學,三年一班,no,password-1
teacher2,教師二,s2,teacher,個案管理,資優教育,數學,,,password-1
"""
PUPILS = """\
national_id,name,sex,birth_date,organisation,stage,grade,class
A123456789,王小明,male,104.2.17,s1,elementary,3,三年一班
A234567893,陳𠮷‧伊,女,民國104年5月6日,s2,elementary,4,
"""
RELATIONS = """\
kind,account,student_national_id,subject,school_year
case_manager_resource_class,teacher1,A123456789,,
case_manager_itinerant,teacher2,A123456789,,
teaching,teacher1,A123456789,數學,112
"""
GOOD = {
    "organisations.csv": OFFICES,
    "accounts.csv": PEOPLE,
    "students.csv": PUPILS,
    "relations.csv": RELATIONS,
}


def put(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def bring(running: Running, folder: Path) -> int:
    return recorded(running, decided(running, folder).register)


def everything(running: Running) -> list[tuple[str, Event]]:
    """Every event of `records` with its topic, in order."""
    with running.database.connect("projector") as connection:
        rows = connection.execute(
            "SELECT DISTINCT ON (stream_id) stream_id, position FROM books.records"
        ).fetchall()
    found = []
    for stream, _ in rows:
        for event in running.ledger.events(stream):
            found.append((event.TOPIC, event))
    return found


def mistakes(running: Running, folder: Path) -> list[tuple[str, int, str]]:
    with pytest.raises(BadFolder) as bad:
        decided(running, folder)
    return [(one.file, one.line, one.column) for one in bad.value.mistakes]


@pytest.fixture(scope="module")
def empty(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A ledger for folders that are only judged: nothing is ever recorded in it."""
    folder = tmp_path_factory.mktemp("empty")
    with build(Settings(mode="test", data_dir=folder, database_url=new_database())) as running:
        yield running


def test_a_folder_is_imported_by_the_offices_that_would_do_it_by_hand(
    running: Running, tmp_path: Path
) -> None:
    bring(running, put(tmp_path / "in", GOOD))
    ledger = running.ledger
    boss, office1, office2 = (
        account_of_name(ledger, name) for name in ("boss", "office1", "office2")
    )
    assert boss is not None
    acts = {
        topic: {(event.by, event.capacity) for t, event in everything(running) if t == topic}
        for topic, _ in everything(running)
    }
    assert acts["student.registered.v1"] == {
        (office1, Capacity.SCHOOL_ADMINISTRATOR),
        (office2, Capacity.SCHOOL_ADMINISTRATOR),
    }
    assert acts["teaching.assigned.v1"] == {(office1, Capacity.SCHOOL_ADMINISTRATOR)}
    assert acts["dispatch.made.v1"] == {
        (office1, Capacity.SCHOOL_ADMINISTRATOR),
        (boss, Capacity.AUTHORITY_ADMINISTRATOR),
    }
    imported = [event for topic, event in everything(running) if not topic.startswith("ledger.")]
    assert {event.reason for event in imported} == {"資料匯入"}
    assert len({event.correlation_id for event in imported}) == 1


def test_roc_dates_and_rare_characters_arrive_as_they_were_written(
    running: Running, tmp_path: Path
) -> None:
    bring(running, put(tmp_path / "in", GOOD))
    known = student_of_number(running.ledger, "A234567893")
    assert known is not None
    pupil = running.ledger.state(student.evolve, known)
    assert pupil is not None
    assert (pupil.name, pupil.sex, pupil.birth_date) == (
        "陳𠮷‧伊",
        Sex.FEMALE,
        date(2015, 5, 6),
    )
    teacher = running.ledger.state(account.evolve, account_of_name(running.ledger, "teacher1"))  # type: ignore[arg-type]
    assert teacher is not None
    assert teacher.duties == ("個案管理", "教學")
    assert teacher.homeroom is not None


def test_importing_again_records_nothing(running: Running, tmp_path: Path) -> None:
    folder = put(tmp_path / "in", GOOD)
    assert bring(running, folder) > 0
    before = len(everything(running))
    again = decided(running, folder)
    assert again.lines == []
    assert recorded(running, again.register) == 0
    assert len(everything(running)) == before


def test_importing_again_changes_only_what_differs(running: Running, tmp_path: Path) -> None:
    bring(running, put(tmp_path / "in", GOOD))
    files = {
        # A district may stand in a column of its own.
        "organisations.csv": OFFICES.replace("第二國小", "第二實驗國小")
        .replace("\n", ",\n")
        .replace("parent,", "parent,district")
        .replace("elementary,eb,\ns2", "elementary,eb,苓雅區\ns2"),
        "accounts.csv": PEOPLE.replace("教師二", "教師貳").replace(
            ",三年一班,no,", ",四年一班,yes,"
        ),
        "students.csv": PUPILS.replace("王小明", "王曉明").replace(
            "s2,elementary,4", "s1,elementary,5"
        ),
    }
    again = decided(running, put(tmp_path / "again", files))
    assert {(line.file, line.line, line.changed) for line in again.lines} == {
        ("organisations.csv", 3, ("district",)),
        ("organisations.csv", 4, ("name",)),
        ("accounts.csv", 5, ("homeroom_class",)),
        ("accounts.csv", 6, ("name",)),
        ("students.csv", 2, ("name",)),
        ("students.csv", 3, ("organisation", "stage", "grade", "class")),
    }
    recorded(running, again.register)
    moved = running.ledger.state(student.evolve, student_of_number(running.ledger, "A234567893"))  # type: ignore[arg-type]
    assert moved is not None
    assert moved.grade == 5


def test_an_empty_cell_changes_nothing_of_what_is_there(running: Running, tmp_path: Path) -> None:
    bring(running, put(tmp_path / "in", GOOD))
    emptied = PEOPLE.replace("個案管理;教學,資優教育,數學;自然科學,三年一班,no,password-1", ",,,,,")
    assert decided(running, put(tmp_path / "again", {"accounts.csv": emptied})).lines == []


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("organisations.csv", "s2,第二國小,school", "s2,第二國小,kindergarten", (4, "kind")),
        ("organisations.csv", "elementary,eb\ns2", "elementary,nowhere\ns2", (3, "parent")),
        ("organisations.csv", "elementary,eb\ns2", "elementary,s1\ns2", (3, "parent")),
        ("organisations.csv", "示範市,,", "示範市,,s1", (2, "parent")),
        ("organisations.csv", "s2,", "s1,", (4, "code")),
        ("organisations.csv", "s2,第二國小", "s 2,第二國小", (4, "code")),
        ("accounts.csv", "teacher2,教師二,s2", "teacher2,教師二,s9", (6, "organisation")),
        ("accounts.csv", "teacher2,", "Teacher1,", (6, "username")),
        ("accounts.csv", "s2,teacher,", "s2,headmaster,", (6, "roles")),
        ("accounts.csv", ",,,password-1\noffice1", ",,,short\noffice1", (2, "password")),
        ("accounts.csv", "三年一班,no", "三年一班,maybe", (5, "gifted_class")),
        ("accounts.csv", "三年一班,no", ",yes", (5, "homeroom_class")),
        ("students.csv", "A123456789", "A123456788", (2, "national_id")),
        ("students.csv", "104.2.17", "104.2.30", (2, "birth_date")),
        ("students.csv", "104.2.17", "2015/2/17", (2, "birth_date")),
        ("students.csv", "104.2.17", "114.2.17", (2, "birth_date")),
        ("students.csv", "elementary,3", "elementary,9", (2, "grade")),
        ("students.csv", "elementary,3", "elementary,三", (2, "grade")),
        ("students.csv", "104.2.17,s1", "104.2.17,eb", (2, "organisation")),
        ("students.csv", "王小明", "", (2, "name")),
        ("students.csv", "王小明", "王\u0007小明", (2, "")),
        ("students.csv", "王小明", '"王小明', (2, "")),
        ("students.csv", "三年一班", "三年一班,多的", (2, "")),
        ("students.csv", ",s2,elementary,4,", ",s2", (3, "")),
        ("students.csv", "stage,grade", "stage,年級", (1, "")),
        ("relations.csv", "teaching,teacher1", "teaching,nobody", (4, "account")),
        ("relations.csv", "teaching,teacher1", "teaching,office1", (4, "account")),
        ("relations.csv", "teaching,teacher1", "teaching,teacher2", (4, "account")),
        ("relations.csv", "A123456789,數學", "A187654328,數學", (4, "student_national_id")),
        ("relations.csv", "數學,112", ",112", (4, "subject")),
        ("relations.csv", "數學,112", "數學,next", (4, "school_year")),
    ],
)
def test_a_mistake_is_told_with_file_line_and_column_and_nothing_is_imported(
    empty: Running, tmp_path: Path, file: str, old: str, new: str, told: tuple[int, str]
) -> None:
    assert old in GOOD[file]
    folder = put(tmp_path / "in", GOOD | {file: GOOD[file].replace(old, new, 1)})
    assert (file, *told) in mistakes(empty, folder)
    assert not any(topic.startswith("account.") for topic, _ in everything(empty))


def test_a_file_may_turn_superiors_round_but_not_into_a_circle(
    running: Running, tmp_path: Path
) -> None:
    second = "第二國小,school,示範市,elementary"
    first = "第一國小,school,示範市,elementary"
    below = OFFICES.replace(f"{second},eb", f"{second},s1")
    bring(running, put(tmp_path / "in", GOOD | {"organisations.csv": below}))
    circle = below.replace(f"{first},eb", f"{first},s2")
    told = put(tmp_path / "circle", {"organisations.csv": circle})
    # The row that closes it is told; the other one stands as it was.
    assert mistakes(running, told) == [("organisations.csv", 3, "parent")]
    alone = "\n".join(circle.splitlines()[:3])
    told = put(tmp_path / "alone", {"organisations.csv": alone})
    assert mistakes(running, told) == [("organisations.csv", 3, "parent")]
    turned = circle.replace(f"{second},s1", f"{second},eb")
    again = decided(running, put(tmp_path / "turned", {"organisations.csv": turned}))
    changed = {line.line: line.changed for line in again.lines}
    assert changed == {3: ("parent",), 4: ("parent",)}


def test_one_round_shows_every_mistake_and_none_twice(empty: Running, tmp_path: Path) -> None:
    files = GOOD | {
        "students.csv": PUPILS.replace("104.2.17", "104.13.1").replace(
            "s2,elementary", "s9,elementary"
        ),
        "relations.csv": RELATIONS.replace("數學,112", "數學,"),
    }
    # The relations of the student whose date is wrong are not told as well.
    assert mistakes(empty, put(tmp_path / "in", files)) == [
        ("relations.csv", 4, "school_year"),
        ("students.csv", 2, "birth_date"),
        ("students.csv", 3, "organisation"),
    ]


@pytest.mark.parametrize(
    ("content", "line", "word"),
    [
        (PUPILS.encode("big5", "replace"), 2, "UTF-8"),
        (PUPILS.encode("utf-16"), 1, "UTF-8"),
        (b"", 1, "空的"),
        (PUPILS.encode()[:60] + b"\x00" + PUPILS.encode()[60:], 1, "控制字元"),
        (PUPILS.replace("王小明", "王" * 200_000).encode(), 2, "超過 131,072 字"),
        (PUPILS.replace(",", ";").encode(), 1, "以逗號分隔：national_id,name,"),
        (PUPILS.split("\n", 1)[1].encode(), 1, "以逗號分隔：national_id,name,"),
        (PUPILS.replace("class\n", "class,phone,\n").encode(), 1, "第 9、10 欄的名稱不認得"),
        (PUPILS.replace("王小明", '"王\n小明"').encode(), 2, "換行"),
        (PUPILS.replace("王小明", "王\u2028小明").encode(), 2, "換行"),
    ],
)
def test_a_file_that_is_no_csv_of_the_contract_is_refused_by_name(
    empty: Running, tmp_path: Path, content: bytes, line: int, word: str
) -> None:
    folder = put(tmp_path / "in", GOOD | {"students.csv": content})
    with pytest.raises(BadFolder) as bad:
        decided(empty, folder)
    told = bad.value.mistakes
    assert [(one.file, one.line) for one in told] == [("students.csv", line)]
    assert word in told[0].reason


def test_what_a_cell_holds_is_never_repeated(empty: Running, tmp_path: Path) -> None:
    rows = PUPILS.replace("A123456789", "A123456780").replace("王小明", "王\u0008小明")
    files = GOOD | {"students.csv": rows, "accounts.csv": PEOPLE.replace("password-1", "pass1")}
    with pytest.raises(BadFolder) as bad:
        decided(empty, put(tmp_path / "in", files))
    told = "".join(map(str, bad.value.mistakes))
    assert not any(secret in told for secret in ("A123456780", "小明", "pass1"))


def test_an_export_of_a_spreadsheet_with_bom_crlf_and_empty_lines_is_read(
    empty: Running, tmp_path: Path
) -> None:
    spreadsheet = ("\ufeff" + PUPILS + ",,,,,,,\n\n").replace("\n", "\r\n")
    quoted = spreadsheet.replace("王小明", '"王""小""明"')
    folder = put(tmp_path / "in", GOOD | {"students.csv": quoted})
    assert len(decided(empty, folder).lines) == 3 + 5 + 2 + 3


def test_a_missing_file_means_nothing_of_its_kind(empty: Running, tmp_path: Path) -> None:
    alone = put(tmp_path / "in", {"organisations.csv": OFFICES, "notes.csv": "a,b\n"})
    assert len(decided(empty, alone).lines) == 3
    with pytest.raises(FolderMissing):
        decided(empty, put(tmp_path / "nothing", {"other.csv": "a\n"}))
    with pytest.raises(FolderMissing):
        decided(empty, tmp_path / "nowhere")


def test_a_school_without_an_administrator_registers_no_students(
    empty: Running, tmp_path: Path
) -> None:
    nobody = PEOPLE.replace("office2,學務二,s2", "office2,學務二,s1")
    found = mistakes(empty, put(tmp_path / "in", GOOD | {"accounts.csv": nobody}))
    assert ("students.csv", 3, "organisation") in found


def test_what_cannot_change_of_an_account_is_told(running: Running, tmp_path: Path) -> None:
    bring(running, put(tmp_path / "in", GOOD))
    for old, new, column in (
        ("教師二,s2,", "教師二,s1,", "organisation"),
        ("s2,teacher,", "s2,teacher;reviewer,", "roles"),
    ):
        folder = put(tmp_path / column, {"accounts.csv": PEOPLE.replace(old, new)})
        assert mistakes(running, folder) == [("accounts.csv", 6, column)]


def test_an_import_that_meets_another_one_leaves_nothing(running: Running, tmp_path: Path) -> None:
    first = decided(running, put(tmp_path / "in", GOOD))
    second = decided(running, put(tmp_path / "in", GOOD))
    recorded(running, first.register)
    before = len(everything(running))
    with pytest.raises(Failed):
        recorded(running, second.register)
    assert len(everything(running)) == before


def test_the_command_says_what_it_would_do_and_then_does_it(
    commands: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = put(tmp_path / "in", GOOD)
    assert run(["import", str(folder), "--dry-run"]) == 0
    assert "students.csv 第 2 行：新增" in capsys.readouterr().out
    assert run(["import", str(folder)]) == 0
    assert "students.csv：新增 2、修改 0、不變 0" in capsys.readouterr().out
    assert run(["import", str(folder)]) == 0
    assert "students.csv：新增 0、修改 0、不變 2" in capsys.readouterr().out
    put(folder, {"students.csv": PUPILS.replace("104.2.17", "104.2.31")})
    assert run(["import", str(folder)]) == 2
    told = capsys.readouterr()
    assert "students.csv 第 2 行「birth_date」" in told.err
    assert "沒有匯入任何資料" in told.err


def test_the_demo_countys_files_have_the_contracts_headers() -> None:
    for folder in COUNTY.iterdir():
        for file in folder.iterdir():
            header = file.read_text(encoding="utf-8").splitlines()[0]
            columns = (*HEADERS[file.name], *OPTIONAL.get(file.name, ()))
            assert tuple(header.split(",")) == columns
