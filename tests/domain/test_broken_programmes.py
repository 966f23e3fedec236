"""A programme that is broken is refused, and told where and why; what a person may rule on is not.

Each case is the whole shipped programme with one thing changed.
"""

import re
from collections.abc import Iterator
from itertools import islice

import pytest

from domain.processes import check_steps
from domain.programme import shipped_text
from domain.programme_check import check
from domain.programme_rules import ProgrammeNotValid, lint, read

WHOLE = shipped_text("kaohsiung-114")
STEP = """
[[machines]]
code = "example"
name = "示範"
states = [{ code = "one", name = "一" }, { code = "two", name = "二" }]

[[machines.steps]]
step = "begin"
from = ["none"]
to = "one"
by = ["SA"]
source = { document = "示範", section = "一" }

[[machines.steps]]
step = "go"
from = ["one"]
to = "two"
by = ["SA"]
source = { document = "示範", section = "二" }

[[machines.steps]]
step = "back"
from = ["two"]
to = "one"
by = ["SA"]
returns = true
source = { document = "示範", section = "三" }
"""

IDLE = """
[[rulings]]
finding = "no-deadline:w26"
decision = "依公告"
by = "示範"
"""


def changed(*pairs: tuple[str, str]) -> str:
    """The whole text with each of these, found once, replaced."""
    text = WHOLE + STEP
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def of_window(code: str, old: str, new: str) -> str:
    """The whole text with one line of one window replaced."""
    begin = WHOLE.index(f'[[windows]]\ncode = "{code}"\n')
    end = WHOLE.index("source = ", begin)
    part = WHOLE[begin:end]
    assert part.count(old) == 1, old
    return WHOLE[:begin] + part.replace(old, new) + WHOLE[end:]


def test_the_whole_programme_with_a_way_back_is_read() -> None:
    assert read(changed()).machine("example") is not None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        # Windows.
        (
            of_window("w16", "2025-03-11\ncloses = 2025-03-11", "2025-03-08\ncloses = 2025-03-11"),
            "windows.w16: 「初選鑑輔會議」開始時，「初選測驗（團體智力測驗）」尚未結束",
        ),
        (
            of_window("w19", "opens = 2025-03-20", "opens = 2025-03-13"),
            "windows.w19: 「複選報名」開始時，「初選測驗結果公告」尚未結束",
        ),
        (of_window("w09", "closes = 2025-02-18", "closes = 2025-02-16"), "windows.w09: 迄日早於"),
        (
            of_window("w09", "closes = 2025-02-19 }", "closes = 2025-02-17 }"),
            "windows.w09.contingency: 迄日早於起日",
        ),
        (of_window("w16", '["w15"]', '["w99"]'), "windows.w16.follows: 沒有「w99」這個期間"),
        (of_window("w15", '["w14"]', '["w17"]'), "follows: 期間的先後繞了一圈"),
        (of_window("w24", "2025-04-07, 2025", "2025-04-01, 2025"), "windows.w24.days: 日期不在"),
        (of_window("w16", 'opens_weekday = "二"', 'opens_weekday = "2"'), "windows.w16.opens_"),
        (changed(('finding = "windows-overlap:w24.w25"', 'finding = "o"')), "windows.w24: 「英語"),
        # Subjects.
        (
            changed(('"science", "english"]\nother_areas', '"science", "music"]\nother_areas')),
            "selection.full_skip.subjects: 沒有「music」這項科目",
        ),
        (
            changed(('covers = ["social_studies", "science"]', 'covers = ["music"]')),
            "selection.subjects.life_curriculum.covers: 沒有「music」這項科目",
        ),
        # Fees.
        (
            changed(("charged = 800\nkept = 30", "charged = 800\nkept = 40")),
            "fees.charges.initial_test: 留用與繳交合計不等於應收金額",
        ),
        # Thresholds.
        (changed(("pass_line_t = 69\n", "")), "selection.initial.pass_line_t 缺漏"),
        (changed(("pass_line_t = 65\n", "")), "selection.second.pass_line_t 缺漏"),
        (
            changed(("pass_line_t = 69\n", "pass_line_t = 71\n")),
            "selection.initial pass_line_t 高於標準差所換算的 T 分數",
        ),
        (
            changed(("pass_line_t = 69\n", 'pass_line_t = "69"\n')),
            "selection.initial.pass_line_t 應為數字",
        ),
        (
            changed((', t = 75, t_total = 203,', ", t_total = 203,")),
            "selection.retained.lines.3.t 缺漏",
        ),
        (changed(('name = "丙", at_least = 0', 'name = "丙", at_least = 60')), "levels: 等第須"),
        (changed(("at_least = 80", "at_least = 95")), "levels: 等第須由高到低"),
        # Machines.
        (
            changed(("returns = true\nsource = { document = \"示範\", section = \"三\" }",
                     "source = { document = \"示範\", section = \"三\" }")),
            "machines.example: 步驟繞了一圈又未註明折返：one→two→one",
        ),
        (
            changed(('from = ["one"]\nto = "two"', 'from = ["one"]\nto = "three"')),
            "machines.example.go: 沒有「three」這個狀態",
        ),
        (
            changed(('from = ["one"]\nto = "two"\nby = ["SA"]',
                     'from = ["one"]\nto = "two"\nreceived_in = "w99"\nby = ["SA"]')),
            "machines.example.go: 沒有「w99」這個期間",
        ),
        (
            changed(('from = ["one"]\nto = "two"\nby = ["SA"]',
                     'from = ["one"]\nto = "two"\nby = ["XX"]')),
            "machines.example.go: 沒有「XX」這種身分",
        ),
        # What rules name elsewhere.
        (changed(('window = "w13"\n', 'window = "w99"\n')), "controlled_reminder: 沒有「w99」這個"),
        (changed(('after_results_of = "second"', 'after_results_of = "third"')), "沒有「third」"),
        (
            changed(('types = ["exempt"]\n', 'types = ["other"]\n')),
            "selection.second.own_standards.olympiad: 沒有「other」這項報考類型",
        ),
        (
            changed(('consent = "school_committee"', 'consent = "somebody"')),
            "selection.subsidy: 沒有「somebody」這項單位",
        ),
        (
            changed(('categories = ["skip", "promotion"]\nfirst_look',
                     'categories = ["skip"]\nfirst_look')),
            "selection.decisions: 沒有「promotion」由誰決定的規定",
        ),
        (changed(("same_stage_only = true", "same_stage_only = true\nm = 1")), "m 沒有這個欄位"),
        # What a careless hand does.
        (changed(("charged = 800\nkept = 30", "charged = -800\nkept = 30")), "charged 不可小於 0"),
        (of_window("w09", "opens = 2025-02-17", "opens = 2025-02-30"), "：第 116 行第 9 字起不是"),
        (of_window("w09", "opens = 2025-02-17", 'opens = "114.2.17"'), "w09.opens 應為日期，例如"),
        (of_window("w09", 'opens_weekday = "一"', 'opens_weekday = "M"'),
         "w09.opens_weekday 應為下列之一：一、二、三"),
        (changed(('code = "mathematics"\nname = "數學"\nexam',
                  'code = "chinese"\nname = "數學"\nexam')), "：selection.subjects: 代碼重複"),
        (changed(('cases = ["initial_exempt"]', 'cases = ["exempt"]')), "沒有「exempt」這種情形"),
        (changed(("starts = 2025-02-01", "starts = 2025-01-31")), "學期的期間重疊"),
        (changed(("extra_minutes = 20", "extra_minutes = 25")), "第 1 節後的下課時間只有 20 分鐘"),
        (changed(('school_year = 113, test = "acceleration_initial"',
                  'school_year = 112, test = "acceleration_initial"')),
         "lines.4: 同一年度、測驗與年級有兩個分數標準"),
        (changed(('fee_status = "dual_exam"', 'fee_status = "dual"')),
         "fees.statuses: 缺少「dual」這種身分"),
        (changed(('statuses = ["disability", "low_income", "mid_low_income"]\nstatement',
                  'statuses = ["foreign"]\nstatement')),
         "selection.special_groups: 沒有「foreign」這種身分"),
        (changed(('code = "second_recheck"\nname', 'code = "recheck"\nname'),
                 ('"initial_recheck", "second_recheck"]', '"initial_recheck", "recheck"]')),
         "fees.charges: 缺少「second_recheck」這項費用"),
        (changed(('[[machines]]\ncode = "example"', '[[machines]]\ncode = "round"')),
         "machines: 代碼重複"),
        (changed(('cil"\nabandonment = { decides = "school_committee", authority = "consented"',
                  'cil"\nabandonment = { decides = "school_committee", authority = "noted"')),
         "selection.decisions.2.abandonment: 系統辦理申請的單位與此不同"),
        ("a = " + "[" * 5000, "不是正確的 TOML"),
        (changed(("charged = 800\n", f"charged = {'9' * 5000}\n")), "不是正確的 TOML"),
    ],
)  # fmt: skip
def test_a_broken_programme_names_its_fault(text: str, fault: str) -> None:
    with pytest.raises(ProgrammeNotValid) as refused:
        read(text)
    assert fault in refused.value.detail


#: Another county's waiver, of a standing that no form of an application asks for.
INDIGENOUS = """[[fees.statuses]]
code = "indigenous"
name = "原住民"
frees_from = ["initial_test"]
proof = "戶籍謄本"
source = { document = "鑑定簡章", section = "九" }

"""


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (WHOLE + IDLE, "rulings 計畫中沒有「no-deadline:w26」這項疑義"),
        (
            WHOLE.replace('"principal", name = "校長"', '"guardian", name = "校長"'),
            "placement_cases.igp_signatures 「guardian」重複",
        ),
        (
            WHOLE.replace('"in_force"', '"running"'),
            "machines.placement_case.placement-started 應進入「in_force」這個狀態",
        ),
        (
            WHOLE.replace('"guardian_told"', '"told"'),
            "machines.placement_case.guardian-notified 決定之後沒有「told」這個狀態",
        ),
        (
            of_window("w15", "（團體智力測驗）", "\\u0000\\u202E"),
            "windows.w15.name 含有不能印出的字元",
        ),
        (
            WHOLE.replace('to = { waiting = "same", decided = "decided" }', "to = {}", 1),
            "machines.placement_case.placement-approved.to 不可為空",
        ),
        (
            WHOLE.replace("[[fees.statuses]]", INDIGENOUS + "[[fees.statuses]]", 1),
            "fees.statuses 「indigenous」不是申請案會填報的身分",
        ),
        (
            WHOLE.replace("own_school_only = true", "own_school_only = false"),
            "selection.pupils.own_school_only 系統只由學生就讀的學校開案",
        ),
    ],
)
def test_what_is_idle_doubled_or_unprintable_is_not_published_and_stays_readable(
    text: str, fault: str
) -> None:
    assert text != WHOLE
    programme = read(text)
    with pytest.raises(ProgrammeNotValid) as refused:
        check(programme)
    assert fault in refused.value.detail


#: What is put in the place of a value, of whatever kind it is.
VALUES = (
    "-5",
    "1e400",
    "nan",
    '"不是"',
    '""',
    "true",
    "[]",
    "[[1]]",
    "{}",
    "9999-12-31",
    "23:59:60",
)


def mutations() -> Iterator[tuple[str, str]]:
    """Every eleventh line of the text dropped, doubled, put before the one above it, renamed, or
    with another value; what was done, and the text."""
    lines = WHOLE.split("\n")
    for at in range(7, len(lines), 11):
        line, values = lines[at], (one for one in VALUES)
        key, given, _ = line.partition(" = ")
        done = {
            "dropped": [],
            "doubled": [line, line],
            "early": [line, lines[at - 1]],
        }
        if given and not line.startswith("#"):
            done["renamed"] = [f"{key}_x = {line.partition(' = ')[2]}"]
            for value in values:
                done[value] = [f"{key} = {value}"]
        for what, instead in done.items():
            begin = at - 1 if what == "early" else at
            yield f"line {at + 1} {what}", "\n".join((*lines[:begin], *instead, *lines[at + 1 :]))


@pytest.mark.parametrize("part", range(4))
def test_whatever_is_wrong_in_a_text_is_told_with_its_place(part: int) -> None:
    """Hundreds of faults: each is a refusal that says where, or leaves a programme that stands."""
    told = 0
    for what, text in islice(mutations(), part * 7, None, 56):
        try:
            programme = read(text)
            check_steps(programme)
            lint(programme)
            check(programme)
        except ProgrammeNotValid as refused:
            detail = refused.detail
            assert detail.startswith("計畫檔的內容不正確："), (what, detail)
            place = detail.removeprefix("計畫檔的內容不正確：")
            assert re.match(r"[a-z_.0-9:\-]+\b|第 \d+ 行第 \d+ 字起|不是正確的 TOML", place), what
            assert len(detail) < 300, what
            told += 1
    assert told > 20


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        (of_window("w15", 'weekday = "日"', 'weekday = "六"'), "weekday-differs:w15.opens"),
        (of_window("w25", "closes = 2025-04-16\n", ""), "no-deadline:w25"),
        (
            of_window("w27", "{ opens = 2025-04-13, closes = 2025-04-13 }",
                      "{ opens = 2025-04-15, closes = 2025-04-15 }"),
            "contingency-overlap:w28.w27",
        ),
        (WHOLE, "lines-differ:selection.initial"),
        (
            WHOLE.replace("highest = 7", "highest = 6"),
            "grade-not-offered:selection.subjects.chinese",
        ),
        (
            WHOLE.replace("on = 2025-03-19", "on = 2025-03-13"),
            "closes-before-results:recheck.initial",
        ),
    ],
)  # fmt: skip
def test_what_a_person_may_rule_on_is_a_finding_and_no_refusal(text: str, finding: str) -> None:
    found = {one.finding for one in lint(read(text))}
    assert finding in found


def test_every_finding_of_the_shipped_programme_is_ruled_on_and_no_ruling_is_idle() -> None:
    programme = read(WHOLE)
    found = lint(programme)
    assert [one.finding for one in found if one.ruling is None] == []
    assert {one.finding for one in programme.rulings} == {one.finding for one in found}
