"""`/school/import`: a school's file, looked at line by line, confirmed, and what became of it.

Between the preview and the confirmation the file is kept as drafts are: on the server, encrypted,
for its sender alone, one at a time.
"""

from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, get_args

import orjson
from fastapi import APIRouter, Depends, Response

from api import drafts, school_imports
from api.acting import Done
from api.importing.files import HEADERS
from api.school_imports import File, Row
from api.uploads import Sent, form_sent
from api.web.rendering import Page, ThePage
from api.web.typed import Typed, text
from api.web.wrongs import Wrongs
from domain.capacity import Capacity
from domain.refusal import NotAllowed, NotFound, Refusal

router = APIRouter()

_DRAFT = "page:/school/import"

#: What a school imports, in words.
FILES = {
    "students.csv": "學生名單（通報、升級、換班、更正）",
    "relations.csv": "服務關係（個案管理教師、任課教師）",
    "accounts.csv": "人員帳號",
}
COLUMNS = {
    "national_id": "身分證統一編號",
    "name": "姓名",
    "sex": "性別",
    "birth_date": "出生日期",
    "organisation": "學校代碼",
    "stage": "教育階段",
    "grade": "年級",
    "class": "班級",
    "kind": "關係種類",
    "account": "教師帳號",
    "student_national_id": "學生身分證統一編號",
    "subject": "授課科目",
    "school_year": "學年度",
    "username": "帳號",
    "roles": "身分",
    "duties": "職務",
    "teaching_category": "教師類別",
    "subjects": "授課科目",
    "homeroom_class": "擔任導師的班級",
    "gifted_class": "是否為資優班",
    "password": "密碼",
}
#: A line of each file as it may look; nobody's.
_EXAMPLES = {
    "students.csv": "A123456789,王小明,男,104/5/6,學校代碼,elementary,4,四年甲班",
    "relations.csv": "teaching,教師帳號,A123456789,數學,114",
    "accounts.csv": "帳號,姓名,學校代碼,teacher,,專任,數學;自然,,,請填密碼",
}
OUTCOMES = {"new": "新增", "changed": "修改", "same": "不變", "wrong": "有錯誤"}

FormSent = Annotated[Sent, Depends(form_sent)]


@dataclass(frozen=True)
class Kept:
    """A file that was looked at, or what became of it."""

    key: str
    file: File
    content: str = field(repr=False)
    rows: list[dict[str, Any]] | None = field(default=None, repr=False)


@router.get("/school/import")
def get_import(page: ThePage) -> Response:
    """Chooses a file."""
    _permit(page)
    return page.show("school_import.html", **_choosing(page, None))


@router.post("/school/import")
def post_import(page: ThePage, sent: FormSent) -> Response:
    """Looks at the file; nothing is recorded. Where it is good, it is kept for the confirmation."""
    _permit(page)
    chosen = dict(sent.fields).get("file_kind")
    contents = [content for name, _, content in sent.files if name == "file"]
    if chosen not in get_args(File) or not contents or not contents[0]:
        wrongs = Wrongs("請選擇要匯入的檔案", "請選擇資料種類與 CSV 檔，再按「預覽」。")
        context = _choosing(page, chosen) | {"wrongs": wrongs}
        return page.show("school_import.html", status=422, **context)
    file: File = chosen  # type: ignore[assignment]
    found = school_imports.preview(page.house, page.viewer, file, contents[0])
    if not found.good:
        context = _choosing(page, file) | {"found": found}
        return page.show("school_import.html", status=422, **context)
    plain = contents[0].removeprefix(b"\xef\xbb\xbf").decode()
    _keep(page, Kept(page.new_key, file, plain))
    return page.go("/school/import/preview")


@router.get("/school/import/preview")
def get_preview(page: ThePage) -> Response:
    """What the file would record, line by line, and the one confirmation."""
    kept = _kept(page)
    if kept is None or kept.rows is not None:
        return page.go("/school/import", "import-gone")
    return _preview(page, kept)


@router.post("/school/import/preview")
def post_preview(page: ThePage, typed: Typed) -> Response:
    """Records what was shown. Sent twice, it is recorded once."""
    kept = _kept(page)
    if kept is None or kept.key != text(typed, "_key"):
        return page.go("/school/import", "import-gone")
    if kept.rows is not None:
        return page.go("/school/import/outcome", "unchanged")
    found = school_imports.preview(page.house, page.viewer, kept.file, kept.content.encode())
    body = {"file": kept.file, "content": kept.content, "digest": text(typed, "digest") or ""}

    def deed() -> Done:
        return school_imports.record(page.house, page.viewer, page.asked(body, typed))

    outcome = page.attempt(deed)
    if isinstance(outcome, Refusal):
        return _preview(page, kept, outcome)
    # Otherwise another sending of this form was recorded meanwhile, and keeps what became of it.
    if found.digest == body["digest"]:
        rows = [asdict(one) for one in found.rows]
        _keep(page, Kept(kept.key, kept.file, "", rows))
    return page.done(outcome, "/school/import/outcome", "imported")


@router.get("/school/import/outcome")
def get_outcome(page: ThePage) -> Response:
    """What became of each line."""
    kept = _kept(page)
    if kept is None or kept.rows is None:
        return page.go("/school/import")
    rows = [Row(**one) for one in kept.rows]
    return page.show("school_import_outcome.html", **_words(), file=kept.file, rows=rows)


@router.post("/school/import/discard")
def post_discard(page: ThePage) -> Response:
    """Throws away the file, or what is told of it."""
    _permit(page)
    drafts.drop(page.house, page.viewer.account_id, _DRAFT)
    return page.go("/school/import", "import-discarded")


@router.get("/school/import/columns/{file}")
def get_columns(page: ThePage, file: str) -> Response:
    """A file with the columns and one line, to be filled in."""
    _permit(page)
    if file not in get_args(File):
        raise NotFound
    made = f"{','.join(HEADERS[file])}\r\n{_EXAMPLES[file]}\r\n"
    # With its mark, so that a spreadsheet opens it as UTF-8.
    return Response(
        made.encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{file}"'},
    )


def _permit(page: Page) -> None:
    if not page.viewer.holds(Capacity.SCHOOL_ADMINISTRATOR):
        raise NotAllowed


def _preview(page: Page, kept: Kept, refusal: Refusal | None = None) -> Response:
    found = school_imports.preview(page.house, page.viewer, kept.file, kept.content.encode())
    context = _words() | {"found": found, "file": kept.file, "key": kept.key}
    if refusal is not None:
        return page.refused(refusal, "school_import_preview.html", **context)
    return page.show("school_import_preview.html", **context)


def _choosing(page: Page, chosen: str | None) -> dict[str, Any]:
    kept = _kept(page)
    return _words() | {
        "chosen": chosen,
        "headers": HEADERS,
        "found": None,
        "waiting": kept is not None and kept.rows is None,
    }


def _words() -> dict[str, Any]:
    return {"files": FILES, "columns": COLUMNS, "outcomes": OUTCOMES}


def _kept(page: Page) -> Kept | None:
    _permit(page)
    try:
        _, body = drafts.kept(page.house, page.viewer.account_id, _DRAFT)
    except NotFound:
        return None
    return Kept(**body)


def _keep(page: Page, kept: Kept) -> None:
    drafts.keep(page.house, page.viewer.account_id, _DRAFT, orjson.dumps(kept))
