"""Where a text is no TOML, in the words of whoever wrote it."""

import re

_STOPPED = re.compile(r"\(at line (\d+), column (\d+)\)")


def not_toml(error: Exception) -> str:
    """What to tell (zh-TW) of what `tomllib` raised, without a full stop; the place where it
    names one, for at the end of the text it does not."""
    stopped = _STOPPED.search(str(error))
    place = "" if stopped is None else f"第 {stopped[1]} 行第 {stopped[2]} 字起"
    return f"{place}不是正確的 TOML"
