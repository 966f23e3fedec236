from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.capacity import Capacity
from domain.command import Actor
from domain.dispute import (
    Dispute,
    DisputeNotOpen,
    HearingIsClosed,
    Status,
    evolve,
    open_disputes,
)
from domain.dispute_events import (
    DisputeEvent,
    DisputeOpened,
    DisputeWithdrawn,
    HearingClosed,
    Outcome,
    ReviewerEnded,
    Side,
)
from domain.dispute_opening import (
    AlreadyDisputed,
    ConditionNotMet,
    EarlierInstanceRequired,
    OpenDispute,
    open_dispute,
)
from domain.dispute_review import (
    AddStatement,
    AppointReviewer,
    CloseHearing,
    DecideDispute,
    EndReviewer,
    NotAReviewer,
    ReviewerAlreadyAppointed,
    ReviewerNotAppointed,
    WithdrawDispute,
    add_statement,
    appoint,
    close_hearing,
    decide,
    end_reviewer,
    withdraw,
)
from domain.dispute_rules import DisputeKind
from domain.event import Event
from domain.programme import Edition, shipped_text
from domain.refusal import (
    AlreadyWithdrawn,
    NotAllowed,
    NotFound,
    NotValid,
    ReasonRequired,
    StaleVersion,
)
from domain.rules import DateInFuture

TODAY = date(2025, 6, 2)
AUTHORITY = Actor(account_id=uuid4(), capacity=Capacity.AUTHORITY_ADMINISTRATOR)
OFFICE = Actor(account_id=uuid4(), capacity=Capacity.SCHOOL_ADMINISTRATOR)
MANAGER = Actor(account_id=uuid4(), capacity=Capacity.CASE_MANAGER)
REVIEWER = uuid4()
STUDENT, SCHOOL = uuid4(), uuid4()


def edition(code: str) -> Edition:
    return Edition(version=3, text=shipped_text(code), digest="0" * 64)


KAOHSIUNG, NEW_TAIPEI, MIAOLI = map(edition, ("kaohsiung-114", "new-taipei-113", "miaoli-103"))


def opening(**given: Any) -> OpenDispute:
    fields: dict[str, Any] = {
        "actor": AUTHORITY,
        "dispute_id": uuid4(),
        "student_id": STUDENT,
        "organisation_id": SCHOOL,
        "kind": DisputeKind.COMPLAINT,
        "edition": KAOHSIUNG,
        "matter": "測驗結果",
        "grounds": "計分有疑義",
        "notice_received_on": date(2025, 4, 21),
        "filed_on": date(2025, 5, 9),
        "others": (),
        "today": TODAY,
    }
    return OpenDispute(**fields | given)


def folded(*events: Event) -> Dispute:
    state: Dispute | None = None
    for event in events:
        state = evolve(state, event)
    assert state is not None
    return state


def opened(**given: Any) -> Dispute:
    return folded(open_dispute(None, opening(**given)))


def after(dispute: Dispute, *events: DisputeEvent) -> Dispute:
    for event in events:
        dispute = evolve(dispute, event)
    return dispute


def appointing(**given: Any) -> AppointReviewer:
    fields: dict[str, Any] = {
        "actor": AUTHORITY,
        "account_id": REVIEWER,
        "account_is_reviewer": True,
        "sections": ("placement_request", "placement"),
        "until": date(2025, 6, 30),
        "today": TODAY,
    }
    return AppointReviewer(**fields | given)


def stating(**given: Any) -> AddStatement:
    fields: dict[str, Any] = {
        "actor": OFFICE,
        "statement_id": uuid4(),
        "text": "學校說明計分方式",
        "given_on": TODAY,
        "today": TODAY,
    }
    return AddStatement(**fields | given)


def deciding(dispute: Dispute, **given: Any) -> DecideDispute:
    fields: dict[str, Any] = {
        "actor": AUTHORITY,
        "edition": KAOHSIUNG,
        "outcome": Outcome.DISMISSED,
        "decided_on": TODAY,
        "reasons": "計分無誤",
        "today": TODAY,
        "expected_version": dispute.version,
    }
    return DecideDispute(**fields | given)


def decided(dispute: Dispute, **given: Any) -> Dispute:
    return evolve(dispute, decide(dispute, deciding(dispute, **given)))


def closed(dispute: Dispute) -> HearingClosed:
    return close_hearing(dispute, CloseHearing(actor=AUTHORITY, expected_version=dispute.version))


def withdrawn(dispute: Dispute, **given: Any) -> DisputeWithdrawn:
    fields = {"actor": AUTHORITY, "reason": "家長撤回", "expected_version": dispute.version}
    return withdraw(dispute, WithdrawDispute(**fields | given))


# -- opening


def test_a_dispute_says_by_which_rule_and_inputs_it_was_counted() -> None:
    event = open_dispute(None, opening())
    assert (event.programme, event.programme_version) == ("kaohsiung-114", 3)
    assert (event.rule, event.counted_from, event.days) == (DisputeKind.COMPLAINT, "notice", 20)
    assert event.notice_received_on == date(2025, 4, 21)
    assert event.last_day == date(2025, 5, 11)
    assert event.also_accepted_until == date(2025, 5, 12)
    assert event.timely is True
    assert event.occurred_on == event.filed_on == date(2025, 5, 9)
    assert (event.student_id, event.organisation_id) == (STUDENT, SCHOOL)


def test_a_late_dispute_is_opened_and_shown_as_late() -> None:
    late = opened(filed_on=date(2025, 5, 13))
    assert late.window.timely is False
    assert late.status is Status.OPEN


def test_that_a_late_one_is_not_accepted_is_a_decision_with_the_plans_own_effect() -> None:
    late = opened(
        kind=DisputeKind.APPEAL,
        edition=NEW_TAIPEI,
        notice_received_on=date(2024, 8, 30),
        filed_on=date(2024, 9, 20),
    )
    refused = decided(late, outcome=Outcome.NOT_ACCEPTED, edition=NEW_TAIPEI)
    assert refused.decision is not None
    assert refused.decision.effect == "appeal_not_accepted"
    # A late one that was accepted all the same has no effect of being late.
    taken = decided(late, outcome=Outcome.UPHELD, edition=NEW_TAIPEI)
    assert taken.decision is not None
    assert taken.decision.effect is None


def test_a_kind_that_the_plan_does_not_know_is_opened_without_a_window() -> None:
    event = open_dispute(None, opening(kind=DisputeKind.APPEAL))
    assert (event.rule, event.last_day, event.timely) == (None, None, None)


def test_only_the_authority_opens() -> None:
    for actor in (OFFICE, MANAGER, AUTHORITY.model_copy(update={"capacity": Capacity.REVIEWER})):
        with pytest.raises(NotAllowed):
            open_dispute(None, opening(actor=actor))


@pytest.mark.parametrize("name", ["matter", "grounds"])
def test_a_dispute_has_a_matter_and_grounds(name: str) -> None:
    with pytest.raises(NotValid) as refused:
        open_dispute(None, opening(**{name: "  "}))
    assert refused.value.field == name


@pytest.mark.parametrize("name", ["notice_received_on", "filed_on", "arrived_on"])
def test_no_day_of_a_dispute_has_yet_to_come(name: str) -> None:
    with pytest.raises(DateInFuture):
        open_dispute(None, opening(**{name: date(2025, 6, 3)}))


def recheck(notice: date = date(2025, 3, 17), **given: Any) -> OpenDispute:
    fields = {"filed_on": notice, "notice_received_on": notice}
    return opening(kind=DisputeKind.RECHECK, **fields | given)


def test_a_stage_has_one_recheck() -> None:
    first = folded(open_dispute(None, recheck()))
    assert first.stage == "initial"
    with pytest.raises(AlreadyDisputed):
        open_dispute(None, recheck(others=(first,)))
    second = open_dispute(None, recheck(date(2025, 4, 21), others=(first,)))
    assert second.stage == "second"
    # One that was taken back or not accepted leaves the one recheck of the stage free.
    back = evolve(first, withdrawn(first))
    refused = decided(first, outcome=Outcome.NOT_ACCEPTED)
    assert open_dispute(None, recheck(others=(back, refused))).stage == "initial"


def test_a_complaint_against_an_appeal_needs_the_decided_appeal() -> None:
    def complaint(*others: Dispute, **given: Any) -> DisputeOpened:
        fields: dict[str, Any] = {
            "edition": NEW_TAIPEI,
            "notice_received_on": date(2024, 10, 15),
            "filed_on": date(2024, 11, 14),
        }
        return open_dispute(None, opening(others=others, **fields | given))

    appeal = opened(
        kind=DisputeKind.APPEAL,
        edition=NEW_TAIPEI,
        notice_received_on=date(2024, 8, 30),
        filed_on=date(2024, 9, 20),
    )
    with pytest.raises(EarlierInstanceRequired, match="申復"):
        complaint()
    with pytest.raises(EarlierInstanceRequired):
        complaint(appeal)
    # Against an appeal that was refused as late there is a complaint as well (NTP Q12).
    refused = decided(appeal, outcome=Outcome.NOT_ACCEPTED, edition=NEW_TAIPEI)
    assert complaint(refused).previous_dispute_id == refused.dispute_id
    named = complaint(refused, previous_dispute_id=refused.dispute_id)
    assert (named.previous_dispute_id, named.timely) == (refused.dispute_id, True)
    assert complaint(refused, filed_on=date(2024, 11, 15)).timely is False
    with pytest.raises(NotFound):
        complaint(refused, previous_dispute_id=uuid4())


def test_without_a_rule_for_it_a_dispute_may_name_the_one_before() -> None:
    first = opened()
    assert opened(others=(first,)).previous_dispute_id is None
    named = opened(others=(first,), previous_dispute_id=first.dispute_id)
    assert named.previous_dispute_id == first.dispute_id


def test_a_condition_is_checked_where_somebody_said_which_were_met() -> None:
    assert opened().missing == ()
    assert opened(conditions=("in_writing",)).missing == ()
    with pytest.raises(ConditionNotMet, match="書面"):
        opened(conditions=())
    with pytest.raises(NotValid):
        opened(conditions=("spoken",))
    with pytest.raises(ConditionNotMet, match="家長意願"):
        opened(kind=DisputeKind.PLACEMENT_REVIEW, edition=MIAOLI, conditions=())
    agreed = opened(
        kind=DisputeKind.PLACEMENT_REVIEW, edition=MIAOLI, conditions=("guardian_wish",)
    )
    assert (agreed.missing, agreed.window.last_day) == ((), None)


def test_a_recheck_without_the_envelope_is_opened_as_incomplete() -> None:
    event = open_dispute(None, recheck(conditions=("form", "fee_slip")))
    assert event.missing == ("return_envelope",)


# -- reviewers


def test_a_reviewer_is_appointed_for_named_sections_until_a_day() -> None:
    dispute = opened()
    event = appoint(dispute, appointing())
    assert event.sections == ("placement", "placement_request")
    assert (event.originator_version, event.until) == (2, date(2025, 6, 30))
    one = after(dispute, event).reviewer(REVIEWER)
    assert one is not None
    assert one.runs(date(2025, 6, 30))
    assert not one.runs(date(2025, 7, 1))


@pytest.mark.parametrize(
    "sections", [(), ("counselling_note",), ("directory",), ("dispute",), ("placement", "other")]
)
def test_no_reviewer_is_appointed_for_what_is_nobodys_to_show(sections: tuple[str, ...]) -> None:
    with pytest.raises(NotValid) as refused:
        appoint(opened(), appointing(sections=sections))
    assert refused.value.field == "sections"


def test_only_a_reviewers_account_is_appointed_and_once_at_a_time() -> None:
    dispute = opened()
    with pytest.raises(NotAReviewer):
        appoint(dispute, appointing(account_is_reviewer=False))
    with pytest.raises(NotValid):
        appoint(dispute, appointing(until=date(2025, 6, 1)))
    with pytest.raises(NotAllowed):
        appoint(dispute, appointing(actor=OFFICE))
    dispute = after(dispute, appoint(dispute, appointing()))
    with pytest.raises(ReviewerAlreadyAppointed):
        appoint(dispute, appointing())
    assert appoint(dispute, appointing(today=date(2025, 7, 1), until=date(2025, 7, 2)))


def ending(dispute: Dispute, **given: Any) -> ReviewerEnded:
    fields: dict[str, Any] = {
        "actor": AUTHORITY,
        "account_id": REVIEWER,
        "reason": "迴避",
        "expected_version": dispute.version,
    }
    return end_reviewer(dispute, EndReviewer(**fields | given), TODAY)


def test_an_appointment_ends_with_a_reason_and_may_be_made_again() -> None:
    dispute = opened()
    with pytest.raises(NotFound):
        ending(dispute)
    dispute = after(dispute, appoint(dispute, appointing()))
    with pytest.raises(ReasonRequired):
        ending(dispute, reason=" ")
    with pytest.raises(StaleVersion):
        ending(dispute, expected_version=1)
    with pytest.raises(NotAllowed):
        ending(dispute, actor=OFFICE)
    dispute = after(dispute, ending(dispute))
    with pytest.raises(ReviewerNotAppointed):
        ending(dispute)
    dispute = after(dispute, appoint(dispute, appointing(sections=("placement",))))
    one = dispute.reviewer(REVIEWER)
    assert one is not None
    assert (one.sections, one.ended) == (("placement",), False)


def test_in_a_decided_dispute_nobody_is_appointed_but_an_appointment_can_end() -> None:
    dispute = opened()
    dispute = decided(after(dispute, appoint(dispute, appointing())))
    with pytest.raises(DisputeNotOpen):
        appoint(dispute, appointing(account_id=uuid4()))
    assert ending(dispute)


# -- statements, hearing, decision


def test_each_side_speaks_for_itself_and_the_authority_hands_in_the_familys_paper() -> None:
    dispute = opened()
    assert add_statement(dispute, stating()).side is Side.SCHOOL
    assert add_statement(dispute, stating(actor=AUTHORITY)).side is Side.AUTHORITY
    paper = stating(actor=AUTHORITY, side=Side.APPLICANT, given_on=date(2025, 5, 30))
    event = add_statement(dispute, paper)
    assert (event.side, event.occurred_on) == (Side.APPLICANT, date(2025, 5, 30))
    with pytest.raises(NotAllowed):
        add_statement(dispute, stating(side=Side.APPLICANT))
    with pytest.raises(NotAllowed):
        add_statement(dispute, stating(actor=MANAGER))
    with pytest.raises(NotValid):
        add_statement(dispute, stating(text=""))


def test_after_the_hearing_nothing_is_added() -> None:
    dispute = opened()
    dispute = after(dispute, closed(dispute))
    assert dispute.hearing_closed
    with pytest.raises(HearingIsClosed):
        add_statement(dispute, stating())
    with pytest.raises(HearingIsClosed):
        closed(dispute)
    assert decided(dispute).status is Status.DECIDED


def test_a_decision_closes_the_dispute_and_its_hearing() -> None:
    dispute = decided(opened(), document_number="教特字第1140602號", notified_on=TODAY)
    assert (dispute.status, dispute.hearing_closed) == (Status.DECIDED, True)
    assert dispute.decision is not None
    assert dispute.decision.document_number == "教特字第1140602號"
    for act in (
        lambda: decide(dispute, deciding(dispute)),
        lambda: withdrawn(dispute),
        lambda: add_statement(dispute, stating()),
        lambda: closed(dispute),
    ):
        with pytest.raises(DisputeNotOpen):
            act()


def test_only_the_authority_records_a_decision_on_the_version_it_saw() -> None:
    dispute = opened()
    with pytest.raises(NotAllowed):
        decide(dispute, deciding(dispute, actor=OFFICE))
    with pytest.raises(StaleVersion):
        decide(dispute, deciding(dispute, expected_version=7))
    with pytest.raises(NotValid):
        decide(dispute, deciding(dispute, reasons=" "))
    with pytest.raises(DateInFuture):
        decide(dispute, deciding(dispute, decided_on=date(2025, 6, 3)))
    with pytest.raises(NotValid):
        decide(dispute, deciding(dispute, notified_on=date(2025, 6, 1)))
    with pytest.raises(NotFound):
        decide(None, deciding(dispute))


def test_a_dispute_is_taken_back_once_and_with_a_reason() -> None:
    dispute = opened()
    with pytest.raises(ReasonRequired):
        withdrawn(dispute, reason=None)
    with pytest.raises(NotAllowed):
        withdrawn(dispute, actor=OFFICE)
    back = evolve(dispute, withdrawn(dispute))
    assert back.status is Status.WITHDRAWN
    with pytest.raises(AlreadyWithdrawn):
        withdrawn(back)


def test_what_is_neither_decided_nor_taken_back_is_open() -> None:
    one, other = uuid4(), uuid4()
    happened: list[tuple[str, UUID]] = [
        ("student.registered.v1", STUDENT),
        ("dispute.opened.v1", one),
        ("dispute.reviewer-appointed.v1", one),
        ("dispute.opened.v1", other),
        ("dispute.decided.v1", one),
    ]
    assert open_disputes(happened) == {other}
    assert open_disputes([*happened, ("dispute.withdrawn.v1", other)]) == frozenset()


def test_events_of_something_else_are_no_dispute() -> None:
    event = open_dispute(None, opening())
    with pytest.raises(TypeError):
        evolve(None, closed(folded(event)))
