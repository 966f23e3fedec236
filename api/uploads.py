"""From a form with a file to the bytes in it, kept in memory: nothing unencrypted on the disk."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

from fastapi import Header, Request
from fastapi.params import Depends
from pydantic import Field, ValidationError
from python_multipart.multipart import parse_options_header
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
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    body = await request.body()
    # Without its last line a form is torn, and the parser would leave the file in it open.
    last = b"--" + options.get(b"boundary", b"\0") + b"--"
    if kind != b"multipart/form-data" or not body.rstrip().endswith(last):
        raise _not_a_form()

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
        if isinstance(value, UploadFile) != (name == "file"):
            raise _wrong(name)
        if not isinstance(value, UploadFile):
            if name in fields or name in FileBody.model_fields:
                raise _wrong(name)
            fields[name] = value
            continue
        content = await value.read()
        fields |= {"name": value.filename or "", "sha256": digest(content), "content": content}
    if "content" not in fields:
        raise _wrong("file")
    return fields


def _wrong(field: str) -> BodyNotValid:
    """What is said of the file comes from the file, and never from another field."""
    if field == "file":
        error = FieldError(field=field, code="required", message="請選擇要上傳的檔案。")
    else:
        error = FieldError(field=field, code="unknown-field", message="沒有這個欄位，請移除。")
    return BodyNotValid([error])


def _not_a_form() -> BodyNotValid:
    message = "請以表單（multipart/form-data）上傳檔案。"
    return BodyNotValid([FieldError(field="", code="not-a-form", message=message)])
