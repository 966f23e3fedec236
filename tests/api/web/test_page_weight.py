"""What a browser fetches before the first page stands, in bytes."""

import gzip
import re

from api.web.assets import Assets
from tests.api.web.conftest import School
from tests.visiting import Visitor

MOST = 150 * 1024


def weight(visitor: Visitor, path: str) -> dict[str, int]:
    """{address: bytes} of a page and of everything that it loads by itself, packed."""
    sheet = visitor.visit(path)
    assert sheet.status == 200
    found = {path: len(gzip.compress(sheet.html.encode()))}
    waiting = re.findall(r'(?:src|href)="(/assets/[^"]+)"', sheet.html)
    while waiting:
        url = waiting.pop()
        if url in found:
            continue
        answer = visitor.client.get(url)
        assert answer.status_code == 200, url
        found[url] = Assets.read().size(url.rpartition("/")[2])
        folder = url.rpartition("/")[0]
        for name in re.findall(r'^import .*"\./([^"]+)"', answer.text, re.MULTILINE):
            waiting.append(f"{folder}/{name}")
        for name in re.findall(r'url\("([a-z-]+\.svg)"\)', answer.text):
            waiting.append(f"{folder}/{name}")
    return found


def test_the_first_page_weighs_less_than_150_kb(school: School) -> None:
    signing_in = weight(Visitor(school.county.client), "/sign-in")
    first = weight(school.teacher, "/")
    assert {url.rpartition("/")[2] for url in first} >= {"tabler.css", "igp.css", "igp.js"}
    assert sum(signing_in.values()) < MOST, signing_in
    assert sum(first.values()) < MOST, first


def test_a_form_weighs_less_than_150_kb_too(school: School) -> None:
    path = school.path("/sections/strengths_weaknesses/edit?school_year=112")
    found = weight(school.teacher, path)
    assert any(url.endswith("htmx.js") for url in found)
    assert sum(found.values()) < MOST, found
