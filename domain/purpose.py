"""What somebody looked at a record for: a code that stands with every act in the book of access.

It follows from the capacity of the act and from what was looked at, so that nobody is asked at
every page. Who acts for another purpose may declare it; a declared one is that person's word, and
is shown as such (docs/decisions/access-purpose.md).
"""

from collections.abc import Mapping
from enum import StrEnum

from domain.capacity import Capacity
from domain.refusal import Refusal


class Purpose(StrEnum):
    """What an act in the book of access was for."""

    TEACHING = "teaching"
    ADMINISTRATION = "administration"
    OVERSIGHT = "oversight"
    PLACEMENT = "placement"
    DISPUTE = "dispute"
    INSPECTION = "inspection"
    OWN = "own"
    OPERATION = "operation"


LABELS: Mapping[Purpose, str] = {
    Purpose.TEACHING: "教學與輔導",
    Purpose.ADMINISTRATION: "校務行政",
    Purpose.OVERSIGHT: "主管機關業務",
    Purpose.PLACEMENT: "安置作業",
    Purpose.DISPUTE: "爭議處理",
    Purpose.INSPECTION: "查閱紀錄的檢視",
    Purpose.OWN: "查閱本人資料",
    Purpose.OPERATION: "系統作業",
}

#: What a capacity is given for; whoever acts in it is taken to act for that.
_OF_CAPACITY: Mapping[Capacity, Purpose] = {
    Capacity.CASE_MANAGER: Purpose.TEACHING,
    Capacity.GIFTED_HOMEROOM: Purpose.TEACHING,
    Capacity.SUBJECT_TEACHER: Purpose.TEACHING,
    Capacity.HOMEROOM: Purpose.TEACHING,
    Capacity.SCHOOL_ADMINISTRATOR: Purpose.ADMINISTRATION,
    Capacity.AUTHORITY_ADMINISTRATOR: Purpose.OVERSIGHT,
    Capacity.ORGANISER: Purpose.PLACEMENT,
    Capacity.COUNCIL: Purpose.PLACEMENT,
    Capacity.REVIEWER: Purpose.DISPUTE,
    Capacity.STUDENT: Purpose.OWN,
    Capacity.SYSTEM: Purpose.OPERATION,
}

#: What is looked at says more than the capacity, by how its name in the book begins.
_OF_WHAT: tuple[tuple[str, Purpose], ...] = (
    ("access-", Purpose.INSPECTION),
    ("me/reads", Purpose.OWN),
    ("dispute", Purpose.DISPUTE),
    ("evidence", Purpose.DISPUTE),
)

#: What a person may declare; the others follow from what was done and from nothing else.
DECLARABLE = frozenset(Purpose) - {Purpose.OWN, Purpose.OPERATION}


class PurposeNotValid(Refusal):
    """The declared purpose is none of those that may be declared."""

    CODE = "purpose-not-valid"
    STATUS = 422
    TITLE = "目的代碼不正確"

    def __init__(self) -> None:
        known = "、".join(sorted(DECLARABLE))
        super().__init__(f"Igp-Purpose 請用 {known} 其中之一，或不填。", "igp-purpose")


def purpose_of(what: str, capacity: Capacity) -> Purpose:
    """What an act was for, as its name in the book of access and its capacity say."""
    for beginning, purpose in _OF_WHAT:
        if what.startswith(beginning):
            return purpose
    return _OF_CAPACITY[capacity]


def declared(code: str) -> Purpose:
    """The purpose that a person declares by its code. Raises `PurposeNotValid`."""
    for purpose in DECLARABLE:
        if purpose == code:
            return purpose
    raise PurposeNotValid
