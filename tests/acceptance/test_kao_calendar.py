"""Kaohsiung's calendar: both calendars, windows set anew, what is due, and the rules' versions."""

from typing import Any

import pytest

from domain.programme import shipped_text
from tests.api.serving import County

PROGRAMME = "/programmes/kaohsiung-114"
POSTPONE = f"{PROGRAMME}/round/window-postponed"


def at(county: County, instant: str) -> None:
    """Walks on to an instant, `2025-02-17T09:00`."""
    answer = county.eb.post("/simulation/clock", {"now": f"{instant}:00+08:00"})
    assert answer.status_code == 200, answer.text


def calendar(county: County, **asked: Any) -> dict[str, Any]:
    answer = county.a_office.get(f"{PROGRAMME}/calendar", **asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def window(told: dict[str, Any], code: str) -> dict[str, Any]:
    return next(one for one in told["windows"] if one["code"] == code)


def span(told: dict[str, Any], code: str) -> tuple[str, str]:
    """The first and the last day of a window, as written here."""
    found = window(told, code)
    return found["opens"]["roc"], found["closes"]["roc"]


@pytest.fixture
def february(county: County) -> County:
    """The county on 114.2.14, with the programme published."""
    at(county, "2025-02-14T09:00")
    county.eb.made("/programmes", {"text": shipped_text("kaohsiung-114")})
    return county


@pytest.mark.accepts("KAO-01")
@pytest.mark.accepts("KAO-09")
@pytest.mark.accepts("KAO-10")
def test_a_window_moves_when_it_is_set_anew_and_no_other_moves_with_it(february: County) -> None:
    told = calendar(february)
    assert len(told["windows"]) == 52
    assert (told["version"], told["rules"], told["warnings"]) == (0, 1, [])
    test = window(told, "w15")
    assert test["opens"] == {"date": "2025-03-09", "roc": "114.3.9", "weekday": "日"}
    assert (test["opens_at"], test["closes_at"]) == ("09:10:00", "12:00:00")
    assert window(told, "w09")["state"] == "early"
    assert window(told, "w03")["state"] == "closed"

    # A date with another weekday than its own is refused, wherever it is typed.
    moved = {"window": "w09", "opens": "114.2.18（一）", "closes": "114.2.19", "cause": "颱風停班"}
    wrong = february.eb.post(POSTPONE, moved, version=0)
    assert wrong.status_code == 422
    assert "星期" in wrong.json()["errors"][0]["message"]
    reversed_ = february.eb.post(POSTPONE, moved | {"opens": "114.2.20"}, version=0)
    assert (reversed_.status_code, reversed_.json()["code"]) == (422, "not-valid")

    # The city closes on the first day of registration (KAO-09).
    at(february, "2025-02-17T07:00")
    moved["opens"] = "114.2.18（二）"
    assert february.a_office.post(POSTPONE, moved, version=0).status_code == 403
    assert february.eb.post(POSTPONE, moved, version=0).status_code == 201
    at(february, "2025-02-17T09:00")
    told = calendar(february)
    registration = window(told, "w09")
    assert span(told, "w09") == ("114.2.18", "114.2.19")
    assert (registration["postponed"], registration["cause"]) == (True, "颱風停班")
    assert (registration["printed_opens"]["roc"], registration["printed_closes"]["roc"]) == (
        "114.2.17",
        "114.2.18",
    )
    assert (registration["daily"], registration["state"]) == (True, "early")
    assert span(told, "w10") == ("114.2.17", "114.2.19")
    at(february, "2025-02-19T08:30")
    assert window(calendar(february), "w09")["state"] == "open"
    at(february, "2025-02-19T16:01")
    assert window(calendar(february), "w09")["state"] == "closed"

    # The second test is moved to the day kept ready; what comes after it is not (KAO-10).
    at(february, "2025-04-12T06:00")
    test = window(calendar(february), "w27")
    assert test["contingency"]["opens"]["roc"] == "114.4.13"
    body = {"window": "w27", "closes": "114.4.13", "cause": "停止上班上課"}
    assert february.eb.post(POSTPONE, body, version=1).status_code == 201
    told = calendar(february)
    assert span(told, "w27") == ("114.4.13", "114.4.13")
    assert span(told, "w28") == ("114.4.15", "114.4.15")
    warnings = {one["window"]: one for one in told["warnings"]}
    assert {"w28", "w29", "w30", "w32"} <= {*warnings["w27"]["windows"]}
    assert "複選鑑輔會議" in warnings["w27"]["message"]
    assert {one["code"] for one in told["warnings"]} == {"not-set"}

    # Beyond the next one it begins too early, which is told apart, until that one is set, too.
    body |= {"opens": "114.4.16", "closes": "114.4.16"}
    assert february.eb.post(POSTPONE, body, version=2).status_code == 201
    early = [one for one in calendar(february)["warnings"] if one["code"] == "overlap"]
    assert [(one["window"], one["windows"]) for one in early] == [("w28", ["w27"])]
    council = {"window": "w28", "closes": "114.4.17", "cause": "複選測驗延期"}
    assert february.org.post(POSTPONE, council, version=3).status_code == 201
    told = calendar(february)
    assert [one for one in told["warnings"] if one["code"] == "overlap"] == []
    left = next(one for one in told["warnings"] if one["window"] == "w27")
    assert "w28" not in left["windows"]
    assert "w29" in left["windows"]

    # What was done stays: each act in the round's book, and the printed days in the rules.
    acts = february.a_office.get(f"{PROGRAMME}/round").json()["acts"]
    assert [(one["data"]["window"], one["data"]["closes"]) for one in acts] == [
        ("w09", "2025-02-19"),
        ("w27", "2025-04-13"),
        ("w27", "2025-04-16"),
        ("w28", "2025-04-17"),
    ]
    rules = february.a_office.get(PROGRAMME).json()["rules"]
    printed = next(one for one in rules["windows"] if one["code"] == "w09")
    assert printed["opens"] == "2025-02-17"


def test_days_that_do_not_count_between_the_days_kept_ready_are_closed(february: County) -> None:
    body = {"window": "w19", "opens": "114.3.21", "closes": "114.3.24", "cause": "停止上班上課"}
    assert february.eb.post(POSTPONE, body, version=0).status_code == 201
    states = {}
    for day in ("21", "22", "24"):
        at(february, f"2025-03-{day}T09:00")
        states[day] = window(calendar(february), "w19")["state"]
    assert states == {"21": "open", "22": "between", "24": "open"}


def test_the_board_shows_what_is_due_in_the_next_days(february: County) -> None:
    due = calendar(february, days=5)["due"]
    assert [(one["window"], one["days_left"]) for one in due] == [
        ("w08", 0),
        ("w09", 4),
        ("w10", 5),
    ]
    assert due[1]["closes"]["weekday"] == "二"
    registration = {one["step"] for one in due[1]["steps"]}
    assert "initial-application-submitted" in registration
    assert february.a_office.get(f"{PROGRAMME}/calendar", days=400).status_code == 422
    assert february.a_office.get("/programmes/nowhere-1/calendar").status_code == 404


@pytest.mark.accepts("KAO-148")
def test_what_was_done_under_earlier_rules_keeps_their_version(february: County) -> None:
    first, second = february.student(), february.student(number=1)

    def opened(student: str) -> Any:
        made = february.a_office.made(f"{PROGRAMME}/applications", {"student_id": student})
        told = february.a_office.get(f"{PROGRAMME}/applications/{made}").json()
        return told["steps"][0]["data"]["rules"], made

    at(february, "2025-02-17T09:00")
    version, application = opened(first)
    assert version == 1
    changed = shipped_text("kaohsiung-114").replace("pass_line_t = 65\n", "pass_line_t = 66\n")
    february.eb.made("/programmes", {"text": changed})
    assert calendar(february)["rules"] == 2
    assert opened(second)[0] == 2
    kept = february.a_office.get(f"{PROGRAMME}/applications/{application}").json()
    assert kept["steps"][0]["data"]["rules"] == 1
    lines = {}
    for number in (1, 2):
        rules = february.a_office.get(PROGRAMME, version=number).json()["rules"]
        lines[number] = rules["selection"]["second"]["pass_line_t"]
    assert lines == {1: 65, 2: 66}
