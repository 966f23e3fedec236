"""What a county adds to the reference tables is read at the start, or refused with its file."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from domain import reference
from domain.labels import written
from domain.reference import table, words
from igp.reference_tables import add_tables
from igp.settings import SettingsError

GIVEN = """
title = "學習表現"
source = "示範：某領域課程綱要"
groups = { n = "數與量" }
values = [
  { code = "n-III-1", label = "n-III-1 示範的學習表現", group = "n", since = 2019-08-01 },
  { code = "n-97-1", label = "n-97-1 舊綱的指標", group = "n", until = 2024-07-31 },
]
"""


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    yield
    reference._tables.cache_clear()
    reference._words("learning_performance").clear()


def given(folder: Path, name: str, text: str) -> Path:
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def test_published_indicators_are_offered_in_their_time_and_read_by_their_words(
    tmp_path: Path,
) -> None:
    before = words("learning_performance")
    add_tables(given(tmp_path, "learning_performance", GIVEN))
    found = table("learning_performance")
    assert [one.code for one in found.offered(date(2025, 2, 1))] == ["n-III-1"]
    assert found.values["n-97-1"].source == "示範：某領域課程綱要"
    # Who asked for the words before knows the new ones too: labels are taken once.
    assert before["n-97-1"] == "n-97-1 舊綱的指標"
    shown = written("course_goal", "rows.learning_performance", "n-III-1")
    assert shown == "n-III-1 示範的學習表現"
    assert written("course_goal", "rows.learning_performance", "自行填寫") == "自行填寫"


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("subjects", GIVEN, "subjects"),
        ("no_such_table", GIVEN, "no_such_table"),
        ("learning_performance", "title = x", "第 1 行第 9 字起不是正確的 TOML"),
        ("learning_performance", 'title = "學習表現"', "source"),
        ("learning_performance", GIVEN.replace("label", "name"), "欄位"),
        ("learning_performance", GIVEN.replace("n-97-1", "n-III-1"), "兩次"),
        ("learning_performance", GIVEN.replace('group = "n", ', ""), "group"),
        ("learning_performance", GIVEN.replace("group =", 'stages = ["x"], group ='), "elementary"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_file(
    tmp_path: Path, name: str, text: str, why: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        add_tables(given(tmp_path, name, text))
    assert f"{name}.toml" in str(refused.value)
    assert why in str(refused.value)
    assert not table("learning_performance").values


def test_a_folder_without_tables_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="IGP_REFERENCE_DIR"):
        add_tables(tmp_path)


def test_the_same_values_again_change_nothing_and_others_are_a_mistake(tmp_path: Path) -> None:
    folder = given(tmp_path, "learning_performance", GIVEN)
    add_tables(folder)
    add_tables(folder)
    assert len(table("learning_performance").values) == 2
    given(tmp_path, "learning_performance", GIVEN.replace("舊綱", "別的"))
    with pytest.raises(SettingsError, match="內容不同"):
        add_tables(folder)
