"""A county's programme of one school year as data: its windows and its rules for disputes.

A programme is a TOML text, each rule with its source. What a plan does not have is written `none`,
never left out: that a plan sets no window is a fact of the plan. Effect words are kept apart as the
plan prints them; there is no generic "rejected". Code never names a county.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, ValidationError

from domain import fee_lint, programme_faults, programme_pieces, selection_lint, window_order
from domain.case_rules import CaseRules
from domain.dispute_rules import DisputeKind, DisputeRule, Disputes
from domain.fee_rules import Fees
from domain.graduation_rules import Graduation
from domain.machine_rules import Machine
from domain.placement_page import PlacementPage
from domain.programme_data import NONE, PUBLISHED, Code, Data, Source, Window, Words, at_publication
from domain.refusal import NotValid
from domain.selection_rules import Selection
from domain.toml_text import not_toml
from domain.upload_rules import Uploads

#: The longest text of a programme, in characters.
LONGEST_PROGRAMME = 500_000

_WEEKDAYS = "一二三四五六日"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}")


class Stage(Data):
    """A part of a round with results of its own. `test` and `results_in` are the windows of the
    day of the test and of the publication of its results."""

    code: Code
    name: Words
    results_on: date | None = None
    test: Code | None = None
    results_in: Code | None = None
    source: Source


class Ruling(Data):
    """What a person decided about a finding of `lint`."""

    finding: Words
    decision: Words
    by: Words


class Programme(Data):
    """A county's programme for a school year (ROC)."""

    code: Code
    name: Words
    county: Words
    school_year: Annotated[int, Field(ge=1, le=999)]
    documents: Annotated[tuple[Words, ...], Field(min_length=1)]
    #: Days on which the office is closed beside weekends, as the county announces them.
    closed_days: tuple[date, ...] = ()
    stages: tuple[Stage, ...] = ()
    windows: tuple[Window, ...] = ()
    disputes: Disputes
    fees: Fees | Literal["none"] = NONE
    graduation: Graduation | Literal["none"] = NONE
    uploads: Uploads | Literal["none"] = NONE
    placement: PlacementPage | Literal["none"] = NONE
    selection: Selection | Literal["none"] = NONE
    placement_cases: CaseRules | Literal["none"] = NONE
    machines: tuple[Machine, ...] = ()
    rulings: tuple[Ruling, ...] = ()

    def machine(self, process: str) -> Machine | None:
        """The way of one kind of record; None where the plan has none."""
        return next((one for one in self.machines if one.code == process), None)

    def window(self, code: str) -> Window:
        """The window of a code that `_of_one_piece` has found to be there."""
        return next(one for one in self.windows if one.code == code)

    def rule(self, kind: DisputeKind) -> DisputeRule | None:
        """What the plan says of this kind of dispute; None where it has no such rule."""
        found: DisputeRule | Literal["none"] = getattr(self.disputes, kind)
        return None if isinstance(found, str) else found

    def rules(self) -> Iterator[tuple[DisputeKind, DisputeRule]]:
        """The kinds of dispute that the plan has."""
        for kind in DisputeKind:
            rule = self.rule(kind)
            if rule is not None:
                yield kind, rule

    @at_publication
    def _of_one_piece(self) -> Self:
        """What can mean nothing at all is refused; what a person can rule on is a finding."""
        for name, codes in (
            ("stages", [one.code for one in self.stages]),
            ("windows", [one.code for one in self.windows]),
            ("machines", [one.code for one in self.machines]),
        ):
            if len({*codes}) != len(codes):
                raise ValueError(f"{name}: 代碼重複")
        stages = {one.code for one in self.stages}
        windows = {one.code for one in self.windows}
        for machine in self.machines:
            for step in machine.steps:
                for asked in (step.received_in, step.recorded_in, step.due_by):
                    if asked is not None and asked not in windows:
                        raise ValueError(
                            f"machines.{machine.code}.{step.step}: 沒有「{asked}」這個期間"
                        )
        for needed in () if isinstance(self.uploads, str) else self.uploads.required:
            if needed.until is not None and needed.until not in windows:
                raise ValueError(f"uploads.required.{needed.stage}: 沒有「{needed.until}」這個期間")
        if not isinstance(self.placement, str) and self.placement.window not in windows:
            raise ValueError(f"placement.window: 沒有「{self.placement.window}」這個期間")
        if not isinstance(self.placement_cases, str):
            for place, code in self.placement_cases.windows_named():
                if code not in windows:
                    raise ValueError(f"{place}: 沒有「{code}」這個期間")
        for stage in self.stages:
            for asked in (stage.test, stage.results_in):
                if asked is not None and asked not in windows:
                    raise ValueError(f"stages.{stage.code}: 沒有「{asked}」這個期間")
        if not isinstance(self.selection, str):
            for place, asked in self.selection.windows_named():
                if asked not in windows:
                    raise ValueError(f"{place}: 沒有「{asked}」這個期間")
            for opening in self.selection.openings:
                if opening.after_results_of not in (NONE, *stages):
                    raise ValueError(
                        f"selection.openings: 沒有「{opening.after_results_of}」這個階段"
                    )
        programme_pieces.check(self.fees, self.selection, self.machine("application"))
        window_order.check(self.windows, (one.finding for one in self.rulings))
        for kind, rule in self.rules():
            if isinstance(rule.window, tuple):
                named = [one.stage for one in rule.window]
                if {*named} != stages or len(named) != len(stages):
                    raise ValueError(f"disputes.{kind}: 各階段須各有一個截止日")
            if rule.once_per == "stage" and not stages:
                raise ValueError(f"disputes.{kind}: 沒有階段可限制次數")
            if rule.requires != NONE and self.rule(rule.requires) is None:
                raise ValueError(f"disputes.{kind}: 這份計畫沒有其前一程序")
            if rule.requires == kind:
                raise ValueError(f"disputes.{kind}: 不能以自己為前一程序")
            codes = [one.code for one in rule.conditions]
            if len({*codes}) != len(codes):
                raise ValueError(f"disputes.{kind}: 條件代碼重複")
        return self


class ProgrammeNotValid(NotValid):
    """The text is no programme. The detail names the place in it."""

    CODE = "programme-not-valid"
    TITLE = "計畫檔的內容不正確"


@lru_cache(maxsize=200)
def read_again(text: str) -> Programme:
    """A programme from a text that is in force or was, whatever is checked of a new one today.

    Raises `ProgrammeNotValid`.
    """
    return _read(text, PUBLISHED)


@lru_cache(maxsize=200)
def read(text: str) -> Programme:
    """A programme from its TOML text, with every check. Raises `ProgrammeNotValid`."""
    return _read(text, None)


def _read(text: str, context: str | None) -> Programme:
    if len(text) > LONGEST_PROGRAMME:
        raise ProgrammeNotValid(f"計畫檔最多 {LONGEST_PROGRAMME} 字。", "text")
    place, data = None, {}
    try:
        data = tomllib.loads(text)
        return Programme.model_validate(_as_tuples(data), context=context)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        steps = ".".join(_place(data, first["loc"]))
        words = programme_faults.words(first["type"], first.get("ctx", {}))
        # A rule that looks at several places names the place itself.
        place = words if words.startswith(steps) else f"{steps} {words}"
    except (ValueError, RecursionError) as error:
        place = not_toml(error)
    # Raised out here, so that no earlier error with what was typed hangs on it.
    raise ProgrammeNotValid(f"計畫檔的內容不正確：{place}。", "text")


def _place(data: object, steps: Iterable[str | int]) -> Iterator[str]:
    """The way to a fault, by codes where there are some; names of models are left out."""
    for step in steps:
        if isinstance(step, int):
            data = data[step] if isinstance(data, list) and step < len(data) else None
            named = data.get("code", data.get("step")) if isinstance(data, dict) else None
            yield named if isinstance(named, str) and _NAME.fullmatch(named) else str(step + 1)
        elif _NAME.fullmatch(step):
            data = data.get(step) if isinstance(data, dict) else None
            yield step


def _as_tuples(value: object) -> object:
    """TOML knows arrays; the models, which never change, know tuples."""
    if isinstance(value, list):
        return tuple(_as_tuples(one) for one in value)
    if isinstance(value, Mapping):
        return {name: _as_tuples(one) for name, one in value.items()}
    return value


class Finding(NamedTuple):
    """What a person must rule on: a stable name, what is the matter, and the ruling if any."""

    finding: str
    message: str
    ruling: str | None


def lint(programme: Programme) -> tuple[Finding, ...]:
    """What in the plan contradicts itself (programmes compared, section 2 item 10).

    A finding does not keep a programme from being published: it waits for a person's ruling.
    """
    ruled = {one.finding: one.decision for one in programme.rulings}
    found = [*_of_windows(programme), *_of_disputes(programme)]
    if not isinstance(programme.fees, str):
        found += fee_lint.findings(programme.fees)
    if not isinstance(programme.selection, str):
        found += selection_lint.findings(programme.selection)
    return tuple(Finding(name, message, ruled.get(name)) for name, message in found)


def _of_windows(programme: Programme) -> Iterator[tuple[str, str]]:
    for window in programme.windows:
        if window.opens is None and window.closes is None and window.deadline is None:
            yield f"no-deadline:{window.code}", f"「{window.name}」沒有期限。"
        for end, day, printed in (
            ("opens", window.opens, window.opens_weekday),
            ("closes", window.closes, window.closes_weekday),
        ):
            if message := _weekday(window.name, day, printed):
                yield f"weekday-differs:{window.code}.{end}", message

    # An overlap is here only with a ruling: without one the text is no programme.
    for overlap in window_order.overlaps(programme.windows):
        yield overlap.finding, overlap.message
    yield from window_order.contingency_overlaps(programme.windows)


def _of_disputes(programme: Programme) -> Iterator[tuple[str, str]]:
    results = {one.code: one.results_on for one in programme.stages}
    for kind, rule in programme.rules():
        if not isinstance(rule.window, tuple):
            continue
        for closing in rule.window:
            place = f"{kind}.{closing.stage}"
            if message := _weekday(rule.name, closing.on, closing.weekday):
                yield f"weekday-differs:{place}", message
            out = results[closing.stage]
            if out is not None and closing.on < out:
                yield f"closes-before-results:{place}", f"「{rule.name}」的截止日早於結果公告。"


def _weekday(name: str, day: date | None, printed: str | None) -> str | None:
    if day is None or printed is None or _WEEKDAYS[day.weekday()] == printed:
        return None
    return f"「{name}」印為星期{printed}，該日實為星期{_WEEKDAYS[day.weekday()]}。"
