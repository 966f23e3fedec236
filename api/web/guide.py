"""`/guide`: how the pages are used, from `docs/guide/`; everybody may read it, signed in or not."""

from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request, Response
from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.responses import FileResponse

from api.viewer import TheHouse
from api.web.entry import viewer_of
from api.web.navigation import myself
from api.web.rendering import ThePage, render
from domain.refusal import NotFound

router = APIRouter()

_FOLDER = Path(__file__).resolve().parents[2] / "docs" / "guide"
_PAGES = {
    "index": "使用手冊",
    "teacher": "教師",
    "school": "學校學務",
    "county": "主管機關與承辦學校",
    "reviewer": "審議人員",
}


@router.get("/guide")
def get_guide(request: Request, house: TheHouse) -> Response:
    """Where the four people find their own."""
    return _shown(request, house, "index")


@router.get("/keys")
def get_keys(page: ThePage) -> Response:
    """The keys, for whom the script does not show them over the page."""
    return page.show("keys.html")


@router.get("/guide/{name}")
def get_guide_page(request: Request, house: TheHouse, name: str) -> Response:
    """One person's pages."""
    return _shown(request, house, name)


@router.get("/guide/images/{name}")
def get_guide_image(name: str) -> Response:
    """A picture that `make guide` made; none stands in the checkout."""
    path = _FOLDER / "images" / name
    if path.suffix != ".png" or path.parent.resolve() != (_FOLDER / "images").resolve():
        raise NotFound
    if not path.is_file():
        raise NotFound
    return FileResponse(path, media_type="image/png")


def _shown(request: Request, house: TheHouse, name: str) -> Response:
    if name not in _PAGES:
        raise NotFound
    viewer = viewer_of(request, house)
    me = None if viewer is None else myself(house, viewer)
    context = {"title": _PAGES[name], "content": _written(name), "index": name == "index"}
    return render(request, "guide.html", context, me=me)


@cache
def _written(name: str) -> Markup:
    """A page as HTML; its text is ours, and HTML in it is not taken for such. A picture that was
    not made is left out."""
    text = (_FOLDER / f"{name}.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if _has_picture(line)]
    made: str = MarkdownIt("commonmark", {"html": False}).render("\n".join(lines))
    made = made.replace('href="', 'href="/guide/').replace('src="', 'src="/guide/')
    return Markup(made)


def _has_picture(line: str) -> bool:
    if not line.startswith("!["):
        return True
    return (_FOLDER / line.partition("(")[2].rstrip(")")).is_file()
