"""What is the matter with a place of a programme's text, in the words of who writes it."""

from collections.abc import Mapping
from typing import Any

_WORDS = {
    "missing": "缺漏",
    "extra_forbidden": "沒有這個欄位",
    "string_type": "應為文字",
    "string_too_short": "不可為空",
    "string_pattern_mismatch": "應為小寫英文代碼",
    "bool_type": "應為 true 或 false",
    "date_type": "應為日期，例如 2025-02-17",
    "time_type": "應為時刻，例如 08:30:00",
    "tuple_type": "應為陣列",
    "model_type": '應為表格，例如 { document = "…", section = "…" }',
    "dict_type": "應為表格",
    "too_short": "不可為空",
}
_NUMBERS = ("int_", "float_", "decimal_", "finite_number", "is_instance_of")
_BOUNDS = {"ge": "不可小於", "gt": "應大於", "le": "不可大於", "lt": "應小於"}


def words(kind: str, context: Mapping[str, Any]) -> str:
    """By the kind of the fault and what the check says of it; never what was typed."""
    if "error" in context:
        return str(context["error"])
    if "max_length" in context:
        return f"太長，最多 {context['max_length']} 字或項"
    for name, said in _BOUNDS.items():
        if name in context:
            return f"{said} {context[name]}"
    if "expected" in context:
        known = str(context["expected"]).replace(" or ", "、").replace(", ", "、").replace("'", "")
        return f"應為下列之一：{known}"
    if kind.startswith(_NUMBERS):
        return "應為數字"
    return _WORDS.get(kind, "不正確")
