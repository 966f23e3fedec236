"""`/token` and `/me`: signing in for programs, and who one is."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel

from api import second_factor, sign_in
from api.acting import Body, read_body
from api.http import Raw, problems, takes
from api.own_sessions import device_of
from api.problems import PasskeyProblem, Problem, ProfileProblem
from api.second_factor import PasskeyNeeded, Site
from api.viewer import OwnProfile, SignedIn, TheHouse
from domain import account, organisation
from domain.refusal import NotFound

router = APIRouter(tags=["session"])


class Token(BaseModel):
    """An opaque bearer token and for how many seconds it lives."""

    access_token: str
    token_type: str = "bearer"
    expires_in: int = sign_in.SESSION_SECONDS


class OwnOrganisation(BaseModel):
    code: str
    name: str
    kind: str


class Me(BaseModel):
    """The signed-in account."""

    id: UUID
    username: str
    name: str
    organisations: list[OwnOrganisation]
    roles: list[str]


class NewPassword(Body):
    """The password one has and the one to have."""

    current_password: str
    new_password: sign_in.Password


class PasskeyAnswer(Body):
    """What a passkey said: the JSON of the browser's `PublicKeyCredential`."""

    step_token: str
    credential: dict[str, Any]


_REFUSED = problems(401) | problems(403, models=(ProfileProblem, PasskeyProblem, Problem))


@router.post("/token", responses=_REFUSED)
def post_token(
    request: Request,
    house: TheHouse,
    username: Annotated[str, Form()],
    password: Annotated[str, Form()],
) -> Token:
    """登入：以帳號、密碼換取權杖。教師資料未填寫完整者無法登入；有通行金鑰者須再以它完成登入。"""
    device = device_of(request.headers.get("user-agent", ""))
    try:
        return Token(access_token=sign_in.sign_in(house, username, password, device))
    except PasskeyNeeded as needed:
        step = second_factor.standing(house, second_factor.by_token(needed.token))
        if step is not None:
            options = second_factor.options(house, Site.of(request), step)
            needed.extra = {"step_token": needed.token, "options": options}
        raise


@router.post(
    "/token/passkey",
    responses=problems(401) | problems(403, models=(ProfileProblem,)),
    openapi_extra=takes(PasskeyAnswer),
)
def post_token_passkey(request: Request, house: TheHouse, body: Raw) -> Token:
    """以通行金鑰完成登入；每次登入只能嘗試一次，五分鐘內有效。"""
    given = read_body(body, PasskeyAnswer)
    site = Site.of(request)
    token = sign_in.begin_by_passkey(house, given.step_token, site, given.credential)
    return Token(access_token=token)


@router.delete("/token", status_code=204)
def delete_token(house: TheHouse, viewer: SignedIn) -> Response:
    """登出：權杖立即失效。"""
    if viewer.session_id is not None:
        sign_in.sign_out(house, viewer.session_id)
    return Response(status_code=204)


@router.get("/me")
def get_me(house: TheHouse, viewer: OwnProfile) -> Me:
    """目前登入的帳號。"""
    person = house.ledger.state(account.evolve, viewer.account_id)
    if person is None:
        raise NotFound
    office = house.ledger.state(organisation.evolve, person.organisation_id)
    return Me(
        id=person.account_id,
        username=str(person.username),
        name=str(person.name),
        organisations=[]
        if office is None
        else [OwnOrganisation(code=office.code, name=office.name, kind=office.kind)],
        roles=list(person.roles),
    )


@router.post("/me/password", status_code=204, openapi_extra=takes(NewPassword))
def post_password(house: TheHouse, viewer: SignedIn, body: Raw) -> Response:
    """變更密碼；其他裝置上的登入隨即失效。"""
    given = read_body(body, NewPassword)
    sign_in.change_password(
        house, viewer.account_id, viewer.session_id, given.current_password, given.new_password
    )
    return Response(status_code=204)
