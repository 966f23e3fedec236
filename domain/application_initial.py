"""The registration for the initial stage: handed in, vetted, entered, or given up (Kaohsiung 2.2).

When something comes in and who enters it is the machine's; here stands what must be there.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any
from uuid import UUID

from domain.application import PROCESS
from domain.application_contact import contact_of
from domain.application_facts import (
    claims,
    fees_of,
    is_exempt,
    record_of,
    selection_of,
    stage_of,
    value,
)
from domain.application_forms import (
    FEE_STATUSES,
    ConfirmEntry,
    CorrectDetails,
    FileStatement,
    Forfeit,
    SubmitInitial,
    Task,
    Vet,
)
from domain.calendar import local_date, roc_short
from domain.event import plain
from domain.fees import Candidate, Claim, proven, row
from domain.organisation import Stage
from domain.placement_duties import transition_tasks
from domain.placement_path import check_school
from domain.process import Computed, Found, Ground, define
from domain.programme_rules import Programme
from domain.refusal import NotValid, ReasonRequired, Refusal
from domain.selection_none import has
from domain.window import days_of, standing

#: The fee of the initial stage in the programme's table of fees.
CHARGE = "initial_test"
#: What a pupil is freed from the fee by, or judged by; settled with the entry.
_STANDING = frozenset(
    {"has_disability", "economic_status", "income_proof_valid_until", "income_proof_document"}
)
#: Fields that are stored also where the form leaves them at what they are without being said.
_ALWAYS = (
    "is_foreign_national",
    "controlled_enrolment",
    "initial_exempt_claim",
    "dual_exam",
    "initial_fee_paid",
    "planned_full_skip",
)


class RegistrationIncomplete(Refusal):
    """Something that a registration needs is not there: it does not count as registered."""

    CODE = "registration-incomplete"
    TITLE = "報名資料不齊全，尚未完成報名"


class DualExamNotOpen(NotValid):
    CODE = "dual-exam-not-open"
    TITLE = "這位學生的年級不能同時報考"


class DualRegistrationMissing(Refusal):
    """Nothing counts before the other selection's registration is there, too (KAO-18)."""

    CODE = "dual-registration-missing"
    TITLE = "同時報考須兩項鑑定都完成報名"


class NextSchoolRequired(NotValid):
    CODE = "district-junior-high-required"
    TITLE = "請填寫學區國中"


class WindowStillOpen(Refusal):
    """Nobody gives up by being late before the window is over."""

    CODE = "window-still-open"
    TITLE = "報名期間尚未結束，不能視同棄權"


class StandingSettled(Refusal):
    """The fee and the special groups follow from the registration as it was confirmed."""

    CODE = "standing-settled"
    TITLE = "報名已確認，身分與證明不能再更正"


class NotOfSpecialGroup(NotValid):
    CODE = "not-of-special-group"
    TITLE = "報名資料沒有這項特殊身分"


def fee(programme: Programme, held: Iterable[Claim], day: date) -> tuple[dict[str, Any], Computed]:
    """What the pupil owes for the initial test, and by which standings it is waived."""
    table = fees_of(programme)
    if table is None:
        return {"fee_due": 0}, Computed(rule="fees", inputs={}, outcome="0")
    statuses = proven(table, held, day)
    owed = row(table, CHARGE, Candidate(units=1, statuses=statuses))
    said = {
        "fee_due": owed.charged,
        "fee_statuses": owed.freed_by,
    }
    computed = Computed(
        rule=owed.rule,
        inputs={"statuses": list(owed.statuses), "day": day.isoformat()},
        threshold={"charged": owed.charged, "kept": owed.kept, "passed_on": owed.passed_on},
        branch=owed.freed_by[0] if owed.freed_by else None,
        outcome=str(owed.charged),
    )
    return said, computed


def _submit(ground: Ground, form: SubmitInitial) -> Found:
    rules, record = selection_of(ground.programme), record_of(ground)
    grade: int = value(record, "current_grade")
    fields: dict[str, Any] = {name: getattr(form, name) for name in _ALWAYS}
    fields |= _dual(ground, form, grade)
    fields |= _next_school(ground, form, grade)
    if form.emergency_same_as_guardian:
        assert isinstance(form.guardians, tuple)
        fields["emergency"] = form.guardians[0]
    elif form.emergency is None:
        raise NotValid("請填寫緊急連絡人，或勾選同法定代理人。", "emergency")
    if form.in_gifted_class and form.gifted_class_teacher is None:
        raise NotValid("請填寫資優資源班導師。", "gifted_class_teacher")
    held = [*_claims(form)]
    if form.dual_exam:
        held.append(Claim(status=rules.dual_exam.fee_status))
    received = form.received_at or ground.now
    said, computed = fee(ground.programme, held, local_date(received))
    missing = [*_missing(ground.programme, form, said["fee_due"])]
    if missing:
        raise RegistrationIncomplete(f"尚缺：{'、'.join(missing)}。補齊後才算完成報名。")
    fields["tasks"] = tuple(_tasks(ground, form, grade))
    return Found(computed=(computed,), fields=fields | said | {"stage": "initial"})


def _claims(form: SubmitInitial) -> Iterator[Claim]:
    economic = form.economic_status
    if isinstance(economic, str) and economic != "none":
        yield Claim(status=economic, valid_until=plain(form.income_proof_valid_until))


def _dual(ground: Ground, form: SubmitInitial, grade: int) -> dict[str, Any]:
    """Where the test is sat: in the other selection's school. Raises `DualExamNotOpen`."""
    if not form.dual_exam:
        return {"dual_exam_school_id": None}
    rule = selection_of(ground.programme).dual_exam
    if not has(rule):
        raise DualExamNotOpen("這份計畫沒有同時報考其他鑑定的規定。", "dual_exam")
    if grade not in rule.grades:
        grades = "、".join(map(str, rule.grades))
        raise DualExamNotOpen(f"限 {grades} 年級可同時報考「{rule.name}」。", "dual_exam")
    if form.dual_exam_school_id is None:
        raise NotValid(f"請填寫報考「{rule.name}」的學校。", "dual_exam_school_id")
    check_school(ground, "dual_exam_school_id", form.dual_exam_school_id)
    return {"test_site_id": form.dual_exam_school_id}


def _next_school(ground: Ground, form: SubmitInitial, grade: int) -> dict[str, Any]:
    """The district's junior high is asked for in some grades, and left out in the others."""
    if grade not in selection_of(ground.programme).pupils.next_school_grades:
        return {"district_junior_high_id": None, "controlled_enrolment": None}
    if form.district_junior_high_id is None:
        raise NextSchoolRequired("請填寫學區國中。", "district_junior_high_id")
    _check_district(ground, form.district_junior_high_id)
    return {}


def _check_district(ground: Ground, school: UUID) -> None:
    """Raises `NotValid` for what is no junior high of the county."""
    check_school(ground, "district_junior_high_id", school, Stage.JUNIOR_HIGH)


def _missing(programme: Programme, form: SubmitInitial, due: int) -> Iterator[str]:
    photos = selection_of(programme).pupils.photos_each_stage
    if photos and not form.initial_photo_received:
        yield f"照片 {photos} 張"
    # Whether a kept result frees from it is verified by the school after the registration.
    if due and not form.initial_fee_paid and not form.initial_exempt_claim:
        yield f"報名費 {due} 元"


def _tasks(ground: Ground, form: SubmitInitial, grade: int) -> Iterator[Task]:
    """What the school must do for this pupil from the registration on (Kaohsiung 2.7)."""
    # Somebody who skips a whole grade reaches the one after the next year's own.
    reached = grade + 2 if form.planned_full_skip else grade + 1
    tasks = transition_tasks(
        selection_of(ground.programme),
        "registration",
        grade,
        [reached],
        full=form.planned_full_skip,
        controlled_school=form.controlled_enrolment,
    )
    for one in tasks.value:
        _, closes = days_of(ground.programme.window(one.window), ground.postponed)
        yield Task(task=one.code, name=one.name, due=closes.isoformat() if closes else None)


def _file_statement(ground: Ground, form: FileStatement) -> Found:
    record = record_of(ground)
    economic = value(record, "economic_status", "none")
    for group in plain(form.groups):
        if group == "disability" and value(record, "has_disability") is not True:
            raise NotOfSpecialGroup("報名資料沒有身心障礙身分，請先確認。", "groups")
        if group != "disability" and economic != group:
            raise NotOfSpecialGroup("報名資料沒有這項經濟文化殊異身分，請先確認。", "groups")
    if not form.signed_by_pupil and form.proxy_reason is None:
        raise NotValid("由他人代簽時，請填寫代簽原因。", "proxy_reason")
    if form.talent_documents and not form.talent_evidence:
        raise NotValid("檢附優勢才能佐證資料者，請勾選已檢附。", "talent_evidence")
    _check_talent(ground, form)
    return Found(
        fields={
            "stage": stage_of(record),
            "initial_exempt_claim": value(record, "initial_exempt_claim", False),
            **contact_of(ground, form),
        }
    )


def _check_talent(ground: Ground, form: FileStatement) -> None:
    """Evidence of talent is of the last years before the registration (F15, Q-17). Raises
    `NotValid`."""
    if not form.talent_evidence:
        return
    if form.talent_since is None:
        raise NotValid("請填寫最早一件佐證的日期。", "talent_since")
    submitted = record_of(ground).last("initial-application-submitted")
    at = (None if submitted is None else submitted.received_at) or form.received_at or ground.now
    registered = local_date(at)
    years = selection_of(ground.programme).special_groups.evidence_years
    # Of a 29 February that an earlier year lacks, the day after it counts.
    day = (registered.month, registered.day)
    earliest = date(registered.year - years, *((3, 1) if day == (2, 29) else day))
    if form.talent_since < earliest:
        raise NotValid(
            f"佐證資料以報名日前 {years} 年內為限，請檢附{roc_short(earliest)}以後的資料。",
            "talent_since",
        )


def _vet(ground: Ground, form: Vet) -> Found:
    allowed = selection_of(ground.programme).pupils.vetted_by
    if form.body not in allowed:
        raise NotValid("請選擇計畫所列的審查單位。", "body")
    if form.met_on > ground.today:
        raise NotValid("會議日期不可晚於今天。", "met_on")
    if form.decision == "refused" and form.reason is None:
        raise ReasonRequired
    return Found(outcome=form.decision)


def _confirm(ground: Ground, form: ConfirmEntry) -> Found:
    """The entry is complete where the fee is there or waived, and both registrations of a dual
    applicant."""
    record, rule = record_of(ground), selection_of(ground.programme).dual_exam
    dual = bool(value(record, "dual_exam"))
    if dual and rule.both_registrations and not form.dual_registered:
        raise DualRegistrationMissing(f"請先完成「{rule.name}」的報名，再確認。")
    submitted = record.last("initial-application-submitted")
    day = local_date(submitted.received_at or ground.now)
    said, computed = fee(ground.programme, claims(ground.programme, record), day)
    if said["fee_due"] and not value(record, "initial_fee_paid"):
        raise RegistrationIncomplete(f"尚缺：報名費 {said['fee_due']} 元。")
    exempt = is_exempt(record)
    return Found(
        outcome="initial_exempt" if exempt else "entered",
        computed=(computed,),
        fields=said | {"dual_registered": form.dual_registered},
    )


def _forfeit(ground: Ground, form: Forfeit) -> Found:
    """Raises `WindowStillOpen`: a person records it after the window, the clock does nothing."""
    machine = ground.programme.machine(PROCESS)
    rules = () if machine is None else machine.rules(SUBMITTED.code)
    for code in {one.received_in for one in rules if one.received_in is not None}:
        window = ground.programme.window(code)
        if standing(window, ground.now, ground.postponed) != "late":
            raise WindowStillOpen(f"「{window.name}」的期間尚未結束。")
    return Found(fields={"stage": "initial"})


def _correct(ground: Ground, form: CorrectDetails) -> Found:
    if form.reason is None:
        raise ReasonRequired
    if not form.model_fields_set - {"reason", "occurred_on", "received_at"}:
        raise NotValid("請填寫要更正的資料。")
    record = record_of(ground)
    if record.last(CONFIRMED.code) is not None and _STANDING & form.model_fields_set:
        raise StandingSettled
    if form.district_junior_high_id is not None:
        _check_district(ground, form.district_junior_high_id)
    grade = form.current_grade
    more = {} if grade is None else {"target_year_grade": grade + 1}
    return Found(fields=more | {"stage": stage_of(record)})


_FEE = {"stage": str, "fee_due": int, "fee_statuses": FEE_STATUSES}
_STAGE = {"stage": str}

SUBMITTED = define(
    PROCESS,
    "initial-application-submitted",
    "初選報名",
    SubmitInitial,
    _submit,
    _FEE | {"test_site_id": UUID, "tasks": tuple[Task, ...]},
)
STATEMENT = define(
    PROCESS,
    "special-group-statement-filed",
    "報考說明表",
    FileStatement,
    _file_statement,
    _STAGE | {"initial_exempt_claim": bool},
    version=3,
)
VETTED = define(PROCESS, "vetted", "審查報名資格", Vet, _vet)
CONFIRMED = define(PROCESS, "initial-entry-confirmed", "確認初選填報", ConfirmEntry, _confirm, _FEE)
FORFEITED = define(PROCESS, "registration-forfeited", "視同棄權", Forfeit, _forfeit, _STAGE)
CORRECTED = define(
    PROCESS,
    "details-corrected",
    "更正申請資料",
    CorrectDetails,
    _correct,
    _STAGE | {"target_year_grade": int},
)
