"""The second stage by itself: steps taken one after another on a pupil, without the books."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest

from domain import application, examination, school_batch
from domain.application_fees import NotRefundable
from domain.application_initial import WindowStillOpen
from domain.application_recheck import AlreadyRechecked, NothingRevised
from domain.calendar import TAIPEI
from domain.capacity import Capacity
from domain.command import Actor
from domain.examination_second import DecisionContradicts, ScoresMissing
from domain.organisation import Stage
from domain.placement import Category, Placement
from domain.process import STEPS, Ground, Record
from domain.process_step import made, take
from domain.programme import shipped_text
from domain.programme_rules import read
from domain.publication import NotDecided
from domain.refusal import NotValid, ReasonRequired, Refusal
from domain.second_eligible import eligible, full_skip, registered, verdicts
from domain.second_outcome import SHOWN, ContradictsLine
from domain.second_recheck import REQUESTED
from domain.second_rows import FullSkipBlocked, SubjectsNotValid
from domain.student import Sex, Student

RULES = read(shipped_text("kaohsiung-114"))
PUPIL, SCHOOL, OFFICE = UUID(int=1), UUID(int=2), UUID(int=3)
STREAMS = {"application": UUID(int=11), "examination": UUID(int=12), "second_batch": UUID(int=13)}
EVOLVE = {
    "application": application.evolve,
    "examination": examination.evolve,
    "second_batch": school_batch.EVOLVES["second_batch"],
}
SUBMIT = "second-stage-application-submitted"
STUDENT = Student(
    student_id=PUPIL,
    version=1,
    national_id="A123456789",
    name="陳小明",
    sex=Sex.MALE,
    birth_date=date(2015, 5, 1),
    organisation_id=SCHOOL,
    stage=Stage.ELEMENTARY,
    grade=3,
    class_name=None,
)
FIVE = ("chinese", "mathematics", "social_studies", "science", "english")


def at(local: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=TAIPEI)


def row(subject: str, grade: int, kind: str = "skip_part", **more: Any) -> dict[str, Any]:
    return {"subject": subject, "exam_grade": grade, "registration_type": kind} | more


class Pupil:
    """A pupil who passed the initial stage, and the records about them."""

    def __init__(self, grade: int = 3, *placements: Placement, **said: Any) -> None:
        self.placements = placements
        self.records: dict[str, Record] = {}
        opened = application.OPENED.event(
            **self._envelope("application", Capacity.SCHOOL_ADMINISTRATOR),
            organisation_id=SCHOOL,
            state="initial_passed",
            current_grade=grade,
            target_year_grade=grade + 1,
        )
        self._fold("application", opened)
        if said:
            step = STEPS["application", "initial-application-submitted"]
            self._fold(
                "application",
                step.event(
                    **self._envelope("application", Capacity.SCHOOL_ADMINISTRATOR),
                    state="initial_passed",
                    **said,
                ),
            )

    def _envelope(self, process: str, capacity: Capacity) -> dict[str, Any]:
        known = self.records.get(process)
        return {
            "originator_id": STREAMS[process],
            "originator_version": 1 if known is None else known.version + 1,
            "by": OFFICE,
            "capacity": capacity,
            "programme": RULES.code,
            "rules": 1,
            "student_id": PUPIL,
        }

    def _fold(self, process: str, event: Any) -> None:
        self.records[process] = EVOLVE[process](self.records.get(process), event)

    def ground(self, process: str, now: str, capacity: str) -> Ground:
        return Ground(
            programme=RULES,
            rules=1,
            now=at(now),
            actor=Actor(account_id=OFFICE, capacity=Capacity(capacity)),
            record=self.records.get(process),
            student=STUDENT,
            beside={name: one for name, one in self.records.items() if name != process},
            placements=self.placements,
        )

    def step(self, process: str, code: str, now: str, by: str = "SA", **said: Any) -> Record:
        """Takes a step and answers with the record after it. Raises what it is refused by."""
        step = STEPS[process, code]
        ground = self.ground(process, now, by)
        taken = take(step, ground, step.form(**said), STREAMS[process])
        if taken.refusal is not None:
            raise taken.refusal
        self._fold(process, taken.events[0])
        return self.records[process]

    def applies(self, *rows: dict[str, Any], **said: Any) -> Record:
        given = {"second_photo_received": True, "second_fee_paid": True} | said
        return self.step("application", SUBMIT, "2025-03-20T09:00", rows=rows, **given)

    def sits(self, **scores: float) -> None:
        """The entry is confirmed, the ticket issued, the scores are in."""
        self.step("application", "second-stage-entry-confirmed", "2025-03-24T09:00")
        ticket = {"ticket_no": "114001", "room_no": "03"}
        self.step("application", "second-ticket-issued", "2025-04-08T09:00", "OR", **ticket)
        self.scored(**scores)

    def scored(self, **scores: float) -> None:
        given = [{"subject": subject, "t_score": t} for subject, t in scores.items()]
        more = {"reason": "成績誤植"} if "examination" in self.records else {}
        self.examine("subject-score-imported", scores=given, **more)

    def examine(self, code: str, by: str = "OR", **said: Any) -> None:
        self.step("examination", code, "2025-04-15T10:00", by, **said)

    def published(self, now: str = "2025-04-18T15:00") -> Record:
        """The result as the publication makes it."""
        ground = self.ground("application", now, "SYS")
        machine = RULES.machine("application")
        rule = None if machine is None else machine.rule(SHOWN.code, ground.state)
        assert rule is not None
        ground = replace(ground, beside={"examination": self.records["examination"]})
        self._fold(
            "application", made(SHOWN, ground, SHOWN.form(), STREAMS["application"], rule)[0]
        )
        return self.records["application"]


def placed(area: str, grade: int, placement_grade: int, year: int = 113) -> Placement:
    return Placement(
        placement_id=UUID(int=99),
        version=1,
        student_id=PUPIL,
        school_year=year,
        area=area,
        category=Category.SKIP,
        target_year_grade=grade,
        placement_grade=placement_grade,
        arrangement=None,
        occurred_on=None,
    )


def test_a_decision_waits_for_every_score_and_follows_it() -> None:
    pupil = Pupil()
    pupil.applies(row("mathematics", 4), row("science", 4))
    pupil.sits(mathematics=65)
    with pytest.raises(ScoresMissing):
        pupil.examine("subject-decision-made", "CO")
    with pytest.raises(NotDecided):
        pupil.published()
    pupil.scored(science=64.5)
    for wrong in (
        {"subject": "science", "passed": True},
        {"subject": "science", "passed": True, "decision_basis": "interval_estimation"},
    ):
        with pytest.raises(DecisionContradicts):
            pupil.examine("subject-decision-made", "CO", decisions=[wrong])
    pupil.examine("subject-decision-made", "CO")
    known = pupil.published()
    assert {one.subject: one.outcome for one in verdicts(known).values()} == {
        "mathematics": "passed",
        "science": "failed",
    }
    assert [one.subject for one in eligible(known)] == ["mathematics"]
    assert full_skip(known) == "none"


def test_who_does_not_come_has_not_passed() -> None:
    pupil = Pupil()
    pupil.applies(row("mathematics", 4))
    pupil.step("application", "second-stage-entry-confirmed", "2025-03-24T09:00")
    pupil.step(
        "application", "second-ticket-issued", "2025-04-08T09:00", "OR", ticket_no="1", room_no="3"
    )
    absent = [{"subject": "mathematics", "attendance": "absent"}]
    pupil.examine("second-attendance-recorded", attendance=absent)
    with pytest.raises(NotValid):
        pupil.examine("subject-score-imported", scores=[{"subject": "mathematics", "t_score": 70}])
    pupil.examine("subject-decision-made", "CO")
    known = pupil.published()
    assert (known.state, verdicts(known)["mathematics"].outcome) == (
        "not_placement_eligible",
        "absent",
    )


def test_a_score_typed_wrong_is_imported_again_judged_again_and_published_again() -> None:
    pupil = Pupil()
    pupil.applies(row("mathematics", 4))
    pupil.sits(mathematics=56)
    pupil.examine("subject-decision-made", "CO")
    assert pupil.published().state == "not_placement_eligible"
    with pytest.raises(ReasonRequired):
        pupil.examine("subject-score-imported", scores=[{"subject": "mathematics", "t_score": 65}])
    pupil.scored(mathematics=65)
    with pytest.raises(NotDecided):
        pupil.published()
    pupil.examine("subject-decision-made", "CO")
    known = pupil.published("2025-04-19T09:00")
    assert known.state == "placement_eligible"
    assert [len(one.results) for one in known.all(SHOWN.code)] == [1, 1]


def test_a_recheck_that_changes_nothing_revises_nothing_and_there_is_one() -> None:
    pupil = Pupil()
    pupil.applies(row("mathematics", 4), row("science", 4))
    pupil.sits(mathematics=65, science=60)
    pupil.examine("subject-decision-made", "CO")
    pupil.published()
    papers = {
        "postmark_on": "114.4.22",
        "fee_slip_original": True,
        "depositor_is_examinee": True,
        "return_envelope": True,
    }

    def step(code: str, **said: Any) -> Record:
        return pupil.step("application", code, "2025-04-25T09:00", "OR", **said)

    with pytest.raises(NotValid):
        step(REQUESTED, recheck_subjects=("english",), **papers)
    step(REQUESTED, recheck_subjects=("science",), **papers)
    with pytest.raises(AlreadyRechecked):
        step(REQUESTED, recheck_subjects=("mathematics",), **papers)
    scores = [{"subject": "science", "t_score": 62}]
    done = step("second-recheck-completed", scores=scores)
    assert done.steps[-1].outcome == "kept"
    with pytest.raises(NothingRevised):
        step("second-decision-revised")


@pytest.mark.parametrize(
    ("english", "expected"),
    [(4, "complete"), (5, "pending_council"), (None, None)],
    ids=["one grade", "one above", "not placed"],
)
def test_earlier_placements_may_make_a_whole_grade_of_this_years_passes(
    english: int | None, expected: str | None
) -> None:
    """KAO-153 and Q-33: a subject above the common grade is the council's to judge."""
    pupil = Pupil(3, *(() if english is None else (placed("英文", 3, english),)))
    four = [row(subject, 4, "skip_part_to_full") for subject in FIVE[:4]]
    if expected is None:
        with pytest.raises(Refusal) as refused:
            pupil.applies(*four)
        assert "英語" in refused.value.detail
        return
    pupil.applies(*four)
    pupil.sits(**dict.fromkeys(FIVE[:4], 65))
    pupil.examine("subject-decision-made", "CO")
    assert full_skip(pupil.published()) == expected


def test_a_failed_subject_leaves_the_others_and_no_whole_grade() -> None:
    pupil = Pupil(4)
    pupil.applies(*(row(subject, 5, "skip_full") for subject in FIVE))
    pupil.sits(**(dict.fromkeys(FIVE, 65) | {"science": 64}))
    pupil.examine("subject-decision-made", "CO")
    known = pupil.published()
    assert (full_skip(known), len(eligible(known)), known.state) == (
        "incomplete",
        4,
        "placement_eligible",
    )


def test_an_earlier_whole_grade_told_by_the_application_counts() -> None:
    told = tuple(
        {
            "school_year": 112,
            "grade_that_year": 2,
            "area": area,
            "category": "skip",
            "placement_grade": 3,
        }
        for area in ("國語", "數學", "社會", "自然", "英語")
    )
    pupil = Pupil(4, past_placements=told)
    with pytest.raises(FullSkipBlocked):
        pupil.applies(*(row(subject, 5, "skip_full") for subject in FIVE))


def test_what_a_school_tests_itself_it_decides_by_the_plans_standards() -> None:
    pupil = Pupil(6)
    with pytest.raises(SubjectsNotValid):
        pupil.applies(row("english", 7, "skip_part", test="school"))
    pupil.applies(
        row("english", 7, "exempt"), achievement_test_mode="school", second_fee_paid=False
    )
    [own] = registered(pupil.records["application"])
    assert (own.test, own.medium) == ("school", None)
    pupil.step("application", "second-stage-entry-confirmed", "2025-03-24T09:00")

    def outcome(passed: bool, **given: Any) -> Record:
        one = {"subject": "english", "passed": passed} | given
        said = {"outcomes": [one], "committee_met_on": "114.5.20"}
        return pupil.step("application", "school-outcome-recorded", "2025-05-21T09:00", **said)

    for wrong in ("school_line", "olympiad", "unknown"):
        with pytest.raises(NotValid):
            outcome(True, standard=wrong, line=70)
    with pytest.raises(ContradictsLine):
        outcome(True, standard="own_paper", score=89, line=90)
    done = outcome(True, standard="certified_test")
    assert done.state == "placement_eligible"
    # The test reaches into the next stage, and nobody of that stage sat on the committee.
    found = [one.outcome for one in done.steps[-1].computed or ()]  # type: ignore[union-attr]
    assert "next-stage-not-represented" in found


def test_what_was_paid_for_the_second_stage_is_given_back_for_the_plans_causes_only() -> None:
    pupil = Pupil()
    pupil.applies(row("mathematics", 4), row("science", 4))
    pupil.step("application", "second-stage-entry-confirmed", "2025-03-24T09:00")
    now = "2025-04-14T09:00"
    with pytest.raises(NotRefundable):
        pupil.step("application", "fee-refunded", now, "OR", cause="illness", proof_shown=True)
    known = pupil.step(
        "application", "fee-refunded", now, "OR", cause="hospitalised", proof_shown=True
    )
    assert known.last("fee-refunded").amount == 1200


def test_nobody_gives_up_before_the_window_is_over() -> None:
    pupil = Pupil()
    late = {"missing": ("複選報名",)}
    with pytest.raises(WindowStillOpen):
        pupil.step("application", "second-stage-forfeited", "2025-03-21T16:00", **late)
    known = pupil.step("application", "second-stage-forfeited", "2025-03-21T16:01", **late)
    assert known.state == "forfeited_second"
