"""The open form of a plan's own data, in which it leaves one ledger and enters another.

The form is described in docs/formats/plan.md.

Its digest is over what the plan says. Ids of records, rows, accounts, files and meetings belong to
a ledger and are not part of it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from domain.refusal import NotValid, Refusal

FORMAT = "igp-plan/1"

#: Fields that hold ids of the ledger they were written in.
_OF_A_LEDGER = frozenset({"row_id", "teachers", "plan_files", "source_meeting_id", "meeting_id"})


_SIZED = (str, list, tuple, dict)


class FormNotKnown(NotValid):
    """The document is no plan in the open form of this version."""

    CODE = "plan-form-not-known"
    TITLE = "這不是可以匯入的個別輔導計畫檔案"


class DigestDiffers(NotValid):
    """The document does not say what its digest was made of."""

    CODE = "plan-digest-differs"
    TITLE = "檔案內容與摘要值不符，可能已被更動；請向原學校重新取得"


class PlanNotEmpty(Refusal):
    """A plan enters only where nothing would be mixed with it."""

    CODE = "plan-not-empty"
    TITLE = "這位學生已經有這些項目的資料，不能匯入"


def own_data(data: Mapping[str, Any]) -> dict[str, Any]:
    """A record's fields and rows without the ids of its ledger and without what is empty."""
    said = {}
    for name, value in data.items():
        if name in _OF_A_LEDGER or value is None or (isinstance(value, _SIZED) and not value):
            continue
        rows = isinstance(value, list | tuple) and isinstance(value[0], Mapping)
        said[name] = [own_data(row) for row in value] if rows else value
    return said


def digest(school_year: int, sections: Sequence[Mapping[str, Any]]) -> str:
    """SHA-256, in hex, of what the records of a plan say, section by section in their order.

    `sections` are `{"section", "records": [{"school_year", "education_stage", "data"}]}`.
    """
    said = [
        [
            one["section"],
            [
                [record.get("school_year"), record.get("education_stage"), own_data(record["data"])]
                for record in one["records"]
            ],
        ]
        for one in sections
        if one["records"]
    ]
    text = json.dumps(
        [FORMAT, school_year, said], ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(text.encode()).hexdigest()
