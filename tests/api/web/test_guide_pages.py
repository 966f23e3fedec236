"""The guide is there for everybody, signed in or not."""

import re
from pathlib import Path

import pytest

from tests.api.serving import County
from tests.visiting import Visitor


def test_the_guide_is_read_without_signing_in(county: County) -> None:
    visitor = Visitor(county.client)
    sheet = visitor.visit("/guide")
    assert sheet.status == 200
    for person in ("教師", "學校學務", "主管機關與承辦學校", "審議人員"):
        page = visitor.visit(sheet.link(person))
        assert page.status == 200
        assert page.title.startswith(person)
    assert "僅本人可見" in visitor.visit("/guide/teacher").text


#: How the county calls its provider, which the guide gives as an example.
_OF_A_PROVIDER = "教育雲端帳號"


def test_the_guide_quotes_what_stands_on_the_pages() -> None:
    root = Path(__file__).parents[3]
    said = "".join(
        one.read_text(encoding="utf-8")
        for folder, ending in (("api/web", "py"), ("api/web/templates", "html"), ("domain", "py"))
        for one in (root / folder).rglob(f"*.{ending}")
    )
    quoted = {
        label
        for page in (root / "docs/guide").glob("*.md")
        for label in re.findall("「([^」]+)」", page.read_text(encoding="utf-8"))
        if _OF_A_PROVIDER not in label
    }
    assert len(quoted) > 50
    assert not {label for label in quoted if label not in said}


@pytest.mark.parametrize(
    "path", ["/guide/nothing", "/guide/images/nothing.png", "/guide/images/..%2F..%2Fteacher.md"]
)
def test_what_is_no_page_of_it_is_not_found(county: County, path: str) -> None:
    assert Visitor(county.client).visit(path).status == 404
