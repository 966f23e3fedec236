"""Papers and lists of a programme as files: each by the function that the API has for it."""

from uuid import UUID

from fastapi import APIRouter, Response

from api import igp_papers, programme_papers
from api.web.rendering import ThePage

router = APIRouter()


@router.get("/programmes/{pid}/papers/{paper}")
def get_school_papers(
    page: ThePage, pid: str, paper: str, organisation: str | None = None
) -> Response:
    """The papers of all pupils of a school in one file, or the school's receipt."""
    return programme_papers.of_school(page.house, page.viewer, pid, paper, organisation)


@router.get("/programmes/{pid}/applications/{aid}/papers/{paper}")
def get_pupil_paper(page: ThePage, pid: str, aid: UUID, paper: str) -> Response:
    """A pupil's ticket or result notice."""
    return programme_papers.of_pupil(page.house, page.viewer, pid, aid, paper)


@router.get("/programmes/{pid}/placement-cases/{cid}/papers/placement-application")
def get_placement_application(page: ThePage, pid: str, cid: UUID) -> Response:
    """The application for the placement, to be stamped by the school's committee."""
    paper = igp_papers.APPLICATION
    return igp_papers.paper_of(page.house, page.viewer, pid, cid, paper)


@router.get("/programmes/{pid}/placement-cases/{cid}/papers/igp")
def get_case_paper(page: ThePage, pid: str, cid: UUID) -> Response:
    """The guidance plan of a case."""
    return igp_papers.paper_of(page.house, page.viewer, pid, cid)
