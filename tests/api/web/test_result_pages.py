"""Results on pages: sheets filled in a page at a time or in a file, then what is published."""

from io import BytesIO

import orjson
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from api.progress_lines import MEDIA_TYPE
from tests.acceptance.initial_stage import InitialStage, done
from tests.api.serving import PASSWORD, County
from tests.visiting import FROM_US, FormOnPage, Sheet, Visitor

PAGE = "/programmes/kaohsiung-114"
RESULTS = f"{PAGE}/results"
NAMES = ("陳甲", "林乙", "黃丙", "丁未判")


@pytest.fixture
def stage(county: County) -> InitialStage:
    """114.3.3: four applicants whose registration is complete."""
    stage = InitialStage(county)
    stage.at("2025-02-17T09:00")
    stage.publish_programme()
    for name in NAMES:
        stage.entered(name)
    stage.at("2025-03-03T09:00")
    return stage


def visitor(stage: InitialStage, username: str) -> Visitor:
    return Visitor.of(stage.county.client, username, PASSWORD)


def uploads(who: Visitor, step: str, content: bytes) -> Sheet:
    path = f"{RESULTS}/{step}/preview"
    files = {"file": ("filled.xlsx", content)}
    answer = who.client.post(path, files=files, headers=dict(FROM_US))
    return Sheet(answer, path)


def table(sheet: Sheet, path: str) -> FormOnPage:
    """The form of the cells; the one of the filter goes to the same address."""
    return next(one for one in sheet.forms if (one.action, one.method) == (path, "post"))


def numbers(sheet: Sheet, path: str, stage: InitialStage) -> dict[str, str]:
    """Which row of the form is whose."""
    of = {application: name for name, application in stage.applications.items()}
    return {
        of[value]: name.split(".")[1]
        for name, value in table(sheet, path).fields
        if name.endswith(".application")
    }


def test_a_sheet_is_filled_in_on_a_page_and_keeps_what_failed(stage: InitialStage) -> None:
    organiser, office = visitor(stage, "org"), visitor(stage, "a-office")
    assert office.visit(RESULTS).status == 404
    assert "成績與結果登載" not in office.visit(PAGE).text
    assert office.visit(f"{RESULTS}/ticket-issued").status == 403
    index = organiser.visit(organiser.visit(PAGE).link("成績與結果登載"))
    assert "初選判定" not in index.text
    path = index.link("核發鑑定證")
    sheet = organiser.visit(path)
    assert "待登載 4 位，已登載 0 位。" in sheet.text
    row = numbers(sheet, path, stage)
    form = table(sheet, path)
    # Two are filled in, one of them without its room; the others wait on.
    typed = {
        f"r.{row['陳甲']}.ticket_no": "114001",
        f"r.{row['陳甲']}.room_no": "01",
        f"r.{row['林乙']}.ticket_no": "114002",
    }
    wrong = organiser.send(path, form.with_typed(typed))
    assert (wrong.status, wrong.title[:3]) == (422, "錯誤：")
    assert "已登載 1 位，另有 1 位沒有登載" in wrong.text
    again = table(wrong, path)
    assert ("r.0.ticket_no", "114002") in again.fields
    assert "#r-0-room_no" in [href for _, href in wrong.links]
    assert stage.state("陳甲") == "ticketed"
    sheet = organiser.send(path, again.with_typed({"r.0.room_no": "02"}))
    assert (sheet.status, "待登載 2 位，已登載 2 位。" in sheet.text) == (200, True)
    # The first page once more, as a browser sends it that was gone back in.
    assert organiser.send(path, form.with_typed(typed)).status == 422
    assert stage.told("陳甲")["version"] == 5
    shown = organiser.visit(f"{path}?show=recorded&room=02")
    assert ("114002" in shown.text, "114001" in shown.text) == (True, False)
    # Who is late with a row finds it taken, and loses nothing.
    stage.ticket("黃丙", "114003")
    number = numbers(sheet, path, stage)["黃丙"]
    typed = {f"r.{number}.ticket_no": "114009", f"r.{number}.room_no": "09"}
    late = organiser.send(path, table(sheet, path).with_typed(typed))
    assert (late.status, "黃丙" in late.text, "114009" in late.html) == (422, True, True)


def test_a_file_is_looked_through_before_it_counts(stage: InitialStage) -> None:
    for number, name in enumerate(NAMES, start=1):
        stage.ticket(name, f"11400{number}")
    stage.at("2025-03-10T09:00")
    organiser, council = visitor(stage, "org"), visitor(stage, "council")
    path = f"{RESULTS}/initial-score-imported"
    sheet = organiser.visit(path)
    csv_ = organiser.client.get(sheet.link("CSV")).content.decode("utf-8-sig").splitlines()
    assert csv_[0].startswith("申請案編號,學校,姓名,鑑定證編號,試場,測驗一T分數")
    assert len(csv_) == 5
    book = CalamineWorkbook.from_filelike(
        BytesIO(organiser.client.get(sheet.link("Excel（XLSX）")).content)
    )
    found = book.get_sheet_by_index(0).to_python()
    head = next(number for number, one in enumerate(found) if one[0] == "申請案編號")
    assert {one[2] for one in found[head + 1 : head + 5]} == {*NAMES}

    # Filled in by a spreadsheet: numbers are numbers, the key is the ticket, one line is wrong.
    stream = BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as written:
        page = written.add_worksheet()
        columns = ("測驗一T分數", "測驗二T分數", "測驗三T分數", "全測驗T分數")
        page.write_row(0, 0, ("成績檔",))
        page.write_row(2, 0, ("鑑定證編號", "姓名", *columns))
        page.write_row(3, 0, (114001, "陳甲", 60, 61.5, 62, 71.5))
        page.write_row(4, 0, (114002, "黃丙", 60, 61, 62, 63))
        page.write_row(5, 0, ("114003", "黃丙", 60, 61, 162, ""))
        page.write_row(6, 0, ("114009", "", 60, 61, 62, 63))
    preview = uploads(organiser, "initial-score-imported", stream.getvalue())
    assert preview.status == 200, preview.text
    assert "將登載 1 列" in preview.text
    assert "有誤 3 列" in preview.text
    for told in (
        "姓名與這件申請案的學生不同",
        "測驗三T分數：不可大於 100。",
        "全測驗T分數：請填寫這個欄位。",
        "這份表格中沒有這件申請案",
        "第 4 列",
    ):
        assert told in preview.text, told
    assert stage.county.org.get(f"{stage.path('陳甲')}/examination").status_code == 404
    confirm = preview.form(f"{path}/apply")
    sheet = organiser.send(confirm.action, confirm.filled())
    assert (sheet.path, "已登載 1 位" in sheet.text) == (path, True), sheet.text
    twice = organiser.send(confirm.action, confirm.filled())
    assert (twice.path, "沒有變更" in twice.text) == (path, True)
    examination = stage.county.org.get(f"{stage.path('陳甲')}/examination").json()
    assert (examination["version"], examination["steps"][0]["data"]["t_full"]) == (1, "71.5")
    same = "\n".join((csv_[0], csv_[1] + ",,,"))
    for content, told in (
        (b"", "請選擇要上傳的檔案"),
        ("姓名\n陳甲".encode(), "找不到「申請案編號」欄"),
        ("鑑定證編號,備註\n114001,x".encode(), "第 2 欄不是這份表格的欄位"),
        ("鑑定證編號".encode("big5"), "不是 UTF-8"),
        (b"PK\x03\x04broken", "不是 Excel"),
        ('鑑定證編號\n"114001'.encode(), "引號不成對"),
    ):
        wrong = uploads(organiser, "initial-score-imported", content)
        assert (wrong.status, told in wrong.text) == (422, True), (told, wrong.text)
    assert uploads(organiser, "initial-score-imported", same.encode()).status in (200, 422)
    assert organiser.post(f"{path}/preview", [("file", "x")]).status_code == 422
    assert organiser.post(f"{path}/apply", [("rows", "[{")]).status_code == 422

    # The council looks at what was computed, and sends it.
    for name, full in (("林乙", 68), ("黃丙", 69)):
        stage.scored(name, full)
    decisions = f"{RESULTS}/initial-decision-made"
    assert organiser.visit(decisions).status == 403
    sheet = council.visit(decisions)
    assert "全測驗T分數：71.5" in sheet.text
    sheet = council.visit(sheet.link("在本頁帶入計算結果"))
    row = numbers(sheet, decisions, stage)
    form = table(sheet, decisions)
    assert (f"r.{row['林乙']}.decision", "failed") in form.fields
    below = form.with_typed({f"r.{row['林乙']}.decision": "passed"})
    wrong = council.send(decisions, below)
    assert "分數未達通過標準" in wrong.text or "不能以分數判定通過" in wrong.text
    sheet = council.send(decisions, table(wrong, decisions).with_typed({"r.0.decision": "failed"}))
    assert "待登載 0 位，已登載 3 位。" in sheet.text
    assert "不通過" in council.visit(f"{decisions}?show=recorded").text

    # Who is not decided holds the publication back, or is left out by name.
    publication = f"{PAGE}/publication"
    assert council.visit(publication).status == 403
    assert visitor(stage, "a-office").visit(publication).status == 403
    stage.scored("丁未判", 70)
    early = organiser.visit(organiser.visit(PAGE).link("公告結果"))
    assert "現在不能公告" in early.text
    stage.at("2025-03-14T15:00")
    sheet = organiser.visit(publication)
    assert "3 位 通過 2 位 不通過 1 位" in " ".join(sheet.text.split())
    assert "丁未判" in sheet.text
    assert "已有初選成績，待判定" in sheet.text
    form = sheet.form(f"{publication}/initial")
    wrong = organiser.send(form.action, form.filled())
    assert (wrong.status, "還有 1 位的結果尚未判定" in wrong.text) == (409, True)
    form = wrong.form(form.action)
    asked = FROM_US | {"Accept": MEDIA_TYPE}
    # With script the page of the refusal comes with the lines, and nothing is refused twice.
    before = stage.county.refusals()
    *_, line = organiser.post(form.action, form.filled(), headers=asked).text.splitlines()
    told = orjson.loads(line)
    assert (told["status"], "還有 1 位的結果尚未判定" in told["body"]["page"]) == (409, True)
    assert stage.county.refusals() == before + 1
    between = visitor(stage, "a-office").visit(
        f"/students/{stage.students['陳甲']}/compare?from=114.2.1&to=114.3.14"
    )
    assert ("已核發初選鑑定證" in between.text, "ticketed" in between.text) == (True, False)
    sent = form.filled(without=stage.applications["丁未判"])
    lines = organiser.post(form.action, sent, headers=asked).text.splitlines()
    assert orjson.loads(lines[0])["of"] == 4
    assert orjson.loads(lines[-1])["status"] == 200
    sheet = organiser.send(form.action, sent)
    assert (sheet.path, "已公告 3 位的結果" in sheet.text) == (publication, True)
    assert organiser.send(form.action, sent).path == publication
    assert stage.state("陳甲") == "initial_passed"
    assert stage.state("丁未判") == "ticketed"
    done(stage.decide("丁未判", "passed"))
    form = organiser.visit(publication).form(f"{publication}/initial")
    sheet = organiser.send(form.action, form.filled())
    assert "已公告 1 位的結果（第 2 次公告）" in sheet.text
    assert "沒有其他待公告的結果" in sheet.text
