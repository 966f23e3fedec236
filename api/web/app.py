"""The pages as an app of their own below the API: their own errors, headers and routes.

`ROUTERS` is the one list of page routes; they are in no OpenAPI document.
"""

from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from starlette.routing import Match, Mount
from starlette.types import Scope

from api.branch import Branch
from api.query import check_characters
from api.web import (
    account,
    applications,
    batches,
    case_duties,
    changes,
    courses,
    disputes,
    drafts,
    entries,
    files,
    fill_status,
    guide,
    history,
    looking_back,
    many_withdrawn,
    modified,
    new_application,
    note_releases,
    notes,
    openid,
    papers,
    participants,
    passkeys,
    placement_cases,
    placement_requests,
    placements,
    plans,
    programmes,
    publication,
    refused,
    relations,
    results,
    scans,
    school,
    school_batches,
    school_import,
    section_lists,
    sections,
    sign_in,
    students,
    undoing,
    work_list,
)
from api.web.assets import PREFIX, Assets
from api.web.entry import has_session
from api.web.guard import Guard, came_from_us
from api.web.handshake import Handshake
from api.web.rendering import environment

#: The routers of the pages.
ROUTERS: tuple[APIRouter, ...] = (
    sign_in.router,
    openid.router,
    account.router,
    passkeys.router,
    guide.router,
    work_list.router,
    batches.router,
    students.router,
    section_lists.router,
    school.router,
    school_import.router,
    relations.router,
    plans.router,
    sections.router,
    many_withdrawn.router,
    entries.router,
    courses.router,
    files.router,
    programmes.router,
    results.router,
    publication.router,
    new_application.router,
    applications.router,
    papers.router,
    placement_cases.router,
    case_duties.router,
    modified.router,
    school_batches.router,
    scans.router,
    placements.router,
    placement_requests.router,
    notes.router,
    note_releases.router,
    participants.router,
    history.router,
    changes.router,
    disputes.router,
    fill_status.router,
    looking_back.router,
    undoing.router,
    drafts.router,
)

#: What the API answers, also where it answers that there is nothing.
_OF_API = ("/api/", "/healthz", "/readyz", "/openapi.json", "/docs", "/static-offline-docs")


#: The pages that take a file; a name in braces stands for one part.
WITH_FILE = ("/students/{student_id}/files", scans.PATH)


def is_page(path: str) -> bool:
    """Whether an address is one of the pages'."""
    return not path.startswith(_OF_API)


def brings_session(request: Request) -> bool:
    """Whether a form was sent by one of our own pages, in a living session."""
    return came_from_us(request.headers) and has_session(request, request.app.state.house)


class Pages(Mount):
    """Every address but those of the API."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if not is_page(scope.get("path", "")):
            return Match.NONE, {}
        return super().matches(scope)


def create_pages() -> FastAPI:
    """The app of the pages, over the house of `app.state.house`. Raises `AssetsMissing`."""
    assets = Assets.read()
    dependencies = [Depends(check_characters)]
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, dependencies=dependencies)
    app.state.templates = environment(assets)
    app.state.assets = assets
    refused.install(app)
    app.add_middleware(Handshake)
    app.add_middleware(Guard, answer=refused.answer)
    app.include_router(_files)
    for router in ROUTERS:
        app.include_router(Branch(router))
    return app


def mount(app: FastAPI, pages: FastAPI) -> None:
    """Puts the pages beside the API; what is an address of theirs needs no look at the others."""
    app.router.routes.insert(0, Pages("", app=pages, name="pages"))


_files = APIRouter()


@_files.get(f"{PREFIX}/{{digest}}/{{name}}")
async def get_asset(request: Request, digest: str, name: str) -> Response:
    """A script, style or picture."""
    assets: Any = request.app.state.assets
    answer: Response = assets.answer(request, digest, name)
    return answer
