"""Every write of the API with each of its fields made wrong, one at a time.

None is answered with a 500, and what was typed stands neither in a refusal nor in the log.
"""

import logging
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from ledger.database import Connection
from tests.api.calls import BODIES
from tests.api.twins import LAST, LONG, SECTION, body_of, paths_of, twin_county
from tests.api.wrong_bodies import TYPED, wrong_bodies
from tests.county import County, Office, open_office
from tests.database import Template, copied

#: Of the wrong bodies of a route, one in so many; all of them in the long suite.
EVERY = 1 if LONG else 5
ENDS = ("/end", "/closing", "/withdrawal", "/removal", "/transfers", "/departure", "/moves")
WRITERS = ("a-cm", "a-math", "a-office", "eb", "org", "council", "reviewer", "a-gh")


@pytest.fixture(scope="module")
def county(
    template: Template, administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Template, County]]:
    yield from twin_county(template, administrator, tmp_path_factory)


@pytest.mark.timeout(3600)
def test_no_wrong_field_is_answered_with_an_error_of_the_system_or_repeated(
    county: tuple[Template, County],
    administrator: Connection,
    tmp_path_factory: pytest.TempPathFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    template, made = county
    faults: list[str] = []
    tried = judged = 0
    with (
        copied(template, administrator) as database,
        open_office(template, database, tmp_path_factory.mktemp("mutated") / "keys") as office,
    ):
        for number, (method, path, body) in enumerate(_writes(made)):
            who = _writer(office, made, method, path)
            for wrong in islice(wrong_bodies(body), number % EVERY, None, EVERY):
                answer = _call(office, made, who, method, path, wrong)
                tried += 1
                judged += answer.status_code == 422
                told = f"{method} {path} as {who}: {str(wrong)[:300]}"
                if answer.status_code >= 500:
                    faults.append(f"{answer.status_code} {told}")
                elif answer.status_code >= 400 and TYPED in answer.text:
                    faults.append(f"repeated {told}: {answer.text[:300]}")
                if TYPED in caplog.text:
                    faults.append(f"logged {told}")
                caplog.clear()
    assert not faults, "\n".join(faults)
    # Of what is refused before its body is looked at, nothing is learnt.
    assert judged > tried / 2


def _writes(county: County) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and body of every write that takes JSON. What takes a right away comes late,
    what ends a session last."""
    order = sorted(BODIES.items(), key=lambda one: (one[0] in LAST, one[0][1].endswith(ENDS)))
    for (method, path), given in order:
        if not isinstance(given, dict) or (method, path) == ("POST", "/token"):
            continue
        for filled in paths_of(path, county, [], 0):
            body = given[filled.split("/")[4]] if path.startswith(SECTION) else given
            if isinstance(body, dict):
                yield method, filled, body_of(body, county, [])


def _writer(office: Office, county: County, method: str, path: str) -> str:
    """Somebody who gets as far as the body."""
    for who in WRITERS:
        if _call(office, county, who, method, path, {"no": "field"}).status_code == 422:
            return who
    return WRITERS[0]


def _call(office: Office, county: County, who: str, method: str, path: str, body: Any) -> Any:
    token, version = county.tokens[who], "1"
    for _ in range(2):
        headers = {"If-Match": f'"{version}"'}
        answer = office.call(token, method, path, json=body, headers=headers)
        if answer.status_code != 412:
            break
        version = re.sub(r"\D", "", answer.json()["detail"])
    return answer
