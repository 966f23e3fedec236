"""Errors as RFC 9457 problem details, in Traditional Chinese (contract 2).

The body of a refusal depends on the refusal alone: never on the path, the input or the id, so
that what may not be known to exist answers as what does not exist, byte for byte.
"""

import errno
import logging
import traceback
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import psycopg
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from psycopg_pool import PoolTimeout
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from domain.refusal import NotFound, NotValid, Refusal
from ledger.encryption import canonical
from ledger.errors import ClockRefused, LedgerError, LedgerUnavailable
from ledger.keys import KeysError

log = logging.getLogger("igp.api")

MEDIA_TYPE = "application/problem+json"

#: A file, such as that of a new key, could not be written as the disk is.
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})


class FieldError(BaseModel):
    """One value that cannot be accepted; `field` is its dotted path in the body or query."""

    field: str
    code: str
    message: str


class Problem(BaseModel):
    """The body of every error. `code` is stable kebab-case English."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldError]


class ProfileProblem(Problem):
    """A sign-in refused because the profile has gaps. `profile_token` opens, for a quarter of an
    hour, the own account at `/me` and `/accounts/{id}`, and nothing else."""

    profile_token: str


class PasskeyProblem(Problem):
    """A sign-in that a passkey must complete: `/token/passkey` takes `step_token`, once, within
    five minutes, with what a passkey said to `options` (W3C Web Authentication)."""

    step_token: str
    options: dict[str, Any]


class SignInNeeded(Refusal):
    CODE = "not-signed-in"
    STATUS = 401
    TITLE = "請先登入"


class MethodNotAllowed(Refusal):
    CODE = "method-not-allowed"
    STATUS = 405
    TITLE = "這個網址不支援這項操作"


class BodyTooLarge(Refusal):
    CODE = "body-too-large"
    STATUS = 413
    TITLE = "傳送的內容太大"


class PreconditionRequired(Refusal):
    """A change of an existing record came without `If-Match`."""

    CODE = "precondition-required"
    STATUS = 428
    TITLE = "請以 If-Match 標頭附上載入時的版本"


class IdempotencyKeyReused(Refusal):
    CODE = "idempotency-key-reused"
    STATUS = 422
    TITLE = "這個 Idempotency-Key 已用於另一項內容不同的請求"


class Unavailable(Refusal):
    """The books or the database cannot be reached. Nothing was recorded."""

    CODE = "unavailable"
    STATUS = 503
    TITLE = "紀錄簿暫時無法使用，沒有儲存任何資料，請稍後再試"


class ClockWrong(Refusal):
    CODE = "clock-refused"
    STATUS = 503
    TITLE = "伺服器時鐘與紀錄簿不符，請通知系統管理員"


class Internal(Refusal):
    CODE = "internal-error"
    STATUS = 500
    TITLE = "系統發生錯誤，請稍後再試或通知系統管理員"


class BodyNotValid(NotValid):
    """Input that does not validate: every field with its reason."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("請修正下列欄位後再送出。")
        self.errors = list(errors)


def problem(refusal: Refusal) -> Response:
    """The answer of a refusal."""
    body = Problem(
        type=f"urn:igp-ledger:problem:{refusal.CODE}",
        title=refusal.TITLE,
        status=refusal.STATUS,
        code=refusal.CODE,
        detail=refusal.detail,
        errors=problem_errors(refusal),
    ).model_dump()
    return Response(
        canonical(body | getattr(refusal, "extra", {})),
        status_code=refusal.STATUS,
        media_type=MEDIA_TYPE,
        headers=_headers(refusal),
    )


def problem_errors(refusal: Refusal) -> Sequence[FieldError]:
    """The fields that a refusal speaks of."""
    errors: Sequence[FieldError] | None = getattr(refusal, "errors", None)
    if errors is not None:
        return errors
    if refusal.field:
        return [FieldError(field=refusal.field, code=refusal.CODE, message=refusal.detail)]
    return []


def _headers(refusal: Refusal) -> dict[str, str]:
    match refusal.STATUS:
        case 401:
            return {"WWW-Authenticate": "Bearer"}
        case 503:
            return {"Retry-After": "5"}
    return {}


def refusal_of(error: Exception) -> Refusal:
    """The refusal that stands for any error; what is nobody's refusal is logged without text."""
    match error:
        case Refusal():
            return error
        case ClockRefused():
            return ClockWrong()
        case LedgerUnavailable() | PoolTimeout() | psycopg.OperationalError():
            return Unavailable()
        case psycopg.Error(sqlstate=str(state)) if state.startswith("XX"):
            # The server failed by itself: a quota that is used up has no code of its own there.
            _report(error)
            return Unavailable()
        case OSError(errno=number) if number in _NO_ROOM:
            _report(error)
            return Unavailable()
        case HTTPException(status_code=404):
            return NotFound()
        case HTTPException(status_code=405):
            return MethodNotAllowed()
        case HTTPException(status_code=401):
            return SignInNeeded()
        case HTTPException(status_code=status) if 400 <= status < 500:
            return NotValid()
        case ValidationError():
            return BodyNotValid(errors_of(error))
        case RequestValidationError():
            return _of_request(error)
        case LedgerError() | KeysError():
            _report(error)
            return Unavailable()
    _report(error)
    return Internal()


def _of_request(error: RequestValidationError) -> Refusal:
    errors = cast("Sequence[Mapping[str, Any]]", error.errors())
    # A malformed id answers as an id of nothing.
    if any(one["loc"] and one["loc"][0] == "path" for one in errors):
        return NotFound()
    if isinstance(error.body, FormData) and not error.body:
        return BodyNotValid([_NO_FORM, *field_errors(errors, skip=1)])
    return BodyNotValid(field_errors(errors, skip=1))


def errors_of(error: ValidationError) -> list[FieldError]:
    """Errors of a model in Chinese; the input itself is never repeated."""
    return field_errors(error.errors(include_url=False))


def field_errors(errors: Iterable[Mapping[str, Any]], *, skip: int = 0) -> list[FieldError]:
    """Errors of pydantic in Chinese; the input itself is never repeated. Where a field may be one
    of two things, pydantic names the kind (`list[str]`) in the path, which is no field."""
    return [
        FieldError(
            field=".".join(str(part) for part in one["loc"][skip:] if "[" not in str(part)),
            code=code,
            message=message,
        )
        for one in errors
        for code, message in [_words(_kind(one), one.get("ctx") or {}, str(one["msg"]))]
    ]


def _kind(error: Mapping[str, Any]) -> str:
    """What kind of error it is: of a field that was left empty, that it is missing."""
    kind = str(error["type"])
    empty = error.get("input", ...) is None and error["loc"]
    return "missing" if empty and kind.endswith(("_type", "enum", "literal_error")) else kind


#: Whoever sends JSON where a form is taken would read only that its fields are missing.
_NO_FORM = FieldError(
    field="",
    code="not-a-form",
    message="這裡收表單欄位（application/x-www-form-urlencoded），不收 JSON。",
)
_INSTANT = ("not-an-instant", "請填寫含時區的時間，例如 2025-02-18T10:00:00+08:00。")
_WORDS: dict[str, tuple[str, str]] = {
    "missing": ("required", "請填寫這個欄位。"),
    "json_invalid": ("malformed-json", "內容不是正確的 JSON。"),
    "extra_forbidden": ("unknown-field", "沒有這個欄位，請移除。"),
    "string_type": ("not-a-text", "請填寫文字。"),
    "string_control": ("control-character", "文字不可包含控制字元。"),
    "int_type": ("not-a-number", "請填寫整數。"),
    "int_parsing": ("not-a-number", "請填寫整數。"),
    "int_parsing_size": ("not-a-number", "數字太大，請重新填寫。"),
    "int_from_float": ("not-a-number", "請填寫整數。"),
    "decimal_type": ("not-a-number", "請填寫數字。"),
    "decimal_parsing": ("not-a-number", "請填寫數字。"),
    "finite_number": ("not-a-number", "請填寫數字。"),
    "string_pattern_mismatch": ("wrong-form", "寫法不正確，請檢查後再填。"),
    "bool_type": ("not-yes-or-no", "請填寫 true 或 false。"),
    "bool_parsing": ("not-yes-or-no", "請填寫 true 或 false。"),
    "uuid_type": ("not-an-id", "請填寫正確的識別碼。"),
    "uuid_parsing": ("not-an-id", "請填寫正確的識別碼。"),
    "datetime_type": _INSTANT,
    "datetime_parsing": _INSTANT,
    "datetime_from_date_parsing": _INSTANT,
    "timezone_aware": _INSTANT,
    "list_type": ("not-a-list", "請填寫清單。"),
    "tuple_type": ("not-a-list", "請填寫清單。"),
    "model_type": ("not-an-object", "請填寫物件。"),
    "model_attributes_type": ("not-an-object", "請填寫物件。"),
    "dict_type": ("not-an-object", "請填寫物件。"),
}


def _words(kind: str, context: Mapping[str, Any], message: str) -> tuple[str, str]:
    """(code, message) of one kind of pydantic's errors."""
    if kind in _WORDS:
        return _WORDS[kind]
    match kind:
        case "enum" | "literal_error":
            choices = str(context.get("expected", "")).replace(" or ", "、").replace(", ", "、")
            return "not-a-choice", f"請填寫下列其中一項：{choices}。"
        case "string_too_short" if (least := context.get("min_length", 1)) > 1:
            return "too-short", f"至少 {least} 字。"
        case "string_too_short" | "too_short":
            return "required", "請填寫這個欄位。"
        case "string_too_long":
            return "too-long", f"最多 {context.get('max_length')} 字。"
        case "too_long":
            return "too-long", f"最多 {context.get('max_length')} 筆。"
        case "greater_than_equal" | "greater_than":
            return "too-small", f"不可小於 {context.get('ge', context.get('gt'))}。"
        case "less_than_equal" | "less_than":
            return "too-large", f"不可大於 {context.get('le', context.get('lt'))}。"
    if "-" in kind:
        # Our own checks bring their words (domain.calendar).
        return kind, message
    return "not-valid", "資料不正確。"


def _report(error: Exception) -> None:
    """Says where it happened and of which class it is, never what it says: that may be personal."""
    frames = [
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    log.error("api.failed error=%s at=%s", type(error).__name__, " ".join(frames[-8:]))


async def _answer(request: Request, error: Exception) -> Response:
    return problem(refusal_of(error))


def install(app: FastAPI) -> None:
    """Every error that was foreseen answers as a problem; the edge answers the others."""
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
