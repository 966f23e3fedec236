"""Refusals as pages: the same status and words as the problem that the API answers with.

What may not be known to exist and what does not exist are one page, byte for byte.
"""

from collections.abc import Callable
from urllib.parse import quote

import psycopg
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg_pool import PoolTimeout
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from api.openings import Progress
from api.problems import SignInNeeded, problem_errors, refusal_of
from api.progress_lines import in_lines
from api.web.guard import SAFE
from api.web.rendering import render
from domain.refusal import Refusal
from ledger.errors import LedgerError

#: What to do next, where the refusal itself does not say it.
_NEXT = {
    403: "如果您認為應該有這項權限，請洽學校的系統承辦人。",
    404: "網址可能有誤，資料可能已刪除，或不在您的權限範圍內。",
    409: "請回到上一頁，重新整理後再試一次。",
    413: "請回到上一頁；檔案最大 20 MB，可以降低掃描的解析度，或只掃描需要的頁面。",
    503: "請稍候幾分鐘再試；您填寫的內容若已存成草稿，不會遺失。",
}
#: What the pages call the parameters of their addresses.
_ASKED = {
    "school_year": "學年度",
    "listed_school_year": "已有計畫的學年度",
    "grade": "年級",
    "organisation": "學校",
    "stage": "教育階段",
    "status": "狀態",
    "section": "項目",
    "record": "紀錄",
    "student": "學生",
    "sort": "排序",
    "show": "顯示的範圍",
    "format": "檔案格式",
}


def answer(request: Request, error: Exception) -> Response:
    """The page of any error. Who is not signed in is asked to, and comes back afterwards."""
    refusal = refusal_of(error)
    if isinstance(refusal, SignInNeeded):
        return RedirectResponse(f"/sign-in?next={quote(_wanted(request))}", status_code=303)
    return refused(request, refusal)


def refused(request: Request, refusal: Refusal) -> Response:
    """The page of a refusal."""
    return render(
        request,
        "refused.html",
        {
            "refusal": refusal,
            "errors": problem_errors(refusal),
            "asked": _ASKED,
            "next_step": _NEXT.get(refusal.STATUS),
        },
        status=refusal.STATUS,
    )


def lines_of(request: Request, deed: Callable[[Progress], object]) -> Response:
    """The progress of a form's deed for the script of its page, which then sends the form as ever:
    what was done under its key is done once, and the page tells what came of it. Where it
    was refused, by a page of the deed or by what it raises, that page comes with the last line:
    nobody is refused twice. Who must sign in is sent there by the form itself."""

    def work(progress: Progress) -> Response:
        try:
            made = deed(progress)
        except Exception as error:
            made = answer(request, error)
        if not isinstance(made, Response) or made.status_code < 400:
            return JSONResponse({})
        return JSONResponse({"page": bytes(made.body).decode()}, made.status_code)

    return in_lines(work)


def _wanted(request: Request) -> str:
    """The page to come back to: this one, with its filters, where it can be looked at again."""
    query = request.url.query if request.method in SAFE else ""
    return f"{request.url.path}?{query}" if query else request.url.path


async def _answer(request: Request, error: Exception) -> Response:
    return answer(request, error)


def install(app: FastAPI) -> None:
    """Every error that was foreseen is a page; the guard answers the others."""
    for kind in (
        Refusal,
        LedgerError,
        PoolTimeout,
        psycopg.Error,
        ValidationError,
        RequestValidationError,
        HTTPException,
    ):
        app.add_exception_handler(kind, _answer)
