"""A county that is served, for each test its own, and visitors of its pages."""

from collections.abc import Iterator

import pytest

from ledger.ledger import Ledger
from tests.api.serving import County, serving


@pytest.fixture
def county(ledger: Ledger) -> Iterator[County]:
    with serving(ledger) as county:
        yield county
