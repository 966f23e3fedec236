"""In which capacity a person acts on a record (IGP manual 1.1, Kaohsiung 1.1)."""

from enum import StrEnum


class Capacity(StrEnum):
    """The relation that gives a right. One account may hold several for one student."""

    CASE_MANAGER = "CM"
    GIFTED_HOMEROOM = "GH"
    SUBJECT_TEACHER = "ST"
    HOMEROOM = "HR"
    SCHOOL_ADMINISTRATOR = "SA"
    AUTHORITY_ADMINISTRATOR = "AA"
    ORGANISER = "OR"
    COUNCIL = "CO"
    REVIEWER = "RV"
    STUDENT = "SU"
    SYSTEM = "SYS"


LABELS = {
    Capacity.CASE_MANAGER: "個案管理教師",
    Capacity.GIFTED_HOMEROOM: "資優班導師",
    Capacity.SUBJECT_TEACHER: "任課教師",
    Capacity.HOMEROOM: "導師",
    Capacity.SCHOOL_ADMINISTRATOR: "學校學務",
    Capacity.AUTHORITY_ADMINISTRATOR: "主管機關學務",
    Capacity.ORGANISER: "承辦學校",
    Capacity.COUNCIL: "鑑輔會",
    Capacity.REVIEWER: "審議人員",
    Capacity.STUDENT: "學生",
    Capacity.SYSTEM: "系統",
}

#: Whose act a change is, for the filter `origin` of the change report (contract 4).
ORIGINS = {
    Capacity.CASE_MANAGER: "school",
    Capacity.GIFTED_HOMEROOM: "school",
    Capacity.SUBJECT_TEACHER: "school",
    Capacity.HOMEROOM: "school",
    Capacity.SCHOOL_ADMINISTRATOR: "school",
    Capacity.STUDENT: "school",
    Capacity.ORGANISER: "organiser",
    Capacity.AUTHORITY_ADMINISTRATOR: "authority",
    Capacity.REVIEWER: "authority",
    Capacity.SYSTEM: "authority",
    Capacity.COUNCIL: "council",
}
