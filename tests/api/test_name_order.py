from api.name_order import name_key


def ordered(*names: str) -> list[str]:
    return sorted(names, key=name_key)


def test_names_stand_in_the_order_of_strokes() -> None:
    surnames = list("一丁小王甲伍李林施徐陳黃葉趙劉盧謝魏羅蘇顧龔")
    assert ordered(*reversed(surnames)) == surnames


def test_the_second_character_decides_between_equal_first_ones() -> None:
    assert ordered("林美麗", "林一心", "林小華") == ["林一心", "林小華", "林美麗"]
    assert ordered("林美", "林") == ["林", "林美"]


def test_rare_characters_stand_with_those_of_as_many_strokes() -> None:
    # 佢 has 7 strokes and is rare, 李 7 and common, 林 8.
    assert ordered("林", "佢", "李") == ["李", "佢", "林"]


def test_what_has_no_strokes_here_comes_first_or_last() -> None:
    assert ordered("𠮷", "龔", "丁", "Abby", "巴奈‧古拉斯")[0] == "Abby"
    assert ordered("𠮷", "龔", "丁", "Abby")[-1] == "𠮷"


def test_width_and_case_make_no_difference() -> None:
    assert name_key("Ａbby") == name_key("abby")
