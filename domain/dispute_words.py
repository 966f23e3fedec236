"""How what a dispute says is called on pages and papers (zh-TW)."""

from domain.labels import SECTIONS

DISPUTE_KINDS = {
    "recheck": "複查",
    "appeal": "申復",
    "complaint": "申訴",
    "placement_review": "安置申覆",
}

DISPUTE_STATUSES = {"open": "審理中", "decided": "已決定", "withdrawn": "已撤回"}

DISPUTE_OUTCOMES = {
    "upheld": "有理由",
    "partly_upheld": "部分有理由",
    "dismissed": "無理由",
    "not_accepted": "不受理",
}

DISPUTE_SIDES = {"applicant": "申請人", "school": "學校", "authority": "主管機關"}

COUNTED_FROM = {"notice": "收到通知之日", "closing_date": "印定的截止日"}

FIELDS = {
    "organisation_id": "學校",
    "kind": "救濟種類",
    "programme": "計畫",
    "programme_version": "計畫版次",
    "stage": "階段",
    "decision_id": "爭議的決定",
    "previous_dispute_id": "前一程序",
    "matter": "爭議事項",
    "grounds": "理由",
    "notice_received_on": "收到通知日期",
    "filed_on": "提出日期",
    "arrived_on": "收件日期",
    "conditions": "已具備條件",
    "missing": "欠缺條件",
    "rule": "適用規定",
    "counted_from": "起算基準",
    "days": "日數",
    "last_day": "末日",
    "also_accepted_until": "次一上班日",
    "timely": "在期限內",
    "sections": "可檢視項目",
    "until": "迄日",
    "statement_id": "陳述",
    "side": "陳述方",
    "text": "陳述內容",
    "given_on": "提出日期",
    "outcome": "決定",
    "effect": "逾期效果",
    "document_number": "文件字號",
    "decided_on": "決定日期",
    "reasons": "決定理由",
    "notified_on": "通知日期",
    "status": "狀態",
    "hearing_closed": "審理終結",
}

CODES = {
    "kind": DISPUTE_KINDS,
    "rule": DISPUTE_KINDS,
    "outcome": DISPUTE_OUTCOMES,
    "side": DISPUTE_SIDES,
    "status": DISPUTE_STATUSES,
    "counted_from": COUNTED_FROM,
    "sections": SECTIONS,
}
