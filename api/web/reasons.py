"""What was computed at a step, as people read it: which rule, where it is printed, what it found.

What was kept in the event is shown as it stands there; a rule that is no longer in the programme's
newest edition keeps its code.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.web.step_forms import words
from domain.code_words import code_words
from domain.computed_words import computed_word, rule_name
from domain.labels import label
from domain.process import SECTION_OF
from domain.programme_rules import Programme


@dataclass(frozen=True)
class Reason:
    """A rule that was applied; `printed` is where it stands, `said` what went in and came out."""

    name: str
    printed: Sequence[str]
    said: Sequence[tuple[str, str]]


def reasons(rules: Programme, process: str, computed: Any) -> list[Reason]:
    """Of the `computed` of a step; none where it was erased."""
    found = computed if isinstance(computed, list | tuple) else ()
    return [_reason(rules, process, one) for one in found if isinstance(one, Mapping)]


def _reason(rules: Programme, process: str, one: Mapping[str, Any]) -> Reason:
    section = SECTION_OF.get(process) or process
    known = code_words(rules)["computed"]
    said = [
        (_label(section, "inputs", name), _worded(known, process, name, value))
        for name, value in dict(one.get("inputs") or {}).items()
        if value not in (None, "", [], {})
    ]
    for name, title in (("threshold", "標準"), ("branch", "適用"), ("outcome", "結果")):
        value = one.get(name)
        if value not in (None, "", [], {}):
            said.append((title, _worded(known, process, name, value)))
    return Reason(rule_name(one["rule"]), [*_printed(rules, one["rule"], one["outcome"])], said)


def _label(section: str, of: str, name: str) -> str:
    part = f"computed.{of}.{name}"
    return name if (named := label(section, part)) == part else named


def _printed(rules: Programme, rule: str, outcome: str) -> Iterator[str]:
    """Where the rule is printed, as the programme in force says it; each place once. Of rules that
    end in an act of the authority those that the outcome names."""
    acts = outcome.split()
    found: Any = rules
    sources: list[Any] = []
    for part in rule.split("."):
        if isinstance(found, list | tuple):
            found = next((one for one in found if getattr(one, "code", None) == part), None)
        else:
            found = getattr(found, part, None)
        if found is None:
            break
        held = found if isinstance(found, list | tuple) else (found,)
        fitting = [one for one in held if getattr(one, "authority", None) in (None, *acts)]
        sources = [one.source for one in fitting if hasattr(one, "source")] or sources
    yield from dict.fromkeys(f"{one.document}　{one.section}" for one in sources)


def _worded(known: Mapping[str, str], process: str, name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        section = SECTION_OF.get(process) or process
        return "，".join(
            f"{computed_word(key, known) or _label(section, 'threshold', key)}："
            f"{_worded(known, process, key, one)}"
            for key, one in value.items()
        )
    if isinstance(value, list | tuple):
        nested = any(isinstance(one, list | tuple | Mapping) for one in value)
        return ("／" if nested else "　").join(_worded(known, process, name, one) for one in value)
    text = str(value)
    if isinstance(value, str) and (word := computed_word(value, known)) is not None:
        return word
    # A row names its category and its grade without saying of which field they are.
    in_row = "category" if isinstance(value, str) else "placement_grade"
    for field in (name, in_row) if name == "rows" else (name,):
        if (said := words(process, field, value)) != text:
            return said
    return text
