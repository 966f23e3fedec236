"""`/me/participant-options`: the names that an account ticks as participants, and nobody else sees.

They are offered by the forms of meetings and of notes; what was written with one keeps it.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from api import participant_options
from api.participant_options import OptionEntry
from api.web.entry import NOT_IN_DOUBT, TELLS_OF_OWN
from api.web.fields import Making, Option
from api.web.rendering import Page, ThePage
from api.web.typed import Typed, data_of
from domain.participant_option import LABELS, WRITERS
from domain.refusal import Refusal

router = APIRouter(dependencies=[TELLS_OF_OWN, NOT_IN_DOUBT])

PATH = "/me/participant-options"


@router.get(PATH)
def get_options(page: ThePage) -> Response:
    """The own list, and the form that adds a name."""
    return page.show("participant_options.html", **_list(page, {}))


@router.post(PATH)
def post_option(page: ThePage, typed: Typed) -> Response:
    """One name more."""
    data = data_of(OptionEntry, typed)
    outcome = page.attempt(
        lambda: participant_options.add(page.house, page.viewer, page.asked(data, typed))
    )
    if isinstance(outcome, Refusal):
        return page.refused(outcome, "participant_options.html", **_list(page, data))
    return page.done(outcome, PATH, "name-added")


@router.post(f"{PATH}/{{option_id}}/withdrawal")
def post_withdrawal(page: ThePage, option_id: UUID, typed: Typed) -> Response:
    """The name is offered no more."""
    outcome = page.attempt(
        lambda: participant_options.remove(
            page.house, page.viewer, option_id, page.asked({}, typed)
        )
    )
    if isinstance(outcome, Refusal):
        return page.refused(outcome, "participant_options.html", **_list(page, {}))
    return page.done(outcome, PATH, "name-removed")


def offered(page: Page) -> list[Option]:
    """The names of the own list, for the forms that choose from it."""
    known = participant_options.all_of(page.house, page.viewer)
    return [Option(one.name, one.name) for one in known]


def _list(page: Page, data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "options": participant_options.all_of(page.house, page.viewer),
        "form": Making(LABELS, page.viewer.today).form(OptionEntry, data),
        "writes": page.viewer.holds(*WRITERS),
    }
