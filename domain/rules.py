"""The questions that many decisions ask. Each raises a refusal, or says nothing."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from uuid import UUID

from domain.access import Deed, allows
from domain.capacity import Capacity
from domain.command import Actor, Command
from domain.event import Erased
from domain.labels import label
from domain.refusal import NotAllowed, NotValid, ReasonRequired, Refusal

#: Free text of a form field, in characters.
LONGEST_TEXT = 50_000
#: A number of a letter or document, a name, a subject: what stands on one line.
LONGEST_WORD = 100
#: What a line of text cannot hold: control characters, breaks, and marks that turn the direction of
#: writing, so that a name would be read as another one (UAX #9).
_NOT_ON_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
ONE_LINE = "只能填寫一行文字，不可換行，也不可包含控制字元。"
FIRST_YEAR = 1912
#: Categories of Unicode whose characters nobody sees. Characters of private use are seen: names.
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})


class DateInFuture(NotValid):
    """Something said to have happened on a day that has not come yet."""

    CODE = "date-in-future"
    TITLE = "日期不可晚於今天"


class DateTooEarly(NotValid):
    """A day before the first of the ROC calendar: nobody at school was born then."""

    CODE = "date-too-early"
    TITLE = "日期不可早於民國元年 1 月 1 日"


class NotATeacher(Refusal):
    """Work that reaches students is given to teachers; a student's account would see classmates."""

    CODE = "not-a-teacher"
    TITLE = "只有教師帳號可以設定為個管教師、任課教師或導師"


class SameStudent(Refusal):
    """A record is moved to the student whose record it is."""

    CODE = "same-student"
    TITLE = "這筆資料已經在這位學生名下"


def permit(section: str, deed: Deed, capacity: Capacity) -> None:
    """Refuse what the matrix does not let this capacity do. Raises `NotAllowed`."""
    if not allows(section, capacity, deed):
        raise NotAllowed


def permit_school(actor: Actor, actor_organisation: UUID | None, *schools: UUID) -> None:
    """Refuse whoever is not school administrator of all these schools, which are one then.

    What an import brings (SYS) was decided elsewhere. Raises `NotAllowed`.
    """
    if actor.capacity is Capacity.SYSTEM:
        return
    if actor.capacity is not Capacity.SCHOOL_ADMINISTRATOR:
        raise NotAllowed
    if any(school != actor_organisation for school in schools):
        raise NotAllowed


def permit_authority(actor: Actor) -> None:
    """Refuse whoever is no authority administrator; the system itself passes. Raises
    `NotAllowed`."""
    if actor.capacity not in (Capacity.AUTHORITY_ADMINISTRATOR, Capacity.SYSTEM):
        raise NotAllowed


def says_nothing(text: str) -> bool:
    """Whether there is nothing to be seen in a text: blanks, and characters without a width."""
    return all(unicodedata.category(character) in _UNSEEN for character in text)


def on_one_line(text: str) -> str:
    """What was typed on a line: a tab, which comes along with a cell of a sheet, is a blank."""
    return text.replace("\t", " ")


def is_one_line(text: str) -> bool:
    """Whether a name or another word stands on its line and reads as it is kept."""
    return _NOT_ON_A_LINE.search(text) is None


def require_reason(command: Command) -> None:
    """Corrections of saved content and withdrawals need one. Raises `ReasonRequired`."""
    if command.reason is None or says_nothing(command.reason):
        raise ReasonRequired


def check_text(
    value: str | Erased | None, section: str, field: str, longest: int = LONGEST_TEXT
) -> None:
    """Refuse an empty text and one of more than `longest` characters. Raises `NotValid`."""
    if value is None or (isinstance(value, str) and says_nothing(value)):
        raise NotValid(f"請填寫「{label(section, field)}」。", field)
    check_length(value, section, field, longest)


def check_length(
    value: str | Erased | None, section: str, field: str, longest: int = LONGEST_TEXT
) -> None:
    """Refuse a text of more than `longest` characters; it may be empty. What is no longer than a
    word stands on one line. Raises `NotValid`."""
    if not isinstance(value, str):
        return
    if len(value) > longest:
        raise NotValid(f"「{label(section, field)}」最多 {longest} 字。", field)
    if longest <= LONGEST_WORD and not is_one_line(value):
        raise NotValid(f"「{label(section, field)}」{ONE_LINE}", field)


def check_given(value: object, section: str, field: str) -> None:
    """Refuse an empty value in a field that is never empty. Raises `NotValid`."""
    if value is None:
        raise NotValid(f"請填寫「{label(section, field)}」。", field)


def check_document_number(value: str, field: str = "order_number") -> str:
    """The number of an official document (文號), outer blanks gone. Raises `NotValid`."""
    number = value.strip()
    if says_nothing(number):
        raise NotValid("請填寫公文文號。", field)
    if len(number) > LONGEST_WORD:
        raise NotValid(f"公文文號最多 {LONGEST_WORD} 字。", field)
    if not is_one_line(number):
        raise NotValid(f"公文文號{ONE_LINE}", field)
    return number


def check_grade(value: int | None, section: str, field: str) -> None:
    """Grades run from 1 to 12 over all stages. Raises `NotValid`."""
    if value is None or not 1 <= value <= 12:
        raise NotValid(f"「{label(section, field)}」請填 1 到 12 的年級。", field)


def check_school_year(value: int | None, section: str, field: str = "school_year") -> None:
    """A school year is a year of the ROC calendar. Raises `NotValid`."""
    if value is None or not 1 <= value <= 999:
        raise NotValid("學年度請填民國年，例如 113。", field)


def check_not_future(day: date | Erased | None, today: date, field: str) -> None:
    """Refuse a day after today, and one of before the calendar. Raises `DateInFuture`,
    `DateTooEarly`."""
    check_in_calendar(day, field)
    if isinstance(day, date) and day > today:
        raise DateInFuture(field=field)


def check_in_calendar(day: date | Erased | None, field: str) -> None:
    """Refuse a day before the first of the ROC calendar. Raises `DateTooEarly`."""
    if isinstance(day, date) and day.year < FIRST_YEAR:
        raise DateTooEarly(field=field)


def check_among(given: Iterable[str], offered: Iterable[str], field: str, words: str) -> None:
    """Raises `NotValid`, which says what is offered; what was typed is not repeated."""
    listed = list(dict.fromkeys(offered))
    if not {*given} <= {*listed}:
        raise NotValid(f"{words}：{'、'.join(listed) or '沒有'}。", field)
