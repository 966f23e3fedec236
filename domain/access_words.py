"""How what stands in the book of access is called on pages and papers (zh-TW).

`what` is a noun, or a noun and a verb: `student`, `placement.correct`, `section.awards.save`.
"""

from collections.abc import Mapping

from domain.labels import SECTIONS
from domain.process import STEPS
from domain.rosters import ROSTERS
from domain.step_sheets import SHEETS

KINDS: Mapping[str, str] = {
    "read": "查閱",
    "listed": "列出",
    "searched": "查詢",
    "exported": "匯出",
    "refused": "未獲准",
}

#: Names that say everything by themselves.
_WHOLE = {
    "unknown": "不明的項目",
    "access-log": "查閱紀錄",
    "access-reviews": "待檢視的查閱",
    "changes/students": "異動學生清單",
    "account.allow-reset": "核發重設密碼的代碼",
    "account.remove-passkeys": "移除遺失的通行金鑰",
    "dispute.appoint": "聘派爭議案件審議人員",
    "dispute.close-hearing": "結束爭議案件審議",
    "dispute.end-reviewer": "結束爭議案件審議人員聘派",
    "dispute.open": "受理爭議案件",
    "dispute.state": "爭議案件陳述",
    "disputes/evidence": "爭議案件證據檔",
    "disputes/note-releases": "釋出給爭議案件的輔導紀錄",
    "disputes/timeline": "爭議案件歷程",
    "me/reads": "本人的查閱紀錄",
    "notes/proof": "晤談與輔導紀錄的證明",
    "papers/igp": "縮短修業年限個別輔導計畫",
    "papers/notice-initial": "初選測驗結果通知單",
    "papers/notice-second": "複選測驗結果通知單",
    "papers/placement-application": "安置申請表",
    "papers/receipt-initial": "初選統一收據",
    "papers/receipt-second": "複選統一收據",
    "papers/ticket-initial": "初選鑑定證",
    "papers/ticket-second": "複選鑑定證",
    "plan.batch-add": "批次新增個別輔導計畫",
    "plan.copy": "個別輔導計畫複本",
    "placement-options": "可填寫的安置",
    "records/proof": "紀錄的證明",
    "rosters/modified": "某日至某日修改的學生名單",
    "reference": "選項表",
    "rosters/additions": "增列科目清單",
    "rosters/attendance": "安置會議出席名單",
    "rosters/letters": "函知名單",
    "rosters/tasks": "轉銜工作清單",
    "rosters/tracking": "追蹤報告清單",
    "school-year.open-all": "批次新增年度資料",
    "school.import": "匯入學校資料",
    "school.import-preview": "匯入學校資料的預覽",
    "school-years.batch": "批次新增年度資料",
    "sign-in": "登入",
    "simulation.clock": "調整模擬時鐘",
    "student.change-class": "學生編班",
    "document.erase": "依法刪除一份上傳的文件",
    "student.erase": "依法刪除學生資料",
    "student.register": "通報學生",
    "student.transfer": "學生轉學",
    "students.batch": "批次新增個別輔導計畫",
    "students/as-of": "過去時點的資料",
    "students/compare": "兩個時點的比較",
    "students/history": "異動歷程",
}

_NOUNS = {
    "account": "帳號",
    "accounts": "帳號清單",
    "application": "縮短修業年限申請",
    "applications": "縮短修業年限申請清單",
    "as-of": "過去時點的資料",
    "batch": "學校批次",
    "batches": "學校批次清單",
    "case-manager": "個案管理教師聘派",
    "cases": "案件清單",
    "changes": "異動報表",
    "colleagues": "同校教師清單",
    "compare": "兩個時點的比較",
    "course": "課程目標",
    "course-template": "課程範本",
    "course-templates": "課程範本清單",
    "courses": "課程目標清單",
    "dispatch": "學生分派",
    "dispute": "爭議案件",
    "document": "鑑定安置上傳資料",
    "documents": "學校上傳資料清單",
    "disputes": "爭議案件清單",
    "evidence": "證據檔",
    "examination": "評量與未公告的結果",
    "file": "計畫檔案",
    "files": "計畫檔案清單",
    "fill-status": "填寫情形",
    "graduation-score": "畢業成績",
    "gifted-group": "學校資優小組",
    "history": "異動歷程",
    "igp-document": "縮短修業年限個別輔導計畫",
    "initial-batch": "初選學校批次",
    "legal-hold": "法定保全",
    "legal-holds": "法定保全清單",
    "mark": "學習成績",
    "marks": "學習成績清單",
    "meeting": "相關會議記錄",
    "meetings": "相關會議記錄清單",
    "note": "晤談與輔導紀錄",
    "note-release": "輔導紀錄釋出",
    "notes": "晤談與輔導紀錄清單",
    "organisation": "單位",
    "organisations": "單位清單",
    "passkeys": "通行金鑰清單",
    "papers": "計畫的文件",
    "participant-option": "參與人員選項",
    "participant-options": "參與人員選項清單",
    "placement": "安置",
    "placement-batch": "安置學校批次",
    "placement-case": "安置案",
    "placement-cases": "安置案清單",
    "placement-meeting": "安置會議出席",
    "placement-request": "重新／放棄安置申請",
    "placement-requests": "重新／放棄安置申請清單",
    "placements": "安置清單",
    "plan": "個別輔導計畫",
    "programme": "計畫規定",
    "programmes": "計畫規定清單",
    "replacement": "重新安置紀錄",
    "round": "計畫全程",
    "replacements": "重新安置紀錄清單",
    "reports": "已儲存的報表",
    "results": "待公告的結果",
    "rosters": "名冊",
    "school-document": "學校上傳資料",
    "school-year": "年度資料",
    "skip-status": "全部學科跳級註記",
    "second-batch": "複選學校批次",
    "shared-courses": "獲分享的課程目標",
    "student": "學生資料",
    "student-account": "學生帳號",
    "sessions": "目前的登入清單",
    "password-resets": "重設密碼的代碼清單",
    "students": "學生清單",
    "teaching": "授課",
    "tracking": "追蹤報告",
}

_VERBS = {
    "add": "新增",
    "appoint": "聘派",
    "assign": "指派",
    "change": "修改",
    "close": "停用",
    "correct": "修正",
    "decide": "決定",
    "end": "結束",
    "end-share": "結束分享",
    "export": "匯出",
    "import": "匯入",
    "import-template": "匯入範本至",
    "lift": "解除",
    "link": "連結",
    "make": "辦理",
    "move": "移轉",
    "open": "開始",
    "place": "設定",
    "publish": "公告",
    "record": "填寫",
    "register": "建立",
    "remove": "移除",
    "rename": "更名",
    "save": "儲存",
    "share": "分享",
    "upload": "上傳",
    "withdraw": "刪除",
    "withdraw-many": "批次刪除",
}


def what_label(what: str) -> str:
    """What was looked at or tried, in words; its own name where nobody has named it."""
    if what in _WHOLE:
        return _WHOLE[what]
    if what.startswith("rosters/"):
        roster = ROSTERS.get(what.removeprefix("rosters/"))
        return what if roster is None else roster.title
    if what.startswith("step-batches/"):
        sheet = SHEETS.get(what.removeprefix("step-batches/"))
        return what if sheet is None else f"{sheet.of.name}的整批登載"
    noun, *rest = what.split(".")
    if noun == "section" and rest:
        noun, *rest = rest
        if rest == ["list"]:
            return f"{SECTIONS[noun]}清單" if noun in SECTIONS else what
    name = _NOUNS.get(noun) or SECTIONS.get(noun)
    if name is None or len(rest) > 1:
        return what
    if not rest:
        return name
    step = STEPS.get((noun.replace("-", "_"), rest[0]))
    if step is not None:
        return f"{name}：{step.name}"
    verb = _VERBS.get(rest[0])
    return what if verb is None else f"{verb}{name}"
