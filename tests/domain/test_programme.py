import tomllib
from datetime import date
from uuid import uuid4

import pytest

from domain.capacity import Capacity
from domain.command import Actor
from domain.dispute_rules import DisputeKind, Period
from domain.programme import (
    ProgrammePublished,
    Published,
    PublishProgramme,
    evolve,
    publish,
    shipped,
    shipped_text,
)
from domain.programme_rules import Programme, ProgrammeNotValid, lint, read
from domain.refusal import NotAllowed, NotFound

AUTHORITY = Actor(account_id=uuid4(), capacity=Capacity.AUTHORITY_ADMINISTRATOR)
SCHOOL = Actor(account_id=uuid4(), capacity=Capacity.SCHOOL_ADMINISTRATOR)

MINIMAL = """
code = "example-114"
name = "示範計畫"
county = "示範市"
school_year = 114
documents = ["示範計畫書"]

[disputes]
recheck = "none"
appeal = "none"
complaint = "none"
placement_review = "none"
"""
STAGE = """
[[stages]]
code = "initial"
name = "初選"
results_on = 2025-03-14
source = { document = "示範計畫書", section = "一" }
"""
RECHECK = """
[disputes.recheck]
name = "複查"
about = "測驗結果"
source = { document = "示範計畫書", section = "二" }
window = [{ stage = "initial", on = 2025-03-19, weekday = "三" }]
date_by = "postmark"
once_per = "stage"
late = "none"
receiver = { code = "office", name = "承辦單位" }
decides = "none"
requires = "none"
"""
WINDOW = """
[[windows]]
code = "w1"
name = "報名"
by = "家長"
opens = 2025-03-10
closes = 2025-03-11
opens_weekday = "一"
late = "none"
source = { document = "示範計畫書", section = "三" }
"""


def with_recheck(changed: tuple[str, str] = ("", "")) -> str:
    text = MINIMAL.replace('recheck = "none"\n', "") + RECHECK
    return text.replace("[disputes]", STAGE + "\n[disputes]").replace(*changed)


def published(text: str, after: Published | None = None) -> ProgrammePublished | None:
    return publish(after, PublishProgramme(actor=AUTHORITY, text=text))


@pytest.mark.parametrize("code", shipped())
def test_every_programme_that_comes_along_is_read_and_named_after_its_file(code: str) -> None:
    programme = read(shipped_text(code))
    assert programme.code == code
    assert code.endswith(f"-{programme.school_year}")


def test_four_programmes_come_along() -> None:
    assert shipped() == ("kaohsiung-114", "miaoli-103", "new-taipei-113", "taipei-99")
    with pytest.raises(NotFound):
        shipped_text("nowhere-1")


def kinds(code: str) -> list[str]:
    return [kind.value for kind, _ in read(shipped_text(code)).rules()]


def test_what_a_plan_does_not_have_it_says_it_does_not_have() -> None:
    assert kinds("kaohsiung-114") == ["recheck", "complaint"]
    assert kinds("new-taipei-113") == ["appeal", "complaint"]
    assert kinds("miaoli-103") == ["placement_review"]
    assert kinds("taipei-99") == []
    assert read(shipped_text("taipei-99")).rule(DisputeKind.COMPLAINT) is None
    review = read(shipped_text("miaoli-103")).rule(DisputeKind.PLACEMENT_REVIEW)
    assert review is not None
    assert review.window == "none"


def test_the_printed_days_are_those_of_the_plans() -> None:
    recheck = read(shipped_text("kaohsiung-114")).rule(DisputeKind.RECHECK)
    assert recheck is not None
    assert isinstance(recheck.window, tuple)
    assert [(one.stage, one.on) for one in recheck.window] == [
        ("initial", date(2025, 3, 19)),
        ("second", date(2025, 4, 23)),
    ]
    for code, kind, days in (
        ("kaohsiung-114", DisputeKind.COMPLAINT, 20),
        ("new-taipei-113", DisputeKind.APPEAL, 20),
        ("new-taipei-113", DisputeKind.COMPLAINT, 30),
    ):
        rule = read(shipped_text(code)).rule(kind)
        assert rule is not None
        assert isinstance(rule.window, Period)
        assert (rule.window.days, rule.window.roll_last_day) == (days, False)


def test_a_printed_weekday_that_is_not_the_days_own_waits_for_a_ruling() -> None:
    text = shipped_text("new-taipei-113")
    [found] = lint(read(text))
    assert found.finding == "weekday-differs:w09.opens"
    assert "星期二" in found.message
    assert "星期一" in found.message
    assert found.ruling is None
    ruling = '\n[[rulings]]\nfinding = "weekday-differs:w09.opens"\n'
    ruling += 'decision = "以日期為準"\nby = "資優中心"\n'
    [ruled] = lint(read(text + ruling))
    assert ruled.ruling == "以日期為準"


def test_lint_names_a_window_without_any_deadline_and_a_closing_before_the_results() -> None:
    assert lint(read(MINIMAL)) == ()
    open_ended = WINDOW.replace("opens = 2025-03-10\ncloses = 2025-03-11\n", "")
    found = lint(read(MINIMAL.replace("[disputes]", open_ended + "\n[disputes]")))
    assert [one.finding for one in found] == ["no-deadline:w1"]
    early = with_recheck(("2025-03-19", "2025-03-12"))
    assert [one.finding for one in lint(read(early))] == ["closes-before-results:recheck.initial"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("code = ", "不是正確的 TOML"),
        (MINIMAL.replace('recheck = "none"\n', ""), "disputes.recheck"),
        (MINIMAL.replace('appeal = "none"', 'appeal = "maybe"'), "disputes.appeal"),
        (MINIMAL.replace("school_year = 114", 'school_year = "114"'), "school_year"),
        (MINIMAL.replace("school_year = 114", "school_year = 114\nmore = 1"), "more"),
        (MINIMAL.replace("example-114", "Example 114"), "code"),
        (MINIMAL.replace('["示範計畫書"]', "[]"), "documents"),
        (
            MINIMAL.replace("[disputes]", WINDOW.replace("03-11", "03-09") + "\n[disputes]"),
            "windows.w1: 迄日早於起日",
        ),
        (MINIMAL.replace("[disputes]", WINDOW * 2 + "\n[disputes]"), "windows: 代碼重複"),
        (with_recheck(('stage = "initial"', 'stage = "other"')), "disputes.recheck: 各階段"),
        (with_recheck(('requires = "none"', 'requires = "appeal"')), "disputes.recheck: 這份計畫"),
        (with_recheck(('requires = "none"', 'requires = "recheck"')), "disputes.recheck: 不能以"),
        (with_recheck(("2025-03-19", "2025-02-30")), "不是正確的 TOML"),
        ("#" * 500_001, "最多 500000 字"),
    ],
)
def test_a_text_that_is_no_programme_is_refused_with_the_place(text: str, place: str) -> None:
    with pytest.raises(ProgrammeNotValid) as refused:
        read(text)
    assert place in refused.value.detail


def test_a_programme_may_limit_to_once_per_stage_only_where_it_has_stages() -> None:
    text = with_recheck().replace(STAGE, "")
    text = text.replace('window = [{ stage = "initial", on = 2025-03-19, weekday = "三" }]',
                        'window = "none"')  # fmt: skip
    with pytest.raises(ProgrammeNotValid, match="沒有階段"):
        read(text)


def test_publishing_keeps_the_text_and_its_digest() -> None:
    event = published(MINIMAL)
    assert event is not None
    assert (event.code, event.school_year, event.text) == ("example-114", 114, MINIMAL)
    state = evolve(None, event)
    assert state.newest.programme == Programme.model_validate(read(MINIMAL))
    assert (state.version, state.newest.version) == (1, 1)


def test_publishing_the_same_text_again_is_no_event() -> None:
    first = published(MINIMAL)
    assert first is not None
    assert published(MINIMAL, evolve(None, first)) is None


def test_every_version_that_was_in_force_can_still_be_read() -> None:
    first = published(MINIMAL)
    assert first is not None
    state = evolve(None, first)
    second = published(with_recheck(), state)
    assert second is not None
    assert second.originator_version == 2
    state = evolve(state, second)
    assert state.edition(1).programme.rule(DisputeKind.RECHECK) is None
    assert state.edition(2).programme.rule(DisputeKind.RECHECK) is not None
    with pytest.raises(NotFound):
        state.edition(3)
    # The text that was in force before may come into force again.
    assert published(MINIMAL, state) is not None


def test_nobody_but_the_authority_publishes() -> None:
    with pytest.raises(NotAllowed):
        publish(None, PublishProgramme(actor=SCHOOL, text=MINIMAL))


def test_a_shipped_text_is_toml_with_a_source_at_every_rule() -> None:
    for code in shipped():
        programme = read(shipped_text(code))
        assert tomllib.loads(shipped_text(code))["code"] == code
        for _, rule in programme.rules():
            assert rule.source.document
            assert rule.source.section


def test_a_text_that_was_published_is_read_whatever_is_checked_of_a_new_one() -> None:
    text = shipped_text("kaohsiung-114").replace('received_in = "w09"', 'received_in = "nowhere"')
    with pytest.raises(ProgrammeNotValid, match="nowhere"):
        read(text)
    event = ProgrammePublished(
        originator_id=uuid4(),
        originator_version=1,
        by=AUTHORITY.account_id,
        capacity=AUTHORITY.capacity,
        code="kaohsiung-114",
        name="計畫",
        school_year=114,
        text=text,
        digest="",
    )
    assert evolve(None, event).newest.programme.code == "kaohsiung-114"
