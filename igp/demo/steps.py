"""The demo county, step by step, on the simulated clock from 112.8.1 to 114.2.14.

Between 113.5.13 and 113.8.5 `ks-b` is the worked example of Kaohsiung 6.4: of the pupils A to J the
changes of B, C, D (two), E and H are the school's in that range, six lines of five pupils. Each
step has an instant of its own, in order; what is added later goes after the steps that are there.
"""

from dataclasses import dataclass
from datetime import datetime, time

from domain.calendar import TAIPEI, parse_date
from igp.demo.acts import (
    Act,
    Desk,
    bring_in,
    correct,
    decide,
    delete,
    move_to,
    open_plan,
    place,
    request,
    take_back,
)
from igp.demo.courses import COURSES
from igp.demo.disputes import DISPUTES, PROGRAMMES
from igp.demo.notes import NOTES
from igp.demo.plans import PLANS
from igp.demo.reads import READS


@dataclass(frozen=True)
class Step:
    """At this instant this account does this; None is the program, which imports."""

    at: datetime
    who: str | None
    act: Act


def at(text: str) -> datetime:
    """`113.5.13 00:00:00` in Taipei; seconds may be left out and may have a fraction."""
    day, clock = text.split()
    return datetime.combine(parse_date(day), time.fromisoformat(clock), tzinfo=TAIPEI)


def _nothing(desk: Desk) -> None:
    """The clock arrives, and nobody does anything."""


_START = [("112.8.1 08:00", None, bring_in("112"))]

#: Plans of the first school year, by those who look after the students.
_PLANS = [
    ("112.9.4 09:00", "a-cm", open_plan("a4", 112)),
    ("112.9.4 09:12", "a-cm", open_plan("a5", 112)),
    ("112.9.4 09:25", "a-cm", open_plan("a7", 112)),
    ("112.9.4 13:30", "a-cm2", open_plan("a8", 112)),
    ("112.9.4 13:41", "a-cm2", open_plan("a9", 112)),
    ("112.9.4 13:52", "a-cm2", open_plan("a10", 112)),
    ("112.9.5 08:40", "a-gh", open_plan("a1", 112)),
    ("112.9.5 08:49", "a-gh", open_plan("a2", 112)),
    ("112.9.5 08:57", "a-gh", open_plan("a3", 112)),
    ("112.9.5 10:10", "b-cm", open_plan("B", 112)),
    ("112.9.5 10:18", "b-cm", open_plan("C", 112)),
    ("112.9.5 10:26", "b-cm", open_plan("D", 112)),
    ("112.9.5 10:35", "b-cm", open_plan("E", 112)),
    ("112.9.5 10:44", "b-cm", open_plan("F", 112)),
    ("112.9.6 09:05", "itinerant", open_plan("a6", 112)),
    ("112.9.6 14:20", "itinerant", open_plan("I", 112)),
]

#: 縮短修業年限: the lists of April, for the school year 113.
_LISTS = [
    (
        "113.4.15 09:30",
        "a-office",
        place("a1", "數學", "exemption", (5, 5), "原班自習，每週輔導"),
    ),
    ("113.4.15 09:44", "a-office", place("a4", "英語", "skip", (4, 5), "至五年甲班上英語課程")),
    ("113.4.15 10:02", "a-gh", place("a2", "自然科學", "acceleration", (5, 6), "資優班加速課程")),
    ("113.4.15 10:20", "a-cm2", place("a8", "英語", "exemption", (6, 6), "圖書館自主學習")),
    ("113.4.15 10:31", "a-office", place("a5", "數學", "skip", (4, 5), "至五年乙班上數學課程")),
    ("113.4.15 10:43", "a-office", place("a10", "英語", "exemption", (7, 7), "國中自主學習")),
    ("113.4.15 13:15", "a-cm", place("a7", "數學", "acceleration", (3, 4), "資源班加速課程")),
    ("113.4.15 14:05", "itinerant", place("a6", "英語", "acceleration", (4, 5), "線上課程")),
    ("113.4.16 09:10", "b-office", place("A", "數學", "exemption", (7, 7), "國中自主學習")),
    ("113.4.16 09:22", "b-office", place("B", "數學", "acceleration", (6, 7), "資源班加速課程")),
    ("113.4.16 09:35", "b-cm", place("D", "數學", "exemption", (5, 5), "原班自習")),
    ("113.4.16 09:48", "b-cm", place("E", "英語", "exemption", (6, 6), "圖書館自主學習")),
    ("113.4.16 10:01", "b-cm", place("F", "自然科學", "acceleration", (5, 6), "資源班加速課程")),
    ("113.4.16 10:15", "b-office", place("G", "數學", "skip", (3, 4), "至四年忠班上數學課程")),
    ("113.4.16 10:27", "b-office", place("H", "國語文", "exemption", (4, 4), "原班自習")),
    ("113.4.16 10:40", "b-office", place("I", "數學", "acceleration", (2, 3), "抽離加速")),
    ("113.4.16 10:52", "b-office", place("J", "英語", "exemption", (7, 7), "國中自主學習")),
    ("113.4.17 08:55", "a-office", place("a9", "數學", "exemption", (7, 7), "國中自主學習")),
    (
        "113.4.23 15:30",
        "a-office",
        correct("a4", "英語", "班級誤植", arrangement="至五年乙班上英語課程"),
    ),
]

#: Pupils A to J of the worked example, and what else happened while the lists were changed.
_CHANGES = [
    (
        "113.4.29 10:00",
        "b-office",
        request("G", "數學", "課表無法配合", "前金字第1130429號", ("數學", "exemption", 3, 3)),
    ),
    (
        "113.5.3 16:10",
        "b-office",
        decide("G", "school_committee", "passed", "特推會第1130503號", "113.5.3"),
    ),
    ("113.5.10 11:20", "eb", decide("G", "bureau", "consented", "教特字第1130510號", "113.5.10")),
    (
        "113.5.12 23:59:59",
        "b-office",
        correct("A", "數學", "安置方式補充", arrangement="國中自主學習，每月一次諮詢"),
    ),
    (
        "113.5.13 00:00:00",
        "b-office",
        correct("B", "數學", "時段調整", arrangement="資源班加速課程，每週三節"),
    ),
    ("113.5.22 09:40", "a-office", move_to("a7", "數學", "a11", "誤填於另一位學生")),
    ("113.5.30 10:20", "b-office", delete("H", "國語文", "家長撤回申請，資料誤送")),
    (
        "113.6.1 09:00",
        "org",
        decide("G", "council", "passed", "鑑輔會第1130601號", "113.6.1"),
    ),
    ("113.6.3 09:12:44", "a-gh", place("a3", "國語文", "acceleration", (5, 6), "資優班加速課程")),
    (
        "113.6.5 14:00",
        "a-office",
        request("a1", "數學", "改以跳級學習", "苓雅字第1130605號", ("數學", "skip", 5, 6)),
    ),
    (
        "113.6.12 15:30",
        "a-office",
        decide("a1", "school_committee", "passed", "特推會第1130612號", "113.6.12"),
    ),
    (
        "113.6.14 10:30",
        "a-office",
        request("a4", "英語", "改以免修學習", "苓雅字第1130614號", ("英語", "exemption", 4, 4)),
    ),
    (
        "113.6.19 16:00",
        "a-office",
        decide("a4", "school_committee", "passed", "特推會第1130619號", "113.6.19"),
    ),
    ("113.6.20 10:05", "b-cm", place("C", "英語", "skip", (4, 5), "至五年忠班上英語課程")),
    (
        "113.6.20 14:25",
        "eb",
        decide("a1", "bureau", "consented", "教特字第1130620號", "113.6.20"),
    ),
    ("113.6.25 09:50", "a-cm2", request("a8", "英語", "學生希望回到原班", "苓雅字第1130625號")),
    (
        "113.6.26 11:00",
        "eb",
        decide("a4", "bureau", "consented", "教特字第1130626號", "113.6.26"),
    ),
    (
        "113.7.1 09:00",
        "b-cm",
        correct("D", "數學", "改為跳級", category="skip", placement_grade=6),
    ),
    (
        "113.7.1 15:10",
        "a-office",
        decide("a8", "school_committee", "passed", "特推會第1130701號", "113.7.1"),
    ),
    ("113.7.2 10:15", "a-office", request("a5", "數學", "通學時間過長", "苓雅字第1130702號")),
    (
        "113.7.2 16:30",
        "b-cm",
        correct("D", "數學", "維持原安置", category="exemption", placement_grade=5),
    ),
    ("113.7.5 14:00", "council", decide("a4", "council", "passed", "鑑輔會第1130705號", "113.7.5")),
    ("113.7.8 10:40", "eb", decide("a8", "bureau", "noted", "教特字第1130708號", "113.7.8")),
    (
        "113.7.9 15:00",
        "a-office",
        decide("a5", "school_committee", "refused", "特推會第1130709號", "113.7.9"),
    ),
    ("113.7.10 09:30", "b-office", correct("J", "英語", None, arrangement="國中自主學習")),
    (
        "113.7.15 11:20",
        "a-gh",
        correct("a2", "自然科學", "課程名稱更正", arrangement="資優班加速課程（理化）"),
    ),
    ("113.7.18 10:00", "itinerant", request("a6", "英語", "改為實體課程", "巡迴字第1130718號")),
    ("113.7.19 09:15", "itinerant", take_back("a6", "家長改變決定")),
    ("113.7.22 09:00", "a-office", delete("a10", "英語", "學生將就讀其他國中，資料誤填")),
    ("113.8.1 09:00", None, bring_in("113")),
    (
        "113.8.5 23:59:59",
        "b-office",
        request("E", "英語", "希望回到原班", "前金字第1130805號"),
    ),
    (
        "113.8.6 00:00:00",
        "b-office",
        correct("I", "數學", "時段調整", arrangement="抽離加速，每週二節"),
    ),
    (
        "113.8.6 00:00:00.400",
        "b-office",
        correct("F", "自然科學", "時段調整", arrangement="資源班加速課程，每週二節"),
    ),
    (
        "113.8.6 09:10",
        "b-cm",
        correct("C", "英語", "班級更正", arrangement="至五年孝班上英語課程"),
    ),
    (
        "113.8.12 15:00",
        "b-office",
        decide("E", "school_committee", "passed", "特推會第1130812號", "113.8.12"),
    ),
    ("113.8.20 10:30", "eb", decide("E", "bureau", "noted", "教特字第1130820號", "113.8.20")),
]

#: The second school year.
_SECOND_YEAR = [
    ("113.9.2 09:00", "a-cm", open_plan("n1", 113)),
    ("113.9.2 09:15", "a-cm2", open_plan("n2", 113)),
    ("113.9.2 10:05", "b-cm", open_plan("n3", 113)),
    ("113.9.2 13:30", "b-cm", open_plan("H", 113)),
    ("113.9.3 08:50", "a-cm2", open_plan("a11", 113)),
    ("113.9.3 14:10", "itinerant", open_plan("A", 113)),
    ("113.9.12 10:00", "itinerant", place("A", "英語", "skip", (7, 8), "至八年一班上英語課程")),
    (
        "113.10.3 15:20",
        "itinerant",
        correct("A", "英語", "班級更正", arrangement="至八年二班上英語課程"),
    ),
    ("113.11.8 09:40", "b-office", place("n3", "數學", "acceleration", (1, 2), "資源班加速課程")),
    (
        "114.1.13 10:10",
        "itinerant",
        request("A", "英語", "改以免修學習", "巡迴字第1140113號", ("英語", "exemption", 7, 7)),
    ),
]

_END = [("114.2.14 08:00", "eb", _nothing)]

STEPS: tuple[Step, ...] = tuple(
    sorted(
        (
            Step(at(when), who, act)
            for when, who, act in (
                *_START,
                *_PLANS,
                *_LISTS,
                *_CHANGES,
                *_SECOND_YEAR,
                *PLANS,
                *COURSES,
                *PROGRAMMES,
                *DISPUTES,
                *NOTES,
                *READS,
                *_END,
            )
        ),
        key=lambda step: step.at,
    )
)
