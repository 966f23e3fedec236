"""From a form with a file to the bytes in it, kept in memory: nothing unencrypted on the disk."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Header, Request
from fastapi.params import Depends
from pydantic import Field, ValidationError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from api.acting import Asked, Body
from api.problems import BodyNotValid, FieldError, errors_of
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
        fields = _fields(await form_sent(request))
        try:
            body = model.model_validate(fields)
        except ValidationError as error:
            errors = errors_of(error)
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


@dataclass(frozen=True)
class Sent:
    """A form as it was sent: its fields, and its files as (field, name, content)."""

    fields: list[tuple[str, str]] = field(repr=False)
    files: list[tuple[str, str, bytes]] = field(repr=False)


async def form_sent(request: Request) -> Sent:
    """A form with at most one file, kept in memory. Raises `BodyNotValid`."""
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
        return Sent(
            [(name, one) for name, one in form.multi_items() if isinstance(one, str)],
            [
                (name, one.filename or "", await one.read())
                for name, one in form.multi_items()
                if isinstance(one, UploadFile)
            ],
        )
    finally:
        await form.close()


def _fields(sent: Sent) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in sent.fields:
        if name == "file" or name in fields or name in FileBody.model_fields:
            raise _wrong(name)
        fields[name] = value
    for name, filename, content in sent.files:
        if name != "file":
            raise _wrong(name)
        fields |= {"name": filename, "sha256": digest(content), "content": content}
    if "content" not in fields:
        raise file_missing()
    return fields


def file_missing() -> BodyNotValid:
    """What is said where no file was chosen."""
    return _wrong("file")


def _wrong(name: str) -> BodyNotValid:
    """What is said of the file comes from the file, and never from another field."""
    if name == "file":
        error = FieldError(field=name, code="required", message="請選擇要上傳的檔案。")
    else:
        error = FieldError(field=name, code="unknown-field", message="沒有這個欄位，請移除。")
    return BodyNotValid([error])


def _not_a_form() -> BodyNotValid:
    message = "請以表單（multipart/form-data）上傳檔案。"
    return BodyNotValid([FieldError(field="", code="not-a-form", message=message)])
