"""What somebody may make of the address of a page: it is answered in words, never with a 500."""

import re
from typing import cast
from urllib.parse import quote
from uuid import UUID

from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query
from fastapi.routing import APIRoute

from api.web.app import ROUTERS
from domain.programme import shipped_text
from tests.api.web.conftest import School
from tests.visiting import FROM_US

#: Blank, as an empty field of a form sends it; not a number, none that is meant, none that fits,
#: and what PostgreSQL does not hold.
TYPED = ("", " ", "0", "-1", "9" * 40, "１１２", "x", "%", "112.13.40", "a\x00b")

PROGRAMME = "kaohsiung-114"


def test_every_parameter_of_every_page_is_answered_whatever_it_holds(school: School) -> None:
    routes = [cast("APIRoute", route) for router in ROUTERS for route in router.routes]
    school.county.eb.made("/programmes", {"text": shipped_text(PROGRAMME)})
    tried = 0
    for route in routes:
        path = route.path.replace("{student_id}", school.student)
        path = path.replace("{code}", "needs_assessment").replace("{pid}", PROGRAMME)
        path = path.replace("{roster}", "initial").replace("{organisation}", "ks-a")
        path = re.sub(r"\{[a-z_]+\}", str(UUID(int=1)), path)
        for one in get_flat_params(route.dependant):
            if not isinstance(one.field_info, Query):
                continue
            for typed in TYPED:
                address = f"{path}?{one.alias}={quote(typed)}"
                for method in route.methods:
                    for who in ("a-cm", "a-office", "eb"):
                        visitor = school.visitor(who)
                        answer = visitor.client.request(method, address, headers=FROM_US)
                        assert answer.status_code < 500, (method, address, who)
                        tried += 1
    assert tried > 1000


def test_a_year_that_was_left_blank_is_the_current_one(school: School) -> None:
    for path in ("/plan", "/sections/needs_assessment"):
        page = school.teacher.visit(school.path(f"{path}?school_year="))
        assert (page.status, "112" in page.text) == (200, True)
