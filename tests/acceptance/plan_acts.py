"""What may happen to a plan, drawn at random: saves of every section and by every writer."""

from typing import Any, NamedTuple

from hypothesis import strategies as st

GROUPS = {
    "basic_family": "family_members",
    "awards": "awards",
    "identification": "tests",
    "career_interest": "tests",
}
#: Case managers of both kinds and the homeroom teacher of the gifted class.
KEEPERS = ("a-cm", "itinerant", "a-gh")
WRITERS = {
    "basic_family": KEEPERS,
    "transition": KEEPERS,
    "awards": KEEPERS,
    "identification": KEEPERS,
    "career_interest": KEEPERS,
    "interest_analysis": KEEPERS,
    "needs_assessment": KEEPERS,
    "strengths_weaknesses": ("a-cm", "a-gh", "a-math"),
    "annual_goal": ("a-math", "a-eng"),
}
#: Of the year: refused while its record is withdrawn. The others are of the stage.
OF_YEAR = ("interest_analysis", "needs_assessment", "strengths_weaknesses", "annual_goal")
text = st.sampled_from(["甲", "乙", "丙丁", None])
marks = st.dictionaries(
    st.sampled_from(["memory", "reasoning", "analysis"]),
    st.sampled_from(["strength", "weakness"]),
    max_size=3,
)
#: The fields of a section beside its rows.
FIELDS = {
    "basic_family": st.fixed_dictionaries({"phone": text, "address": text}),
    "transition": st.fixed_dictionaries(
        {
            "education_stage": st.just("elementary"),
            "grade": st.just(5),
            "school_name": st.just("苓雅示範國小"),
            "class_name": st.sampled_from(["資優五", "資優五甲"]),
            "class_type": st.sampled_from(["gifted_class", "resource_class"]),
            "enrolled_from": st.sampled_from([None, "2019-08-01"]),
            "remarks": text,
        }
    ),
    "awards": st.just({}),
    "identification": st.just({}),
    "career_interest": st.just({}),
    "interest_analysis": st.fixed_dictionaries(
        {
            "interests": st.sampled_from([[], ["reading"], ["reading", "experiments"]]),
            "interests_other": st.just(["science"]),
            "interests_other_note": st.sampled_from([{"science": "甲"}, {"science": "乙"}]),
        }
    ),
    "needs_assessment": st.fixed_dictionaries(
        {
            "guidance_recommendations": text,
            "needs": st.dictionaries(
                st.just("skills_training"),
                st.sampled_from([["writing_skills"], ["information_skills", "writing_skills"]]),
            ),
        }
    ),
    "strengths_weaknesses": st.fixed_dictionaries({"cognitive": marks}),
    "annual_goal": st.fixed_dictionaries(
        {
            "goal_text": st.sampled_from(["獨立研究", "創造力"]),
            "teaching_model": st.sampled_from([None, "discover"]),
        }
    ),
}
ROWS = {
    "basic_family": st.fixed_dictionaries(
        {"kinship": st.sampled_from(["父", "母"]), "name": st.sampled_from(["甲", "乙"])}
    ),
    "awards": st.fixed_dictionaries(
        {
            "event_name": st.sampled_from(["科展", "奧賽"]),
            "prize": st.sampled_from(["特優", "金牌"]),
            "level": st.sampled_from([None, "county"]),
        }
    ),
    "identification": st.fixed_dictionaries(
        {
            "test_name": st.sampled_from(["智力測驗", "性向測驗"]),
            "test_date": st.sampled_from(["2023-05-01", "2023-06-01"]),
            "result": st.sampled_from(["PR 97", "PR 98"]),
        }
    ),
    "career_interest": st.fixed_dictionaries(
        {
            "instrument": st.just("interest_inventory"),
            "result": st.sampled_from([None, "研究型"]),
            "test_date": st.sampled_from([None, "2023-05-01"]),
        }
    ),
}
#: Whoever writes sections with an entry for each record, and what the entries say.
ENTRY_WRITERS = {
    "meeting": KEEPERS,
    "replacement": KEEPERS,
    "course_goal": ("a-math", "a-eng"),
}
course_row = st.fixed_dictionaries(
    {
        "learning_performance": st.sampled_from(["n-III-1", "自訂"]),
        "assessment_result": text,
    }
)
ENTRY_FIELDS = {
    "meeting": st.fixed_dictionaries(
        {
            "held_at": st.just("2023-07-20T10:00:00.000000+08:00"),
            "topic": st.sampled_from(["期初", "期末"]),
            "purpose": st.just("課程"),
            "recorder_name": st.sampled_from(["林", "王"]),
            "participants": st.sampled_from([["王"], ["王", "李"]]),
            "content": st.sampled_from(["甲", "乙"]),
        }
    ),
    "replacement": st.fixed_dictionaries(
        {
            "assessed_needs": st.sampled_from(["加深", "加廣"]),
            "outcome": st.sampled_from(["維持", "改變"]),
            "decided_on": st.sampled_from([None, "2023-07-01"]),
        }
    ),
    "course_goal": st.fixed_dictionaries(
        {
            "subject": st.just("mathematics"),
            "course_name": text,
            "semester": st.sampled_from([None, "first", "second"]),
            "rows": st.lists(course_row, max_size=2),
        }
    ),
}


class Save(NamedTuple):
    """A save of a whole section; each of `rows` changes the row of that number, or adds one."""

    section: str
    who: str
    fields: dict[str, Any]
    rows: list[tuple[int, dict[str, Any] | None]]
    behind: int
    reason: bool


class Withdraw(NamedTuple):
    section: str
    who: str


class Begin(NamedTuple):
    """The record of the year, once more."""

    who: str


class Enter(NamedTuple):
    """A new entry."""

    section: str
    who: str
    fields: dict[str, Any]


class Change(NamedTuple):
    """Of the entry of that number, counted round, if its section is this one."""

    number: int
    who: str
    fields: dict[str, dict[str, Any]]
    behind: int
    reason: bool


class Strike(NamedTuple):
    number: int
    who: str
    reason: bool


Act = Save | Withdraw | Begin | Enter | Change | Strike


@st.composite
def entering(draw: st.DrawFn) -> Enter:
    section = draw(st.sampled_from(list(ENTRY_WRITERS)))
    who = draw(st.sampled_from(ENTRY_WRITERS[section]))
    return Enter(section, who, draw(ENTRY_FIELDS[section]))


@st.composite
def saves(draw: st.DrawFn) -> Save:
    section = draw(st.sampled_from(list(WRITERS)))
    row = (
        st.tuples(st.integers(0, 3), st.one_of(st.none(), ROWS[section]))
        if section in ROWS
        else None
    )
    return Save(
        section,
        draw(st.sampled_from(WRITERS[section])),
        draw(FIELDS[section]),
        [] if row is None else draw(st.lists(row, max_size=3, unique_by=lambda one: one[0])),
        draw(st.sampled_from([0, 0, 0, 0, 1])),
        draw(st.sampled_from([True, True, True, False])),
    )


withdrawals = st.one_of(
    st.builds(Withdraw, st.just("annual_goal"), st.sampled_from(WRITERS["annual_goal"])),
    st.builds(Withdraw, st.just("basic_family"), st.sampled_from(WRITERS["basic_family"])),
)
anybody = st.sampled_from((*KEEPERS, "a-math", "a-eng"))
reasons = st.sampled_from([True, True, True, False])
changing = st.builds(
    Change,
    st.integers(0, 9),
    anybody,
    st.fixed_dictionaries(ENTRY_FIELDS),
    st.sampled_from([0, 0, 0, 1]),
    reasons,
)
striking = st.builds(Strike, st.integers(0, 9), anybody, reasons)
acts: st.SearchStrategy[Act] = st.one_of(
    saves(),
    saves(),
    saves(),
    entering(),
    changing,
    striking,
    withdrawals,
    st.builds(Begin, st.just("a-cm")),
)

_GOAL = {"goal_text": "獨立研究", "teaching_model": None}
_MEETING = {
    "held_at": "2023-07-20T10:00:00.000000+08:00",
    "topic": "期初",
    "purpose": "課程",
    "recorder_name": "林",
    "participants": ["王"],
    "content": "甲",
}
_REPLACEMENT = {"assessed_needs": "加深", "outcome": "維持", "decided_on": None}
_COURSE = {
    "subject": "mathematics",
    "course_name": None,
    "semester": None,
    "rows": [{"learning_performance": "自訂", "assessment_result": None}],
}
_CHANGED = {
    "meeting": _MEETING | {"content": "乙"},
    "replacement": _REPLACEMENT | {"outcome": "改變", "decided_on": "2023-07-01"},
    "course_goal": _COURSE | {"course_name": "甲", "rows": []},
}


#: Chance seldom makes an entry of each kind and then changes and strikes it.
EACH_ENTRY: list[Act] = [
    Enter("course_goal", "a-eng", _COURSE),
    Save("annual_goal", "a-math", _GOAL, [], 0, False),
    Enter("course_goal", "a-eng", _COURSE),
    Enter("meeting", "a-gh", _MEETING),
    Enter("replacement", "itinerant", _REPLACEMENT),
    *(
        Change(number, who, _CHANGED, behind, reason)
        for number in range(3)
        for who in ("a-math", "a-eng", "a-cm")
        for behind, reason in ((1, True), (0, False), (0, True))
    ),
    *(
        Strike(number, who, reason)
        for number in (2, 1, 0)
        for who in ("a-math", "a-eng", "a-cm")
        for reason in (False, True)
    ),
    Enter("course_goal", "a-math", _COURSE),
    Withdraw("annual_goal", "a-math"),
]
