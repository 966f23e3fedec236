"""The product speaks the Chinese of Taiwan."""

import re
from pathlib import Path

from tests.architecture.house import ROOT, our_texts

# Mainland term → what is said in Taiwan.
MAINLAND = {
    "信息": "資訊、訊息",
    "用戶": "使用者",
    "登錄": "登入",
    "注銷": "登出、註銷",
    "打印": "列印",
    "默認": "預設",
    "缺省": "預設",
    "數據庫": "資料庫",
    "服務器": "伺服器",
    "文件夾": "資料夾",
    "網絡": "網路",
    "視頻": "影片",
    "軟件": "軟體",
    "硬件": "硬體",
    "屏幕": "螢幕",
    "全屏": "全螢幕",
    "鼠標": "滑鼠",
    "光標": "游標",
    "激活": "啟用",
    "菜單": "選單",
    "緩存": "快取",
    "接口": "介面",
    "界面": "介面",
    "字符": "字元",
    "字節": "位元組",
    "賬號": "帳號",
    "賬戶": "帳戶",
    "郵箱": "電子信箱",
    "短信": "簡訊",
    "搜索": "搜尋",
    "查找": "尋找",
    "刷新": "重新整理",
    "粘貼": "貼上",
    "剪貼板": "剪貼簿",
    "鏈接": "連結",
    "添加": "新增",
    "在線": "線上",
    "模塊": "模組",
    "組件": "元件",
    "線程": "執行緒",
    "內存": "記憶體",
    "磁盤": "磁碟",
    "調試": "除錯",
    "數組": "陣列",
    "加載": "載入",
    "卸載": "解除安裝",
    "自定義": "自訂",
    "導出": "匯出",
    "導入": "匯入",
    "視圖": "檢視",
    "彈窗": "對話框",
    "下劃線": "底線",
    "反饋": "回饋",
    "幫助": "說明",
    "質量": "品質",
}
# 登錄 as the offices use it: to enter something in a register, which is not to sign in.
OFFICIAL = re.compile(r"登錄(申請|成績|填報|於通報網|資料)|上網登錄|報名登錄")
FORMAL_THREE = "叁"
_SYSTEM = ".strerror"
HERE = frozenset({Path(__file__).relative_to(ROOT)})


#: A text that was published keeps the words that it was published with.
AS_PUBLISHED = frozenset({Path("tests/programmes/kaohsiung-114-earlier.toml")})


def test_no_mainland_term_is_used() -> None:
    terms = re.compile("|".join(MAINLAND))
    found = {
        f"{file}:{number} {term[0]} → {MAINLAND[term[0]]}"
        for file, number, line in our_texts(but=HERE | AS_PUBLISHED)
        for term in terms.finditer(OFFICIAL.sub("", line))
    }
    assert found == set()


def test_no_message_carries_the_words_of_the_operating_system() -> None:
    """A clerk was told `No space left on device`: `ledger.disk_errors.why` says it in Chinese."""
    found = {f"{file}:{number}" for file, number, line in our_texts(but=HERE) if _SYSTEM in line}
    assert {place for place in found if ".py:" in place and not place.startswith("tests/")} == set()


def test_no_simplified_character_is_used() -> None:
    found = {
        f"{file}:{number} {character}"
        for file, number, line in our_texts(but=HERE)
        for character in line
        if "\u4e00" <= character <= "\u9fff" and _is_simplified(character)
    }
    assert found == set()


def _is_simplified(character: str) -> bool:
    # In the Mainland's basic character set and not in Taiwan's; rare names are in neither. The
    # formal numeral 叁 is what the forms print.
    mainland = _in(character, "gb2312") and not _in(character, "big5")
    return mainland and character != FORMAL_THREE


def _in(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
