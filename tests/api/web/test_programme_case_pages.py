"""A programme's batches, scans, placement cases and papers on their pages, without script."""

from api.edge import LARGEST_BODY
from api.uploads import LARGEST_UPLOAD
from tests.acceptance.placing import ADAPTATION, IGP, LETTER, REPORTED, Cases
from tests.acceptance.school_batches import SIGNED, Batches
from tests.api.serving import PASSWORD, County
from tests.uploads import pdf
from tests.visiting import FROM_US, Sheet, Visitor

PAGE = "/programmes/kaohsiung-114"
SCANS = f"{PAGE}/scans"
GROUP = {
    "convenor": "校長",
    "convenor_named_by_principal": "true",
    "convenor_is_director": "false",
    "members": "導師",
}


def visitor(county: County, username: str) -> Visitor:
    return Visitor.of(county.client, username, PASSWORD)


def taken(who: Visitor, path: str, above: str | None = None, **given: str | list[str]) -> Sheet:
    """A step taken with its form, found by its link on the page above it."""
    page = who.visit(above or path.rpartition("/")[0])
    assert path in [href for _, href in page.links], page.text
    sheet = who.visit(path)
    assert sheet.status == 200, sheet.text
    return who.send(path, sheet.form(path).filled(**given))


def scanned(who: Visitor, sheet: Sheet, field: str, name: str, content: bytes) -> Sheet:
    """A scan sent with the form that the page of a step has for a field; where that leads to."""
    form = next(
        one for one in sheet.forms if one.action == SCANS and ("field", field) in one.fields
    )
    answer = who.client.post(
        SCANS, data=dict(form.fields), files={"file": (name, content)}, headers=FROM_US
    )
    return Sheet(answer, f"{answer.url.path}?{answer.url.query.decode()}")


def test_a_school_hands_in_its_stamped_roster_and_sees_when_it_is_out_of_date(
    county: County,
) -> None:
    story = Batches(county)
    story.at("2025-02-17T09:00")
    story.publish_programme()
    for number, grade in enumerate((3, 4)):
        story.registers(f"學生{number}", grade)
    office, organiser = visitor(county, "a-office"), visitor(county, "org")
    batch = f"{PAGE}/batches/ks-a/initial"
    sheet = office.visit(f"{PAGE}/batches")
    assert batch in [href for _, href in sheet.links]
    sheet = office.visit(batch)
    assert sheet.status == 200
    for words in ("1,540 元", "尚差 1,540 元", "初選報考名冊暨匯款證明（核章後掃描）"):
        assert words in sheet.text, words
    roster = office.visit(sheet.link("初選報考名冊暨匯款證明（查看與下載）"))
    assert "學生0" in roster.text
    assert visitor(county, "b-office").visit(batch).status == 404

    taken(office, f"{batch}/roster-exported")
    signed = {name: value for name, value in SIGNED.items() if name != "sign_accountant"}
    taken(office, f"{batch}/roster-signed", **signed)
    # A person is no payer: the form says so, and keeps what was typed.
    paid = {"payer_name": "陳大文", "amount": "1540", "remitted_on": "114/2/17"}
    wrong = taken(office, f"{batch}/remittance-recorded", **paid)
    assert (wrong.status, "匯款人須為學校名稱" in wrong.text) == (422, True)
    school = {"payer_name": "高雄市苓雅區苓雅示範國民小學"}
    sheet = scanned(office, wrong, "remittance_slip_document", "存單.pdf", pdf("slip"))
    assert sheet.path.startswith(f"{batch}/remittance-recorded?remittance_slip_document=")
    # Before a step names it, it is on the page of what the school handed in, and can be chosen.
    handed_in = office.visit(batch)
    listed = "匯款存單 （民國114年2月17日 09:00　a-office 承辦人）"
    assert f"學校已上傳的全校資料 {listed}" in handed_in.text
    assert office.client.get(handed_in.link("匯款存單")).content == pdf("slip")
    unnamed = office.visit(f"{batch}/remittance-recorded")
    assert "匯款存單（民國114年2月17日 09:00 上傳）" in unnamed.text
    assert "匯款存單（民國114年2月17日 09:00 上傳）" in sheet.text
    form = sheet.form(f"{batch}/remittance-recorded")
    sheet = office.send(form.action, form.filled(**(paid | school)))
    assert (sheet.status, sheet.path) == (200, batch), sheet.text
    # Another school's scan is not offered, though somebody wrote its id into the address.
    other = story.scan("initial_roster", school="ks-b", who=county.b_office)
    assert (
        other
        not in office.visit(f"{batch}/remittance-recorded?remittance_slip_document={other}").html
    )
    slip = office.client.get(sheet.link("下載掃描檔"))
    assert slip.content == pdf("slip")
    assert slip.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"

    # What is no scan, or none at all, is said beside its field; then the stamped roster.
    step = f"{batch}/roster-uploaded"
    sheet = office.visit(step)
    for name, content, words in (
        ("", b"", "請選擇要上傳的檔案"),
        ("名冊.pdf", b"MZ", "副檔名須與內容相符"),
    ):
        wrong = scanned(office, sheet, "roster_document", name, content)
        assert (wrong.status, words in wrong.text) == (422, True), wrong.text
        assert wrong.link("回到表單") == step
        assert SCANS in [one.action for one in wrong.forms]
    large = pdf("x" * LARGEST_BODY)
    sheet = scanned(office, sheet, "roster_document", "名冊.pdf", large)
    assert sheet.path.startswith(f"{step}?roster_document="), sheet.text
    sheet = office.send(step, sheet.form(step).filled())
    assert (sheet.status, sheet.path) == (200, batch), sheet.text
    assert "與資料相符" in sheet.text
    assert "目前沒有缺件" in sheet.text
    _from_whom_large_bodies_come(office, large)

    # A row that changes makes the paper out of date; the organiser cannot check it.
    student = story.students["學生0"]
    version = county.a_office.get(f"/students/{student}").json()["version"]
    change = {"name": "學生改名", "reason": "更名"}
    county.a_office.patch(f"/directory/students/{student}", change, version=version)
    for who in (office, organiser):
        assert "核章的名冊已與資料不符" in who.visit(batch).text
    stale = taken(organiser, f"{batch}/batch-checked")
    assert (stale.status, "請重新匯出、核章後再上傳" in stale.text) == (409, True)
    taken(office, f"{batch}/roster-exported")
    taken(office, f"{batch}/roster-signed", **signed)
    sheet = office.visit(step)
    chosen = next(one for one in sheet.form(step).fields if one[0] == "roster_document")
    assert chosen == ("roster_document", "")
    assert "初選報考名冊暨匯款證明（核章後掃描）（民國114年2月17日" in sheet.text
    scanned_again = scanned(office, sheet, "roster_document", "名冊.pdf", pdf("new"))
    office.send(step, scanned_again.form(step).filled())
    taken(organiser, f"{batch}/batch-checked")
    receipt = {"receipt_number": "收字第1號", "amount": "1540", "issued_on": "114/2/17"}
    sheet = taken(organiser, f"{batch}/receipt-issued", **receipt)
    assert "收字第1號，1,540 元" in sheet.text
    assert "目前沒有可以辦理的步驟" in sheet.text
    paper = office.client.get(office.visit(batch).link("初選統一收據（PDF）"))
    assert paper.content.startswith(b"%PDF")
    assert office.visit(f"{PAGE}/papers/notice-initial").status == 409


def _from_whom_large_bodies_come(office: Visitor, large: bytes) -> None:
    """A large form is read from our own pages and from who is signed in; too large from nobody."""
    given = {"data": {"kind": "initial_roster"}, "files": {"file": ("名冊.pdf", large)}}
    elsewhere = office.client.post(SCANS, headers={"Sec-Fetch-Site": "cross-site"}, **given)
    assert elsewhere.status_code in (303, 403), elsewhere.text
    nobody = Visitor(office.client)
    answer = nobody.client.post(SCANS, headers=FROM_US, follow_redirects=False, **given)
    assert answer.headers["Location"].startswith("/sign-in")
    told = FROM_US | {"Content-Length": str(LARGEST_UPLOAD + 1)}
    early = office.client.post(SCANS, headers=told, content=b"x")
    assert (early.status_code, "檔案最大 20 MB" in early.text) == (413, True)


def test_a_case_goes_from_its_opening_to_the_start_of_the_placement_on_pages(
    county: County,
) -> None:
    cases = Cases(county)
    cases.at("2025-04-21T09:00")
    student = cases.pupil("詠晴", 5)
    cases.row("詠晴", "英語", "promotion", 7)
    cases.pupil("別校", 4, "ks-b")
    county.case_manager("a-cm", student)
    office, council = visitor(county, "a-office"), visitor(county, "council")
    organiser, officer = visitor(county, "org"), visitor(county, "eb")
    listed = f"{PAGE}/placement-cases"

    # Opened from the list, for a pupil of the own school who is placed.
    assert "還沒有安置案" in office.visit(listed).text
    assert "目前沒有您看得到的安置案" in council.visit(listed).text
    assert organiser.visit(f"{listed}/new").status == 403
    sheet = office.visit(office.visit(listed).link("開立安置案"))
    assert "學生詠晴" in sheet.text
    assert "學生別校" not in sheet.text
    wrong = office.send(f"{listed}/new", sheet.form(f"{listed}/new").filled())
    assert (wrong.status, wrong.title[:3]) == (422, "錯誤：")
    form = wrong.form(f"{listed}/new")
    sheet = office.send(form.action, form.filled(student_id=student))
    case = sheet.path
    assert case.startswith(f"{listed}/"), sheet.text
    cases.cases["詠晴"] = case.rpartition("/")[2]
    assert "沒有可以開案的學生" in office.visit(f"{listed}/new").text
    for words in ("英語", "升級", "還沒有單位審議", "安置核定或備查之後"):
        assert words in sheet.text, words
    for who in (council, visitor(county, "b-office")):
        assert who.visit(case).status == 404
    assert sheet.link("安置與重新安置") == f"/students/{student}/placements"

    # What was said before stands in the form that says it anew.
    taken(office, f"{case}/learning-performance-entered", **ADAPTATION)
    again = office.visit(f"{case}/learning-performance-entered")
    assert ("peer_interaction", "與同學相處融洽") in again.form(again.path).fields
    review = {"committee_result": "passed", "committee_met_on": "114/4/22"}
    sheet = taken(office, f"{case}/committee-reviewed", **review)
    assert "由哪個單位審議與核定" in sheet.text
    assert "依據：" in sheet.text
    junior = visitor(county, "j-office")
    assert junior.visit(case).status == 404
    taken(office, f"{case}/submitted", next_school_id=cases.schools["ks-j"])
    assert "目前可以辦理的步驟" in junior.visit(case).text
    early = organiser.visit(f"{case}/placement-deliberated")
    assert early.status == 404
    taken(organiser, f"{case}/desk-review-cleared")
    assert "學生詠晴" in council.visit(listed).text
    cases.at("2025-04-30T09:00")
    meeting = {"result": "passed", "meeting_on": "114/4/30"}
    sheet = taken(council, f"{case}/placement-deliberated", **meeting)
    assert "民國114年4月30日（三）" in sheet.text
    assert office.visit(f"{case}/placement-approved").status == 403
    cases.at("2025-05-02T09:00")
    taken(officer, f"{case}/placement-approved", decided_on="114/5/1")
    letter = {"letter_number": LETTER["letter_number"], "letter_date": "114/5/2"}
    sheet = taken(officer, f"{case}/notified", **letter)
    assert LETTER["letter_number"] in sheet.text

    # The school of the next stage names class and teacher; the other steps are not its own.
    step = f"{case}/next-school-arranged"
    assert step not in [href for _, href in office.visit(case).links]
    assert f"{case}/task-done" not in [href for _, href in junior.visit(case).links]
    named = {"next_class": "七年甲班", "next_guidance_teacher": "王老師"}
    assert "七年甲班" in taken(junior, step, **named).text

    # Duties of the school: who comes, tasks, reports; each is a form.
    duties = office.visit(f"{PAGE}/duties")
    assert (duties.status, "於特教通報網登錄資料" in duties.text) == (200, True)
    assert case in [href for _, href in duties.links]
    assert "學生詠晴" not in visitor(county, "b-office").visit(f"{PAGE}/duties").text
    attends = f"{PAGE}/placement-meetings/ks-a/attendance-announced"
    sheet = taken(office, attends, duties.path, attendees="2", offices="特教組長\n導師")
    assert (sheet.path, "2 人" in sheet.text) == (f"{PAGE}/duties", True), sheet.text
    done = {"task": "network_registration", "done_on": "114/5/2"}
    sheet = taken(office, f"{case}/task-done", **done)
    assert "民國114年5月2日（五）" in sheet.text

    _its_plan(cases, case, office)
    cases.at("2025-08-01T09:00")
    sheet = taken(office, f"{case}/placement-started")
    assert "實施" in sheet.text or "安置中" in sheet.text
    # To nobody a page offers what is not theirs: the school's report not to the city's offices.
    for name in ("a-office", "a-cm", "b-office", "j-office", "org", "council", "eb"):
        walked = visitor(county, name).walk(PAGE)
        assert {one: status for one, status in walked.items() if status != 200} == {}, name
    report = f"{PAGE}/tracking-reports/{student}"
    assert report not in [href for _, href in officer.visit(f"{PAGE}/duties").links]
    assert report in [href for _, href in office.visit(f"{PAGE}/duties").links]
    sheet = office.visit(sheet.link("上傳追蹤報告"))
    sheet = scanned(office, sheet, "tracking_report_document", "追蹤.pdf", pdf("report"))
    typed = {"school_year": "114", "semester": "1", "learning": "學習穩定"}
    sheet = office.send(report, sheet.form(report).filled(**typed, report_signs=REPORTED))
    assert (sheet.path, "第一學期：已上傳" in sheet.text) == (case, True), sheet.text
    _modified(county, office)


def _its_plan(cases: Cases, case: str, office: Visitor) -> None:
    """The guidance plan: written by a teacher, revised, and what a revision changed."""
    teacher = visitor(cases.county, "a-cm")
    home = teacher.visit("/")
    assert "/programmes" in [href for _, href in home.links]
    assert case in [href for _, href in teacher.visit(f"{PAGE}/placement-cases").links]
    plan = teacher.visit(f"{case}/igp")
    assert (plan.status, "還沒有撰寫或修訂" in plan.text) == (200, True)
    path = f"{case}/igp/drafted"
    form = teacher.visit(path).form(path)
    more = teacher.send(path, [*form.filled(), ("_do", "add:timetable")]).form(path)
    typed = {name: value for name, value in IGP.items() if isinstance(value, str)}
    row = {"timetable.0.weekday": "1", "timetable.0.period": "2", "timetable.0.content": "英語"}
    sheet = teacher.send(path, more.with_typed(typed | row))
    assert sheet.path == f"{case}/igp", sheet.text
    for words in ("完成七年級英語", "撰寫"):
        assert words in sheet.text, words
    revised = taken(office, f"{case}/igp/revised", goals="完成八年級英語")
    assert "修訂後：" in revised.text
    assert "完成八年級英語" in revised.text
    paper = office.client.get(revised.link("列印（PDF）"))
    assert paper.content.startswith(b"%PDF")
    assert visitor(cases.county, "b-office").visit(f"{case}/igp").status == 404


def _modified(county: County, office: Visitor) -> None:
    """Whose placements were modified between two days: a page and four files."""
    page = f"{PAGE}/modified"
    assert "請輸入起日與迄日" in office.visit(page).text
    wrong = office.visit(f"{page}?from=114/8/1&to=114/4/1")
    assert (wrong.status, wrong.title[:3]) == (422, "錯誤：")
    sheet = office.visit(f"{page}?from=114/4/1&to=114/8/1&organisation=")
    assert sheet.status == 200
    for words in ("學生詠晴", "民國114年4月21日（一）", "異動 1 筆"):
        assert words in sheet.text, words
    assert "學生別校" not in sheet.text
    for label, begins in (("Excel（XLSX）", b"PK"), ("CSV", b"\xef\xbb\xbf"), ("PDF", b"%PDF")):
        file = office.client.get(sheet.link(label))
        assert (file.status_code, file.content[:2]) == (200, begins[:2]), label
    assert visitor(county, "council").visit(f"{page}?from=114/4/1&to=114/8/1").status == 404


def test_a_school_keeps_its_gifted_group_and_an_application_leads_to_its_case(
    county: County,
) -> None:
    story = Batches(county)
    story.at("2025-02-17T09:00")
    story.publish_programme()
    story.entered("陳報名")
    office = visitor(county, "a-office")
    group = office.visit(PAGE).link("學校資優小組")
    assert "還沒有登記資優小組的成員" in office.visit(group).text
    sheet = taken(office, f"{group}/composed", **GROUP)
    assert (sheet.path, "還缺少規定的成員" in sheet.text) == (group, True), sheet.text
    assert visitor(county, "b-office").visit(group).status == 404

    application = f"{PAGE}/applications/{story.applications['陳報名']}"
    sheet = office.visit(application)
    opening = sheet.link("開立安置案")
    form = office.visit(opening).form(f"{PAGE}/placement-cases/new")
    case = office.send(form.action, form.filled())
    assert office.visit(application).link("安置案") == case.path
    assert case.link("申請案") == application
    assert "初選鑑定證（PDF）" not in [label for label, _ in sheet.links]
    story.at("2025-03-03T09:00")
    story.ticket("陳報名", "114001")
    sheet = office.visit(application)
    assert office.client.get(sheet.link("初選鑑定證（PDF）")).content.startswith(b"%PDF")
    batch = office.visit(f"{PAGE}/batches/ks-a/initial")
    assert office.client.get(batch.link("初選鑑定證（PDF）")).content.startswith(b"%PDF")
