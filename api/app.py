"""The app: every router under one prefix, one way of answering errors, one ring around it all."""

from functools import cache
from typing import Any

import orjson
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi_offline import FastAPIOffline
from starlette.routing import Route

from api import (
    access_log,
    access_reviews,
    accounts,
    applications,
    as_of,
    case_additions,
    case_managers,
    case_rosters,
    changed_students,
    changes,
    colleagues,
    compare_as_of,
    counselling_notes,
    course_goals,
    course_shares,
    course_templates,
    dispatches,
    dispute_acts,
    dispute_timeline,
    disputes,
    document_uploads,
    drafts,
    evidence,
    files,
    fill_status,
    gifted_groups,
    graduation,
    health,
    history,
    igp_papers,
    ledger_proofs,
    legal_holds,
    marks,
    meetings,
    modified_list,
    note_releases,
    organisations,
    own_notes,
    own_sessions,
    participant_options,
    passkeys,
    password_resets,
    placement_cases,
    placement_options,
    placement_requests,
    placements,
    plan,
    plan_batch,
    plan_copies,
    plan_imports,
    programme_calendar,
    programme_papers,
    programme_rounds,
    programmes,
    reads,
    reference,
    register,
    replacements,
    reports,
    rosters,
    school_batches,
    school_scans,
    school_year_batch,
    school_years,
    section_lists,
    sections,
    session,
    simulation,
    step_batches,
    step_sheets,
    student_accounts,
    students,
    teaching_assignments,
)
from api.branch import Branch
from api.edge import Edge, Larger
from api.house import House
from api.http import add_models, problems
from api.problems import install
from api.uploads import LARGEST_UPLOAD
from api.viewer import known_bearer
from api.web.app import WITH_FILE, brings_session, create_pages, is_page, mount

PREFIX = "/api/v1"

#: The routers of the API, in the order in which the documentation shows them.
ROUTERS: tuple[APIRouter, ...] = (
    session.router,
    organisations.router,
    accounts.router,
    case_managers.router,
    register.router,
    students.router,
    plan_batch.router,
    school_years.router,
    school_year_batch.router,
    section_lists.router,
    sections.router,
    course_goals.router,
    course_shares.router,
    course_templates.router,
    plan.router,
    plan_copies.router,
    legal_holds.router,
    plan_imports.router,
    meetings.router,
    replacements.router,
    files.router,
    dispatches.router,
    teaching_assignments.router,
    student_accounts.router,
    colleagues.router,
    placements.router,
    placement_requests.router,
    marks.router,
    graduation.router,
    disputes.router,
    dispute_acts.router,
    dispute_timeline.router,
    note_releases.router,
    evidence.router,
    programmes.router,
    programme_calendar.router,
    programme_rounds.router,
    gifted_groups.router,
    applications.router,
    step_sheets.router,
    step_batches.router,
    igp_papers.router,
    programme_papers.router,
    placement_cases.router,
    case_additions.router,
    case_rosters.router,
    placement_options.router,
    document_uploads.router,
    school_scans.router,
    school_batches.router,
    modified_list.router,
    rosters.router,
    counselling_notes.router,
    own_notes.router,
    own_sessions.router,
    password_resets.router,
    passkeys.router,
    participant_options.router,
    drafts.router,
    fill_status.router,
    changes.router,
    changed_students.router,
    history.router,
    access_log.router,
    reads.router,
    access_reviews.router,
    as_of.router,
    compare_as_of.router,
    reports.router,
    reference.router,
    ledger_proofs.router,
    simulation.router,
)

_ABOUT = """
教育行政機關與學校共用的資優教育紀錄簿。每次變更都是不可竄改的事件；畫面與清單由事件產生。

錯誤一律為 RFC 9457 problem details，`code` 為固定代碼。時間為 RFC 3339（+08:00）；
日期可填西元 ISO 或民國任一寫法，輸出為 ISO。

回應標頭 `Igp-Complete-Until` 只在有檢視停下或落後時出現：
回答的內容只完整到這個時間，之後的紀錄都已保存。
"""


def create_app(house: House) -> FastAPI:
    """The app over an open house; the caller closes the house after the server stopped."""
    app = _without_house(house.version)
    move_in(app, house)
    return app


def move_in(app: FastAPI, house: House) -> None:
    """Puts a house of the same version in the place of the one the app served."""
    app.state.house = app.state.pages.state.house = house


def _without_house(version: str) -> FastAPI:
    # The page /docs brings its own script and style: no other machine learns who looks at it.
    app = FastAPIOffline(
        title="資優教育紀錄簿 IGP Ledger",
        version=version,
        description=_ABOUT,
        redoc_url=None,
    )
    install(app)
    uploads = [
        Larger("POST", PREFIX + path, LARGEST_UPLOAD, _brings_token)
        for path in ("/files", "/programmes/{pid}/documents")
    ]
    uploads += [Larger("POST", path, LARGEST_UPLOAD, brings_session) for path in WITH_FILE]
    app.add_middleware(Edge, larger=uploads, pages=is_page)
    app.include_router(health.router)
    for router in ROUTERS:
        app.include_router(Branch(router, PREFIX), responses=problems(401, 404, 422, 503))

    def schema() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
            )
            add_models(made)
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = schema  # type: ignore[method-assign]

    @cache
    def written() -> bytes:
        return orjson.dumps(app.openapi())

    def documentation(_: Request) -> Response:
        return Response(written(), media_type="application/json")

    # In a thread and once: it takes seconds, in which the library's own would answer nobody.
    app.router.routes.insert(0, Route("/openapi.json", documentation, include_in_schema=False))
    app.state.pages = create_pages()
    mount(app, app.state.pages)
    return app


def _brings_token(request: Request) -> bool:
    return known_bearer(request.app.state.house, request.headers.get("authorization", ""))
