"""What a teacher does on the pages, over HTTP and without JavaScript."""

import json
from uuid import UUID

from tests.api.serving import NOTE, PASSWORD, PLACEMENT, County
from tests.api.web.conftest import School
from tests.visiting import Sheet, Visitor


def edit(school: School, section: str) -> str:
    return school.path(f"/sections/{section}/edit?school_year=112")


def shown(visitor: Visitor, path: str) -> Sheet:
    sheet = visitor.visit(path)
    assert sheet.status == 200, sheet.text
    return sheet


def test_the_work_list_says_what_each_plan_lacks(school: School) -> None:
    sheet = shown(school.teacher, "/")
    assert "112 學年度的個別輔導計畫" in sheet.text
    assert "陳小明" in sheet.text
    assert "優弱勢能力評析" in sheet.text
    form = shown(school.teacher, edit(school, "strengths_weaknesses")).form(
        edit(school, "strengths_weaknesses")
    )
    school.teacher.send(form.action, form.with_typed({"cognitive.memory": "strength"}))
    assert "優弱勢能力評析" not in shown(school.teacher, "/").text


def test_the_work_list_tells_what_others_changed_since_the_last_sign_in(school: School) -> None:
    _clock(school, "2023-08-01T09:00:00+08:00")
    for name in ("a-cm", "a-cm2"):
        Visitor.of(school.county.client, name, PASSWORD).send("/sign-out", [])
    _clock(school, "2023-08-01T10:00:00+08:00")
    path = edit(school, "needs_assessment")
    form = shown(school.colleague, path).form(path)
    school.colleague.send(form.action, form.filled(guidance_recommendations="加深加廣"))
    sheet = shown(Visitor.of(school.county.client, "a-cm", PASSWORD), "/")
    assert "民國112年8月1日 09:00起，共 1 筆" in sheet.text
    assert "a-cm2 老師" in sheet.text
    assert "加深加廣" not in sheet.text
    # What one did oneself is no news.
    own = shown(Visitor.of(school.county.client, "a-cm2", PASSWORD), "/")
    assert "上次登入以後，沒有其他人修改您看得到的資料" in own.text


def test_the_plan_marks_what_is_done_and_what_is_missing(school: School) -> None:
    sheet = shown(school.teacher, school.path("/plan?school_year=112"))
    assert "1．基本資料與家庭背景" in sheet.text
    assert "8．晤談與輔導紀錄" in sheet.text
    assert "部分填寫" in sheet.text
    assert "尚未填寫" in sheet.text


def test_a_year_that_has_not_begun_is_begun_from_the_plan(school: School) -> None:
    sheet = shown(school.teacher, school.path("/plan?school_year=111"))
    assert "還沒有 111 學年度的資料" in sheet.text
    form = sheet.form(school.path("/school-years"))
    begun = school.teacher.send(form.action, form.fields)
    assert "已儲存，並記入歷程" in begun.text
    assert "還沒有 111 學年度的資料" not in begun.text


def test_a_section_is_filled_in_and_read(school: School) -> None:
    form = shown(school.teacher, edit(school, "needs_assessment")).form(
        edit(school, "needs_assessment")
    )
    sheet = school.teacher.send(
        form.action,
        form.with_typed(
            {
                "needs.affective_guidance": ["interpersonal"],
                "guidance_recommendations": "加深加廣\n持續觀察",
            }
        ),
    )
    assert sheet.path == school.path("/sections/needs_assessment")
    assert "已儲存，並記入歷程" in sheet.text
    assert "加深加廣 持續觀察" in sheet.text.replace("\n", " ")
    kept = school.county.a_cm.get(school.path("/sections/needs_assessment"), school_year=112).json()
    assert kept["data"]["needs"] == {"affective_guidance": ["interpersonal"]}
    assert kept["data"]["guidance_recommendations"] == "加深加廣\n持續觀察"


def test_a_subject_teacher_is_asked_to_wait_for_who_begins_the_strengths(school: School) -> None:
    school.county.subject_teacher("a-eng", school.student)
    english = Visitor.of(school.county.client, "a-eng", PASSWORD)
    path, form = school.path("/sections/strengths_weaknesses"), edit(school, "strengths_weaknesses")
    asks = "請由個案管理教師或資優班導師先填寫"
    for who, asked in ((english, True), (school.teacher, False)):
        sheet = shown(who, f"{path}?school_year=112")
        assert (asks in sheet.text, f'href="{form}"' in sheet.html) == (asked, not asked)
    refused = english.visit(form)
    assert (refused.status, asks in refused.text) == (403, True)
    typed = shown(school.teacher, form).form(form).with_typed({"cognitive.memory": "strength"})
    school.teacher.send(form, typed)
    typed = (
        shown(english, form)
        .form(form)
        .with_typed({"cognitive.memory": "weakness", "reason": "課堂觀察"})
    )
    assert "已儲存，並記入歷程" in english.send(form, typed).text


def test_a_goal_that_was_withdrawn_is_one_that_nobody_filled_in(school: School) -> None:
    school.county.subject_teacher("a-eng", school.student)
    english = Visitor.of(school.county.client, "a-eng", PASSWORD)
    path, form = school.path("/sections/annual_goal?school_year=112"), edit(school, "annual_goal")
    for version in (0, 2):
        body = {"data": {"goal_text": "完成專題"}}
        school.county.a_eng.put(path, body, version=version)
        assert "完成專題" in shown(english, path).text
        withdrawal = path.replace("?", "/withdrawal?")
        gone = shown(english, withdrawal).form(withdrawal).filled(reason="重新規劃")
        english.send(withdrawal, gone)
        sheet = shown(english, path)
        assert "這個項目還沒有填寫" in sheet.text
        assert "/withdrawal?" not in sheet.html
        assert "reason" not in shown(english, form).form(form).names


def test_rows_are_added_filled_in_and_removed_without_script(school: School) -> None:
    path = edit(school, "awards")
    form = shown(school.teacher, path).form(path)
    for _ in range(2):
        sheet = school.teacher.send(path, [*form.fields, ("_do", "add:awards")])
        form = sheet.form(path)
    assert "得獎紀錄第 2 筆" in sheet.html
    typed = {
        "awards.0.event_name": "科學展覽",
        "awards.0.prize": "特優",
        "awards.0.award_date": "112/6/1",
        "awards.1.event_name": "數學競賽",
        "awards.1.prize": "金牌",
    }
    sheet = school.teacher.send(path, form.with_typed(typed))
    assert sheet.path == school.path("/sections/awards")
    form = shown(school.teacher, path).form(path)
    sheet = school.teacher.send(path, [*form.fields, ("_do", "remove:awards:0")])
    form = sheet.form(path)
    assert dict(form.fields)["awards.0.event_name"] == "數學競賽"
    sheet = school.teacher.send(path, form.filled(reason="重複填寫"))
    data = school.county.a_cm.get(school.path("/sections/awards"), school_year=112).json()["data"]
    assert [row["event_name"] for row in data["awards"]] == ["數學競賽"]


def test_what_is_wrong_stands_at_the_head_and_at_its_field_and_nothing_is_lost(
    school: School,
) -> None:
    path = edit(school, "awards")
    form = shown(school.teacher, path).form(path)
    form = school.teacher.send(path, [*form.fields, ("_do", "add:awards")]).form(path)
    typed = {"awards.0.event_name": "科學展覽", "awards.0.award_date": "112/13/1"}
    sheet = school.teacher.send(path, form.with_typed(typed))
    assert sheet.status == 422
    assert sheet.title.startswith("錯誤：")
    assert "有 2 個欄位需要修正" in sheet.text
    assert 'href="#f-awards.0.award_date"' in sheet.html
    assert 'id="f-awards.0.award_date"' in sheet.html
    kept = dict(sheet.form(path).fields)
    assert kept["awards.0.event_name"] == "科學展覽"
    assert kept["awards.0.award_date"] == "112/13/1"


def test_a_changed_section_wants_a_reason(school: School) -> None:
    path = edit(school, "basic_family")
    form = shown(school.teacher, path).form(path)
    sheet = school.teacher.send(path, form.filled(student_name="陳大明"))
    assert sheet.status == 422
    assert 'href="#f-reason"' in sheet.html
    sheet = school.teacher.send(path, sheet.form(path).filled(reason="更名"))
    assert "陳大明" in sheet.text
    # The register says otherwise, which the page tells.
    assert "目前的通報資料與這裡不同" in sheet.text


def test_two_who_edit_at_once_see_both_and_the_merge(school: School) -> None:
    path = edit(school, "basic_family")
    mine = shown(school.teacher, path).form(path)
    theirs = shown(school.colleague, path).form(path)
    typed = {"address": "高雄市苓雅區", "phone": "07-111-1111", "reason": "補充"}
    school.colleague.send(path, theirs.with_typed(typed))
    sheet = school.teacher.send(
        path, mine.filled(phone="07-222-2222", class_name="四年乙班", reason="更正")
    )
    assert sheet.status == 412
    assert "您編輯期間，這筆資料已由他人更新" in sheet.text
    assert "兩邊都改了，請確認" in sheet.text
    merged = dict(sheet.form(path).fields)
    assert (merged["address"], merged["phone"]) == ("高雄市苓雅區", "07-222-2222")
    assert (merged["class_name"], merged["reason"]) == ("四年乙班", "更正")
    done = school.teacher.send(path, sheet.form(path).fields)
    assert done.status == 200
    data = school.county.a_cm.get(school.path("/sections/basic_family"), school_year=112).json()
    assert data["version"] == 3
    assert data["data"]["address"] == "高雄市苓雅區"
    assert data["data"]["phone"] == "07-222-2222"


def test_rows_that_two_changed_are_merged_by_their_id(school: School) -> None:
    path = edit(school, "basic_family")
    form = shown(school.teacher, path).form(path)
    form = school.teacher.send(path, [*form.fields, ("_do", "add:family_members")]).form(path)
    typed = {"family_members.0.kinship": "父", "family_members.0.name": "陳父"}
    school.teacher.send(path, form.with_typed(typed | {"reason": "補填"}))
    mine = shown(school.teacher, path).form(path)
    theirs = shown(school.colleague, path).form(path)
    sent = theirs.with_typed({"family_members.0.phone": "07-1", "reason": "補電話"})
    assert school.colleague.send(path, sent).status == 200
    sent = mine.with_typed({"family_members.0.employer": "農會", "reason": "補服務機構"})
    sheet = school.teacher.send(path, sent)
    assert sheet.status == 412
    merged = dict(sheet.form(path).fields)
    assert merged["family_members.0.phone"] == "07-1"
    assert merged["family_members.0.employer"] == "農會"


def test_a_tab_pasted_from_a_sheet_is_a_blank_on_a_line_and_stays_in_a_text(
    school: School,
) -> None:
    path = edit(school, "basic_family")
    form = shown(school.teacher, path).form(path)
    typed = {"phone": "07-222-2222\t分機 3\t", "address": "高雄市\t苓雅區", "reason": "補充"}
    assert school.teacher.send(path, form.with_typed(typed)).status == 200
    data = school.county.a_cm.get(school.path("/sections/basic_family"), school_year=112).json()
    assert data["data"]["phone"] == "07-222-2222 分機 3"
    path = edit(school, "needs_assessment")
    form = shown(school.teacher, path).form(path)
    sent = form.filled(guidance_recommendations="甲\t乙")
    assert school.teacher.send(path, sent).status == 200
    data = school.county.a_cm.get(school.path("/sections/needs_assessment"), school_year=112).json()
    assert data["data"]["guidance_recommendations"] == "甲\t乙"


def test_a_draft_is_kept_beside_the_record_and_taken_up_again(school: School) -> None:
    path = edit(school, "needs_assessment")
    form = shown(school.teacher, path).form(path)
    typed = form.filled(guidance_recommendations="寫到一半")
    assert school.teacher.post("/drafts", typed).status_code == 204
    sheet = shown(school.teacher, path)
    assert "尚未送出的草稿" in sheet.text
    assert "寫到一半" not in sheet.text
    sheet = shown(school.teacher, f"{path}&draft=1")
    assert dict(sheet.form(path).fields)["guidance_recommendations"] == "寫到一半"
    assert "尚未送出的草稿" not in shown(school.colleague, path).text
    version = school.county.a_cm.get(school.path("/sections/needs_assessment"), school_year=112)
    assert version.json()["version"] == 0
    school.teacher.send(path, sheet.form(path).fields)
    assert "草稿" not in shown(school.teacher, school.path("/sections/needs_assessment")).text
    assert "尚未送出的草稿" not in shown(school.teacher, path).text


def test_a_parameter_that_cannot_be_is_named_as_the_page_names_it(school: School) -> None:
    for query, told in (("grade=99", "年級：不可大於 12"), ("school_year=x", "學年度：請填寫整數")):
        sheet = school.teacher.visit(f"/students?{query}")
        assert (sheet.status, told in sheet.text) == (422, True)


def test_a_draft_with_other_fields_than_the_form_has_opens_the_form(school: School) -> None:
    path = edit(school, "awards")
    about = [("_draft", path), ("_student", school.student)]
    for name in (
        "awards",
        "awards.x.prize",
        "awards.99999999999.prize",
        "awards.0",
        ".",
        "_version",
    ):
        assert school.teacher.post("/drafts", [*about, (name, "特優")]).status_code == 204
        assert shown(school.teacher, f"{path}&draft=1").form(path)


def test_what_is_kept_by_a_program_is_no_draft_of_a_form(school: School) -> None:
    path = edit(school, "needs_assessment")
    for key in (f"page:{path}", f"page:{path}".replace("/", "%2F")):
        answer = school.county.client.put(
            f"/api/v1/drafts/{key}", headers=school.county.a_cm.headers, json=["寫到一半"]
        )
        # No page lies under a key that a program can name: those hold an address.
        assert answer.status_code == 404
        assert "尚未送出的草稿" not in shown(school.teacher, path).text


def test_a_draft_can_be_kept_by_a_button_and_thrown_away(school: School) -> None:
    path = edit(school, "needs_assessment")
    form = shown(school.teacher, path).form(path)
    sheet = school.teacher.send(
        path, [*form.filled(guidance_recommendations="半"), ("_do", "draft")]
    )
    assert "草稿已儲存，尚未送出" in sheet.text
    discard = shown(school.teacher, path).form("/drafts/discard")
    sheet = school.teacher.send(discard.action, discard.fields)
    assert "草稿已捨棄" in sheet.text
    assert "尚未送出的草稿" not in sheet.text


def test_a_draft_about_a_student_out_of_reach_is_not_kept(school: School) -> None:
    other = school.county.student("ks-b", 1)
    sent = [("_draft", "/x"), ("_student", other), ("text", "話")]
    assert school.teacher.post("/drafts", sent).status_code == 404


def test_a_meeting_is_recorded_corrected_and_withdrawn(school: School) -> None:
    path = school.path("/meetings/new?school_year=112")
    form = shown(school.teacher, path).form(path)
    assert dict(form.fields)["recorder_name"] == "a-cm 老師"
    typed = {
        "held_at.day": "112/7/20",
        "held_at.time": "14:30",
        "topic": "個別輔導計畫會議",
        "purpose": "擬定計畫",
        "participants": "導師、家長\n林老師",
        "content": "討論課程安排。",
    }
    sheet = school.teacher.send(path, form.with_typed(typed))
    assert sheet.path == school.path("/meetings")
    assert "個別輔導計畫會議" in sheet.text
    meeting = school.county.a_cm.get(school.path("/meetings")).json()["items"][0]
    assert meeting["participants"] == ["導師", "家長", "林老師"]
    assert meeting["held_at"] == "2023-07-20T14:30:00.000000+08:00"
    sheet = shown(school.teacher, school.path(f"/meetings/{meeting['id']}/edit"))
    form = sheet.form(school.path(f"/meetings/{meeting['id']}/edit"))
    sheet = school.teacher.send(form.action, form.filled(topic="期初會議", reason="更正"))
    assert "期初會議" in sheet.text
    # The assessment of needs can name it.
    choices = shown(school.teacher, edit(school, "needs_assessment"))
    assert "民國112年7月20日（四）　期初會議" in choices.text
    form = shown(school.teacher, school.path(f"/meetings/{meeting['id']}/withdrawal")).form()
    sheet = school.teacher.send(form.action, form.filled(reason="重複"))
    assert "已刪除；歷程仍保留" in sheet.text


def test_a_moment_that_is_none_stays_as_it_was_typed(school: School) -> None:
    path = school.path("/meetings/new?school_year=112")
    form = shown(school.teacher, path).form(path)
    sheet = school.teacher.send(
        path, form.with_typed({"held_at.day": "112/7/20", "held_at.time": "下午"})
    )
    assert sheet.status == 422
    assert "會議時間：請填寫日期與時間" in sheet.html
    kept = dict(sheet.form(path).fields)
    assert (kept["held_at.day"], kept["held_at.time"]) == ("112/7/20", "下午")


def test_a_form_that_is_sent_twice_makes_one_record(school: School) -> None:
    path = school.path("/placements/new")
    form = shown(school.teacher, path).form(path)
    typed = {name: str(value) for name, value in PLACEMENT.items()} | {"school_year": "112"}
    sent = form.with_typed(typed)
    for _ in range(2):
        assert school.teacher.send(path, sent).status == 200
    items = school.county.a_cm.get(school.path("/placements")).json()["items"]
    assert len(items) == 1


def test_a_placement_is_edited_and_a_re_placement_is_asked_for(school: School) -> None:
    made = school.county.a_cm.made(school.path("/placements"), PLACEMENT | {"school_year": 112})
    sheet = shown(school.teacher, school.path("/placements"))
    assert "民國113年6月3日（一）" in sheet.text
    path = school.path(f"/placements/{made}/edit")
    form = shown(school.teacher, path).form(path)
    assert dict(form.fields)["occurred_on"] == "113/6/3"
    sheet = school.teacher.send(path, form.filled(placement_grade="7", reason="跳級升等"))
    assert "七年級" in sheet.text
    path = school.path(f"/placements/{made}/requests/new?kind=re_placement")
    form = shown(school.teacher, path).form(path)
    typed = {
        "letter_number": "苓國輔字第1號",
        "reason": "家長提出",
        "new_placement.area": "數學",
        "new_placement.category": "exemption",
        "new_placement.target_year_grade": "5",
        "new_placement.placement_grade": "6",
    }
    sheet = school.teacher.send(path, form.with_typed(typed))
    assert sheet.path.startswith("/placement-requests/")
    assert "等待學校特推會辦理" in sheet.text
    assert "免修" in sheet.text
    # Who asked does not decide here; the school's office records what the committee decided.
    office = Visitor.of(school.county.client, "a-office", PASSWORD)
    sheet = shown(office, sheet.path)
    form = sheet.form(f"{sheet.path}/decisions")
    decided = office.send(form.action, form.filled(outcome="passed", decided_on="112/8/1"))
    assert "特推會" in decided.text
    assert decided.status == 200, decided.text


def test_what_is_missing_in_a_request_is_named(school: School) -> None:
    made = school.county.a_cm.made(school.path("/placements"), PLACEMENT | {"school_year": 112})
    path = school.path(f"/placements/{made}/requests/new?kind=re_placement")
    form = shown(school.teacher, path).form(path)
    sheet = school.teacher.send(path, form.filled(letter_number="第1號"))
    assert sheet.status == 422
    assert 'href="#f-new_placement.area"' in sheet.html
    assert 'href="#f-reason"' in sheet.html
    assert "安置類別：請填寫這個欄位。" in [text for text, _ in sheet.links]


def test_a_placement_that_two_edit_shows_both(school: School) -> None:
    made = school.county.a_cm.made(school.path("/placements"), PLACEMENT | {"school_year": 112})
    path = school.path(f"/placements/{made}/edit")
    mine, theirs = (shown(one, path).form(path) for one in (school.teacher, school.colleague))
    school.colleague.send(path, theirs.filled(area="數學", reason="更正科目"))
    sheet = school.teacher.send(path, mine.filled(placement_grade="7", reason="更正年級"))
    assert sheet.status == 412
    merged = dict(sheet.form(path).fields)
    assert (merged["area"], merged["placement_grade"]) == ("數學", "7")
    assert "兩邊都改了" not in sheet.text


def test_a_note_is_written_read_corrected_and_withdrawn_under_the_sign(school: School) -> None:
    path = school.path("/notes/new")
    sheet = shown(school.teacher, path)
    assert "僅本人可見" in sheet.text
    form = sheet.form(path)
    assert dict(form.fields)["held_on"] == "112/8/1"
    typed = NOTE | {"participants": "王老師\n陳母"}
    sheet = school.teacher.send(path, form.with_typed(typed))
    assert sheet.path == school.path("/notes")
    assert "了解適應情形" in sheet.text
    sheet = shown(school.teacher, sheet.link("民國112年8月1日（二）"))
    assert "談到分組學習的壓力" in sheet.text
    edited = shown(school.teacher, sheet.link("修改"))
    form = edited.form(sheet.link("修改"))
    sheet = school.teacher.send(form.action, form.filled(content="壓力已減輕", reason="補充"))
    assert sheet.status == 200
    found = school.teacher.send("/me/notes", [("q", "減輕")])
    assert "了解適應情形" in found.text
    assert "陳小明" in found.text
    note = UUID(shown(school.teacher, "/me/notes").link("民國112年8月1日（二）")[-36:])
    history = shown(school.teacher, school.path(f"/history?section=counselling_note&record={note}"))
    assert "談到分組學習的壓力" in history.text
    assert "僅本人可見" in history.text
    path = school.path(f"/notes/{note}/withdrawal")
    form = shown(school.teacher, path).form(path)
    sheet = school.teacher.send(path, form.filled(reason="重複"))
    assert "您還沒有為這位學生填寫紀錄" in sheet.text


def test_to_a_colleague_a_note_is_what_never_was(school: School) -> None:
    path = school.path("/notes/new")
    form = shown(school.teacher, path).form(path)
    school.teacher.send(path, form.with_typed(NOTE | {"participants": "王老師"}))
    note = school.county.a_cm.get("/me/notes").json()["items"][0]["id"]
    none = UUID(int=7)
    for rest in ("", "/edit", "/withdrawal"):
        of_note = school.colleague.visit(school.path(f"/notes/{note}{rest}"))
        of_none = school.colleague.visit(school.path(f"/notes/{none}{rest}"))
        assert (of_note.status, of_note.html) == (of_none.status, of_none.html)
        assert of_note.status == 404
    assert "您還沒有為這位學生填寫紀錄" in shown(school.colleague, school.path("/notes")).text
    for page in ("/", school.path(), school.path("/plan"), school.path("/history")):
        assert "了解適應情形" not in shown(school.colleague, page).text


def test_pages_of_notes_leave_no_line_in_the_book_of_access(school: School) -> None:
    before = _access(school.county)
    for path in ("/notes", "/notes/new"):
        shown(school.teacher, school.path(path))
    shown(school.teacher, "/me/notes")
    school.teacher.visit(school.path(f"/notes/{UUID(int=7)}"))
    form = shown(school.teacher, school.path("/notes/new")).form(school.path("/notes/new"))
    school.teacher.send(form.action, form.with_typed(NOTE | {"participants": "王老師"}))
    assert _access(school.county) == before
    assert "counselling-note.recorded.v1" in school.county.note_events("a-cm")


def test_the_history_shows_before_and_after(school: School) -> None:
    path = edit(school, "basic_family")
    form = shown(school.teacher, path).form(path)
    school.teacher.send(path, form.filled(student_name="陳大明", reason="更名"))
    sheet = shown(school.teacher, school.path("/history?section=basic_family"))
    assert "原因：更名" in sheet.text
    assert "修改前： 陳小明" in sheet.text
    assert "修改後： 陳大明" in sheet.text
    everything = shown(school.teacher, school.path("/history"))
    assert everything.html.count("<article") > sheet.html.count("<article")
    assert school.teacher.visit(school.path("/history?section=nothing")).status == 404


def test_the_plan_is_printed(school: School) -> None:
    sheet = shown(school.teacher, school.path("/plan?school_year=112"))
    path = sheet.link("列印（PDF）")
    answer = school.teacher.client.get(path)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    odt = school.teacher.client.get(sheet.link("可編輯檔（ODT）"))
    assert odt.headers["content-type"] == "application/vnd.oasis.opendocument.text"


def test_a_search_finds_who_is_in_reach_and_puts_no_word_in_an_address(school: School) -> None:
    school.county.student("ks-b", 1)
    sheet = school.teacher.send("/search", [("q", "小")])
    assert sheet.path == "/search"
    assert "陳小明" in sheet.text
    assert "林小華" not in sheet.text
    assert "陳小明" in school.teacher.send("/search", [("q", "A123456789")]).text
    none = school.teacher.send("/search", [("q", "林小華")])
    assert "您看得到的學生與案件中，沒有符合「林小華」的" in none.text


def test_a_list_is_narrowed_and_sorted_by_its_address(school: School) -> None:
    sheet = shown(school.teacher, "/students?school_year=&grade=4&sort=-name")
    assert "陳小明" in sheet.text
    assert 'aria-sort="descending"' in sheet.html
    assert "沒有符合條件的學生" in shown(school.teacher, "/students?grade=6").text


def test_an_unknown_number_and_one_out_of_reach_read_the_same(school: School) -> None:
    school.county.student("ks-b", 1)
    said = []
    for number in ("B123456780", "F131104093", "nonsense"):
        form = shown(school.teacher, "/students/new-plan").form()
        sheet = school.teacher.send(form.action, form.filled(national_id=number))
        assert sheet.status == 404
        said.append(sheet.text.replace(number, ""))
    assert len(set(said)) == 1


def test_what_one_may_not_edit_is_read_and_not_offered(school: School) -> None:
    sheet = shown(school.teacher, school.path("/sections/annual_goal?school_year=112"))
    assert "由有填寫權限的教師填寫後" in sheet.text
    assert school.teacher.visit(edit(school, "annual_goal")).status == 403
    office = Visitor.of(school.county.client, "a-office", PASSWORD)
    sheet = shown(office, school.path("/plan?school_year=112"))
    assert "晤談" not in sheet.text
    assert "填寫" not in [text for text, _ in sheet.links]
    assert office.visit(school.path("/notes")).status == 403


def test_a_student_of_another_school_is_nobody(school: School) -> None:
    other = school.county.student("ks-b", 1)
    of_nobody = school.teacher.visit(f"/students/{UUID(int=7)}")
    for rest in ("", "/plan", "/placements", "/history", "/meetings", "/sections/awards"):
        sheet = school.teacher.visit(f"/students/{other}{rest}")
        assert (sheet.status, sheet.html) == (404, of_nobody.html)


def test_a_basis_that_somebody_made_up_changes_nothing_but_the_proposal(school: School) -> None:
    path = edit(school, "basic_family")
    form = shown(school.teacher, path).form(path)
    stale = form.with_typed({"_version": "99", "_base": "[1]", "reason": "試"})
    assert school.teacher.send(path, stale).status == 412
    stale = form.with_typed({"_version": "99", "_base": "{", "reason": "試"})
    assert school.teacher.send(path, stale).status == 412
    stale = form.with_typed({"_version": "99", "_base": json.dumps({"sex": 5}), "reason": "試"})
    assert school.teacher.send(path, stale).status == 412


def _clock(school: School, now: str) -> None:
    answer = school.county.eb.post("/simulation/clock", {"now": now})
    assert answer.status_code == 200, answer.text


def _access(county: County) -> int:
    with county.house.ledger.database.connect("projector") as connection:
        row = connection.execute("SELECT count(*) FROM books.access").fetchone()
    assert row is not None
    return int(row[0])


def test_a_form_hints_at_what_the_labels_do_not_say(school: School) -> None:
    path = edit(school, "basic_family")
    sheet = shown(school.teacher, path)
    assert "可複選；特殊教育法第 4 條。" in sheet.text
    assert "學生的住址。" not in sheet.text
    # The description stands where programs read it, with its source.
    form = school.county.a_cm.get("/sections/basic_family/form").json()
    said = {one["name"]: one["description"] for one in form["fields"]}
    assert (said["address"], form["source"]) == ("學生的住址。", "二(一)")
