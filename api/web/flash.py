"""What a page says once, after a form was sent: a word of the list below, kept in a cookie.

The cookie holds the name of a message, never a text, and may be written by anybody; after a save
also which record it was, so that the page offers to undo it.
"""

import re
from dataclasses import dataclass, replace
from typing import Literal, Self
from uuid import UUID

from fastapi import Request, Response

from api.acting import Done
from api.web.entry import is_secure
from domain.labels import SECTIONS

_COOKIE = "igp-flash"
_SECONDS = 60


_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")


@dataclass(frozen=True)
class Undo:
    """A save that can be undone: the record, and its versions before and after."""

    section: str
    student: UUID
    record: UUID
    before: int
    after: int

    @classmethod
    def of(cls, section: str, student: UUID, done: Done) -> Self | None:
        """The save of one record; None where nothing, or more than that, was recorded."""
        record, after = done.outcome.record_id, done.outcome.version
        events = [] if done.recorded is None else [event for event, _ in done.recorded.events]
        if record is None or after is None or not events:
            return None
        if any(event.originator_id != record for event in events):
            return None
        return cls(section, student, record, after - len(events), after)

    @classmethod
    def read(cls, section: str, student: str, record: str, before: str, after: str) -> Self | None:
        """As `str` writes it; None of anything else."""
        if section not in SECTIONS or not all(map(_NUMBER.fullmatch, (before, after))):
            return None
        try:
            made = cls(section, UUID(student), UUID(record), int(before), int(after))
        except ValueError:
            return None
        return made if made.before < made.after else None

    def __str__(self) -> str:
        return "~".join(
            map(str, (self.section, self.student, self.record, self.before, self.after))
        )


@dataclass(frozen=True)
class Flash:
    kind: Literal["success", "info", "warning"]
    text: str
    undo: Undo | None = None

    @property
    def what(self) -> str:
        """What was saved, where that can be undone."""
        return "" if self.undo is None else SECTIONS[self.undo.section]


#: Every message, by its name.
FLASHES: dict[str, Flash] = {
    "signed-out": Flash("info", "您已登出。"),
    "recorded": Flash("success", "已儲存，並記入歷程。"),
    "unchanged": Flash("info", "內容沒有變更，未新增紀錄。"),
    "withdrawn": Flash("success", "已刪除；歷程仍保留。"),
    "note-released": Flash("success", "已釋出給這件爭議；審理終結前可以收回。"),
    "release-taken-back": Flash("success", "已收回，不再顯示內容。"),
    "file-kept": Flash("success", "檔案已上傳，並記入歷程。"),
    "template-kept": Flash("success", "已存為課程範本，只有您自己看得到。"),
    "name-added": Flash("success", "已新增，填寫會議記錄與輔導紀錄時可以勾選。"),
    "name-removed": Flash("success", "已移除；已填寫的紀錄不受影響。"),
    "share-ended": Flash("success", "已結束分享；歷程仍保留。"),
    "imported": Flash("success", "已匯入，並記入歷程。"),
    "import-gone": Flash("warning", "沒有待確認的檔案，請選擇檔案預覽。"),
    "import-discarded": Flash("info", "已清除，沒有保留檔案的內容。"),
    "undone": Flash("success", "已復原，並以新的紀錄記入歷程；先前的紀錄仍保留。"),
    "scan-kept": Flash("success", "檔案已上傳，並已選入下方的表單；請繼續填寫後送出。"),
    "late": Flash("warning", "已記錄，畫面還在更新；請稍候再重新整理。"),
    "draft-kept": Flash("success", "草稿已儲存，尚未送出。"),
    "draft-dropped": Flash("info", "草稿已捨棄。"),
    "password-changed": Flash("success", "密碼已變更，其他裝置上的登入已失效。"),
    "own-data-opened": Flash("success", "已確認是您本人，重設密碼之前的個人資料已開放。"),
    "passkey-registered": Flash("success", "已新增通行金鑰，下次登入時會用到。"),
    "passkey-removed": Flash("success", "已移除通行金鑰。"),
    "session-ended": Flash("success", "已登出那個裝置。"),
    "sessions-ended": Flash("success", "已登出其他所有裝置。"),
    "openid-linked": Flash("success", "已連結，之後可以用它登入這個帳號。"),
    "openid-unlinked": Flash("success", "已解除連結，不能再用它登入這個帳號。"),
    "view-kept": Flash("success", "查詢條件已儲存，下次可以直接點選。"),
    "view-forgotten": Flash("info", "已刪除儲存的查詢。"),
    "nothing-named": Flash("warning", "請為這組條件取一個名稱。"),
}


def say(request: Request, response: Response, name: str, undo: Undo | None = None) -> None:
    """Has the next page say a message of the list. Raises `KeyError` for another."""
    FLASHES[name]
    response.set_cookie(
        _COOKIE,
        name if undo is None else f"{name}~{undo}",
        max_age=_SECONDS,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


def said(request: Request) -> Flash | None:
    """What the page has to say; nothing for a name that is not in the list."""
    name, *undo = request.cookies.get(_COOKIE, "").split("~")
    found = FLASHES.get(name)
    if found is None or len(undo) != 5:
        return found
    return replace(found, undo=Undo.read(*undo))


def forget(response: Response) -> None:
    """Once said, it is not said again."""
    response.delete_cookie(_COOKIE, path="/")
