"""A county that is served, for each test its own."""

from collections.abc import Iterator

import pytest

from ledger.ledger import Ledger
from projections.runner import Runner
from tests.api.serving import County, serving


@pytest.fixture
def county(ledger: Ledger, runner: Runner) -> Iterator[County]:
    with serving(ledger, runner) as county:
        yield county
