"""From a form with a file to the bytes in it, kept in memory: nothing unencrypted on the disk."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

from fastapi import Header, Request
from fastapi.params import Depends
from pydantic import Field, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from api.acting import Asked, Body
from api.problems import BodyNotValid, FieldError, field_errors
from domain.plan_file import LARGEST_FILE
from ledger.files import digest

#: Bytes of a request with a file: the largest file and the form around it.
LARGEST_UPLOAD = LARGEST_FILE + 64 * 1024

_Key = Annotated[
    str | None,
    Header(description="同一鍵值與內容只生效一次，保留 48 小時。"),
]


class FileBody(Body):
    """The file of a form: its name as it was sent, and its bytes.

    A repeat of a request is known by `sha256`, and not by how the form was written.
    """

    name: str
    sha256: str
    content: bytes = Field(exclude=True, repr=False)


class _InMemory(MultiPartParser):
    """Beyond this size the parser would write what it reads into a file."""

    spool_max_size = LARGEST_UPLOAD + 1


def uploaded(model: type[FileBody]) -> Any:
    """The dependency of a request whose form has the other fields of the model and one `file`.

    Raises `BodyNotValid`.
    """

    async def asked(request: Request, idempotency_key: _Key = None) -> Asked:
        fields = await _form(request)
        try:
            body = model.model_validate(fields)
        except ValidationError as error:
            errors = field_errors(error.errors(include_url=False, include_input=False))
        else:
            return Asked(
                method=request.method,
                path=request.url.path,
                body=body,
                idempotency_key=idempotency_key,
            )
        # Raised out here, so that no earlier error with the file's bytes hangs on it.
        raise BodyNotValid(errors)

    return Depends(asked)


async def _form(request: Request) -> dict[str, Any]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise _not_a_form()
    body = await request.body()

    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    try:
        form = await _InMemory(request.headers, stream(), max_files=1, max_fields=10).parse()
    except (MultiPartException, KeyError, ValueError):
        form = None
    if form is None:
        raise _not_a_form()
    try:
        return await _fields(form)
    finally:
        await form.close()


async def _fields(form: FormData) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in form.multi_items():
        if not isinstance(value, UploadFile):
            fields[name] = value
            continue
        if name != "file":
            raise BodyNotValid(
                [FieldError(field=name, code="unknown-field", message="沒有這個欄位，請移除。")]
            )
        content = await value.read()
        fields |= {"name": value.filename or "", "sha256": digest(content), "content": content}
    if "content" not in fields or "file" in fields:
        message = "請選擇要上傳的檔案。"
        raise BodyNotValid([FieldError(field="file", code="required", message=message)])
    return fields


def _not_a_form() -> BodyNotValid:
    message = "請以表單（multipart/form-data）上傳檔案。"
    return BodyNotValid([FieldError(field="", code="not-a-form", message=message)])
