"""From a request to a deed and from what was done to an answer; and how both are documented."""

from collections.abc import Sequence
from typing import Annotated, Any, Protocol
from uuid import UUID

from fastapi import Header, Request, Response
from fastapi.params import Depends
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api.acting import Asked, Deed, Done, Given, Nothing, Seen, perform
from api.house import House
from api.problems import MEDIA_TYPE, PasskeyProblem, Problem, ProfileProblem
from api.viewer import Viewer
from ledger.encryption import canonical

_REF = "#/components/schemas/{model}"


class Written(BaseModel):
    """The answer of every write: the record and the version it has now."""

    id: UUID | None
    version: int | None


#: Models that requests and answers are documented with beside those FastAPI finds itself.
_MODELS: set[type[BaseModel]] = {PasskeyProblem, Problem, ProfileProblem, Written}

_IfMatch = Annotated[str | None, Header(description='載入時的版本，例如 `"3"`。')]
_Key = Annotated[
    str | None,
    Header(description="同一鍵值與內容只生效一次，保留 48 小時。"),
]


async def _posted(request: Request, idempotency_key: _Key = None) -> Asked:
    return await _asked(request, key=idempotency_key)


async def _changed(request: Request, if_match: _IfMatch = None) -> Asked:
    return await _asked(request, if_match=if_match)


async def _posted_change(
    request: Request, idempotency_key: _Key = None, if_match: _IfMatch = None
) -> Asked:
    return await _asked(request, key=idempotency_key, if_match=if_match)


async def _raw(request: Request) -> bytes:
    return await request.body()


async def _asked(request: Request, *, key: str | None = None, if_match: str | None = None) -> Asked:
    return Asked(
        method=request.method,
        path=request.url.path,
        body=await request.body(),
        idempotency_key=key,
        if_match=if_match,
    )


#: A POST that makes something; a PUT or PATCH; a POST that changes something.
Posted = Annotated[Asked, Depends(_posted)]
Changed = Annotated[Asked, Depends(_changed)]
PostedChange = Annotated[Asked, Depends(_posted_change)]
#: The bytes of a body that is no command.
Raw = Annotated[bytes, Depends(_raw)]


def answer(house: House, viewer: Viewer, asked: Asked, deed: Deed[Seen, Given]) -> Response:
    """Does the deed and answers with the record and its version (docs/decisions/write-answers.md).

    The receipt stands in a header: it is of the first effect, a repeat has none.
    """
    return response_of(house, viewer, perform(house, viewer, asked, deed))


def response_of(house: House, viewer: Viewer, done: Done) -> Response:
    """The answer of what was done: 202 where the views are late."""
    outcome = done.outcome
    headers = {}
    if outcome.version is not None:
        headers["ETag"] = f'"{outcome.version}"'
    if done.recorded is not None:
        content = {"b": done.recorded.book, "p": done.recorded.position}
        headers["Igp-Receipt"] = house.tokens.seal("receipt", content, viewer.account_id)
    return Response(
        canonical({"id": outcome.record_id, "version": outcome.version}),
        status_code=outcome.status if done.shown else 202,
        media_type="application/json",
        headers=headers,
    )


class Versioned(Protocol):
    """An item with the version of its record."""

    @property
    def version(self) -> int: ...

    def model_dump_json(self) -> str: ...


def shown(item: Versioned) -> Response:
    """One record, with its version as `ETag`."""
    return Response(
        item.model_dump_json(),
        media_type="application/json",
        headers={"ETag": f'"{item.version}"'},
    )


def takes(model: type[BaseModel]) -> dict[str, Any]:
    """The documentation of a JSON body that the endpoint reads itself."""
    _MODELS.add(model)
    schema = {"$ref": _REF.format(model=model.__name__)}
    return {
        "requestBody": {
            "required": model is not Nothing,
            "content": {"application/json": {"schema": schema}},
        }
    }


def takes_one_of(*models: type[BaseModel]) -> dict[str, Any]:
    """The arguments of a route that takes steps, each with a form of its own."""
    _MODELS.update(models)
    names = sorted({model.__name__ for model in models})
    schema = {"anyOf": [{"$ref": _REF.format(model=name)} for name in names]}
    content = {"application/json": {"schema": schema}}
    return writes(Nothing) | {
        "openapi_extra": {"requestBody": {"required": False, "content": content}}
    }


def writes(
    model: type[BaseModel], status: int = 201, *, answer: type[BaseModel] = Written
) -> dict[str, Any]:
    """The arguments of a route that writes: its status, body and answers."""
    return {
        "status_code": status,
        "response_model": answer,
        "responses": {
            202: {"description": "已記錄，檢視尚未更新。", "model": answer},
            **problems(403, 409, 412, 422, 428),
        },
        "openapi_extra": None if model is Nothing else takes(model),
    }


_PROBLEMS = {
    401: "未登入",
    403: "沒有這項作業的權限",
    404: "找不到，或不得知悉其存在",
    409: "違反業務規則或發生衝突",
    412: "版本已更新",
    413: "內容太大",
    422: "資料不正確",
    428: "缺少 If-Match",
    503: "紀錄簿暫時無法使用",
}


def problems(
    *statuses: int, models: Sequence[type[Problem]] = (Problem,)
) -> dict[int | str, dict[str, Any]]:
    """The documentation of these refusals."""
    schemas = [{"$ref": _REF.format(model=model.__name__)} for model in models]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    return {
        status: {
            "description": _PROBLEMS[status],
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        for status in statuses
    }


def add_models(schema: dict[str, Any]) -> None:
    """Puts the models of `takes` and `writes` into an OpenAPI schema."""
    wanted = sorted(_MODELS, key=lambda model: model.__name__)
    _, made = models_json_schema([(model, "validation") for model in wanted], ref_template=_REF)
    known = schema.setdefault("components", {}).setdefault("schemas", {})
    for name, definition in made.get("$defs", {}).items():
        known.setdefault(name, definition)
