"""Whether an answer has the form that `/openapi.json` gives it, where a route writes its own."""

import re

from httpx2 import Response
from pydantic import BaseModel

from api.answer_items import (
    ChangedStudentsAnswer,
    ChangesAnswer,
    HistoryAnswer,
    ReleasePreview,
    ReleasesAnswer,
    ReportAnswer,
    ReportsAnswer,
    TimelineAnswer,
)

_FORMS: tuple[tuple[str, type[BaseModel]], ...] = (
    (r"/changes", ChangesAnswer),
    (r"/changes/students", ChangedStudentsAnswer),
    (r"/students/[^/]+/history", HistoryAnswer),
    (r"/reports", ReportsAnswer),
    (r"/reports/[^/]+", ReportAnswer),
    (r"/disputes/[^/]+/timeline", TimelineAnswer),
    (r"/disputes/[^/]+/note-releases", ReleasesAnswer),
    (r"/disputes/[^/]+/note-releases/[^/]+", ReleasePreview),
)
_FORM_OF = [(re.compile(path), form) for path, form in _FORMS]


def documented(path: str, answer: Response) -> Response:
    """The answer of a GET, held against its documentation. `path` is without `/api/v1`."""
    if answer.status_code == 200 and answer.headers["content-type"] == "application/json":
        for pattern, form in _FORM_OF:
            if pattern.fullmatch(path.partition("?")[0]):
                form.model_validate_json(answer.content)
    return answer
