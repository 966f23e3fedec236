"""What stands in the book of access has a name that people read."""

import re
from pathlib import Path

import api
import domain.processes  # noqa: F401  (every step is known)
from domain.access_words import what_label
from domain.process import STEPS

_API = Path(api.__file__).parent
#: A deed's or a reading's name, as it stands in the code.
_NAMED = re.compile(
    r'what="([a-z/.-]+)"'
    r"|\b(?:record_read|record_list|record_export|record_page|record_whole|record_notes_read"
    r'|refusals_recorded|reading)\(\s*house,\s*viewer,\s*"([a-z/.-]+)"'
    r'|^WHAT = "([a-z/.-]+)"'
    r'|"(dispute\.(?!html)[a-z-]+)"',
    re.MULTILINE,
)


def test_every_act_that_is_recorded_has_a_label() -> None:
    names = {
        next(filter(None, found.groups()))
        for file in sorted(_API.rglob("*.py"))
        for found in _NAMED.finditer(file.read_text())
    }
    assert len(names) > 50
    missing = sorted(name for name in names if what_label(name) == name)
    assert not missing, f"give these names in domain/access_words.py: {missing}"


def test_sections_and_their_deeds_are_named_by_the_section() -> None:
    assert what_label("section.awards") == "得獎紀錄"
    assert what_label("section.awards.save") == "儲存得獎紀錄"
    assert what_label("section.awards.list") == "得獎紀錄清單"
    assert what_label("meeting.withdraw-many") == "批次刪除相關會議記錄"
    # What a later program recorded is shown by its own name.
    assert what_label("section.unknown.list") == "section.unknown.list"
    assert what_label("something.new.here") == "something.new.here"


def test_a_step_of_a_process_is_named_by_its_form() -> None:
    for process, code in STEPS:
        what = f"{process.replace('_', '-')}.{code}"
        assert what_label(what) != what
    assert what_label("round.window-postponed") == "計畫全程：延後期間"
