"""Nothing that a person typed can be read in the database's files or in a log (design D11).

A county of its own, on a server of its own, is told recognisable secrets in every way the API
takes them, refused ones included. Then every byte the server and the program left is searched.
"""

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog

from igp import logs
from igp.embedded import Server
from tests.api.serving import NOTE, PASSWORD, PLACEMENT, County, serving
from tests.database import copied, make_template, opened, running_server
from tests.raw_files import files_below, forms, found
from tests.uploads import pdf, upload

#: What nobody may read. Numbers are valid ones of nobody.
SECRETS = {
    "the usual password": PASSWORD,
    "username": "zyxv-mowgli-7719",
    "account name": "鱷魚𠮷襠",
    "password": "Xq7-mangrove-ptarmigan",
    "new password": "Xq7-second-axolotl",
    "wrong password": "Xq7-mistyped-quokka",
    "student name": "巴奈‧齉龘",
    "corrected name": "巴奈‧黌鬱",
    "national id": "Q197204865",
    "corrected national id": "Q297204885",
    "refused national id": "U197204850",
    "birth date": "2012-11-29",
    "birth date as typed": "101.11.29",
    "reason of a correction": "戶籍謄本齾誤",
    "purpose": "了解鑾輿事件",
    "participant": "籲天師",
    "recorder": "驫飛鳥",
    "note": "談到爨下的祕密",
    "corrected note": "改談灩澦的祕密",
    "reason of a corrected note": "因癵補記",
    "reason of a withdrawn note": "因齉撤銷",
    "participant option": "爩講師",
    "removed participant option": "虋輔導員",
    "reason of a removed participant option": "因靐離校",
    "draft": "麤草未完",
    "draft key": "wombat-draft-key-5521",
    "deleted draft": "鸞鳳草稿",
    "arrangement": "隨讞班上課",
    "corrected arrangement": "隨鑿班上課",
    "reason of a corrected placement": "因靉更動",
    "reason of a withdrawn placement": "因靆撤銷",
    "family's reason": "因爨遷居",
    "new arrangement": "留讟班上課",
    "reason of a withdrawn request": "因齲作罷",
    "reason of an end": "因龕調任",
    "address": "齾灣路八號",
    "family member": "陳鱲明",
    "removed family member": "林鱺美",
    "employer": "鸀行示範公司",
    "reason of a section": "因鑱誤填",
    "identification test": "韡氏量表",
    "test result": "百分等級龘九",
    "award": "齇展特優",
    "other interest": "養鱷魚",
    "other ability": "讙譁知覺",
    "recommendation": "宜加鑽研籀文",
    "refused recommendation": "宜鬱金香",
    "annual goal": "鑄鼎獨立研究",
    "withdrawn goal's reason": "因钁重訂",
    "course name": "靉靆專題",
    "learning performance": "能觀鸛鷺",
    "adjusted performance": "能析鸛鷺",
    "assessment result": "已達鑾鈴",
    "name of a template": "靉靆範本",
    "new name of a template": "鸛鷺範本",
    "reason of a template": "因靨更名",
    "topic of a meeting": "鬩牆會議",
    "content of a meeting": "議決鬮字",
    "meeting's participant": "鱣堂師",
    "assessed needs": "需鑿壁",
    "outcome of a re-placement": "改隸讜論班",
    "name of a file": "鸜鵒計畫書",
    "content of a file": "axolotl-plan-file-5523",
    "content of a refused file": "axolotl-refused-file-5524",
    "reason of a removed file": "因黷重傳",
    "idempotency key of a placement": "narwhal-key-88123",
    "idempotency key of a note": "narwhal-key-88124",
    "idempotency key of a report": "narwhal-key-88125",
    "word that was searched": "齉龘",
    "word in a query string": "tapir-query-4410",
    "word in a path": "tapir-path-4411",
    "malformed body": "tapir-body-4412",
    "unknown field": "tapir_field_4413",
    "nonsense token": "igp_tapirtoken4414",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("readable")


@pytest.fixture(scope="module")
def own_server(place: Path) -> Iterator[Server]:
    """A server in whose files nothing stands that other tests recorded."""
    with running_server(place / "server") as server:
        yield server


@pytest.mark.timeout(300)
def test_no_secret_stands_in_a_file_of_the_database_or_in_a_log(
    own_server: Server, place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log, keys = place / "igp.log", place / "keys"
    template = make_template(own_server, "readable", place / "template")
    (place / "begun").touch()
    begun = (place / "begun").stat().st_mtime - 1
    folders = (own_server.data_dir, place / "server", keys, log)
    with ExitStack() as stack:
        administrator = stack.enter_context(psycopg.connect(template.admin, autocommit=True))
        database = stack.enter_context(copied(template, administrator))
        ledger = stack.enter_context(opened(template, database, keys, size=4))
        with logging_to(log), serving(ledger) as county:
            tokens = tell(county)
        printed = place / "printed"
        printed.write_text("".join(capfd.readouterr()))
        with psycopg.connect(database.admin, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
            files = files_below(*folders, printed, since=begun)
            secrets = SECRETS | {f"token {n}": token for n, token in enumerate(tokens)}
            assert found(secrets, files) == []
            # What was looked for would have been found: the code of an area is no secret, and a
            # secret that somebody wrote beside the books is one.
            assert (
                len(found({"area": '"area": "英語"', "area in a body": '"area":"英語"'}, files)) > 1
            )
            assert '"route":"/students/{student_id}/placements"' in log.read_text()
            connection.execute("CREATE TABLE plain (said text)")
            connection.execute("INSERT INTO plain VALUES (%s)", (SECRETS["note"],))
            connection.execute("CHECKPOINT")
            plain = found({"note": SECRETS["note"]}, files_below(*folders, since=begun))
            assert len(plain) > 1, "in the table and in what was written ahead"


def test_the_search_finds_each_form(tmp_path: Path) -> None:
    for name, text in SECRETS.items():
        for form, needle in forms(text).items():
            file = tmp_path / "file"
            file.write_bytes(b"\x00x" + needle + b"y\xff")
            assert any(line.startswith(f"{name} as") for line in found({name: text}, [file])), form
    assert forms("𠮷a")["json"] == rb"\ud842\udfb7a"


class Telling(dict[str, str]):
    """The secrets, and which of them were told: the absence of another would prove nothing."""

    def __init__(self) -> None:
        super().__init__(SECRETS)
        self.told = {"the usual password"}

    def __getitem__(self, name: str) -> str:
        self.told.add(name)
        return super().__getitem__(name)


def tell(county: County) -> list[str]:
    """Says every secret in every way the API takes it; returns the tokens that were given out."""
    say = Telling()
    _people(county, say)
    _refused(county, say)
    student = _student(county, say)
    account = county.case_manager("a-cm", student)
    _notes(county, say, student)
    _drafts(county, say)
    _placements(county, say, student)
    _sections(county, say, student)
    _entries(county, say, student)
    _reports(county, say, student)
    ended = {"reason": say["reason of an end"]}
    path = f"/students/{student}/dispatches/{account}/end"
    assert county.a_office.post(path, ended, version=1).status_code == 200
    assert say.told == set(SECRETS)
    return [
        caller.headers["Authorization"].removeprefix("Bearer ")
        for caller in (county.a_office, county.a_cm, county.eb)
    ]


def _people(county: County, say: Telling) -> None:
    person = {
        "username": say["username"],
        "name": say["account name"],
        "organisation": "ks-a",
        "roles": ["teacher"],
        "duties": ["專任"],
        "teaching_category": "資優",
        "subjects": ["英語"],
        "password": say["password"],
    }
    county.a_office.made("/accounts", person)
    assert county.a_office.post("/accounts", person).status_code == 409
    signed_in = county.sign_in(say["username"], say["password"])
    assert signed_in.status_code == 200
    assert county.sign_in(say["username"], say["wrong password"]).status_code == 401
    change = {"current_password": say["password"], "new_password": say["new password"]}
    headers = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
    changed = county.client.post("/api/v1/me/password", headers=headers, json=change)
    assert changed.status_code == 204
    assert county.sign_in(say["username"], say["new password"]).status_code == 200


def _refused(county: County, say: Telling) -> None:
    """What is refused is forgotten as well."""
    office = county.a_office
    token = {"Authorization": f"Bearer {say['nonsense token']}"}
    assert county.client.get("/api/v1/me", headers=token).status_code == 401
    query = {"organisation": say["word in a query string"]}
    assert office.get("/students", **query).status_code == 422
    assert office.get(f"/students/{say['word in a path']}").status_code == 404
    assert office.get(f"/{say['word in a path']}").status_code == 404
    for content in (
        b'{"q": "' + say["malformed body"].encode(),
        b'{"q": "\\u0000' + say["malformed body"].encode() + b'"}',
        b'{"q": "x", "' + say["unknown field"].encode() + b'": 1}',
    ):
        answer = county.client.post(
            "/api/v1/students/search", headers=office.headers, content=content
        )
        assert answer.status_code == 422


def _student(county: County, say: Telling) -> str:
    office = county.a_office
    entry: dict[str, Any] = {
        "national_id": say["national id"],
        "name": say["student name"],
        "birth_date": say["birth date as typed"],
    }
    student = county.student(**entry)
    again = {"sex": "male", "grade": 4, "organisation": "ks-a"}
    assert office.post("/directory/students", entry | again).status_code == 409
    change = {
        "name": say["corrected name"],
        "national_id": say["corrected national id"],
        "reason": say["reason of a correction"],
    }
    assert office.put(f"/directory/students/{student}", change).status_code == 405
    path = f"/directory/students/{student}"
    assert office.patch(path, change, version=1).status_code == 200
    shown = office.get(f"/students/{student}").json()
    assert (shown["name"], shown["birth_date"]) == (change["name"], say["birth date"])
    for word in (say["word that was searched"], say["corrected national id"]):
        assert office.post("/students/search", {"q": word}).status_code == 200
    number = say["refused national id"]
    refused = office.post("/students", {"national_id": number, "school_year": 112})
    assert refused.status_code == 404
    return student


def _notes(county: County, say: Telling, student: str) -> None:
    notes = f"/students/{student}/notes"
    entry = NOTE | {
        "purpose": say["purpose"],
        "participants": [say["participant"]],
        "recorder": say["recorder"],
        "content": say["note"],
    }
    key = say["idempotency key of a note"]
    kept = county.a_cm.made(notes, entry, key=key)
    assert county.a_cm.made(notes, entry, key=key) == kept
    gone = county.a_cm.made(notes, entry)
    correction = {"content": say["corrected note"], "reason": say["reason of a corrected note"]}
    assert county.a_cm.put(f"{notes}/{kept}", correction, version=1).status_code == 200
    withdrawal = {"reason": say["reason of a withdrawn note"]}
    path = f"{notes}/{gone}/withdrawal"
    assert county.a_cm.post(path, withdrawal, version=1).status_code == 200
    [found_again] = county.a_cm.post("/me/notes/search", {"q": say["corrected note"]}).json()[
        "items"
    ]
    assert found_again["purpose"] == say["purpose"]
    assert county.a_office.post(notes, entry).status_code == 403
    options = "/participant-options"
    county.a_cm.made(options, {"name": say["participant option"]})
    gone = county.a_cm.made(options, {"name": say["removed participant option"]})
    reason = {"reason": say["reason of a removed participant option"]}
    assert county.a_cm.post(f"{options}/{gone}/withdrawal", reason, version=1).status_code == 200
    [offered] = county.a_cm.get(options).json()["items"]
    assert offered["name"] == say["participant option"]


def _drafts(county: County, say: Telling) -> None:
    path = f"/drafts/{say['draft key']}"
    for text in (say["deleted draft"], say["draft"]):
        assert county.a_cm.put(path, {"content": text}).status_code == 204
    assert county.a_cm.get(path).json() == {"content": say["draft"]}
    assert county.a_cm.put("/drafts/other", [say["deleted draft"]]).status_code == 204
    assert county.a_cm.delete("/drafts/other").status_code == 204


def _placements(county: County, say: Telling, student: str) -> None:
    placements = f"/students/{student}/placements"
    entry = PLACEMENT | {"arrangement": say["arrangement"]}
    key = say["idempotency key of a placement"]
    kept = county.a_cm.made(placements, entry, key=key)
    gone = county.a_cm.made(placements, entry)
    correction = {
        "arrangement": say["corrected arrangement"],
        "reason": say["reason of a corrected placement"],
    }
    assert county.a_cm.put(f"{placements}/{kept}", correction, version=1).status_code == 200
    withdrawal = {"reason": say["reason of a withdrawn placement"]}
    path = f"{placements}/{gone}/withdrawal"
    assert county.a_cm.post(path, withdrawal, version=1).status_code == 200
    asked = {
        "kind": "re_placement",
        "placement_id": kept,
        "letter_number": "高市教特字第11300001號",
        "reason": say["family's reason"],
        "new_placement": {
            "area": "英語",
            "category": "exemption",
            "target_year_grade": 5,
            "placement_grade": 5,
            "arrangement": say["new arrangement"],
        },
    }
    request = county.a_cm.made(f"/students/{student}/placement-requests", asked)
    withdrawal = {"reason": say["reason of a withdrawn request"]}
    path = f"/placement-requests/{request}/withdrawal"
    assert county.a_cm.post(path, withdrawal, version=1).status_code == 200


def _sections(county: County, say: Telling, student: str) -> None:
    """Fields, rows, corrections, removals, refusals of sections; and what the pages show."""
    number = say["corrected national id"]
    county.a_cm.made("/students", {"national_id": number, "school_year": 112})
    reason = say["reason of a section"]

    def save(section: str, data: Any, who: str = "a-cm", status: int = 200) -> Any:
        path = f"/students/{student}/sections/{section}?school_year=112"
        caller = county.caller(who)
        shown = caller.get(path).json()
        body = {"data": shown["data"] | data, "reason": reason}
        answer = caller.put(path, body, version=shown["version"])
        assert answer.status_code == status, answer.text
        return caller.get(path).json()["data"]

    father = {"kinship": "父", "name": say["family member"], "employer": say["employer"]}
    mother = {"kinship": "母", "name": say["removed family member"]}
    members = {"address": say["address"], "family_members": [father, mother]}
    rows = save("basic_family", members)["family_members"]
    save("basic_family", {"family_members": rows[:1]})
    test = {
        "test_name": say["identification test"],
        "test_date": "112.5.1",
        "result": say["test result"],
    }
    save("identification", {"tests": [test]})
    save("awards", {"awards": [{"event_name": say["award"], "prize": "特優"}]})
    note = {"science": say["other interest"]}
    save("interest_analysis", {"interests_other": ["science"], "interests_other_note": note})
    ability = {"academic:strength": say["other ability"]}
    ticked = {"other_ticked": ["academic:strength"], "other_note": ability}
    save("strengths_weaknesses", ticked)
    save("needs_assessment", {"guidance_recommendations": say["recommendation"]})
    refused = {"guidance_recommendations": say["refused recommendation"], "needs": {"x": []}}
    save("needs_assessment", refused, status=422)
    county.subject_teacher("a-eng", student)
    goal = say["annual goal"]
    assert save("annual_goal", {"goal_text": goal}, who="a-eng")["goal_text"] == goal


def _entries(county: County, say: Telling, student: str) -> None:
    """A course, a meeting, a re-placement record, and the goal that is withdrawn in the end."""
    course = {
        "school_year": 112,
        "subject": "english",
        "course_name": say["course name"],
        "rows": [
            {
                "learning_performance": say["learning performance"],
                "adjusted_learning_performance": say["adjusted performance"],
                "assessment_methods": ["dynamic"],
                "assessment_result": say["assessment result"],
            }
        ],
    }
    courses = f"/students/{student}/courses"
    made = county.a_eng.made(courses, course)
    meeting = {
        "school_year": 112,
        "held_at": "2023-07-20T10:00:00+08:00",
        "topic": say["topic of a meeting"],
        "purpose": "擬定目標",
        "recorder_name": "林組長",
        "participants": [say["meeting's participant"]],
        "content": say["content of a meeting"],
    }
    county.a_cm.made(f"/students/{student}/meetings", meeting)
    record = {
        "school_year": 112,
        "assessed_needs": say["assessed needs"],
        "outcome": say["outcome of a re-placement"],
    }
    county.a_cm.made(f"/students/{student}/replacements", record)
    paper = county.a_cm.get(f"/students/{student}/plan", school_year=112, format="pdf")
    assert paper.status_code == 200
    _template(county, say, student, made)
    gone = {"reason": say["withdrawn goal's reason"]}
    assert county.a_eng.post(f"{courses}/{made}/withdrawal", gone, version=2).status_code == 200
    _files(county, say, student)
    goal = f"/students/{student}/sections/annual_goal/withdrawal?school_year=112"
    version = county.a_eng.get(goal.replace("/withdrawal", "")).json()["version"]
    assert county.a_eng.post(goal, gone, version=version).status_code == 200


def _template(county: County, say: Telling, student: str, course: str) -> None:
    """Saved from a course, renamed, read, and imported into another one."""
    teacher, name = county.a_eng, say["name of a template"]
    body = {"course_id": course, "student_id": student, "name": name}
    template = teacher.made("/course-templates", body)
    change = {"name": say["new name of a template"], "reason": say["reason of a template"]}
    assert teacher.patch(f"/course-templates/{template}", change, version=1).status_code == 200
    [item] = teacher.get("/course-templates").json()["items"]
    assert item["course_name"] == say["course name"]
    courses = f"/students/{student}/courses"
    empty = teacher.made(courses, {"school_year": 112, "subject": "english"})
    teacher.made(f"{courses}/{empty}/template-imports", {"template_id": template})


def _files(county: County, say: Telling, student: str) -> None:
    """Large enough that a parser of forms would have written them down."""
    content = pdf(say["content of a file"] * 100_000)
    name = say["name of a file"] + ".pdf"
    made = upload(county.a_eng, county, student, content, name).json()["id"]
    assert county.a_cm.get(f"/files/{made}").content == content
    refused = upload(county.a_eng, county, student, say["content of a refused file"].encode())
    assert refused.status_code == 422
    gone = {"reason": say["reason of a removed file"]}
    assert county.a_eng.post(f"/files/{made}/withdrawal", gone, version=1).status_code == 200


def _reports(county: County, say: Telling, student: str) -> None:
    wanted = {"kind": "changes", "from": "112.7.1", "to": "112.8.31", "student": [student]}
    key = say["idempotency key of a report"]
    report = county.a_cm.made("/reports", wanted, key=key)
    assert county.a_cm.made("/reports", wanted, key=key) == report
    assert county.a_cm.get("/reports").json()["items"][0]["id"] == report
    for format in ("csv", "xlsx", "ods", "pdf"):
        whole = county.a_cm.get(f"/reports/{report}", format=format)
        assert whole.status_code == 200
        assert format != "csv" or say["corrected arrangement"] in whole.text
    assert county.a_cm.get(f"/students/{student}/history").status_code == 200


@contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """The program's own logging while the block runs; afterwards that of the test run."""
    loggers = [logging.getLogger(name) for name in ("", "igp", "igp.requests")]
    before = [(one, one.handlers, one.level, one.propagate) for one in loggers]
    hooks = sys.excepthook, threading.excepthook, logging.raiseExceptions
    configured = structlog.get_config()
    for one in loggers:
        one.handlers = []
    logs.configure(path)
    try:
        yield
    finally:
        for one, handlers, level, propagate in before:
            for handler in one.handlers:
                handler.close()
            one.handlers, one.propagate = handlers, propagate
            one.setLevel(level)
        sys.excepthook, threading.excepthook, logging.raiseExceptions = hooks
        structlog.configure(**configured)
