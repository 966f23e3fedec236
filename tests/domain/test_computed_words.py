"""Whatever a rule computes is told in words: its rule, what went in, what it came to."""

import ast
from collections.abc import Iterator
from pathlib import Path

import domain
import domain.catalogue
from domain.code_words import code_words, names_of
from domain.computed_words import LABELS, WORDS, computed_word, rule_name
from domain.labels import written
from domain.programme import shipped_text
from domain.programme_rules import read

_MAKERS = {"Computed", "_computed", "_answer"}
_PLACES = ("rule", "inputs", "threshold", "branch", "outcome")


def made() -> Iterator[dict[str, ast.expr]]:
    """What is written of each computation in the domain, by the name of the part."""
    for file in Path(domain.__file__).parent.glob("*.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in _MAKERS:
                said = dict(zip(_PLACES, call.args, strict=False))
                yield said | {one.arg: one.value for one in call.keywords if one.arg}


def texts(node: ast.expr | None) -> set[str]:
    """The texts that an expression may be, those aside that it asks for."""
    match node:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.IfExp(body=one, orelse=other):
            return texts(one) | texts(other)
        case ast.BoolOp(values=values):
            return {text for one in values for text in texts(one)}
    return set()


def test_every_rule_every_input_and_every_word_of_the_house_has_its_name() -> None:
    known = list(made())
    assert len(known) > 20
    rules = {text for one in known for text in texts(one.get("rule"))}
    assert {"selection.initial", "placement.row"} <= rules
    assert {one for one in rules if rule_name(one) == one} == set()
    keys = {
        (part, key.value)
        for one in known
        for part in ("inputs", "threshold")
        if isinstance(given := one.get(part), ast.Dict)
        for key in given.keys
        if isinstance(key, ast.Constant)
    }
    assert {key for key in keys if f"computed.{key[0]}.{key[1]}" not in LABELS} == set()
    words = {
        text for one in known for part in ("branch", "outcome") for text in texts(one.get(part))
    }
    assert {word for word in words if word not in WORDS and not word.isdigit()} == set()


def test_what_was_computed_reads_in_words_and_in_the_programmes_own() -> None:
    words = code_words(read(shipped_text("kaohsiung-114")))
    computed = [
        {
            "rule": "selection.initial",
            "inputs": {"t": 55, "special": False},
            "threshold": {"t": 60},
            "branch": "below_line",
            "outcome": "failed",
        },
        {
            "rule": "selection.placements_offered",
            "inputs": {"subject": "english", "last": ["skip", 5]},
            "branch": "offered",
            "outcome": "skip:6 exemption:5",
        },
    ]
    names = dict(names_of(words, "computed", computed))
    text = written("application", "computed", computed, names)
    for told in ("規定：初選", "T分數：55", "適用情形：未達標準", "結果：不通過", "可以填寫的安置"):
        assert told in text
    assert "跳級至六年級、免修至五年級" in text
    assert not [one for one in text if one.isascii() and one.islower()]
    assert "前次安置：跳級、五年級" in text
    # What is no code stays as it stands.
    assert computed_word("三年甲班", {}) is None
    assert rule_name("not.named") == "not.named"


def test_a_grade_of_a_computation_is_never_a_bare_number() -> None:
    words = code_words(read(shipped_text("kaohsiung-114")))
    computed = [
        {
            "rule": "selection.exam_grade",
            "inputs": {"subject": "english", "grade": 4, "placed": 5},
            "threshold": 9,
            "branch": "placed",
            "outcome": "6",
        },
        {
            "rule": "selection.attendance",
            "inputs": {"placement_grade": 7, "to": None},
            "threshold": 7,
            "outcome": "required",
        },
        {
            "rule": "selection.full_skip",
            "inputs": {
                "landing": {"english": 6},
                "standing": {"english": ["skip", 5]},
                "passes": [["english", 6, "skip"]],
            },
            "branch": "one_grade",
            "outcome": "complete",
        },
        {"rule": "selection.tasks.approval", "inputs": {"reaches": [6, 7]}, "outcome": "none"},
        {"rule": "selection.initial", "inputs": {"t": 7}, "threshold": 8, "outcome": "passed"},
    ]
    names = dict(names_of(words, "computed", computed))
    text = written("application", "computed", computed, names)
    for told in (
        "目前安置：五年級",
        "最高的年級：九年級",
        "結果：六年級",
        "下一教育階段起始年級：七年級",
        "跳級後的年級：英語：六年級",
        "目前安置：英語：跳級、五年級",
        "通過的學科：英語、六年級、跳級",
        "安置到的年級：六年級、七年級",
        # A score stays a number.
        "T分數：7",
        "門檻：8",
    ):
        assert told in text, text
