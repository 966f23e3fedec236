"""Templates to answers: one environment that escapes everything, one way to show a page."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, cast

from fastapi import Depends, Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse

from api.acting import Asked, Done
from api.house import House
from api.problems import refusal_of
from api.viewer import TheHouse, Viewer
from api.web import flash, words
from api.web.assets import Assets
from api.web.entry import PageViewer
from api.web.navigation import Myself, myself, places
from api.web.typed import text, version_of
from api.web.wrongs import NONE, Wrongs
from domain.refusal import Refusal
from ledger.encryption import canonical

TITLE = "資優教育紀錄簿"

_FOLDER = Path(__file__).parent / "templates"


def environment(assets: Assets) -> Environment:
    """The templates, with the words of `api.web.words`. An unknown name is an error."""
    made = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(words.FILTERS)
    made.globals.update(asset=assets.url, product=TITLE)
    return made


def render(
    request: Request,
    template: str,
    context: Mapping[str, Any],
    *,
    me: Myself | None = None,
    status: int = 200,
    wrongs: Wrongs = NONE,
) -> Response:
    """A page. `me` is None where nobody is signed in; `wrongs` are what a form was refused for."""
    templates = cast(Environment, request.app.state.templates)
    said = flash.said(request)
    written = templates.get_template(template).render(
        {
            "me": me,
            "places": [] if me is None else places(me),
            "path": request.url.path,
            "query": request.url.query,
            "remarks": request.app.state.house.remarks,
            "complete_until": getattr(request.state, "complete_until", None),
            "flash": said,
            "wrongs": wrongs,
            **context,
        }
    )
    answer = HTMLResponse(written, status_code=status)
    if said is not None:
        flash.forget(answer)
    return answer


class Page:
    """A page that somebody who is signed in asked for, and the ways to answer."""

    def __init__(self, request: Request, house: House, viewer: Viewer) -> None:
        self.request = request
        self.house = house
        self.viewer = viewer
        self._me: Myself | None = None

    @property
    def me(self) -> Myself:
        if self._me is None:
            self._me = myself(self.house, self.viewer)
        return self._me

    def show(self, template: str, *, status: int = 200, **context: Any) -> Response:
        """A page of this template."""
        return render(self.request, template, context, me=self.me, status=status)

    def refused(self, refusal: Refusal, template: str, **context: Any) -> Response:
        """The form once more, with what is wrong at its head and beside its fields."""
        wrongs = Wrongs.of(refusal)
        return render(
            self.request, template, context, me=self.me, status=refusal.STATUS, wrongs=wrongs
        )

    def go(self, path: str, say: str | None = None, undo: flash.Undo | None = None) -> Response:
        """On to another page, which says a message of `api.web.flash` once, and may offer to undo
        what was saved."""
        answer = RedirectResponse(path, status_code=303)
        if say is not None:
            flash.say(self.request, answer, say, undo)
        return answer

    def attempt(self, deed: Callable[[], Done]) -> Done | Refusal:
        """Does a deed, or says why not, so that a form keeps what was typed into it. What needs
        another page, such as signing in again, is raised."""
        try:
            return deed()
        except Exception as error:
            refusal = refusal_of(error)
        if refusal.STATUS in (401, 404):
            raise refusal
        return refusal

    def asked(self, data: Mapping[str, Any], typed: FormData, method: str = "POST") -> Asked:
        """A write as the API is asked for it: a JSON body, the version and the key of the form."""
        return Asked(
            method=method,
            path=self.request.url.path,
            body=canonical(dict(data)),
            idempotency_key=text(typed, "_key"),
            if_match=version_of(typed),
        )

    def done(
        self, done: Done, path: str, say: str = "recorded", undo: flash.Undo | None = None
    ) -> Response:
        """On to a page that says that it was done."""
        if done.recorded is None:
            return self.go(path, "unchanged")
        return self.go(path, say if done.shown else "late", undo)

    @property
    def new_key(self) -> str:
        """For a form that makes something: sent twice, it makes it once."""
        return str(self.house.ledger.entropy.uuid(self.viewer.account_id, "form"))


def _page(request: Request, house: TheHouse, viewer: PageViewer) -> Page:
    return Page(request, house, viewer)


ThePage = Annotated[Page, Depends(_page)]
